"""The words of the payment page."""

import re

_INSIDE_A_NUMBER = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_BEFORE_A_UNIT = re.compile(r"(?<=\d) (?=[₽%])")

RU = {
    "lang": "ru",
    "banner": "Учебный платёж",
    "banner_more": "Деньги не списываются, карта ненастоящая",
    "to_pay": "К оплате",
    "test_shop": "Тестовый магазин",
    "hold_note": "Сумма удерживается на карте. Магазин спишет её позже или вернёт.",
    "charge_note": "Сумма списывается сразу.",
    "card": "Банковская карта",
    "number": "Номер карты",
    "until": "Срок",
    "code": "Код",
    "pay": "Оплатить",
    "sbp": "Оплатить через СБП",
    "sbp_note": "Система быстрых платежей, без карты",
    "or": "или",
    "sbp_title": "СБП",
    "scan": "У настоящего платежа код открыл бы приложение банка; здесь нажмите кнопку.",
    "waits": "Платёж ждёт ещё {} мин",
    "declines": "Отказы и 3-D Secure",
    "only_declines": "Отказы",
    "declines_note": "Выберите, что ответит банк по карте",
    "sbp_declines_note": "Или по СБП",
    "three_d_secure": "Карта с подтверждением 3-D Secure",
    "close": "Закрыть и вернуться в магазин",
    "confirm_title": "Подтверждение банка",
    "confirm_note": "Банк прислал бы код в СМС. В учебном платеже он уже введён.",
    "sms_code": "Код из СМС",
    "by_card": "Карта",
    "confirm": "Подтвердить",
    "reject": "Отклонить",
    "back": "Вернуться в магазин",
    "waiting_for_capture": "Деньги удержаны",
    "waiting_for_capture_more": "Магазин получил уведомление и спишет сумму позже.",
    "succeeded": "Оплачено",
    "succeeded_more": "Магазин получил уведомление об оплате.",
    "canceled": "Оплата не прошла",
    "canceled_next": "Деньги не списаны. Вернитесь в магазин и попробуйте ещё раз.",
    "expired": "Время на оплату вышло",
    "expired_more": "Вернитесь в магазин и начните заново.",
    "voided": "Платёж отменён",
    "voided_more": "Удержанные деньги возвращены на карту.",
    "missing": "Такого платежа нет",
    "missing_more": "Проверьте ссылку.",
    "payment": "Платёж",
    "wrong": "Этот платёж уже завершён или способ не подходит",
    "skip": "К форме оплаты",
}
EN = {
    "lang": "en",
    "banner": "Training payment",
    "banner_more": "No money moves, the card is not real",
    "to_pay": "To pay",
    "test_shop": "Test shop",
    "hold_note": "The amount is held on the card. The shop takes it later or lets it go.",
    "charge_note": "The amount is charged at once.",
    "card": "Bank card",
    "number": "Card number",
    "until": "Expires",
    "code": "Code",
    "pay": "Pay",
    "sbp": "Pay by SBP",
    "sbp_note": "Faster Payments System, no card needed",
    "or": "or",
    "sbp_title": "SBP",
    "scan": "In a real payment the code opens your bank's app; here press the button.",
    "waits": "The payment waits {} more min",
    "declines": "Refusals and 3-D Secure",
    "only_declines": "Refusals",
    "declines_note": "Choose what the bank answers for a card",
    "sbp_declines_note": "Or by SBP",
    "three_d_secure": "Card with 3-D Secure confirmation",
    "close": "Close and return to the shop",
    "confirm_title": "The bank asks",
    "confirm_note": "The bank would text you a code. In a training payment it is filled in.",
    "sms_code": "Code from the text message",
    "by_card": "Card",
    "confirm": "Confirm",
    "reject": "Reject",
    "back": "Return to the shop",
    "waiting_for_capture": "The money is held",
    "waiting_for_capture_more": "The shop has been told and takes the amount later.",
    "succeeded": "Paid",
    "succeeded_more": "The shop has been told.",
    "canceled": "The payment did not go through",
    "canceled_next": "No money was taken. Return to the shop and try again.",
    "expired": "The time to pay is over",
    "expired_more": "Return to the shop and start again.",
    "voided": "The payment is cancelled",
    "voided_more": "The held money has been let go.",
    "missing": "There is no such payment",
    "missing_more": "Check the link.",
    "payment": "Payment",
    "wrong": "This payment is over, or the method does not fit",
    "skip": "To the payment form",
}


def roubles(kopecks: int, lang: str = "ru") -> str:
    """An amount for people: `2 000 ₽` or `2,000 ₽`, with kopecks only where there are any."""
    thousands, point = (",", ".") if lang == "en" else ("\u202f", ",")
    whole = f"{kopecks // 100:,}".replace(",", thousands)
    rest = f"{point}{kopecks % 100:02d}" if kopecks % 100 else ""
    return f"{whole}{rest}\u00a0₽"


def tied(text: str) -> str:
    """A text whose numbers stay on one line with what they count."""
    return _BEFORE_A_UNIT.sub("\u00a0", _INSIDE_A_NUMBER.sub("\u202f", text))


def grouped(number: str) -> str:
    """A card number in groups of four."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
