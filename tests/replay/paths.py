"""Paths of an order that is not cancelled, played on real parts."""

from datetime import UTC, datetime, timedelta

import pytest

from local.simulators.yookassa.cards import DECLINE_CARDS
from rules.catalog import Service
from rules.errors import NoCapacity, TooManyOrders
from rules.orders import OrderState, Role
from rules.payments import Method
from rules.policy import POLICY_V1
from tests.replay.steps import URGENT, booked, captured, ended, path
from tests.workflows.world import Placed, Town, eventually
from workflows import messages


@path
async def completed_by_card(town: Town) -> Placed:
    """Refused once, accepted, held, captured at the start, done, accepted, rated, settled."""
    near, far = await town.contractor(km=1), await town.contractor(km=40)
    order = await town.place(URGENT)
    assert await order.offered() == [near]
    await order.decline(near)
    assert await order.offered() == [far]
    await order.book(far)
    await order.work(far)
    await order.accept_work()
    await order.rate(Role.CLIENT, order.client_id, 5)
    await order.rate(Role.CONTRACTOR, far, 4)
    return await ended(order, OrderState.COMPLETED, days=4)


@path
async def completed_by_sbp(town: Town) -> Placed:
    """Charged at once; rated by one side only, so the review window runs out."""
    winner = await town.contractor()
    order = await town.place(Service.REPAIR_PUMP)
    await order.book(method=Method.SBP)
    await order.work(winner)
    await order.accept_work()
    await order.rate(Role.CLIENT, order.client_id, 3)
    return await ended(order, OrderState.COMPLETED, days=8)


@path
async def completed_by_silence(town: Town) -> Placed:
    """An offer and a reminder run out; nobody accepts the work, so the clock does."""
    await town.contractor(km=1)
    await town.contractor(km=30)
    order = await town.place(Service.DRILLING_WELL)
    (first,) = await order.offered()
    await order.advance(hours=12, seconds=5)

    async def second() -> bool:
        return await order.offered() != [first]

    await eventually(second, "the second wave")
    (winner,) = await order.offered()
    await order.accept(winner)
    await order.until(OrderState.AWAITING_PREPAYMENT)
    await order.advance(hours=13)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.advance(days=6)
    await captured(order)
    await order.work(winner)
    await order.until(OrderState.AWAITING_ACCEPTANCE)
    await order.advance(days=8)
    return await ended(order, OrderState.COMPLETED, days=31)


@path
async def found_after_silence(town: Town) -> Placed:
    """The first one asked lets his offer run out and accepts late, which still counts."""
    silent = await town.contractor(km=1)
    await town.contractor(km=30)
    order = await town.place(URGENT)
    assert await order.offered() == [silent]
    await order.advance(minutes=5, seconds=1)

    async def second() -> bool:
        return await order.offered() != [silent]

    await eventually(second, "the second wave")
    await order.accept(silent)
    await order.cancel()
    return await ended(order, OrderState.CANCELLED)


@path
async def found_after_the_night(town: Town) -> Placed:
    """The only one sleeps; he is asked in his morning."""
    now = datetime.now(UTC)
    offset = (2 * 60 - now.hour * 60 - now.minute) % (24 * 60)
    offset -= 24 * 60 if offset > 14 * 60 else 0
    await town.contractor(night_ok=False, utc_offset_minutes=offset)
    order = await town.place(URGENT, policy=POLICY_V1, utc_offset_minutes=offset)

    async def asleep() -> bool:
        events = (await order.handle.fetch_history()).events
        return any(one.HasField("timer_started_event_attributes") for one in events)

    await eventually(asleep, "the first look")
    await order.advance(hours=5)
    # Up to ten minutes later, so that a whole town does not wake at once; an offer lasts five.
    for _ in range(6):
        await order.advance(minutes=2)
        if await order.offers():
            break
    await order.offered()
    await order.cancel(Role.SUPPORT, "mistake")
    return await ended(order, OrderState.CANCELLED)


@path
async def found_when_somebody_comes_on_line(town: Town) -> Placed:
    """Nobody is there; support takes over; then somebody comes on line."""
    order = await town.place(URGENT)
    await order.advance(minutes=21)

    async def with_a_person() -> bool:
        row = await order.row()
        return bool(row["needs_attention"])

    await eventually(with_a_person, "a person takes over")
    late = await town.contractor()
    await order.door.tell_available(order.order_id, late)
    await order.offered()
    await order.book()
    await order.cancel(Role.SUPPORT, "client_asked")
    return await ended(order, OrderState.CANCELLED)


@path
async def assigned_by_support(town: Town) -> Placed:
    """One has blocked the bot, one has no capacity, the third is assigned by hand."""
    gone = await town.contractor(km=1)
    order = await town.place(URGENT)
    assert await order.offered() == [gone]
    await order.door.tell_unreachable(order.order_id, gone)
    busy = await town.contractor(km=300, capacity=1)
    elsewhere = await town.place(URGENT)
    said = messages.Assignment(1, busy)
    await elsewhere.door.assign(elsewhere.order_id, said, intent=elsewhere.intent())
    with pytest.raises(NoCapacity):
        await order.door.assign(order.order_id, said, intent=order.intent())
    free = await town.contractor(km=200)
    said = messages.Assignment(1, free)
    await order.door.assign(order.order_id, said, intent=order.intent())
    await order.until(OrderState.AWAITING_PREPAYMENT)
    await order.cancel()
    return await ended(order, OrderState.CANCELLED)


@path
async def refused_at_the_door(town: Town) -> Placed:
    """The client has three unpaid orders already."""
    first = await town.place(URGENT)
    for _ in range(2):
        await town.place(URGENT, client_id=first.client_id)
    order = await town.try_place(URGENT, client_id=first.client_id)
    with pytest.raises(TooManyOrders):
        await town.world_place(order)
    await order.closed()
    return order


@path
async def declined_then_paid(town: Town) -> Placed:
    """The first card is declined, the second one pays."""
    winner = await town.contractor()
    order = await town.place(URGENT)
    await order.offered()
    await order.accept(winner)
    payment = await order.open_page()
    number = next(iter(DECLINE_CARDS))
    order.world.simulator.sim(f"/pay/{payment}", method="card", number=number)
    await order.door.tell_payment_notice(order.order_id)

    async def declined() -> bool:
        row = await order.row()
        return bool(row["money"].get("decline_reason"))

    await eventually(declined, "the card is declined")
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.work(winner)
    await order.accept_work()
    return await ended(order, OrderState.COMPLETED, days=11)


@path
async def hold_lost(town: Town) -> Placed:
    """The bank lets the hold go; the client pays once more."""
    order, winner = await booked(town, Service.REPAIR_PUMP)
    order.world.simulator.sim("/clock", advance_seconds=timedelta(days=8).total_seconds())
    for _ in range(14):
        if (await order.row())["state"] == OrderState.AWAITING_PREPAYMENT:
            break
        await order.advance(hours=1)
    await order.until(OrderState.AWAITING_PREPAYMENT)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.work(winner)
    await order.accept_work()
    return await ended(order, OrderState.COMPLETED, days=8)


@path
async def hold_lost_at_work(town: Town) -> Placed:
    """The hold turns out to be gone when the work begins: support looks."""
    order, winner = await booked(town)
    order.world.simulator.sim("/clock", advance_seconds=timedelta(days=8).total_seconds())
    await order.work(winner)

    async def seen() -> bool:
        return not (await order.row())["prepaid"]

    await eventually(seen, "the hold is gone")
    await order.accept_work()
    return await ended(order, OrderState.COMPLETED, days=11)


@path
async def unpaid(town: Town) -> Placed:
    """Reminded twice, never paid; the money that comes later goes back by itself."""
    winner = await town.contractor()
    order = await town.place(URGENT)
    await order.offered()
    await order.accept(winner)
    payment = await order.open_page()
    await order.advance(minutes=31)
    await order.until(OrderState.UNPAID)
    order.world.simulator.sim(f"/pay/{payment}", method="card")
    await order.door.tell_payment_notice(order.order_id)
    return await ended(order, OrderState.UNPAID)


@path
async def no_contractor(town: Town) -> Placed:
    """Nobody at all: two empty looks, a person's day, the end."""
    order = await town.place(URGENT)
    await order.advance(minutes=21)
    await order.advance(hours=25)
    return await ended(order, OrderState.NO_CONTRACTOR)


@path
async def redispatched(town: Town) -> Placed:
    """The contractor withdraws after payment; another one takes over, price and money kept."""
    order, first = await booked(town)
    await order.withdraw(first)
    await order.until(OrderState.SEARCHING)
    second = await town.contractor(km=2)
    await order.door.tell_available(order.order_id, second)
    await order.offered()
    await order.accept(second)
    await order.until(OrderState.BOOKED)
    await order.work(second)
    await order.accept_work()
    return await ended(order, OrderState.COMPLETED, days=11)


@path
async def nobody_came_nobody_else(town: Town) -> Placed:
    """The contractor does not come, nobody replaces him: full refund plus compensation."""
    order, _ = await booked(town)
    await order.advance(hours=4)
    said = messages.NoShowReport(order.client_id)
    await order.door.report_no_show(order.order_id, said, intent=order.intent())
    await order.until(OrderState.SEARCHING)
    await order.advance(hours=49)
    return await ended(order, OrderState.NO_CONTRACTOR)


@path
async def rescheduled(town: Town) -> Placed:
    """The client's first wish is refused, the contractor's is agreed; then cancelled in time."""
    order, winner = await booked(town, Service.REPAIR_PUMP)
    door, day = order.door, timedelta(days=1)
    visit = (await order.row())["visit_at"]
    client, crew = (Role.CLIENT, order.client_id), (Role.CONTRACTOR, winner)
    for (by, who), (other, them), days, agrees in (
        (client, crew, 2, False),
        (crew, client, 3, True),
    ):
        wish = messages.Rescheduling(by, who, visit + days * day)
        await door.reschedule(order.order_id, wish, intent=order.intent())
        said = messages.ReschedulingAnswer(other, them, agrees)
        await door.answer_reschedule(order.order_id, said, intent=order.intent())
    assert (await order.row())["visit_at"] == visit + 3 * day
    await order.cancel(reason="weather")
    return await ended(order, OrderState.CANCELLED)


@path
async def disputed(town: Town) -> Placed:
    """Support freezes a completed order and gives a half back."""
    order, winner = await booked(town)
    await order.work(winner)
    await order.accept_work()
    await order.door.open_dispute(
        order.order_id, messages.Dispute(1, "client_asked"), intent=order.intent()
    )
    await order.until(OrderState.DISPUTED)
    decision = messages.DisputeDecision(1, 500_00)
    await order.door.resolve_dispute(order.order_id, decision, intent=order.intent())
    return await ended(order, OrderState.COMPLETED, days=11)
