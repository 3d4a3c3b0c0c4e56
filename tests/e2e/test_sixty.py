"""Sixty contractors hold a live offer of one wave and all take it at once: exactly one wins."""

from concurrent.futures import ThreadPoolExecutor

from rules.errors import OrderTaken
from rules.orders import OrderState
from tests.e2e.house import House
from tests.e2e.orders import order_of
from tests.e2e.people import Person, eventually
from texts.catalogue import say
from texts.language import Language

COUNT = 60


def test_one_of_sixty_wins_with_many_updates_in_flight(house: House) -> None:
    _rush(house)


def test_one_of_sixty_wins_with_the_servers_own_limit_of_ten(fragile_house: House) -> None:
    _rush(fragile_house)


def _rush(house: House) -> None:
    village = house.village()
    crews = village.crews(COUNT, capacity=1)
    order = order_of(village, village.client(), "drilling.well", "depth_30")
    eventually(lambda: order.count("offers", "state = 'live'") == COUNT, "sixty live offers")
    start = f"accept:{order.number}:"
    for crew in crews:
        eventually(lambda one=crew: one.is_offered(start), "an offer's card", crew)

    with ThreadPoolExecutor(COUNT) as pool:
        heard = list(pool.map(lambda one: one.press("accept", order.number, hear=True), crews))
    verdicts = [_verdict(crew, said["answer"]) for crew, said in zip(crews, heard, strict=True)]

    assert sorted(verdicts) == ["refused"] * (COUNT - 1) + ["won"]
    order.until(OrderState.AWAITING_PREPAYMENT)
    states = house.read(
        "SELECT state, count(*) AS times FROM offers WHERE order_id = :id GROUP BY state",
        id=order.order_id,
    )
    assert {row["state"]: row["times"] for row in states} == {"won": 1, "lost": COUNT - 1}
    assert house.places_taken(*crews) == 1
    order.cancel()
    order.until(OrderState.CANCELLED)


def _verdict(crew: Person, answer: dict[str, object] | None) -> str:
    """What a contractor was told: at once, or after 'one moment' in a message."""
    won, wait = say("tap.ok", Language.RU), say("tap.wait", Language.RU)
    taken = say("refusal.OrderTaken", Language.RU)
    words = str((answer or {}).get("text"))
    assert words in (won, wait, taken), f"{crew.name} heard {words!r}, not {OrderTaken.__name__}"
    if words != wait:
        return "won" if words == won else "refused"
    eventually(lambda: crew.counts(taken) or crew.is_offered("withdraw:"), "a verdict", crew)
    return "refused" if crew.counts(taken) else "won"
