"""Предложения цены на проектные работы: опрос бригады, сравнение, метры сверх глубины."""

WORDS = {
    "headline.client.quoting": "Собираем предложения",
    "headline.client.choosing": "Выберите бригаду",
    "headline.contractor.quoting": "Заявка собирает цены",
    "headline.contractor.choosing": "Клиент выбирает",
    "headline.support.quoting": "Собираем предложения цены",
    "headline.support.choosing": "Клиент выбирает предложение",
    "waits_for.quoting": "предложения бригад",
    "waits_for.choosing": "выбор клиента",
    "wait.client.quoting": "Бригады считают цену. Ждём до трёх предложений.",
    "wait.client.choosing": "Выберите предложение до {until}. До выбора платить не нужно.",
    "offer_state.quoted": "дал цену",
    "offer.title.ask": "Нужна ваша цена",
    "offer.title.quoted": "Ваша цена у клиента",
    # карточка
    "quote.how": "Сравните предложения и нажмите на одно, чтобы увидеть всё целиком.",
    "quote.line": "{number}: {quote}.",
    "quote.open": "📋 {number}, от {low}",
    "quote.per_metre": "{price} за метр",
    "quote.stop": "стоп на {depth} м",
    "quote.from_day": "начало {day}",
    "quote.yours": "Ваше предложение: {quote}.",
    "quote.edit": "Пока клиент не выбрал, цену можно изменить.",
    "quote.answer_until": "Дайте цену до {until}. Время за вами пока не держим.",
    "quote.late_but_open": "Время вышло, но клиент ещё не выбрал: цену можно дать.",
    "quote.stop_agreed": "Бурить не глубже {depth} м без согласия клиента.",
    "quote.extra_agreed": "Согласовано ещё {metres} м, это {amount}.",
    "quote.extra_asked.client": (
        "Бригада просит ещё {metres} м по {price}, всего {amount}. Станет {depth} м. "
        "Без вашего согласия бурить и платить не нужно."
    ),
    "quote.extra_asked.contractor": (
        "Ждём ответа клиента: ещё {metres} м по {price}, всего {amount}, до {depth} м."
    ),
    # предложение целиком
    "quote.title": "Предложение {crew} по {number}",
    "quote.who": "Бригада: {about}.",
    "quote.priced": "{what}: {price}.",
    "quote.priced_metre": "{what}: {price} за метр, {quantity} м, это {amount}.",
    "quote.priced_cubic": "{what}: {price} за куб, {quantity} куб. м, это {amount}.",
    "quote.total": "Всего: {total}.",
    "quote.metre_in_all": "Метр под ключ: {price}.",
    "quote.stop_meaning": "Стоп-глубина {depth} м: дальше только с вашего согласия.",
    "quote.included": "Входит: {what}.",
    "quote.not_included": "Не входит: {what}.",
    "quote.starts": "Начало работ: {day}.",
    "quote.surveyed": "Бригада осмотрела участок.",
    "quote.not_surveyed": "Без осмотра участка, по описанию.",
    "quote.prepayment": "Предоплата сейчас: {prepayment}. Остальное бригаде по работе.",
    "quote.item.drilling": "Бурение",
    "quote.item.casing": "Обсадная труба",
    "quote.item.delivery": "Доставка техники",
    "quote.item.equipment": "Насос и оборудование",
    "quote.item.tank": "Септик",
    "quote.item.digging": "Земляные работы",
    "quote.item.connection": "Подключение к дому",
    "quote.in.casing_new": "новая обсадная труба",
    "quote.in.filter": "фильтр",
    "quote.in.rig_delivery": "доставка установки",
    "quote.in.pumping_clean": "прокачка до чистой воды",
    "quote.in.pump_mounted": "монтаж насоса",
    "quote.in.well_passport": "паспорт скважины",
    "quote.in.soil_removed": "вывоз грунта",
    "quote.in.tank_delivery": "доставка септика",
    "quote.in.sand_bed": "песчаная подушка",
    "quote.in.anchoring": "крепление от всплытия",
    "quote.in.pipe_to_house": "труба до дома",
    "quote.in.start_up": "пуск и проверка",
    "quote.in.tank_passport": "паспорт септика",
    # кнопки
    "button.quote": "📝 Дать цену",
    "button.requote": "📝 Изменить цену",
    "button.unquote": "❌ Отозвать цену",
    "button.choose": "✅ Выбрать",
    "button.more_time": "📅 Нужно больше времени",
    "button.metres": "📏 Нужны ещё метры",
    "button.metres_yes": "✅ Согласен, {amount}",
    "button.metres_no": "❌ Не бурить дальше",
    # опрос бригады
    "quote.ask.range": (
        "Какая глубина?\nНапишите от и до в метрах, например 30-60. "
        "Вторая цифра – стоп-глубина: глубже только с согласия клиента."
    ),
    "quote.ask.cubic": "Сколько земли?\nНапишите от и до в кубометрах, например 6-10.",
    "quote.ask.drilling": "Бурение, цена за метр?\nНапишите рубли, например 3000.",
    "quote.ask.casing": "Обсадная труба, цена за метр?\nЕсли она в цене метра, нажмите кнопку.",
    "quote.ask.delivery": "Доставка техники?\nНапишите рубли за всё.",
    "quote.ask.equipment": "Насос и оборудование?\nНапишите рубли за всё.",
    "quote.ask.tank": "Септик, цена?\nНапишите рубли за всё.",
    "quote.ask.digging": "Земляные работы, цена за куб?\nНапишите рубли.",
    "quote.ask.connection": "Подключение к дому?\nНапишите рубли за всё.",
    "quote.none": "Отдельно не беру",
    "quote.ask.included": "Что входит в цену?\nОтметьте. Остальное клиент увидит как «не входит».",
    "quote.ask.start": "Когда начнёте?\nВыберите день.",
    "quote.ask.surveyed": "Вы были на участке?",
    "quote.yes_seen": "Да, осмотрел",
    "quote.no_unseen": "Нет, по описанию",
    "quote.check": "Проверьте предложение",
    "quote.send": "📨 Отправить клиенту",
    "quote.said": "Цена отправлена. Напишем, когда клиент выберет.",
    "quote.out_of_bounds": "Так нельзя: от {least} до {most}. Введите ещё раз.",
    "quote.ask.metres": "Сколько ещё метров?\nСейчас можно до {depth} м. Выберите или напишите.",
    "quote.ask.metre_price": "Сколько за каждый метр?\nНажмите цену из предложения или напишите.",
    "quote.metre_same": "Как в предложении, {price}",
    "metres.said": "Спросили клиента. Пока он не согласился, глубже не бурите.",
    # поддержке
    "quote.why": "{number} ({became}): {quote}.",
    "quote.why_metres": "С {depth} м ещё {metres} м за {amount}: {became}.",
    "quote.metres.asked": "ждём клиента",
    "quote.metres.agreed": "клиент согласен",
    "quote.metres.refused": "клиент отказал",
    "quote.state.open": "ждёт выбора",
    "quote.state.withdrawn": "отозвано",
    "quote.state.chosen": "выбрано",
    "quote.state.lost": "не выбрано",
    "quote.state.unavailable": "бригада занята",
    # сообщения
    "notice.quote_first.client": "{number}: первая бригада дала цену. Ждём ещё, она в карточке.",
    "notice.quotes_in.client": (
        "{number}: предложения собраны. Сравните и выберите до {until}, платить пока не нужно."
    ),
    "notice.choice_reminder.client": "{number}: бригады ждут. Выберите предложение до {until}.",
    "notice.quotes_lapsed.client": (
        "{number}: вы не выбрали бригаду, заявка закрыта. Денег мы не брали, создайте её заново."
    ),
    "notice.quote_unavailable.client": (
        "{number}: эту бригаду уже заняли. Выберите другое предложение, деньги не списаны."
    ),
    "notice.quote_not_chosen.contractor": (
        "{number}: клиент выбрал другое предложение. Спасибо за цену, баллы не сняты. Ждите "
        "следующую заявку."
    ),
    "notice.metres_asked.client": (
        "{number}: бригада дошла до согласованной глубины и просит ещё. Ответьте в карточке."
    ),
    "notice.metres_agreed.contractor": "{number}: клиент согласен на метры. Можно бурить дальше.",
    "notice.metres_refused.contractor": "{number}: клиент не согласен. Глубже не бурите.",
    # отказы
    "refusal.QuoteNeeded": "По этой заявке нужна ваша цена. Нажмите «Дать цену».",
    "refusal.QuotesFull": "Клиент уже собрал достаточно предложений. Ждите следующую заявку.",
    "refusal.QuoteGone": "Это предложение больше нельзя выбрать. Посмотрите другие в карточке.",
    "refusal.PriceAboveQuote": "Цена выше согласованной. Больше можно только с согласия клиента.",
    "refusal.MetresUnknown": "Сейчас на вопрос о метрах ответа не ждём. Карточка обновлена.",
    "problem.QuoteNeeded": "По заявке нужна цена",
    "problem.QuotesFull": "Предложений достаточно",
    "problem.QuoteGone": "Предложения больше нет",
    "problem.PriceAboveQuote": "Цена выше согласованной",
    "problem.MetresUnknown": "О метрах не спрашивали",
}
