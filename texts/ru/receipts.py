"""Чеки: что в них написано, куда их прислать, что с ними не так."""

WORDS = {
    "receipt.item": "Работы по заказу {number}",
    "receipt.ask": (
        "{number}: предоплата получена. Куда прислать чек?\n"
        "Нажмите «Указать почту». Телефон и почту никому не передаём, кроме платёжного сервиса."
    ),
    "receipt.ask_email_button": "✉️ Указать почту",
    "receipt.skip_button": "Чек не нужен",
    "receipt.skipped": "Хорошо, больше не спросим.\nПередумаете – напишите /email и адрес почты.",
    "receipt.email_ask": "Напишите адрес почты для чеков.\nНапример: anna@mail.ru",
    "receipt.email_set": "Готово: чеки придут на {email}.\nИзменить: /email и новый адрес.",
    "receipt.email_wrong": "Это не похоже на адрес почты.\nПроверьте: нужен один знак @ и точка.",
    "receipt.person": (
        "{number}: чек {receipt} на {amount} не готов, нужен человек. {reason} Список: /receipts"
    ),
    "receipt.reason.canceled": "Касса его не приняла.",
    "receipt.reason.no_contact": "Клиент не сказал, куда прислать.",
    "receipt.reason.integrity": "Платёжный сервис ответил не о том чеке.",
    "receipt.reason.late": "Больше суток нет ответа, пробуем дальше.",
    "receipt.reason.refused": "Платёжный сервис отказал: проверьте код НДС и налоги.",
    "receipt.list": "Чеки, которым нужен человек: {count}",
    "receipt.none": "Все чеки в порядке.",
    "receipt.line": "{receipt} {number}: {kind}, {amount}. {reason}",
    "receipt.how": "Пробили сами: /receipt R-1 done. Отправить снова: /receipt R-1 again",
    "receipt.kind.prepayment": "предоплата",
    "receipt.kind.settlement": "зачёт предоплаты",
    "receipt.kind.refund": "возврат",
    "receipt.done": "{receipt}: отмечено, больше не напомним.",
    "receipt.again": "{receipt}: отправим снова в течение минуты.",
    "command.email": "Почта для чеков",
    "refusal.BadEmail": "Это не похоже на адрес почты. Проверьте его и напишите ещё раз.",
    "problem.BadEmail": "Неверный адрес почты",
}
