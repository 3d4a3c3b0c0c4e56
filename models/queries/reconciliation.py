"""Both sides of a comparison, and the breaks as people and metrics read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.orders import OrderRow
from models.queries.plain import run
from models.reconciliation import ProviderObjectRow, ReconciliationBreakRow
from rules.errors import BreakClosed, SamePersonTwice
from rules.reconciliation import (
    BY_TWO,
    OPEN_STATES,
    BreakClass,
    BreakState,
    ObjectKind,
    Remedy,
)

# What was seen since the run began, and what is still open there.
PAYMENT_PAIRS = text(
    """
    SELECT p.id, p.status, p.amount_kopecks, p.income_kopecks, p.refunded_kopecks, p.test,
        coalesce(p.created_at, p.seen_at) AS created_at, o.id::text AS known_order, p.attempt,
        a.order_id::text AS order_id, a.number, a.state, a.amount_kopecks AS ours_kopecks,
        a.created_at AS ours_created_at, a.released,
        owner.money_closed_at IS NOT NULL AS is_closed,
        awaited.number IS NOT NULL AND o.money_closed_at IS NULL AS is_awaited,
        EXISTS (SELECT 1 FROM journals j WHERE j.source = 'provider' AND j.source_id = p.id
                AND j.kind = 'captured') AS is_foreign,
        coalesce((SELECT sum(e.debit_kopecks) FROM journals j JOIN entries e ON e.journal_id = j.id
            WHERE j.source = 'attempt' AND j.kind = 'psp_fee'
              AND j.source_id = a.order_id::text || '\\:' || a.number
              AND e.account = 'psp_fee'), 0)::bigint AS fee_kopecks,
        coalesce((SELECT sum(f.amount_kopecks) FROM refunds f WHERE f.order_id = a.order_id
            AND f.attempt = a.number AND f.state <> 'failed'), 0)::bigint AS returned_kopecks
    FROM provider_objects p
    LEFT JOIN orders o ON o.id = p.order_id
    LEFT JOIN payment_attempts a ON a.provider_id = p.id
    LEFT JOIN orders owner ON owner.id = a.order_id
    LEFT JOIN payment_attempts awaited ON awaited.order_id = p.order_id
        AND awaited.number = p.attempt AND awaited.provider_id IS NULL
        AND awaited.state = 'requested'
    WHERE p.kind = 'payment'
      AND (p.seen_at >= :since OR p.status IN ('pending', 'waiting_for_capture'))
    ORDER BY p.created_at, p.id
    """
)
REFUND_PAIRS = text(
    """
    SELECT t.id, t.payment_id, t.status, t.amount_kopecks,
        coalesce(t.created_at, t.seen_at) AS created_at,
        f.order_id::text AS order_id, f.attempt, f.seq, f.state,
        f.amount_kopecks AS ours_kopecks, f.created_at AS ours_created_at,
        o.money_closed_at IS NOT NULL AS is_closed, a.order_id::text AS payer,
        EXISTS (SELECT 1 FROM refunds asked WHERE asked.order_id = a.order_id
            AND asked.attempt = a.number AND asked.provider_id IS NULL
            AND asked.state = 'requested' AND asked.amount_kopecks = t.amount_kopecks) AS is_asked,
        EXISTS (SELECT 1 FROM journals j WHERE j.source = 'external' AND j.source_id = t.id
            AND j.kind = 'refund_succeeded') AS is_foreign
    FROM provider_objects t
    LEFT JOIN refunds f ON f.provider_id = t.id
    LEFT JOIN orders o ON o.id = f.order_id
    LEFT JOIN payment_attempts a ON a.provider_id = t.payment_id
    WHERE t.kind = 'refund' AND (t.seen_at >= :since OR t.status = 'pending')
    ORDER BY t.created_at, t.id
    """
)
# Ours that the lists of a window did not contain, though they were read to the end.
UNLISTED = text(
    """
    SELECT a.order_id::text AS order_id, a.number, a.state, a.amount_kopecks, a.provider_id,
        a.created_at, o.money_closed_at IS NOT NULL AS is_closed
    FROM payment_attempts a JOIN orders o ON o.id = a.order_id
    LEFT JOIN provider_objects p ON p.id = a.provider_id
    WHERE a.created_at > :since AND a.created_at < :until
      AND (p.id IS NULL OR p.listed_at IS NULL)
      AND (a.provider_id IS NOT NULL OR a.state = 'requested')
    """
)
DUPLICATED = text(
    """
    SELECT a.order_id::text AS order_id, a.number, a.state, a.amount_kopecks, a.provider_id,
        a.created_at, a.released, o.money_closed_at IS NOT NULL AS is_closed,
        coalesce((SELECT sum(f.amount_kopecks) FROM refunds f WHERE f.order_id = a.order_id
            AND f.attempt = a.number AND f.state <> 'failed'), 0)::bigint AS returned_kopecks
    FROM payment_attempts a JOIN orders o ON o.id = a.order_id
    WHERE a.state = 'captured' AND a.order_id IN (
        SELECT d.order_id FROM payment_attempts d WHERE d.state = 'captured'
        GROUP BY d.order_id HAVING count(*) > 1)
    """
)
# What of the reconciler's own money at the provider is not at rest.
UNSETTLED = text(
    """
    SELECT a.order_id::text AS order_id, a.number FROM payment_attempts a
    JOIN orders o ON o.id = a.order_id
    WHERE a.released AND (a.number >= :adopted OR (o.money_closed_at IS NOT NULL AND a.late))
      AND (a.state = 'held' OR (a.state = 'captured' AND a.amount_kopecks > (
        SELECT coalesce(sum(f.amount_kopecks), 0) FROM refunds f
        WHERE f.order_id = a.order_id AND f.attempt = a.number AND f.state = 'succeeded')))
    """
)
OPEN_THERE = text(
    """
    SELECT id, kind FROM provider_objects WHERE status IN ('pending', 'waiting_for_capture')
    UNION
    SELECT a.provider_id, 'payment' FROM payment_attempts a
    WHERE a.state IN ('requested', 'pending', 'held') AND a.provider_id IS NOT NULL
    UNION
    SELECT f.provider_id, 'refund' FROM refunds f
    WHERE f.state IN ('requested', 'pending') AND f.provider_id IS NOT NULL
    """
)
_FIGURES = text(
    """
    SELECT kind, count(*), min(first_seen),
           coalesce(sum(abs(theirs_kopecks - ours_kopecks)), 0)::bigint
    FROM reconciliation_breaks WHERE state IN ('open', 'repairing', 'awaiting_approval')
    GROUP BY kind
    """
)
_LIST_MAX = 50


@dataclass(frozen=True)
class Figures:
    """Open breaks of one class: how many, since when the oldest, and by how many kopecks."""

    kind: BreakClass
    count: int
    oldest: datetime
    kopecks: int


async def figures(session: AsyncSession) -> list[Figures]:
    """What the metrics show."""
    rows = (await run(session, _FIGURES)).all()
    return [Figures(BreakClass(row[0]), row[1], row[2], row[3]) for row in rows]


async def open_breaks(session: AsyncSession) -> list[ReconciliationBreakRow]:
    """What waits for a person or for the next run, the oldest first."""
    found = await session.exec(
        select(ReconciliationBreakRow)
        .where(col(ReconciliationBreakRow.state).in_(OPEN_STATES))
        .order_by(col(ReconciliationBreakRow.id))
        .limit(_LIST_MAX)
    )
    return list(found)


async def rows(session: AsyncSession, statement: Any, **values: object) -> list[Any]:
    """The rows of one of the statements above, by name."""
    return list((await run(session, statement, values)).mappings().all())


async def _locked(session: AsyncSession, break_id: int) -> ReconciliationBreakRow:
    row = await session.get(ReconciliationBreakRow, break_id, with_for_update=True)
    if row is None:
        raise BreakClosed
    return row


async def propose(session: AsyncSession, break_id: int, person: str) -> ReconciliationBreakRow:
    """A person wants a break repaired; what moves money then waits for a second one.

    Raises:
        BreakClosed: There is nothing (any more) to be repaired.
    """
    row = await _locked(session, break_id)
    if row.state is BreakState.AWAITING_APPROVAL and row.proposed_by == person:
        return row
    if row.state is not BreakState.OPEN or row.remedy not in BY_TWO:
        raise BreakClosed
    row.proposed_by, row.state = person, BreakState.AWAITING_APPROVAL
    return row


async def approve(session: AsyncSession, break_id: int, person: str) -> ReconciliationBreakRow:
    """A second person agrees; the next run repairs it.

    Raises:
        BreakClosed: Nobody has proposed it, or it is done.
        SamePersonTwice: The first person again.
    """
    row = await _locked(session, break_id)
    if row.state is BreakState.REPAIRING and row.approved_by == person:
        return row
    if row.state is not BreakState.AWAITING_APPROVAL:
        raise BreakClosed
    if row.proposed_by == person:
        raise SamePersonTwice
    row.approved_by, row.state = person, BreakState.REPAIRING
    return row


async def dismiss(
    session: AsyncSession, break_id: int, person: str, note: str, now: datetime
) -> ReconciliationBreakRow:
    """A person has looked into it and says that nothing is to be done.

    Raises:
        BreakClosed: It has ended, or its repair is on its way; or it is a broken invariant, which
            ends only when it holds again: put aside, its next breach would be told to nobody.
    """
    row = await _locked(session, break_id)
    is_open = row.state in (BreakState.OPEN, BreakState.AWAITING_APPROVAL)
    if not is_open or row.kind is BreakClass.INVARIANT:
        raise BreakClosed
    row.state, row.closed_at = BreakState.DISMISSED, now
    row.note = f"{person}: {note}"[:200]
    return row


_QUEUE = text(
    """
    INSERT INTO reconciliation_queue (object_id, kind, queued_at)
    VALUES (:object_id, :kind, :at)
    ON CONFLICT (object_id) DO UPDATE SET queued_at = excluded.queued_at, done_at = NULL
    """
)


async def enqueue(session: AsyncSession, object_id: str, event: str, at: datetime) -> None:
    """Have an object of the provider looked at by the next run, once for however many notices."""
    kind = ObjectKind.REFUND if event.startswith("refund.") else ObjectKind.PAYMENT
    await run(session, _QUEUE, {"object_id": object_id, "kind": kind.value, "at": at})


async def order_number_of(session: AsyncSession, row: ReconciliationBreakRow) -> int | None:
    """The public number of a break's order."""
    if row.order_id is None:
        return None
    found = await session.exec(select(OrderRow.number).where(OrderRow.id == row.order_id))
    return found.one_or_none()


async def charge_back(
    session: AsyncSession, payment_id: str, kopecks: int, person: str, now: datetime
) -> ReconciliationBreakRow:
    """A person has read that the payer's bank took a payment back; a second one must agree.

    What was dismissed (a wrong sum, say) may be said anew.

    Raises:
        BreakClosed: It is no payment of ours that was captured, or it is known already.
    """
    payment = await session.get(ProviderObjectRow, payment_id, with_for_update=True)
    if payment is None or payment.status != "succeeded":
        raise BreakClosed
    if not 0 < kopecks <= payment.amount_kopecks:
        raise BreakClosed
    found = await session.exec(
        select(ReconciliationBreakRow).where(
            ReconciliationBreakRow.kind == BreakClass.CHARGEBACK,
            ReconciliationBreakRow.subject == payment_id,
        )
    )
    known = found.first()
    if known is not None:
        if known.state is not BreakState.DISMISSED:
            raise BreakClosed
        known.state, known.closed_at = BreakState.AWAITING_APPROVAL, None
        known.theirs_kopecks, known.last_seen = kopecks, now
        known.proposed_by, known.approved_by = person, None
        return known
    row = ReconciliationBreakRow(
        kind=BreakClass.CHARGEBACK,
        subject=payment_id,
        remedy=Remedy.POST_CHARGEBACK,
        state=BreakState.AWAITING_APPROVAL,
        order_id=payment.order_id,
        provider_id=payment_id,
        theirs_kopecks=kopecks,
        first_seen=now,
        last_seen=now,
        told_at=now,
        proposed_by=person,
    )
    session.add(row)
    await session.flush()
    return row
