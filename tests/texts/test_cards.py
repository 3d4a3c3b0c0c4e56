import re
from dataclasses import replace
from datetime import timedelta

import pytest

from rules.orders import FINAL_STATES, OfferState, OrderState, Proposal, Role
from rules.payments import Method, MoneySummary
from rules.views import OrderView
from tests.texts.views import CAPTURED, HELD, NOW, SECRETS, VISIT, offer, states
from texts import confirmations, signs
from texts.cards import Card, job_card, order_card
from texts.language import Language

RU, EN = Language.RU, Language.EN
NAMES = sorted(states())
OPEN = [name for name in NAMES if states()[name].state not in FINAL_STATES]


def _actions(card: Card) -> list[str]:
    return [one.action for row in card.buttons for one in row]


def _text(card: Card) -> str:
    return card.text_html.replace("\u00a0", " ")


def _signed(card: Card, sign: str) -> list[str]:
    return [one.action for row in card.buttons for one in row if one.text.startswith(sign)]


@pytest.mark.parametrize("lang", list(Language))
@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_short_balanced_html_with_buttons_that_fit(name: str, lang: Language) -> None:
    view = states()[name]
    offered = replace(view, offer=offer(OfferState.LIVE, contractor_id=18))
    for card in (order_card(view, lang), job_card(view, lang), job_card(offered, lang)):
        lines = card.text_html.split("\n")
        assert len(lines) <= 8
        assert len(card.text_html) <= 4096
        assert re.fullmatch(r"<b>D-1042 · [^<>]+</b>", lines[0])
        assert all("<" not in line for line in lines[1:])
        assert len(set(lines)) == len(lines)
        assert "{" not in card.text_html
        for row in card.buttons:
            assert 1 <= len(row) <= 5
            for one in row:
                assert len(one.text) <= 32
                assert len(one.action) <= 12


@pytest.mark.parametrize("name", OPEN)
def test_every_open_card_has_a_living_person_and_a_client_a_page_and_a_way_out(name: str) -> None:
    view = states()[name]
    client, crew = order_card(view, RU), job_card(view, RU)
    assert _signed(client, signs.PERSON) == ["support"]
    assert _signed(crew, signs.PERSON) == ["support"]
    assert "page" in _actions(client)
    if view.state is not OrderState.DISPUTED:
        assert {"cancel", "refund_now"} & set(_signed(client, signs.REFUSE))
    assert "page" not in _actions(order_card(replace(view, page_url=None), RU))
    assert not any(one.url for row in crew.buttons for one in row)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_known_to_the_other_side_before_the_prepayment_or_after_the_end(
    name: str,
) -> None:
    view = states()[name]
    meeting = view.prepaid and view.state in (
        OrderState.BOOKED,
        OrderState.IN_PROGRESS,
        OrderState.AWAITING_ACCEPTANCE,
        OrderState.DISPUTED,
    )
    for card in (order_card(view, RU), job_card(view, RU)):
        assert meeting or not any(secret in card.text_html for secret in SECRETS)
    assert meeting is ("444-55-66" in order_card(view, RU).text_html)
    assert meeting is ("111-22-33" in job_card(view, RU).text_html)


CLIENT_STEPS = {
    "awaiting": (signs.PAY, ["pay_card", "pay_sbp"]),
    "awaiting_url": (signs.PAY, ["pay", "pay_sbp"]),
    "awaiting_declined": (signs.PAY, ["pay_card", "pay_sbp"]),
    "awaiting_confirming": (signs.PAY, []),
    "booked": (signs.OTHER_TIME, ["slot"]),
    "on_the_way": (signs.OTHER_TIME, []),
    "overdue": (signs.REFUSE, ["no_show", "cancel"]),
    "awaiting_acceptance": (signs.ACCEPT_WORK, ["accept_work"]),
    "completed": (signs.RATE, ["rate1", "rate2", "rate3", "rate4", "rate5"]),
    "completed_rated": (signs.RATE, []),
    "completed_closed": (signs.RATE, []),
    "cancelled_open": (signs.ACCEPT, []),
    "cancelled_made": (signs.ACCEPT, ["claim_yes"]),
    "cancelled_objected": (signs.DISPUTE, []),
    "searching_again": (signs.REFUSE, ["refund_now"]),
}


@pytest.mark.parametrize("name", sorted(CLIENT_STEPS))
def test_the_client_sees_the_step_of_the_state(name: str) -> None:
    sign, actions = CLIENT_STEPS[name]
    assert _signed(order_card(states()[name], RU), sign) == actions
    assert _signed(order_card(states()[name], EN), sign) == actions


CREW_STEPS = {
    "awaiting": (signs.REFUSE, ["withdraw"]),
    "booked": (signs.ON_THE_WAY, ["set_off"]),
    "on_the_way": (signs.START, ["start"]),
    "overdue": (signs.START, ["start"]),
    "in_progress": (signs.DONE, ["done"]),
    "awaiting_acceptance": (signs.REFUSE, []),
    "completed": (signs.RATE, ["rate1", "rate2", "rate3", "rate4", "rate5"]),
    "cancelled_open": ("🧾", ["claim"]),
    "cancelled_made": ("🧾", []),
    "unpaid": (signs.REFUSE, []),
}


@pytest.mark.parametrize("name", sorted(CREW_STEPS))
def test_the_contractor_sees_the_step_of_the_state(name: str) -> None:
    sign, actions = CREW_STEPS[name]
    assert _signed(job_card(states()[name], RU), sign) == actions
    assert _signed(job_card(states()[name], EN), sign) == actions


@pytest.mark.parametrize("state", [OfferState.LIVE, OfferState.EXPIRED])
def test_an_offer_can_be_taken_while_the_order_is_open_even_late(state: OfferState) -> None:
    card = job_card(replace(states()["searching"], offer=offer(state)), RU)
    assert _actions(card)[:2] == ["accept", "decline"]
    for fact in ("Тверь", "8,4 км", "сб, 5 сентября, 17:05", "10 000–25 000 ₽"):
        assert fact in _text(card)
    assert ("Ответить до 14:10" in _text(card)) is (state is OfferState.LIVE)


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("searching", OfferState.DECLINED, "Вы отказались"),
        ("awaiting", OfferState.LOST, "Взяла другая бригада"),
        ("awaiting", OfferState.EXPIRED, "Взяла другая бригада"),
        ("booked", OfferState.WITHDRAWN, "Вы больше не на этом заказе"),
        ("cancelled_free", OfferState.EXPIRED, "Заявка закрыта"),
    ],
)
def test_an_offer_that_is_gone_says_why_and_asks_nothing(
    name: str, state: OfferState, words: str
) -> None:
    view = replace(states()[name], offer=offer(state, contractor_id=18))
    card = job_card(view, RU)
    assert words in card.text_html
    assert _actions(card) == ["why", "support"]
    assert not any(secret in card.text_html for secret in SECRETS)


def test_the_payment_link_opens_the_provider_and_the_other_method_is_one_tap_away() -> None:
    view = states()["awaiting_url"]
    first = order_card(view, RU).buttons[0][0]
    assert (first.text.replace("\u00a0", " "), first.url) == (
        "💳 Оплатить 2 000 ₽",
        "https://pay.example.ru/1",
    )
    sbp = replace(view.money, payment_method=Method.SBP)
    assert "pay_card" in _actions(order_card(replace(view, money=sbp), RU))


@pytest.mark.parametrize("by", [Role.CLIENT, Role.CONTRACTOR])
def test_another_time_is_answered_by_the_side_that_did_not_propose_it(by: Role) -> None:
    view = replace(states()["booked"], proposal=Proposal(by, VISIT + timedelta(days=1)))
    for role, card in ((Role.CLIENT, order_card(view, RU)), (Role.CONTRACTOR, job_card(view, RU))):
        asked = role is not by
        assert ("slot_yes" in _actions(card)) is asked
        assert ("slot_no" in _actions(card)) is asked
        assert "вс, 6 сентября, 17:05" in _text(card)


MONEY_AT_THE_END: list[tuple[str, dict[str, object], str]] = [
    ("cancelled_free", {}, "Денег мы не брали."),
    ("cancelled_back", {}, "Вернули 2 000 ₽."),
    ("cancelled_open", {}, "Возвращаем 1 000 ₽"),
    ("cancelled_open", {}, "Ещё 1 000 ₽ вернём"),
    ("cancelled_settled", {}, "Бригаде за расходы: 600 ₽."),
    ("unpaid", {}, "Денег мы не брали."),
    ("unpaid", {"money": HELD}, "Снимаем заморозку 2 000 ₽"),
    ("unpaid", {"money": CAPTURED}, "Возвращаем 2 000 ₽"),
    ("no_contractor", {"refund_kopecks": 200000}, "Заморозка снята"),
    ("no_contractor", {"refund_kopecks": 200000, "money": CAPTURED}, "Возвращаем 2 000 ₽"),
    ("no_contractor", {"compensation_kopecks": 30000}, "Компенсация вам: 300 ₽"),
    ("completed_closed", {}, "Предоплата 2 000 ₽ учтена"),
    (
        "completed_closed",
        {
            "refund_kopecks": 50000,
            "money": MoneySummary(captured_kopecks=200000, refunded_kopecks=50000),
        },
        "Вернули 500 ₽.",
    ),
]


@pytest.mark.parametrize(("name", "changes", "words"), MONEY_AT_THE_END)
def test_a_final_card_says_what_happened_to_the_money(
    name: str, changes: dict[str, object], words: str
) -> None:
    view: OrderView = replace(states()[name], **changes)  # type: ignore[arg-type]  # see views
    assert words in _text(order_card(view, RU))


def test_ratings_are_blind_until_both_are_given() -> None:
    one_sided = replace(states()["completed"], contractor_stars=2)
    assert "Вас оценили" not in order_card(one_sided, RU).text_html
    assert "Вас оценили на 2 из 5" in _text(order_card(replace(one_sided, client_stars=5), RU))


@pytest.mark.parametrize("lang", list(Language))
def test_every_confirmation_states_the_price_and_has_a_way_back(lang: Language) -> None:
    view, late = states()["on_the_way"], states()["cancelled_open"]
    choices = confirmations.slot_choices(view, NOW)
    cards = [
        confirmations.confirm_cancel_card(view, lang),
        confirmations.withdraw_card(view, lang),
        confirmations.decline_card(view, lang),
        confirmations.claim_card(late, lang),
        confirmations.no_show_card(view, lang),
        confirmations.slot_choices_card(view, choices, lang),
    ]
    for card in cards:
        assert _actions(card)[-1] == "keep"
        assert card.text_html.startswith("<b>")
        for row in card.buttons:
            assert all(len(one.text) <= 32 and len(one.action) <= 12 for one in row)
    for card, amount in ((cards[0], "1000₽"), (cards[1], "30"), (cards[3], "1000₽")):
        assert amount in re.sub(r"[\s,]", "", card.text_html)


@pytest.mark.parametrize(
    ("name", "cap", "words"),
    [
        ("searching", 0, "Отменить можно бесплатно."),
        ("booked", 0, "Отменить можно бесплатно: вернём 2 000 ₽."),
        ("booked", 600_00, "сразу вернём 1 400 ₽. Ещё 600 ₽ –"),
        ("in_progress", 2_000_00, "2 000 ₽ вернём, только если"),
        ("searching_again", 0, "бесплатно: вернём 2 000 ₽."),
    ],
)
def test_the_client_learns_what_a_cancellation_costs_before_it(
    name: str, cap: int, words: str
) -> None:
    view = replace(states()[name], claim_cap_kopecks=cap)
    assert words in _text(confirmations.confirm_cancel_card(view, RU))


@pytest.mark.parametrize("name", ["booked", "awaiting"])
def test_other_times_lie_ahead_in_the_daytime_and_travel_inside_their_buttons(name: str) -> None:
    view = states()[name]
    choices = confirmations.slot_choices(view, NOW)
    assert 3 <= len(choices) <= 6
    for at in choices:
        assert at > NOW
        assert 7 <= (at + timedelta(minutes=view.utc_offset_minutes)).hour <= 21
        action = confirmations.slot_action(at)
        assert len(action) <= 12
        assert confirmations.slot_instant(action) == at
    for other in ("slot", "slot_yes", "slot_no", "cancel", "slot_ЖЖЖЖЖ", "slot_"):
        assert confirmations.slot_instant(other) is None
