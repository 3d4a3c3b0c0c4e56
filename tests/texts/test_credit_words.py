"""What a client reads when his compensation pays a part of the prepayment."""

from dataclasses import replace
from datetime import timedelta

from rules.changes import Notice
from rules.orders import OrderState, Role
from rules.payments import MoneySummary
from rules.views import OrderView
from tests.texts.views import NOW, VISIT, base
from texts.cards import order_card
from texts.describe_money import money_lines
from texts.language import Language
from texts.notices import notice

RU, EN = Language.RU, Language.EN
CREDIT = 300_00
TAKEN = MoneySummary(captured_kopecks=1_700_00)


def _view(state: OrderState, **changes: object) -> OrderView:
    shown = {"contractor_id": 17, "visit_at": VISIT, "due_at": NOW + timedelta(minutes=30)}
    return base(state, credit_kopecks=CREDIT, **{**shown, **changes})


def _says(view: OrderView, lang: Language = RU, *, cost: bool = False) -> str:
    lines = [line for line in money_lines(view, Role.CLIENT, lang, cost=cost) if line]
    return " ".join(lines).replace("\u00a0", " ")


def test_the_card_says_how_much_is_left_to_pay_and_the_buttons_ask_for_that() -> None:
    view = _view(OrderState.AWAITING_PREPAYMENT)
    card = order_card(view, RU)
    told = notice(Notice.CONTRACTOR_FOUND, view, Role.CLIENT, RU).replace("\u00a0", " ")

    assert "Из неё 300 ₽ – ваша компенсация, к оплате 1 700 ₽." in _says(view)
    assert "1,700 ₽ is left to pay" in _says(view, EN)
    amounts = [one.text.replace("\u00a0", " ") for one in card.buttons[0]]
    assert amounts == ["💳 Картой 1 700 ₽", "💳 СБП 1 700 ₽"]
    assert "1 700 ₽" in told


def test_a_booked_order_says_what_came_from_where_and_where_it_would_go_back_to() -> None:
    view = _view(OrderState.BOOKED, prepaid=True, money=TAKEN)

    said = _says(view, cost=True)

    assert "Предоплата 1 700 ₽ получена. Ещё 300 ₽ внесено вашей компенсацией." in said
    assert "вернём 2 000 ₽. Из них 300 ₽ вернутся на счёт ваших компенсаций." in said
    # Half of it waits for costs: what goes back at once fits into what the card gave.
    late = replace(view, claim_cap_kopecks=1_000_00)
    assert "компенсаций" not in _says(late, cost=True)


def test_a_cancelled_order_says_what_goes_through_the_bank_and_what_does_not() -> None:
    view = _view(
        OrderState.CANCELLED,
        prepaid=True,
        refund_kopecks=2_000_00,
        money=replace(TAKEN, refunded_kopecks=1_700_00),
    )

    said = _says(view)

    assert "Вернули 1 700 ₽." in said
    assert "300 ₽ – снова на счёте ваших компенсаций." in said
    assert "Возвращаем" not in said


def test_support_sees_the_credit_s_part() -> None:
    view = _view(OrderState.BOOKED, prepaid=True, money=TAKEN)

    lines = money_lines(view, Role.SUPPORT, RU, cost=False)

    assert "Из предоплаты 300 ₽ – компенсация клиента." in " ".join(lines).replace("\u00a0", " ")
