"""The search for a contractor: waves, silence, refusals, nobody at all, and races for the slot."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rules.catalog import Service
from rules.errors import (
    AlreadyYours,
    NoCapacity,
    OfferDeclined,
    OfferUnknown,
    OrderClosed,
    OrderTaken,
)
from rules.orders import Offer, OfferState, OrderState
from rules.policy import POLICY_V1
from rules.searching import accepted, claim_refused, overtaken
from tests.money import Money, books_balance
from tests.orders import NOW, searching_order
from tests.workflows.waiting import idle
from tests.workflows.world import DAYLIGHT, Placed, Town
from workflows.holds import HoldSweepWorkflow
from workflows.messages import Assignment
from workflows.policies import TASK_QUEUE


async def _points(town: Town, contractor: int) -> list[tuple[str, int]]:
    rows = await town.world.rows(
        "SELECT reason, delta FROM points_entries WHERE contractor_id = :id ORDER BY id",
        id=contractor,
    )
    return [(row["reason"], row["delta"]) for row in rows]


async def _person_called(order: Placed) -> None:
    await order.advance(minutes=11)
    await order.advance(minutes=11)
    assert (await order.story())[-1] == "person_called"
    row = await order.row()
    assert row["needs_attention"]
    assert await order.told("needs_person") == 1


async def test_silence_costs_points_and_the_next_one_is_asked_after_the_timer(town: Town) -> None:
    near, far = await town.contractor(km=1), await town.contractor(km=30)
    order = await town.place()

    assert await order.offered() == [near]
    await order.advance(minutes=29)
    assert await order.offered() == [near]
    await order.advance(minutes=2)

    assert await order.offered() == [far]
    assert await order.offers() == {near: "expired", far: "live"}
    assert await _points(town, near) == [("silence", -3)]
    assert await town.places_taken(near) == 0


async def test_waves_grow_and_then_a_person_takes_over_and_then_the_order_ends(town: Town) -> None:
    everybody = [await town.contractor(km=1 + number) for number in range(12)]
    order = await town.place()
    for size in (1, 1, 2, 3, 5):
        live = await order.offered(size)
        assert len(live) == size
        await order.advance(minutes=30, seconds=1)
    await order.advance(hours=24)

    result = await order.end()
    assert result.state is OrderState.NO_CONTRACTOR
    assert await books_balance(town.world, order) == Money()
    waves = await town.world.rows(
        "SELECT wave, count(*) AS asked FROM offers WHERE order_id = :id GROUP BY wave"
        " ORDER BY wave",
        id=order.order_id,
    )
    assert [(row["wave"], row["asked"]) for row in waves] == [
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 3),
        (5, 5),
    ]
    assert set((await order.offers()).values()) == {"expired"}
    assert sum([await town.places_taken(one) for one in everybody]) == 0


async def test_nobody_at_all_calls_a_person_and_ends_after_a_day_without_money(town: Town) -> None:
    order = await town.place(Service.DRILLING_WELL)
    await _person_called(order)
    await order.advance(hours=23)
    assert (await order.row())["state"] == OrderState.SEARCHING
    await order.advance(hours=1)

    result = await order.end()
    assert result.state is OrderState.NO_CONTRACTOR
    assert await order.told("no_contractor") == 1
    assert await books_balance(town.world, order) == Money()


async def test_somebody_who_comes_on_line_is_asked_at_once(town: Town) -> None:
    order = await town.place()
    await order.advance(seconds=1)
    first = await town.contractor()
    await order.door.tell_available(order.order_id, first)
    assert await order.offered() == [first]


async def test_during_a_persons_search_newcomers_are_asked_one_after_the_other(town: Town) -> None:
    order = await town.place()
    await _person_called(order)
    first = await town.contractor(km=1)
    await order.door.tell_available(order.order_id, first)
    assert await order.offered() == [first]
    second = await town.contractor(km=2)
    await order.advance(minutes=31)

    assert await order.offered() == [second]
    assert await order.offers() == {first: "expired", second: "live"}
    answer = await order.accept(second)
    assert answer.state is OrderState.AWAITING_PREPAYMENT
    assert not (await order.row())["needs_attention"]


async def test_whom_telegram_cannot_reach_is_skipped_at_once_and_loses_nothing(town: Town) -> None:
    near, far = await town.contractor(km=1), await town.contractor(km=30)
    order = await town.place()
    assert await order.offered() == [near]
    await order.door.tell_unreachable(order.order_id, near)

    await order.offers_become({near: "skipped", far: "live"})
    assert await _points(town, near) == []
    with pytest.raises(OfferUnknown):
        await order.accept(near)


async def test_silent_contractor_may_still_accept_while_the_order_is_open(town: Town) -> None:
    near, far = await town.contractor(km=1), await town.contractor(km=30)
    order = await town.place()
    await order.offered()
    await order.advance(minutes=31)
    assert await order.offered() == [far]

    answer = await order.accept(near)
    assert answer.state is OrderState.AWAITING_PREPAYMENT
    assert await order.offers() == {near: "won", far: "lost"}
    assert (await town.places_taken(near), await town.places_taken(far)) == (1, 0)


async def test_taps_that_come_too_late_are_refused_by_name(town: Town) -> None:
    near, far = await town.contractor(km=1), await town.contractor(km=30)
    stranger = await town.contractor(km=40)
    order = await town.place()
    await order.offered()
    await order.decline(near)
    assert await order.offered() == [far]
    with pytest.raises(OfferDeclined):
        await order.accept(near)
    with pytest.raises(OfferUnknown):
        await order.accept(stranger)
    await order.accept(far)

    with pytest.raises(AlreadyYours):
        await order.accept(far)
    with pytest.raises(OrderTaken):
        await order.accept(near)
    with pytest.raises(OrderTaken):
        await order.decline(far)
    await order.cancel()
    await order.closed()
    for late in (near, far, stranger):
        with pytest.raises(OrderClosed):
            await order.accept(late)


async def test_lost_race_for_the_last_slot_is_refused_and_the_search_goes_on(town: Town) -> None:
    only_one = await town.contractor(km=1, capacity=1)
    order = await town.place()
    assert await order.offered() == [only_one]
    await order.advance(minutes=31)
    other = await town.place()
    assert await other.offered() == [only_one]
    await other.accept(only_one)
    next_one = await town.contractor(km=30)
    await order.door.tell_available(order.order_id, next_one)
    assert await order.offered() == [next_one]
    await idle(order)

    with pytest.raises(NoCapacity):
        await order.accept(only_one)

    assert (await order.row())["state"] == OrderState.SEARCHING
    assert await order.offers() == {only_one: "skipped", next_one: "live"}
    answer = await order.accept(next_one)
    assert answer.state is OrderState.AWAITING_PREPAYMENT
    assert await order.offers() == {only_one: "skipped", next_one: "won"}


def test_refused_winner_gives_the_others_their_live_offers_back() -> None:
    until = NOW + timedelta(minutes=30)
    rivals = tuple(Offer(number, 3, until, NOW + timedelta(days=1)) for number in (1, 2))
    order = searching_order()
    order = replace(order, search=replace(order.search, wave=3, offers=rivals))
    won = accepted(order, 1, NOW).order
    late = overtaken(won, (Offer(3, 4, until, NOW + timedelta(days=1)),)).order
    undone = claim_refused(late, 1, NOW)

    assert undone is not None
    states = {one.contractor_id: one.state for one in undone.order.search.offers}
    assert states == {1: OfferState.SKIPPED, 2: OfferState.LIVE, 3: OfferState.EXPIRED}
    assert undone.order.search.wave == 4


async def test_support_gives_the_order_to_a_contractor_by_hand(town: Town) -> None:
    order = await town.place()
    await _person_called(order)
    off_line = await town.contractor(km=45, online=False)
    answer = await order.door.assign(order.order_id, Assignment(1, off_line), intent=order.intent())
    assert answer.state is OrderState.AWAITING_PREPAYMENT
    assert await order.offers() == {off_line: "won"}
    assert await town.places_taken(off_line) == 1
    full = await town.contractor(capacity=0)
    other = await town.place()
    with pytest.raises(NoCapacity):
        await other.door.assign(other.order_id, Assignment(1, full), intent=other.intent())
    assert (await other.row())["state"] == OrderState.SEARCHING


async def test_at_night_nobody_is_woken_and_the_search_goes_on_in_the_morning(town: Town) -> None:
    # Wherever on earth it is between 23:00 and midnight now.
    late = datetime.now(UTC).replace(minute=0, second=0)
    offset = (23 - late.hour) * 60
    contractor = await town.contractor(utc_offset_minutes=offset)
    order = await town.place(policy=POLICY_V1, utc_offset_minutes=offset)
    urgent = await town.place(Service.REPAIR_NO_WATER, policy=POLICY_V1, utc_offset_minutes=offset)

    assert await urgent.offered() == [contractor]
    await order.advance_to(late + timedelta(hours=7, minutes=59))
    assert await order.offers() == {}
    assert await order.told("night_pause") == 1
    await order.advance_to(late + timedelta(hours=8, minutes=10))
    assert await order.offered() == [contractor]
    assert await order.story() == ["placed", "night_paused"]


@pytest.mark.parametrize(
    ("service", "explores"), [(Service.REPAIR_NO_WATER, False), (Service.REPAIR_PUMP, True)]
)
async def test_newcomers_are_never_tried_out_on_urgent_orders(
    service: Service, explores: bool, town: Town
) -> None:
    await town.contractor()
    order = await town.place(service)
    await order.offered()

    history = await order.handle.fetch_history()
    asked = [one.activity_task_scheduled_event_attributes for one in history.events]
    waves = [one for one in asked if one.activity_type.name == "send_wave"]
    assert [json.loads(one.input.payloads[0].data)["explore"] for one in waves] == [explores]


async def test_withdrawal_keeps_price_and_money_and_a_replacement_is_booked_at_once(
    town: Town,
) -> None:
    first, second = await town.contractor(km=1), await town.contractor(km=30)
    order = await town.place(Service.SEWAGE_OVERFLOW)
    await order.book(first)
    await order.withdraw(first, "rig_broke")
    assert await order.offered() == [second]
    assert await order.told("contractor_withdrew") == 1

    answer = await order.accept(second)
    assert answer.state is OrderState.BOOKED
    await order.work(second)
    await order.accept_work()
    result = await order.end(days=4)
    assert (result.state, result.contractor_id) == (OrderState.COMPLETED, second)
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00,
        platform=250_00,
        contractor=750_00,
        compensation=100_00,
        penalty=100_00,
    )
    assert ("withdrew_paid", -30) in await _points(town, first)


async def test_second_withdrawal_without_replacement_returns_everything_within_48_hours(
    town: Town,
) -> None:
    first, second = await town.contractor(km=1), await town.contractor(km=30)
    order = await town.place(Service.REPAIR_PUMP)
    await order.book(first)
    await order.advance_to_visit(hours=23)
    await order.withdraw(first)
    assert await order.offered() == [second]
    await order.accept(second)
    await order.advance_to_visit(hours=23)
    await order.withdraw(second)
    await order.advance(hours=48)

    result = await order.end()
    assert result.state is OrderState.NO_CONTRACTOR
    assert await books_balance(town.world, order) == Money(
        captured=2_400_00, refunded=2_400_00, compensation=480_00, penalty=480_00
    )
    assert (await town.places_taken(first), await town.places_taken(second)) == (0, 0)


async def test_holds_of_a_workflow_that_is_gone_come_free(town: Town) -> None:
    only_one = await town.contractor(capacity=1)
    order = await town.place()
    assert await order.offered() == [only_one]
    await order.handle.terminate("lost")
    client, late = order.world.client, await order.now() + timedelta(hours=2)
    sweeps = [
        await client.execute_workflow(
            HoldSweepWorkflow.run, late, id=f"{order.intent()}", task_queue=TASK_QUEUE
        )
        for _ in range(2)
    ]

    assert sweeps[0] >= 1
    assert sweeps[1] == 0
    assert await town.places_taken(only_one) == 0
    assert await order.offers() == {only_one: "expired"}
    other = await town.place()
    assert await other.offered() == [only_one]


async def test_two_of_a_wave_accept_at_once_and_one_wins(town: Town) -> None:
    policy = replace(DAYLIGHT, service=replace(DAYLIGHT.service, wave_sizes=(2,)))
    pair = [await town.contractor(km=1), await town.contractor(km=2)]
    order = await town.place(policy=policy)
    await order.offered(2)
    answers = await asyncio.gather(*map(order.accept, pair), return_exceptions=True)

    assert sorted(type(one).__name__ for one in answers) == ["OrderAnswer", "OrderTaken"]
    assert sorted((await order.offers()).values()) == ["lost", "won"]
