"""Balances of the ledger and the journals of an order; invariants are in `invariants`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.ledger import EntryRow, JournalRow
from models.queries.invariants import INVARIANTS, violations
from models.queries.plain import run
from rules.ledger import Entry, Journal

__all__ = [
    "INVARIANTS",
    "Balance",
    "TrialBalance",
    "WrittenJournal",
    "balances",
    "order_journals",
    "trial_balance",
    "violations",
]


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


async def balances(session: AsyncSession, pattern: str = "%") -> list[Balance]:
    """All accounts whose name is LIKE the pattern."""
    found = await run(session, _BALANCES, {"pattern": pattern})
    return [Balance(**row) for row in found.mappings()]


async def trial_balance(session: AsyncSession) -> TrialBalance:
    """Sums over all posted lines."""
    debit, credit = (await run(session, _TRIAL)).one()
    return TrialBalance(debit, credit)


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

    def journal_of(row: JournalRow) -> Journal:
        resolved = rows.get(row.resolves_id or 0)
        return Journal(
            row.kind,
            row.source,
            row.source_id,
            tuple(lines[row.id]),
            row.phase,
            resolved.kind if resolved is not None else "",
            resolved.source_id if resolved is not None else "",
        )

    return [WrittenJournal(row.id, journal_of(row), row.effective_at) for row in rows.values()]
