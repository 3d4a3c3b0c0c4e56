"""The queue of reconciliation in the database: what to do next, and what each run leaves behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import break_records, break_repairs, payment_card
from activities.messages import PaymentStep
from activities.ports import IntegrityBreach, ProviderPayment, ProviderRefund
from models.payments import PaymentAttemptRow, RefundRow
from models.queries import reconciliation as queries
from models.reconciliation import ReconciliationBreakRow, ReconciliationQueueRow
from rules import payments
from rules.payments import Op, RefundState
from rules.policy import POLICY_V1
from rules.reconciliation import (
    BY_ITSELF,
    OPEN_STATES,
    Break,
    BreakClass,
    BreakState,
    Remedy,
)
from runtime import metrics

REPAIRS_MAX = 200
QUEUE_BATCH = 100
REFUSALS_MAX = 3
REFUSED_WAIT = timedelta(days=1)


async def waiting(session: AsyncSession) -> Sequence[ReconciliationQueueRow]:
    """Objects that notices have named, the oldest first."""
    found = await session.exec(
        select(ReconciliationQueueRow)
        .where(col(ReconciliationQueueRow.done_at).is_(None))
        .order_by(col(ReconciliationQueueRow.queued_at))
        .limit(QUEUE_BATCH)
    )
    return found.all()


async def done(session: AsyncSession, row: ReconciliationQueueRow, now: datetime) -> None:
    """It has been looked at; a newer notice about it stays in the queue."""
    await session.exec(
        update(ReconciliationQueueRow)
        .where(col(ReconciliationQueueRow.object_id) == row.object_id)
        .where(col(ReconciliationQueueRow.queued_at) == row.queued_at)
        .values(done_at=now)
    )


def _mendable() -> Any:
    by_itself = [one for one in BY_ITSELF if one is not Remedy.SIGNAL]
    return or_(
        col(ReconciliationBreakRow.state) == BreakState.REPAIRING,
        (col(ReconciliationBreakRow.state) == BreakState.OPEN)
        & col(ReconciliationBreakRow.remedy).in_(by_itself),
    )


async def repairs(session: AsyncSession) -> tuple[int, ...]:
    """The breaks that may be repaired now, the oldest first."""
    found = await session.exec(
        select(ReconciliationBreakRow.id)
        .where(_mendable())
        .order_by(col(ReconciliationBreakRow.id))
        .limit(REPAIRS_MAX)
    )
    return tuple(found.all())


async def orders_to_signal(session: AsyncSession) -> tuple[str, ...]:
    """The living orders that should look at their money."""
    found = await session.exec(
        select(ReconciliationBreakRow.order_id)
        .where(col(ReconciliationBreakRow.state) == BreakState.OPEN)
        .where(col(ReconciliationBreakRow.remedy) == Remedy.SIGNAL)
        .where(col(ReconciliationBreakRow.order_id).is_not(None))
        .distinct()
        .limit(REPAIRS_MAX)
    )
    return tuple(one for one in found.all() if one is not None)


async def repairable(session: AsyncSession, break_id: int) -> ReconciliationBreakRow | None:
    """The break, if it may (still) be repaired."""
    found = await session.exec(
        select(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.id) == break_id)
        .where(_mendable())
    )
    return found.one_or_none()


async def give_to_person(session: AsyncSession, break_id: int, reason: str) -> None:
    """It cannot be repaired by itself: support is told at the next comparison."""
    await session.exec(
        update(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.id) == break_id)
        .values(remedy=Remedy.PERSON, state=BreakState.OPEN, note=reason[:200])
    )


async def apply_payment(
    session: AsyncSession,
    row: ReconciliationBreakRow,
    payment: ProviderPayment,
    now: datetime,
    *,
    test: bool,
) -> None:
    """Bring the attempt that the break is about to what was fetched."""
    if payment.test is not test:
        raise IntegrityBreach("the payment differs in test")
    attempt = await _attempt(session, row)
    await break_repairs.apply_payment(session, attempt, payment, now, test=test)


async def apply_refund(
    session: AsyncSession, row: ReconciliationBreakRow, refund: ProviderRefund, now: datetime
) -> None:
    """Bring the refund that the break is about to what was fetched."""
    key = (row.order_id, row.attempt, row.refund_seq)
    await break_repairs.apply_refund(session, await session.get_one(RefundRow, key), refund, now)


async def post_fee(session: AsyncSession, row: ReconciliationBreakRow, now: datetime) -> None:
    """Post the fee that the break names."""
    await break_repairs.post_fee(session, await _attempt(session, row), row.theirs_kopecks, now)


async def release(session: AsyncSession, row: ReconciliationBreakRow) -> None:
    """Two people say that this payment is too much: from now on it goes back."""
    if row.proposed_by is None or row.approved_by is None:
        raise IntegrityBreach("two people are needed")
    attempt = await _attempt(session, row)
    if not attempt.late:
        raise IntegrityBreach("its money does not lie in suspense")
    attempt.released = True


async def _attempt(session: AsyncSession, row: ReconciliationBreakRow) -> PaymentAttemptRow:
    key = (row.order_id, row.attempt)
    found = await session.get(PaymentAttemptRow, key, with_for_update={"key_share": True})
    if found is None:
        raise IntegrityBreach("there is no such attempt")
    return found


async def next_step(
    session: AsyncSession, order_id: str, number: int, now: datetime
) -> PaymentStep | None:
    """What an attempt that nobody wants needs now; None: nothing, or not yet."""
    money = await payment_card.money_of(session, order_id)
    attempt = next(one for one in money.attempts if one.number == number)
    step = payments.step_of(attempt, POLICY_V1)
    if step is None or (step.at is not None and step.at > now):
        return None
    row = await session.get_one(PaymentAttemptRow, (order_id, number))
    refund = await session.get(RefundRow, (order_id, number, step.refund_seq))
    if step.op is Op.REFUND and refund is None and await _refused_lately(session, row, now):
        return None
    base = await break_repairs.step_for(session, row, step.op, refund)
    if refund is not None:
        return base
    kopecks = step.amount_kopecks or row.amount_kopecks
    return break_repairs.with_refund(base, kopecks, step.refund_seq)


async def _refused_lately(session: AsyncSession, row: PaymentAttemptRow, now: datetime) -> bool:
    """A refund that was refused again and again is tried daily, and a person knows of it."""
    found = await session.exec(
        select(RefundRow.updated_at)
        .where(RefundRow.order_id == row.order_id, RefundRow.attempt == row.number)
        .where(RefundRow.state == RefundState.FAILED)
        .order_by(col(RefundRow.updated_at).desc())
    )
    failed = found.all()
    if len(failed) < REFUSALS_MAX:
        return False
    stuck = Break(
        BreakClass.STUCK,
        f"{row.order_id}:{row.number}",
        Remedy.PERSON,
        row.order_id,
        row.number,
        provider_id=row.provider_id,
        ours_kopecks=row.amount_kopecks,
    )
    await break_records.keep(session, [stuck], now)
    return now - failed[0] < REFUSED_WAIT


async def keep_breaches(
    session: AsyncSession, broken: dict[str, list[dict[str, Any]]], now: datetime
) -> None:
    """Write broken invariants down as breaks; those that hold again end."""
    found = [Break(BreakClass.INVARIANT, name, Remedy.PERSON) for name in broken]
    await break_records.keep(session, found, now)
    rows = await session.exec(
        select(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.kind) == BreakClass.INVARIANT)
        .where(col(ReconciliationBreakRow.state).in_(OPEN_STATES))
        .with_for_update()
    )
    for row in rows:
        if row.subject in broken:
            row.note = str(broken[row.subject][:3])[:500]
        else:
            row.state, row.closed_at = BreakState.REPAIRED, now


async def measure(session: AsyncSession, now: datetime) -> None:
    """Set the gauges from the open breaks."""
    known = {one.kind: one for one in await queries.figures(session)}
    for kind in BreakClass:
        count = known[kind].count if kind in known else 0
        metrics.RECONCILIATION_BREAKS.labels(kind=kind.value).set(count)
    oldest = min((one.oldest for one in known.values()), default=now)
    metrics.RECONCILIATION_OLDEST_SECONDS.set(max(0.0, (now - oldest).total_seconds()))
    metrics.RECONCILIATION_KOPECKS.set(sum(one.kopecks for one in known.values()))
