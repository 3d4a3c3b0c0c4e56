"""Taps that come late, twice, out of order or from a stranger get the right words."""

from concurrent.futures import ThreadPoolExecutor

from rules.errors import (
    AlreadyYours,
    BadInput,
    NotYours,
    OfferDeclined,
    OfferUnknown,
    OrderClosed,
    OrderTaken,
    RuleViolation,
    TransitionRefused,
)
from rules.orders import OrderState
from tests.e2e.house import House, Village
from tests.e2e.orders import service, urgent
from tests.e2e.people import eventually, who_sees
from texts import signs
from texts.catalogue import say
from texts.language import Language


def words(error: type[RuleViolation]) -> str:
    """What a person reads of a refusal."""
    return say(f"refusal.{error.__name__}", Language.RU)


def test_a_stranger_is_nobody_to_an_order(village: Village) -> None:
    village.crew()
    order = urgent(village)
    stranger, outsider = village.client(), village.house.village().crew()
    row = order.row()
    for action in ("accept", "cancel_r0", "pay_card", "done", "support"):
        assert stranger.verdict(f"{action}:{order.number}:{row['version']}") == words(NotYours)
    assert stranger.verdict(f"cancel_r0:{order.number + 500}:1") == words(NotYours)

    assert outsider.verdict(f"accept:{order.number}:{row['version']}") == words(OfferUnknown)
    assert outsider.verdict(f"pay_card:{order.number}:{row['version']}") == words(BadInput)
    assert order.row()["state"] == OrderState.SEARCHING
    order.cancel()


def test_taps_out_of_order_and_after_the_end_are_refused_by_name(village: Village) -> None:
    crew = village.crew()
    order = service(village)
    crew.press("accept", order.number)
    order.until(OrderState.AWAITING_PREPAYMENT)

    assert crew.verdict(f"accept:{order.number}:{order.row()['version']}") == words(AlreadyYours)
    assert crew.verdict(f"start:{order.number}:1") == words(TransitionRefused)
    assert crew.verdict(f"done:{order.number}:1") == words(TransitionRefused)
    assert order.client.verdict(f"accept_work:{order.number}:1") == words(TransitionRefused)
    assert order.client.verdict(f"rate5:{order.number}:1") == words(TransitionRefused)

    order.cancel()
    order.closed()
    assert crew.verdict(f"accept:{order.number}:99") in (words(OrderClosed), words(AlreadyYours))
    assert crew.verdict(f"set_off:{order.number}:99") == words(OrderClosed)
    assert order.client.verdict(f"pay_card:{order.number}:99") == words(OrderClosed)
    assert order.client.verdict(f"cancel_r0:{order.number}:99") == words(OrderClosed)


def test_a_refused_offer_stays_refused_and_a_lost_one_is_named(village: Village) -> None:
    crews = village.crews(2)
    order = urgent(village)
    first = who_sees(signs.ACCEPT, *crews)
    second = crews[1 - crews.index(first)]
    first.confirm("decline", "decline_r0", order.number)
    eventually(lambda: order.count("offers", "state = 'declined'"), "the refusal")
    assert first.verdict(f"accept:{order.number}:2") == words(OfferDeclined)
    second.press("accept", order.number)
    order.until(OrderState.AWAITING_PREPAYMENT)

    assert first.verdict(f"accept:{order.number}:3") in (words(OfferDeclined), words(OrderTaken))
    order.cancel()


def test_two_taps_at_once_are_one(house: House, village: Village) -> None:
    crew = village.crew()
    order = service(village)
    button = crew.press("accept", order.number)
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(crew.forge, [button["data"]] * 4))

    assert set(heard) <= {say("tap.ok", Language.RU), say("tap.wait", Language.RU)}
    order.until(OrderState.AWAITING_PREPAYMENT)
    assert order.count("offers", "state = 'won'") == 1
    assert house.places_taken(crew) == 1
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda _: order.client.forge(f"pay_card:{order.number}:5"), range(2)))
    assert set(pages) <= {say("tap.ok", Language.RU), say("tap.wait", Language.RU)}
    order.page_shown()
    assert len(order.payments()) == 1
    order.cancel()
    order.until(OrderState.CANCELLED)


def test_a_button_that_nobody_sent_shows_where_one_is(village: Village) -> None:
    client = village.client()
    client.say("/new")
    client.choose_each("repair")

    assert client.forge("nonsense") == say("stale", Language.RU)
    assert client.forge("d:drilling:1") == say("stale", Language.RU)
    client.choose_each("repair.pump", "pump_check")
