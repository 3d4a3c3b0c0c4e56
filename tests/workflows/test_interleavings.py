"""People and the clock at the worst moment: while a commit is under way, twice, or too late."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from rules import booking, cancelling, claims, searching, working
from rules.attempts import Attempt, AttemptState, Money
from rules.catalog import Service
from rules.errors import AlreadyPaid, BadInput, NoCapacity, OrderClosed
from rules.orders import ClaimItem, ClaimState, OrderState, Role
from rules.payments import Method
from tests import orders as cases
from tests.money import Money as Sums
from tests.money import books_balance
from tests.workflows.world import Placed, Town, World, eventually
from workflows import decisions, messages

pytestmark = pytest.mark.money

PUMP = Service.REPAIR_PUMP  # prepayment 2 400
LATE_VISIT = timedelta(hours=1)  # cancelling costs at most 720


@contextlib.asynccontextmanager
async def _commits_wait(world: World, order: Placed) -> AsyncIterator[None]:
    """Somebody else holds the order's row: nothing about it is written meanwhile."""
    async with world.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text("SELECT 1 FROM orders WHERE id = :id FOR UPDATE"), {"id": order.order_id}
        )
        yield


async def _is_committing(order: Placed) -> None:
    async def so() -> bool:
        pending = (await order.handle.describe()).raw_description.pending_activities
        return any(one.activity_type.name == "commit" for one in pending)

    await eventually(so, "a commit is under way")


async def _has_looked_around(order: Placed) -> None:
    async def so() -> bool:
        sql = "SELECT count(*) FROM dispatch_exclusions WHERE order_id = :id"
        return bool(await order.world.value(sql, id=order.order_id))

    await eventually(so, "a wave that finds nobody")


async def _dispute(order: Placed, back: int | None) -> None:
    """Support opens a dispute and, unless `back` is None, sends so many roubles back."""
    await order.door.open_dispute(order.order_id, messages.Dispute(1), intent=order.intent())
    if back is not None:
        said = messages.DisputeDecision(1, back * 100)
        await order.door.resolve_dispute(order.order_id, said, intent=order.intent())


async def _completed(town: Town) -> tuple[Placed, int]:
    contractor = await town.contractor()
    order = await town.place(PUMP)
    await order.book(contractor)
    await order.work(contractor)
    await order.accept_work()
    return order, contractor


async def test_two_disputes_send_two_parts_back_and_only_the_rest_is_settled(town: Town) -> None:
    order, _ = await _completed(town)
    await _dispute(order, 400)
    await _dispute(order, None)
    too_much = messages.DisputeDecision(1, 2_000_01)
    with pytest.raises(BadInput):
        await order.door.resolve_dispute(order.order_id, too_much, intent=order.intent())
    said = messages.DisputeDecision(1, 300_00)
    await order.door.resolve_dispute(order.order_id, said, intent=order.intent())

    result = await order.end(days=4)
    assert result.state is OrderState.COMPLETED
    assert await books_balance(town.world, order) == Sums(
        captured=2_400_00, refunded=700_00, platform=425_00, contractor=1_275_00
    )


async def test_cancelling_a_second_dispute_returns_the_rest_and_frees_no_other_job(
    town: Town,
) -> None:
    contractor = await town.contractor()
    order, other = await town.place(PUMP), await town.place(PUMP)
    for one in (order, other):
        await one.book(contractor)
    await _dispute(order, 400)
    await _dispute(order, None)
    await order.cancel(Role.SUPPORT)

    result = await order.end()
    assert result.state is OrderState.CANCELLED
    assert await books_balance(town.world, order) == Sums(captured=2_400_00, refunded=2_400_00)
    assert await town.places_taken(contractor) == 1


async def test_dispute_that_comes_while_the_books_are_closed_is_refused(town: Town) -> None:
    order, _ = await _completed(town)
    await order.advance(days=6)
    async with _commits_wait(town.world, order):
        closing = asyncio.create_task(order.advance(days=2))
        await _is_committing(order)
        with pytest.raises(OrderClosed):
            await _dispute(order, None)
    await closing
    assert (await order.end()).state is OrderState.COMPLETED
    assert (await order.row())["state"] == OrderState.COMPLETED


async def test_cancelling_under_a_refused_acceptance_frees_no_other_job(town: Town) -> None:
    contractor = await town.contractor(capacity=1)
    other = await town.place(PUMP)
    await other.book(contractor)
    order = await town.place(PUMP)
    await _has_looked_around(order)
    async with _commits_wait(town.world, order):
        said = messages.Assignment(1, contractor)
        assigning = asyncio.create_task(
            order.door.assign(order.order_id, said, intent=order.intent())
        )
        await _is_committing(order)
        cancelling_it = asyncio.create_task(order.cancel())
        await asyncio.sleep(0.3)
    with pytest.raises(NoCapacity):
        await assigning
    await cancelling_it

    assert (await order.end()).state is OrderState.CANCELLED
    assert await town.places_taken(contractor) == 1
    assert (await other.row())["state"] == OrderState.BOOKED


def test_money_that_has_come_in_is_not_asked_for_by_another_page() -> None:
    order = cases.accepted_order()
    held = Attempt(1, Method.CARD, order.prepayment_kopecks, cases.NOW, AttemptState.HELD)
    said = messages.PaymentChoice(cases.CLIENT, Method.SBP)

    with pytest.raises(AlreadyPaid):
        decisions.check_payment(order, Money((held,)), said)


@pytest.mark.parametrize("granted", [False, True])
def test_claim_on_a_lost_hold_takes_nothing_out_of_the_deposit(granted: bool) -> None:
    now = cases.NOW
    late = cases.booked_order(visit_at=now + LATE_VISIT)
    order = cancelling.cancelled(late, Role.CLIENT, "price", now).order
    if granted:
        made = claims.claimed(order, (ClaimItem("travel", 700_00),), now).order
        decided = claims.decided(made, Role.CLIENT, None, now)
        assert decided.journals == ()
        order = decided.order

    lost = booking.hold_lost(order, now).order

    assert lost.claim is not None
    assert (lost.claim.state, lost.claim.amount_kopecks) == (ClaimState.SETTLED, 0)
    assert working.settle_and_close(lost, now).journals == ()


def test_refused_replacement_leaves_a_paid_order_in_its_second_search() -> None:
    now, order = cases.NOW, cases.booked_order()
    again = cancelling.withdrew(order, "ill", now).order
    won = searching.assigned(again, cases.RIVAL, now).order

    undone = searching.claim_refused(won, cases.RIVAL, now)

    assert undone is not None
    assert undone.order.redispatch_since == now
