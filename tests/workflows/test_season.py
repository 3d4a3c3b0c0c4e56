"""One season in one test: orders of all classes with everything that happens to them."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from rules.catalog import Service
from rules.errors import RuleViolation
from rules.orders import FINAL_STATES, OrderState, Role
from rules.payments import Method
from tests.money import books_balance
from tests.workflows.waiting import idle
from tests.workflows.world import DAYLIGHT, Placed, Town
from workflows.messages import OrderResult, Rescheduling, ReschedulingAnswer

SERVICES = (Service.REPAIR_NO_WATER, Service.REPAIR_PUMP, Service.DRILLING_WELL)
ORDERS, CREWS, DAYS = 30, 12, 119
PLAIN = 3
POLICY = replace(DAYLIGHT, project_quotes=False, empty_queries_max=1)


async def _found(order: Placed, chance: random.Random, clock: asyncio.Lock) -> int | None:
    """Somebody takes it, after refusals, silence and lost races; None if nobody is left."""
    while (row := await order.row())["state"] == OrderState.SEARCHING:
        live = [one for one, state in (await order.offers()).items() if state == "live"]
        if not live:
            if row["needs_attention"]:
                return None
            await _later(order, clock, minutes=11)
            continue
        said = chance.random()
        await idle(order)
        try:
            if said < 0.6:
                await order.accept(live[0])
            elif said < 0.85:
                await order.decline(live[0])
            else:
                await _later(order, clock, hours=12, minutes=1)
        except RuleViolation:
            # Another order was first at this contractor.
            continue
    winner = (await order.row())["contractor_id"]
    return int(winner) if winner is not None else None


async def _move(order: Placed, contractor: int, days: int) -> None:
    """Both sides agree to meet later."""
    await order.advance_to_visit(days=1)
    visit = (await order.row())["visit_at"] + timedelta(days=days)
    proposal = Rescheduling(Role.CONTRACTOR, contractor, visit)
    await order.door.reschedule(order.order_id, proposal, intent=order.intent())
    agreed = ReschedulingAnswer(Role.CLIENT, order.client_id, agrees=True)
    await order.door.answer_reschedule(order.order_id, agreed, intent=order.intent())


async def _later(order: Placed, clock: asyncio.Lock, **time: float) -> None:
    async with clock:
        await order.advance(**time)


async def _live(order: Placed, seed: int, clock: asyncio.Lock) -> OrderResult:
    # The last one keeps to its plan, for the season to be as long as it should.
    chance = random.Random(seed if seed < ORDERS - 1 else PLAIN)
    winner = await _found(order, chance, clock)
    if winner is not None and chance.random() < 0.1:
        await _later(order, clock, hours=25)
    elif winner is not None:
        async with clock:
            # The provider has one clock for all: a page must not grow old while it is paid.
            await order.pay(Method.SBP)
        await order.until(OrderState.BOOKED)
        if chance.random() < 0.15:
            await order.cancel()
        else:
            async with clock:
                if seed == ORDERS - 1:
                    await _move(order, winner, days=30)
                await order.advance_to_visit()
            await order.work(winner)
            await order.accept_work()
    async with clock:
        return await order.end(days=50, times=3)


@pytest.mark.season
async def test_a_season_of_thirty_orders_ends_with_every_promise_kept(town: Town) -> None:
    crews = [await town.contractor(km=3 * number + 1, capacity=4) for number in range(CREWS)]
    orders = await asyncio.gather(
        *(
            # The last jobs are agreed for the end of what can be booked, and settle a month on.
            town.place(SERVICES[number % 3], policy=POLICY, wish_day=town.in_days(2 * number + 1))
            for number in range(ORDERS)
        )
    )
    few, clock = asyncio.Semaphore(6), asyncio.Lock()

    async def live(number: int) -> OrderResult:
        async with few:
            return await _live(orders[number], number, clock)

    results = await asyncio.gather(*map(live, range(ORDERS)))

    ended = Counter(one.state for one in results)
    assert set(ended) <= FINAL_STATES
    assert ended[OrderState.COMPLETED] >= ORDERS // 3
    assert {SERVICES[n % 3] for n, one in enumerate(results) if one.state == "completed"} == {
        *SERVICES
    }
    assert [await town.places_taken(one) for one in crews] == [0] * CREWS
    ids = [one.order_id for one in orders]
    season = await town.world.rows(
        "SELECT max(money_closed_at) - min(created_at) AS span FROM orders"
        " WHERE id::text = ANY(:ids)",
        ids=ids,
    )
    assert season[0]["span"] >= timedelta(days=DAYS)
    twice = await town.world.value(
        "SELECT count(*) FROM (SELECT FROM offers WHERE state = 'won'"
        " AND order_id::text = ANY(:ids) GROUP BY order_id HAVING count(*) > 1) AS doubled",
        ids=ids,
    )
    assert twice == 0
    for order in orders[:3]:
        await books_balance(town.world, order)
