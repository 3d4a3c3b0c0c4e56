"""Balances of the ledger, journals of an order, and the invariants of money."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.ledger import EntryRow, JournalRow
from models.queries.plain import run
from rules.ledger import Entry, Journal


@dataclass(frozen=True)
class Balance:
    """One account in kopecks, in its natural sign; `available` is what may still leave it."""

    account: str
    posted_kopecks: int
    with_pending_kopecks: int
    available_kopecks: int


@dataclass(frozen=True)
class TrialBalance:
    """The sums of all debits and credits in kopecks; equal, or the books are broken."""

    debit_kopecks: int
    credit_kopecks: int


@dataclass(frozen=True)
class WrittenJournal:
    """A journal as it stands in the books, with its lines."""

    id: int
    journal: Journal
    effective_at: datetime


_BALANCES = text(
    """
    SELECT account, posted_kopecks, with_pending_kopecks, available_kopecks
    FROM account_balances WHERE account LIKE :pattern ORDER BY account
    """
)
_TRIAL = text(
    """
    SELECT coalesce(sum(e.debit_kopecks), 0)::bigint, coalesce(sum(e.credit_kopecks), 0)::bigint
    FROM entries e JOIN journals j ON j.id = e.journal_id WHERE j.phase = 'posted'
    """
)

INVARIANTS: dict[str, str] = {
    "M1 every journal balances": """
        SELECT j.id AS journal_id, sum(e.debit_kopecks) AS debit, sum(e.credit_kopecks) AS credit
        FROM journals j LEFT JOIN entries e ON e.journal_id = j.id GROUP BY j.id
        HAVING sum(e.debit_kopecks) IS DISTINCT FROM sum(e.credit_kopecks) OR count(e.id) < 2
    """,
    "M2 debits equal credits": """
        SELECT sum(debit_kopecks) AS debit, sum(credit_kopecks) AS credit FROM account_balances
        HAVING sum(debit_kopecks) <> sum(credit_kopecks)
            OR sum(pending_debit_kopecks) <> sum(pending_credit_kopecks)
    """,
    "M3 the books are append-only": """
        SELECT wanted.name AS table_name FROM (VALUES ('journals'), ('entries')) AS wanted(name)
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_trigger t WHERE t.tgrelid = wanted.name::regclass
            AND t.tgname = 'refuse_change' AND t.tgenabled IN ('O', 'A'))
    """,
    "M4 an event is posted once": """
        SELECT source, source_id, kind, count(*) AS times FROM journals
        GROUP BY source, source_id, kind HAVING count(*) > 1
    """,
    "M5 nothing is overdrawn": """
        SELECT account, available_kopecks FROM account_balances
        WHERE available_kopecks < 0 AND (account = 'suspense'
            OR account LIKE 'order:%:deposit' OR account LIKE 'contractor:%:payable'
            OR account LIKE 'client:%:credit')
    """,
    "M6 refunds do not exceed what was captured": """
        SELECT order_id, captured_kopecks, refunded_kopecks, refund_pending_kopecks
        FROM order_money WHERE refunded_kopecks + refund_pending_kopecks > captured_kopecks
    """,
    "M7 a closed order holds nothing": """
        SELECT o.id AS order_id, b.posted_kopecks, b.with_pending_kopecks
        FROM orders o JOIN account_balances b ON b.account = 'order:' || o.id || ':deposit'
        WHERE o.money_closed_at IS NOT NULL
          AND (b.posted_kopecks <> 0 OR b.pending_debit_kopecks <> 0
               OR b.pending_credit_kopecks <> 0)
    """,
    "M9 a reservation is resolved once, by one that fits": """
        SELECT r.id AS journal_id, r.resolves_id FROM journals r
        JOIN journals p ON p.id = r.resolves_id
        WHERE p.phase <> 'pending' OR r.phase = 'pending'
           OR (SELECT count(*) FROM journals x WHERE x.resolves_id = p.id) > 1
           OR (SELECT sum(debit_kopecks) FROM entries WHERE journal_id = r.id)
            > (SELECT sum(debit_kopecks) FROM entries WHERE journal_id = p.id)
    """,
    "M12 the attempts say the same as the books": """
        SELECT m.order_id, m.captured_kopecks, a.captured, m.held_kopecks, a.held,
               m.refunded_kopecks, coalesce(f.refunded, 0) AS refunded
        FROM order_money m
        LEFT JOIN (
            SELECT order_id, sum(amount_kopecks) FILTER (WHERE state = 'captured') AS captured,
                   sum(amount_kopecks) FILTER (WHERE state = 'held') AS held
            FROM payment_attempts GROUP BY order_id
        ) a ON a.order_id = m.order_id
        LEFT JOIN (
            SELECT order_id, sum(amount_kopecks) AS refunded
            FROM refunds WHERE state = 'succeeded' GROUP BY order_id
        ) f ON f.order_id = m.order_id
        WHERE m.captured_kopecks <> coalesce(a.captured, 0)
           OR m.held_kopecks <> coalesce(a.held, 0)
           OR m.refunded_kopecks <> coalesce(f.refunded, 0)
    """,
}
"""Each SELECT returns the rows that break it; none means that it holds."""


async def balances(session: AsyncSession, pattern: str = "%") -> list[Balance]:
    """All accounts whose name is LIKE the pattern."""
    found = await run(session, _BALANCES, {"pattern": pattern})
    return [Balance(**row) for row in found.mappings()]


async def trial_balance(session: AsyncSession) -> TrialBalance:
    """Sums over all posted lines."""
    debit, credit = (await run(session, _TRIAL)).one()
    return TrialBalance(debit, credit)


async def violations(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    """The broken invariants of money with the rows that break them; empty when all is well."""
    broken: dict[str, list[dict[str, Any]]] = {}
    for name, statement in INVARIANTS.items():
        rows = (await run(session, text(statement.replace(":", r"\:")))).mappings().all()
        if rows:
            broken[name] = [dict(row) for row in rows]
    return broken


async def order_journals(session: AsyncSession, order_id: str) -> list[WrittenJournal]:
    """The journals of an order in the order they were written, with their lines."""
    found = await session.exec(
        select(JournalRow, EntryRow)
        .join(EntryRow, col(EntryRow.journal_id) == col(JournalRow.id))
        .where(col(JournalRow.order_id) == order_id)
        .order_by(col(JournalRow.id), col(EntryRow.id))
    )
    rows: dict[int, JournalRow] = {}
    lines: dict[int, list[Entry]] = {}
    for journal, entry in found:
        rows[journal.id] = journal
        line = Entry(entry.account, entry.debit_kopecks, entry.credit_kopecks)
        lines.setdefault(journal.id, []).append(line)
    return [
        WrittenJournal(
            row.id,
            Journal(row.kind, row.source, row.source_id, tuple(lines[row.id]), row.phase),
            row.effective_at,
        )
        for row in rows.values()
    ]
