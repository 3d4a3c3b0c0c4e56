"""Invoices inside Telegram: the one statement before a payment, and what was paid."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.invoices import NativePaymentRow
from models.queries.plain import run
from rules.native import Verdict

JUST_NOW = timedelta(seconds=30)
"""For so long after a yes another query for the same invoice is a double tap."""

# Reads by primary keys only. A yes is marked in the same statement, and the mark decides: of two
# queries at once, or of a query and the invoice's end, exactly one wins.
_JUDGE = text("""
    WITH found AS (
        SELECT n.payload, CASE
            WHEN client.telegram_id IS DISTINCT FROM :payer THEN 'foreign'
            WHEN a.state IN ('held', 'captured') OR o.prepaid THEN 'paid'
            WHEN o.state <> 'awaiting_prepayment' THEN 'closed'
            WHEN a.released OR a.state <> 'pending' OR EXISTS (
                SELECT 1 FROM payment_attempts newer
                WHERE newer.order_id = a.order_id AND newer.number > a.number) THEN 'superseded'
            WHEN a.amount_kopecks <> :kopecks OR :currency <> 'RUB' THEN 'amount'
            ELSE 'ok' END AS verdict
        FROM native_invoices n
        JOIN payment_attempts a ON a.order_id = n.order_id AND a.number = n.attempt
        JOIN orders o ON o.id = n.order_id
        JOIN users client ON client.id = o.client_id
        WHERE n.payload = CAST(:payload AS uuid)
    ), approved AS (
        UPDATE native_invoices n SET approved_at = :now, approved_query = :query FROM found
        WHERE n.payload = found.payload AND found.verdict = 'ok' AND n.withdrawn_at IS NULL
          AND (n.approved_at IS NULL OR n.approved_at < :recently OR n.approved_query = :query)
        RETURNING n.payload
    )
    SELECT CASE WHEN found.verdict = 'ok' AND NOT EXISTS (SELECT 1 FROM approved)
                THEN 'twice' ELSE found.verdict END,
           (SELECT language FROM users WHERE telegram_id = :payer)
    FROM found
""")
_ORDER = text("""
    SELECT n.order_id::text, n.attempt, o.number FROM native_invoices n
    JOIN orders o ON o.id = n.order_id WHERE n.payload = CAST(:payload AS uuid)
""")
_CONTENT = text("""
    SELECT o.request_bytes, n.withdrawn_at IS NOT NULL OR a.state <> 'pending'
    FROM native_invoices n
    JOIN payment_operations o ON o.key = n.payload
    JOIN payment_attempts a ON a.order_id = n.order_id AND a.number = n.attempt
    WHERE n.payload = CAST(:payload AS uuid)
""")


@dataclass(frozen=True)
class Query:
    """What Telegram asks just before it charges somebody; kopecks."""

    id: str
    payer: int
    payload: str
    kopecks: int
    currency: str
    language: str | None = None


def query_of(said: dict[str, Any]) -> Query:
    """A `pre_checkout_query` as Telegram writes it.

    Raises:
        ValueError: It is not one.
    """
    try:
        payer = said["from"]
        return Query(
            str(said["id"]),
            int(payer["id"]),
            str(said["invoice_payload"]),
            int(said["total_amount"]),
            str(said["currency"]),
            payer.get("language_code"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a query before a payment") from error


async def judge(session: AsyncSession, query: Query, now: datetime) -> tuple[Verdict, str | None]:
    """Whether an invoice may be paid now, in one statement; and the payer's language.

    The same query again gets the same answer.
    """
    if not _is_uuid(query.payload):
        return Verdict.UNKNOWN, query.language
    values = {
        "payload": query.payload,
        "payer": query.payer,
        "kopecks": query.kopecks,
        "currency": query.currency,
        "query": query.id,
        "now": now,
        "recently": now - JUST_NOW,
    }
    row = (await run(session, _JUDGE, values)).one_or_none()
    if row is None:
        return Verdict.UNKNOWN, query.language
    return Verdict(row[0]), row[1] or query.language


async def store_payment(session: AsyncSession, payment: NativePaymentRow) -> bool:
    """Keep what Telegram says was paid; False if it was there already."""
    said = payment.model_dump(exclude={"received_at"})
    stored = await session.exec(
        insert(NativePaymentRow)
        .values(**said)
        .on_conflict_do_nothing()
        .returning(col(NativePaymentRow.telegram_charge_id))
    )
    return stored.first() is not None


@dataclass(frozen=True)
class InvoicedOrder:
    """Whose invoice it is."""

    order_id: str
    attempt: int
    number: int


async def order_of(session: AsyncSession, payload: str) -> InvoicedOrder | None:
    """The order behind an invoice; None for a payload that is not ours."""
    if not _is_uuid(payload):
        return None
    row = (await run(session, _ORDER, {"payload": payload})).one_or_none()
    return InvoicedOrder(*row) if row is not None else None


async def content_of(session: AsyncSession, payload: str) -> bytes | None:
    """The invoice as it was written down; None when it is not to be paid any more."""
    row = (await run(session, _CONTENT, {"payload": payload})).one_or_none()
    return None if row is None or row[1] else bytes(row[0])


def _is_uuid(word: str) -> bool:
    try:
        return str(UUID(word)) == word
    except ValueError:
        return False
