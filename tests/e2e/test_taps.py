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
from texts.catalogue import say
from texts.language import Language


def words(error: type[RuleViolation]) -> str:
    """What a person reads of a refusal."""
    return say(f"refusal.{error.__name__}", Language.RU)


def test_a_stranger_is_nobody_to_an_order(village: Village) -> None:
    crew = village.crew()
    order = urgent(village)
    stranger, outsider = village.client(), village.house.village().crew()
    row = order.row()
    for action in ("accept", "cancel_r0", "pay_card", "done", "support"):
        assert stranger.forge(f"{action}:{order.number}:{row['version']}") == words(NotYours)
    assert stranger.forge(f"cancel_r0:{order.number + 500}:1") == words(NotYours)

    assert outsider.forge(f"accept:{order.number}:{row['version']}") == words(OfferUnknown)
    assert outsider.forge(f"pay_card:{order.number}:{row['version']}") == words(BadInput)
    assert order.row()["state"] == OrderState.SEARCHING
    order.cancel()


def test_taps_out_of_order_and_after_the_end_are_refused_by_name(village: Village) -> None:
    crew = village.crew()
    order = service(village)
    tapped = crew.press("accept", order.number, hear=True)
    assert tapped["answer"]["text"] == say("tap.ok", Language.RU)
    order.until(OrderState.AWAITING_PREPAYMENT)

    assert crew.forge(f"accept:{order.number}:{order.row()['version']}") == words(AlreadyYours)
    assert crew.forge(f"start:{order.number}:1") == words(TransitionRefused)
    assert crew.forge(f"done:{order.number}:1") == words(TransitionRefused)
    assert order.client.forge(f"accept_work:{order.number}:1") == words(TransitionRefused)
    assert order.client.forge(f"rate5:{order.number}:1") == words(TransitionRefused)

    order.cancel()
    order.closed()
    assert crew.forge(f"accept:{order.number}:99") in (words(OrderClosed), words(AlreadyYours))
    assert crew.forge(f"set_off:{order.number}:99") == words(OrderClosed)
    assert order.client.forge(f"pay_card:{order.number}:99") == words(OrderClosed)
    assert order.client.forge(f"cancel_r0:{order.number}:99") == words(OrderClosed)


def test_a_refused_offer_stays_refused_and_a_lost_one_is_named(village: Village) -> None:
    crews = village.crews(2)
    order = urgent(village)
    first = next(one for one in (*crews, *crews) if _asked(one, order.number))
    second = crews[1 - crews.index(first)]
    card = first.press("decline", order.number)
    first.press("decline_r0", order.number)
    version = card["data"].rpartition(":")[2]
    second.press("accept", order.number, hear=True)

    assert first.forge(f"accept:{order.number}:{version}") in (
        words(OfferDeclined), words(OrderTaken),
    )  # fmt: skip
    order.cancel()


def _asked(person: object, number: int) -> bool:
    from tests.e2e.people import DidNotHappen, Person, eventually

    assert isinstance(person, Person)
    try:
        eventually(lambda: person._by_data(f"accept:{number}:"), "asked", seconds=3)
    except DidNotHappen:
        return False
    return True


def test_two_taps_at_once_are_one(house: House, village: Village) -> None:
    crew = village.crew()
    order = service(village)
    button = crew.press("accept", order.number)
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(crew.forge, [button["data"]] * 4))

    assert set(heard) == {say("tap.ok", Language.RU)}
    order.until(OrderState.AWAITING_PREPAYMENT)
    assert order.count("offers", "state = 'won'") == 1
    taken = "SELECT sum(busy + held) FROM contractors c JOIN users u ON u.id = c.user_id WHERE u.telegram_id = :id"
    assert house.value(taken, id=crew.id) == 1
    with ThreadPoolExecutor(2) as pool:
        pages = list(pool.map(lambda _: order.client.forge(f"pay_card:{order.number}:5"), range(2)))
    assert set(pages) <= {say("tap.ok", Language.RU), say("tap.wait", Language.RU)}
    order.page_shown()
    assert len(order.payments()) == 1
    order.cancel()
    order.closed()


def test_a_button_that_nobody_sent_shows_where_one_is(village: Village) -> None:
    client = village.client()
    client.say("/new")
    client.choose_each("repair")

    assert client.forge("nonsense") == say("stale", Language.RU)
    assert client.forge("d:drilling:1") == say("stale", Language.RU)
    client.choose_each("repair.pump", "pump_check")
