"""Короткие сообщения: что случилось и что сделать сейчас. Ключ: notice.<что>.<кому>."""

WORDS = {
    "notice.still_searching.client": (
        "{number}: всё ещё ищем бригаду. Платить ничего не нужно. Как найдём, сразу напишем."
    ),
    "notice.night_pause.client": (
        "{number}: сейчас ночь, бригады отдыхают. Продолжим поиск {morning}."
    ),
    "notice.morning": "утром",
    "notice.morning_at": "в {clock}",
    "notice.person_searches.client": (
        "{number}: бригаду теперь ищет наш сотрудник. Ответим до {until}. Платить ничего не нужно."
    ),
    "notice.person_searches_paid.client": (
        "{number}: замену теперь ищет наш сотрудник. Ответим до {until}. Деньги можно вернуть "
        "в карточке."
    ),
    "notice.no_contractor.client": (
        "{number}: бригада не нашлась. Денег мы не брали. Создайте заявку на другой день или "
        "напишите нам."
    ),
    "notice.no_contractor_paid.client": (
        "{number}: замена не нашлась. Возвращаем предоплату полностью: {refund}."
    ),
    "notice.contractor_found.client": (
        "{number}: бригада найдена, приедет {visit}. Внесите предоплату {to_pay} до {until}."
    ),
    "notice.replacement_found.client": (
        "{number}: нашли другую бригаду, приедет {visit}. Платить ещё раз не нужно."
    ),
    "notice.pay_reminder.client": (
        "{number}: ждём предоплату {to_pay} до {until}. Потом бригада уйдёт на другой заказ."
    ),
    "notice.payment_declined.client": (
        "{number}: платёж не прошёл, {declined}. Деньги не списаны. Попробуйте ещё раз."
    ),
    "notice.payment_received.client": (
        "{number}: предоплата {prepayment} получена. Бригада приедет {visit}, "
        "её телефон в карточке."
    ),
    "notice.order_unpaid.client": (
        "{number}: предоплаты не было, бригаду отпустили. Нужна снова – нажмите «Новая заявка»."
    ),
    "notice.contractor_set_off.client": "{number}: бригада выехала. Будьте на связи.",
    "notice.work_started.client": "{number}: бригада начала работу.",
    "notice.work_done.client": (
        "{number}: бригада закончила. Проверьте и нажмите «Принять работу» до {until}."
    ),
    "notice.start_overdue.client": (
        "{number}: бригада ещё не начала. Позвоните ей или нажмите «Бригада не приехала»."
    ),
    "notice.contractor_withdrew.client": (
        "{number}: бригада отказалась. Уже ищем другую. Ждать или отменить – решать вам."
    ),
    "notice.contractor_withdrew_paid.client": (
        "{number}: бригада не сможет. Ищем другую, доплачивать не нужно. Не хотите ждать – "
        "вернём деньги."
    ),
    "notice.claim_made.client": (
        "{number}: бригада просит {claim} за расходы ({claim_reason}). Ответьте до {until}."
    ),
    "notice.claim_settled.client": (
        "{number}: по расходам решено. Бригаде {claim}, остальное вернём вам."
    ),
    "notice.claim_decided.client": (
        "{number}: поддержка решила: бригаде за расходы {claim} из {claim_asked}, остальное вернём"
        " вам. Обжаловать можно до {until}, кнопка в карточке."
    ),
    "notice.claim_settled.contractor": "{number}: расходы признаны, вам {claim}.",
    "notice.claim_decided.contractor": (
        "{number}: поддержка решила: вам за расходы {claim} из {claim_asked}. Обжаловать можно"
        " до {until}, кнопка в карточке."
    ),
    "notice.claim_nothing.client": "{number}: расходов у бригады нет, возвращаем вам остаток.",
    "notice.order_cancelled.client": "{number}: заказ отменён. {money}",
    "notice.please_rate.client": "{number}: работа принята, спасибо! Оцените бригаду в карточке.",
    "notice.late_money_returned.client": (
        "{number}: платёж пришёл после срока. Возвращаем его полностью: {amount}."
    ),
    "notice.refund_sent.client": (
        "{number}: вернули {amount}. Когда придут деньги, зависит от банка."
    ),
    "notice.payments_down.client": (
        "{number}: оплата временно не работает. Бригада и время за вами, напишем, когда заработает."
    ),
    "notice.payments_back.client": (
        "{number}: оплата снова работает. Внесите предоплату {prepayment} до {until}."
    ),
    "notice.you_won.contractor": (
        "{number}: заявка ваша, быть на месте {visit}. Ждём предоплату клиента до {until}."
    ),
    "notice.you_won_paid.contractor": (
        "{number}: заявка ваша и уже оплачена. Быть на месте {visit}. Адрес и телефон в карточке."
    ),
    "notice.client_paid.contractor": (
        "{number}: клиент оплатил. Быть на месте {visit}. Адрес и телефон в карточке."
    ),
    "notice.client_did_not_pay.contractor": (
        "{number}: клиент не оплатил. Вы свободны, баллы не сняты."
    ),
    "notice.client_cancelled.contractor": "{number}: заказ отменён. Ехать не нужно, вы свободны.",
    "notice.claim_invited.contractor": (
        "{number}: заказ отменён. Были расходы? Заявите не больше {claim_cap} до {until}."
    ),
    "notice.work_accepted.contractor": "{number}: работа принята. Оцените клиента в карточке.",
    "notice.visit_soon.contractor": (
        "{number}: скоро выезд, быть на месте {visit}. Поедете – нажмите «Выехали»."
    ),
    "notice.settled.contractor": (
        "{number}: заказ закрыт, ваша доля предоплаты начислена. Посмотреть: /money"
    ),
    "notice.you_were_released.contractor": (
        "{number}: вы больше не на этом заказе. Ждите следующую заявку."
    ),
    "notice.slot_proposed.client": (
        "{number}: бригада предлагает {proposed}. Согласитесь или оставьте {visit}."
    ),
    "notice.slot_proposed.contractor": (
        "{number}: клиент предлагает {proposed}. Согласитесь или оставьте {visit}."
    ),
    "notice.slot_agreed.client": "{number}: бригада согласна. Новое время: {visit}.",
    "notice.slot_agreed.contractor": "{number}: клиент согласен. Новое время: {visit}.",
    "notice.slot_refused.client": "{number}: бригада не может в другое время. Остаётся {visit}.",
    "notice.slot_refused.contractor": (
        "{number}: клиент не может в другое время. Остаётся {visit}."
    ),
    "notice.needs_person.support": (
        "{number}: нужен человек. {headline}, {town}. Что дальше: /order {number}"
    ),
    "notice.money_stuck.support": (
        "{number}: деньги не движутся, нужен человек. {operation}, {amount}: {trouble}. "
        "Подробно: /order {number}"
    ),
    "notice.money_recovered.support": "{number}: деньги снова движутся, делать ничего не нужно.",
    "notice.captured_in_part.support": (
        "{number}: в кабинете ЮKassa списали не всю предоплату. Клиенту вернулось {amount}. "
        "Проверьте: /order {number}"
    ),
    "operation.create": "Создание платежа",
    "operation.get": "Проверка платежа",
    "operation.capture": "Списание",
    "operation.void": "Снятие заморозки",
    "operation.refund": "Возврат",
    "operation.get_refund": "Проверка возврата",
    "operation.other": "Операция",
    "trouble.unanswered": "ЮKassa не отвечает, пробуем дальше",
    "trouble.integrity_breach": "ответ ЮKassa не о том платеже, операции остановлены",
    "trouble.not_found": "ЮKassa не знает такого платежа",
    "trouble.too_high": "возврат больше остатка платежа",
    "trouble.not_proven": "не доказано, что прошлый запрос не выполнен",
    "trouble.other": "ЮKassa отказывает, пробуем дальше",
    "notice.other": "{number}: заказ изменился, посмотрите карточку.",
}
