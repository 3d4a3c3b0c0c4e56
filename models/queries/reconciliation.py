"""Both sides of a comparison, and the breaks as people and metrics read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.orders import OrderRow
from models.queries.plain import run
from models.reconciliation import ReconciliationBreakRow
from rules.reconciliation import OPEN_STATES, BreakClass, ObjectKind

# What was seen since the run began, and what is still open there.
PAYMENT_PAIRS = text(
    """
    SELECT p.id, p.status, p.amount_kopecks, p.income_kopecks, p.refunded_kopecks, p.test,
        coalesce(p.created_at, p.seen_at) AS created_at,
        coalesce(o.id, invoiced.order_id)::text AS known_order, p.attempt,
        a.order_id::text AS order_id, a.number, a.state, a.amount_kopecks AS ours_kopecks,
        a.created_at AS ours_created_at, a.released,
        owner.money_closed_at IS NOT NULL AS is_closed,
        (awaited.number IS NOT NULL AND o.money_closed_at IS NULL)
            OR invoiced.order_id IS NOT NULL AS is_awaited,
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
    -- Telegram's integration says nothing of ours: its payments are known by what Telegram told
    -- us, or, until it has, by an invoice of this sum that somebody was just told he may pay.
    LEFT JOIN LATERAL (
        SELECT n.order_id FROM native_invoices n
        JOIN orders h ON h.id = n.order_id AND h.money_closed_at IS NULL
        LEFT JOIN native_payments t ON t.payload = n.payload::text
        WHERE a.order_id IS NULL AND p.order_id IS NULL AND (t.provider_charge_id = p.id
            OR (t.payload IS NULL AND n.amount_kopecks = p.amount_kopecks AND n.approved_at
                BETWEEN p.created_at - interval '1 hour' AND p.created_at + interval '5 minutes'))
        ORDER BY t.provider_charge_id = p.id DESC NULLS LAST LIMIT 1
    ) invoiced ON true
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
