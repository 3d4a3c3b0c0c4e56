// All words of the page, Russian first.
const WORDS = {
  ru: {
    title: "два телефона", subtitle: "Два телефона: клиент и подрядчик", banner: "Учебный стенд — денег нет",
    client: "Клиент", contractor: "Подрядчик", howTo: "Как попробовать",
    steps: ["Подрядчик: «Начать», «☰ Ещё», «🧰 Я мастер» и короткая анкета. Потом «🟢 На линии».",
      "Клиент: «Начать» и «📝 Новая заявка», место рядом с подрядчиком.",
      "Подрядчик принимает предложение кнопкой ✅.",
      "Клиент платит предоплату кнопкой 💳 — тестовой картой или СБП.",
      "Дальше — выезд, работа, приёмка и оценки. Всё в этих двух телефонах."],
    bot: "бот", typing: "печатает…", start: "НАЧАТЬ", input: "Сообщение", send: "Отправить",
    welcomeTitle: "Что умеет этот бот?",
    welcome: "Находит проверенную бригаду: скважина, ремонт насоса, септик. Цена и сроки — до оплаты.",
    welcomeContractor: "Присылает заявки рядом с вами. Вы решаете сами: одно нажатие — и заявка ваша.",
    attach: "Прикрепить", menu: "Команды", keys: "Клавиатура", more: "Ещё", newPerson: "Новый человек",
    person: "Кто держит телефон", down: "В конец чата", today: "Сегодня", yesterday: "Вчера",
    edited: "изменено", queued: "Нет сети: отправится позже", noLink: "Связь прервалась, восстанавливаю…",
    photoOwn: "Фото с устройства", photoSample: "Учебное фото", location: "Место на карте",
    contactOwn: "Мой номер телефона", contactOther: "Контакт другого человека", cancel: "Отмена",
    where: "Откуда отправить место?", latitude: "Широта", longitude: "Долгота", sendPlace: "Отправить эту точку",
    shareNumber: "Отправить боту ваш номер", ok: "Хорошо", share: "Отправить", create: "Создать",
    name: "Имя и фамилия", languageOf: "Язык в Telegram", block: "Заблокировать бота", unblock: "Разблокировать бота",
    offline: "Пропасть из сети", online: "Вернуться в сеть", isOffline: "нет сети", isBlocked: "бот заблокирован",
    noCommands: "Бот ещё не назвал команд", place: "Место", contact: "Контакт", voice: "Голосовое сообщение",
    pinned: "Закреплено", forwarded: "Переслано", failed: "Не получилось", gone: "Этой кнопки уже нет",
    switcher: "Чей телефон на экране", beginHere: "Начните здесь: нажмите «НАЧАТЬ» внизу.",
    beginThen: "Сначала подготовьте телефон подрядчика, потом нажмите «НАЧАТЬ» здесь.",
    photo: "Фото", document: "Файл (PDF, документ)", voiceSample: "Голосовое, 3 секунды", unsent: "ждёт сети",
    noServer: "Стенд не отвечает. Ваш текст остался в поле.", noServerTap: "Стенд не отвечает, нажмите ещё раз позже.",
    noteOffline: "сообщения и нажатия уйдут позже", noteOnline: "всё, что ждало, уйдёт сейчас",
    noteBlock: "бот больше не сможет писать сюда", noteUnblock: "бот снова сможет писать",
    noteHow: "пять шагов", pickOnMap: "Нажмите на схему или введите координаты: можно и в море.", wrongPlace: "Широта — от −90 до 90, долгота — от −180 до 180.",
    botLanguage: "Язык страницы изменён. Язык бота меняет команда /lang.", missed: "новых", close: "Закрыть",
    blockedStart: "РАЗБЛОКИРОВАТЬ", pay: "Заплатить", isPaid: "Оплачено", paidSum: "Вы заплатили",
    emailIfAsked: "Почта для чека, если её ещё нет", trainingCard: "Учебная карта •• 4444, денег нет.",
  },
  en: {
    title: "two phones", subtitle: "Two phones: a client and a contractor", banner: "Training stand — no real money",
    client: "Client", contractor: "Contractor", howTo: "How to try it",
    steps: ["Contractor: Start, “☰ More”, “🧰 I am a contractor” and a short form. Then “🟢 On line”.",
      "Client: Start and “📝 New request”, at a place near the contractor.",
      "The contractor accepts the offer with the ✅ button.",
      "The client pays the prepayment with 💳: a test card or SBP.",
      "Then the visit, the work, acceptance and ratings. All in these two phones."],
    bot: "bot", typing: "typing…", start: "START", input: "Message", send: "Send",
    welcomeTitle: "What can this bot do?",
    welcome: "Finds you a verified crew: wells, pump repair, septic. Price and dates come before payment.",
    welcomeContractor: "Sends you jobs nearby. You decide: one tap and the job is yours.",
    attach: "Attach", menu: "Commands", keys: "Keyboard", more: "More", newPerson: "New person",
    person: "Who holds the phone", down: "To the end", today: "Today", yesterday: "Yesterday",
    edited: "edited", queued: "No network: will be sent later", noLink: "Connection lost, restoring…",
    photoOwn: "Photo from the device", photoSample: "Sample photo", location: "Place on the map",
    contactOwn: "My phone number", contactOther: "Somebody else's contact", cancel: "Cancel",
    where: "Which place to send?", latitude: "Latitude", longitude: "Longitude", sendPlace: "Send this point",
    shareNumber: "Share your number with the bot", ok: "OK", share: "Share", create: "Create",
    name: "First and last name", languageOf: "Language in Telegram", block: "Block the bot", unblock: "Unblock the bot",
    offline: "Lose the network", online: "Get back on line", isOffline: "no network", isBlocked: "bot is blocked",
    noCommands: "The bot has named no commands yet", place: "Place", contact: "Contact", voice: "Voice message",
    pinned: "Pinned", forwarded: "Forwarded", failed: "That did not work", gone: "This button is gone",
    switcher: "Whose phone is on the screen", beginHere: "Begin here: press START below.",
    beginThen: "First set up the contractor's phone, then press START here.",
    photo: "Photo", document: "File (PDF, document)", voiceSample: "Voice message, 3 seconds", unsent: "waits for the network",
    noServer: "The stand does not answer. Your text is still in the field.", noServerTap: "The stand does not answer, press again later.",
    noteOffline: "messages and taps will be sent later", noteOnline: "what has waited is sent now",
    noteBlock: "the bot can no longer write here", noteUnblock: "the bot can write again",
    noteHow: "five steps", pickOnMap: "Press on the map or type coordinates; even in the sea.", wrongPlace: "Latitude is from −90 to 90, longitude from −180 to 180.",
    botLanguage: "The page has changed its language. The bot's own is changed by /lang.", missed: "new", close: "Close",
    blockedStart: "UNBLOCK", pay: "Pay", isPaid: "Paid", paidSum: "You paid",
    emailIfAsked: "E-mail for the receipt, if not known yet", trainingCard: "Training card •• 4444, no real money.",
  },
};

export const TOWNS = [
  ["Истра", "Istra", 55.9063, 36.8602], ["Дмитров", "Dmitrov", 56.3448, 37.5204],
  ["Чехов", "Chekhov", 55.1477, 37.4772], ["Звенигород", "Zvenigorod", 55.7297, 36.8554],
  ["Тверь", "Tver", 56.8587, 35.9176], ["Казань", "Kazan", 55.7887, 49.1221],
];

// Russian for everybody whose browser reads it; a choice made by hand is kept.
let language = navigator.languages.some((one) => /^(ru|be|kk)\b/.test(one)) ? "ru" : "en";
try { language = localStorage.getItem("language") || language; } catch { /* private window */ }

export const currentLanguage = () => language;
export const word = (name) => WORDS[language][name] ?? name;
export function switchLanguage() {
  language = language === "ru" ? "en" : "ru";
  try { localStorage.setItem("language", language); } catch { /* private window */ }
}
