"""Writing journals: each (source, source id, kind) at most once, however often it is asked for."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.ledger import EntryRow, JournalRow
from rules.ledger import Journal

# The same for any number of lines, so that it is compiled once.
_LINES = insert(EntryRow)


async def post(session: AsyncSession, journal: Journal, order_id: str | None, at: datetime) -> bool:
    """Write a journal that took effect at `at`; False if it was written before.

    Raises:
        LookupError: What it posts or voids was never reserved.
    """
    resolves_id = None
    if journal.resolves_kind:
        resolves_id = await _find(
            session, journal.source, journal.resolves_source_id, journal.resolves_kind
        )
        if resolves_id is None:
            raise LookupError(f"{journal.kind} of {journal.source} resolves nothing")
    written = await session.exec(
        insert(JournalRow)
        .values(
            kind=journal.kind,
            source=journal.source,
            source_id=journal.source_id,
            order_id=order_id,
            phase=journal.phase,
            resolves_id=resolves_id,
            effective_at=at,
        )
        .on_conflict_do_nothing(index_elements=["source", "source_id", "kind"])
        .returning(col(JournalRow.id))
    )
    journal_id = written.scalar_one_or_none()
    if journal_id is None:
        return False
    lines = [
        {
            "journal_id": journal_id,
            "account": entry.account,
            "debit_kopecks": entry.debit_kopecks,
            "credit_kopecks": entry.credit_kopecks,
        }
        for entry in journal.entries
    ]
    await session.exec(_LINES, params=lines)
    return True


async def is_posted(session: AsyncSession, source: str, source_id: str, kind: str) -> bool:
    """Whether a journal has been written."""
    return await _find(session, source, source_id, kind) is not None


async def _find(session: AsyncSession, source: str, source_id: str, kind: str) -> int | None:
    found = await session.exec(
        select(JournalRow.id).where(
            JournalRow.source == source,
            JournalRow.source_id == source_id,
            JournalRow.kind == kind,
        )
    )
    return found.one_or_none()
