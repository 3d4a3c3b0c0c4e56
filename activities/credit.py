"""The client's credit in his prepayment: reserved, used or released with the order's changes.

The database has the last word, as it has about a contractor's capacity: two orders of one client
that are accepted at once queue at the account and cannot spend the same kopeck.
"""

from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import ledger
from models.queries.plain import run
from rules import ledger as postings

# The same lock as that of the trigger which keeps the account from being overdrawn.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 0))")
_AVAILABLE = text("SELECT available_kopecks(:account)::bigint")
_OPEN = text(
    """
    SELECT j.source_id, e.debit_kopecks FROM journals j
    JOIN entries e ON e.journal_id = j.id AND e.debit_kopecks > 0
    WHERE j.order_id = CAST(:order AS uuid) AND j.kind = 'credit_reserved'
      AND NOT EXISTS (SELECT 1 FROM journals r WHERE r.resolves_id = j.id)
    """
)
_RESERVED = text(
    """
    SELECT e.debit_kopecks FROM journals j
    JOIN entries e ON e.journal_id = j.id AND e.debit_kopecks > 0
    WHERE j.source = 'order' AND j.kind = 'credit_reserved' AND j.source_id = :source_id
    """
)


async def lock_account(session: AsyncSession, account: str) -> int:
    """Queue for an account until the transaction ends; what may still leave it, in kopecks."""
    await run(session, _LOCK, {"account": account})
    return await _available(session, account)


async def _available(session: AsyncSession, account: str) -> int:
    found = await run(session, _AVAILABLE, {"account": account})
    return int(found.scalar_one())


async def reserve(
    session: AsyncSession, order: tuple[str, int], client_id: int, at_most: int, at: datetime
) -> int:
    """Reserve up to `at_most` kopecks for an order's (id, version); what was reserved."""
    order_id, version = order
    account = postings.credit(client_id)
    # Most clients have none: they need no lock.
    if at_most <= 0 or await _available(session, account) <= 0:
        return 0
    kopecks = min(at_most, await lock_account(session, account))
    if kopecks <= 0:
        return 0
    journal = postings.credit_reserved(order_id, version, client_id, kopecks)
    await ledger.post(session, journal, order_id, at)
    return kopecks


async def resolve(
    session: AsyncSession, order_id: str, client_id: int, at: datetime, *, paid: bool
) -> None:
    """Use what is reserved for an order (it is paid), or let it go; nothing if nothing is."""
    for source_id, kopecks in (await run(session, _OPEN, {"order": order_id})).all():
        version = int(source_id.rpartition(":")[2])
        reserved = postings.credit_reserved(order_id, version, client_id, kopecks)
        journal = postings.credit_used(reserved) if paid else postings.credit_released(reserved)
        await ledger.post(session, journal, order_id, at)


async def reserved(session: AsyncSession, order_id: str, version: int) -> int:
    """What the change `version` reserved, for a commit that is sent again."""
    found = await run(session, _RESERVED, {"source_id": f"{order_id}:{version}"})
    return int(found.scalar_one_or_none() or 0)
