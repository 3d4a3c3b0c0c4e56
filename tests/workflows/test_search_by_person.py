"""When distribution is exhausted: a person widens, raises the price, and has a bounded time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.queries.explaining import beyond_reach
from rules.catalog import Service
from rules.errors import BadInput, NotYours, ProposalUnknown
from rules.orders import OrderState
from rules.payments import Method
from rules.policy import POLICY_V1
from tests.money import books_balance
from tests.workflows.waiting import idle
from tests.workflows.world import DAYLIGHT, Placed, Town, eventually
from workflows.messages import Assignment
from workflows.search_messages import PriceAnswer, PriceOffer, Widening

MOSCOW = timedelta(hours=3)
NOBODY_TWICE = replace(DAYLIGHT, empty_queries_max=1)
OFFERS = replace(NOBODY_TWICE, project_quotes=False)


async def widen(order: Placed, km: int) -> None:
    await order.door.widen(order.order_id, Widening(1, km), intent=order.intent())


async def answer(order: Placed, client: int, *, agrees: bool) -> None:
    said = PriceAnswer(client, agrees)
    await order.door.answer_price(order.order_id, said, intent=order.intent())


async def propose(order: Placed, low: int, high: int) -> None:
    said = PriceOffer(1, low, high)
    await order.door.propose_price(order.order_id, said, intent=order.intent())


async def person_called(order: Placed) -> None:
    await idle(order)
    await order.advance(minutes=11)
    assert (await order.story())[-1] == "person_called"


async def test_support_widens_the_radius_for_those_who_agreed_to_farther(town: Town) -> None:
    willing = await town.contractor(km=90, radius_km=40, farther_ok=True)
    unwilling = await town.contractor(km=80, radius_km=50)
    order = await town.place(policy=NOBODY_TWICE)
    await person_called(order)
    for km in (0, 101):
        with pytest.raises(BadInput):
            await widen(order, km)
    await widen(order, 40)

    assert await order.offered() == [willing]
    async with town.world.database.reading() as session:
        others = await beyond_reach(session, order.order_id, 40)
    assert [(who, round(km)) for who, km in others] == [(unwilling, 80)]
    assert (await order.accept(willing)).state is OrderState.AWAITING_PREPAYMENT
    assert await order.story() == ["placed", "person_called", "radius_widened", "accepted"]


async def test_a_higher_price_counts_only_when_the_client_agrees(town: Town) -> None:
    only_one = await town.contractor()
    order = await town.place(policy=NOBODY_TWICE)
    assert await order.offered() == [only_one]
    await order.decline(only_one, "price")
    await idle(order)
    await person_called(order)
    before = await order.row()
    low, high = before["estimate_low_kopecks"], before["estimate_high_kopecks"]
    with pytest.raises(ProposalUnknown):
        await answer(order, order.client_id, agrees=True)
    for wrong in ((low, high), (low - 1, high), (high * 6, high * 6)):
        with pytest.raises(BadInput):
            await propose(order, *wrong)
    await propose(order, low * 2, high * 2)
    assert await order.told("price_proposed") == 1
    with pytest.raises(NotYours):
        await answer(order, order.client_id + 1, agrees=True)
    await answer(order, order.client_id, agrees=False)
    row = await order.row()
    assert (row["estimate_low_kopecks"], row["needs_attention"]) == (low, True)

    await propose(order, low * 2, high * 2)
    await answer(order, order.client_id, agrees=True)

    assert await order.offered() == [only_one]
    row = await order.row()
    assert (row["estimate_low_kopecks"], row["estimate_high_kopecks"]) == (low * 2, high * 2)
    assert row["prepayment_kopecks"] == before["prepayment_kopecks"] * 2
    assert not row["needs_attention"]
    told = await town.world.rows(
        "SELECT params->'price_kopecks' AS price FROM order_events"
        " WHERE order_id = :id AND event LIKE 'price%' ORDER BY version",
        id=order.order_id,
    )
    assert [one["price"] for one in told] == [
        [low * 2, high * 2],
        [low, high],
        [low * 2, high * 2],
        [low * 2, high * 2],
    ]
    await order.accept(only_one)
    payment = await order.pay()
    await order.until(OrderState.BOOKED)
    assert payment
    await order.cancel()
    await order.end()
    await books_balance(town.world, order)


async def test_too_many_contractors_who_leave_bring_a_person_before_the_end(town: Town) -> None:
    first, second = await town.contractor(km=1), await town.contractor(km=30)
    policy = replace(OFFERS, redispatches_max=0)
    order = await town.place(Service.DRILLING_WELL, policy=policy)
    await order.book(first, Method.SBP)
    await order.withdraw(first)

    # Somebody is near, but a person decides; his day lies within the paid order's two.
    await eventually(lambda: order.told("needs_person"), "a person is called")
    row = await order.row()
    assert row["due_at"] - row["state_since"] == timedelta(days=1)
    assert second not in await order.offers()
    await order.advance(hours=25)
    result = await order.end()
    assert result.state is OrderState.NO_CONTRACTOR
    money = await books_balance(town.world, order)
    assert money.captured == money.refunded > 0


async def test_a_search_of_three_days_wakes_nobody_in_its_nights(town: Town) -> None:
    """From a Friday afternoon to Monday morning, on the clock of Moscow."""
    policy = replace(POLICY_V1, project_quotes=False, redispatch_seconds=10 * 24 * 3600)
    crews = [await town.contractor(km=8 * number + 1) for number in range(6)]
    order = await town.place(Service.DRILLING_WELL, policy=policy, wish_day=town.in_days(30))
    await order.door.assign(order.order_id, Assignment(1, crews[0]), intent=order.intent())
    await order.pay(Method.SBP)
    await order.until(OrderState.BOOKED)
    now = await order.now() + MOSCOW
    friday = (now + timedelta(days=1 + (3 - now.weekday()) % 7)).replace(hour=15, minute=0)
    friday = friday.replace(second=0, microsecond=0) - MOSCOW
    await order.advance_to(friday)
    await order.withdraw(crews[0])

    async def asked_until(contractor: int) -> str:
        offer = await town.world.rows(
            "SELECT until, round FROM offers WHERE order_id = :id AND contractor_id = :who",
            id=order.order_id,
            who=contractor,
        )
        until = offer[0]["until"] + MOSCOW
        # To ten minutes, for a machine that is busy.
        return f"{until - timedelta(minutes=until.minute % 10):%a %H:%M}"

    assert await order.offered() == crews[1:2]
    assert await asked_until(crews[1]) == "Sat 12:00"
    await order.advance_to(friday + timedelta(hours=21, minutes=15))
    assert await order.offered() == crews[2:3]
    assert await asked_until(crews[2]) == "Sun 09:00"
    await order.advance_to(friday + timedelta(hours=42, minutes=15))
    assert await order.offered(2) == crews[3:5]
    assert await asked_until(crews[3]) == "Sun 21:00"
    await order.advance_to(friday + timedelta(hours=54, minutes=15))
    assert await order.offered() == crews[5:6]
    assert await asked_until(crews[5]) == "Mon 18:00"
    await order.advance_to(friday + timedelta(hours=67))

    assert (await order.accept(crews[5])).state is OrderState.BOOKED
    made = await town.world.rows(
        "SELECT created_at FROM offers WHERE order_id = :id AND round = 2", id=order.order_id
    )
    assert all(7 <= (one["created_at"] + MOSCOW).hour < 22 for one in made)
    silent = await town.world.rows(
        "SELECT contractor_id, delta FROM points_entries WHERE order_id = :id"
        " AND reason = 'silence' ORDER BY contractor_id",
        id=order.order_id,
    )
    assert [(one["contractor_id"], one["delta"]) for one in silent] == [
        (one, -3) for one in crews[1:5]
    ]
