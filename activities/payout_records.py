"""The rows of payouts: a register under its lock, its payees, its postings."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import ledger
from activities.credit import lock_account
from activities.ports import PayoutFile, PayoutLine
from models.payouts import PayoutRegisterRow, PayoutRow
from models.queries.plain import run
from rules import ledger as postings
from rules.errors import PayoutUnknown
from rules.payouts import PayoutState, account, portion
from rules.statements import Side

PAYEES_MAX = 500
_KEYS = UUID("1b1a8c2e-5d0b-5a55-9b1e-7061796f7574")
"""The name space of payout ids; never change it."""

_PAYEES = text(
    """
    SELECT (split_part(account, '\\:', 2))::bigint AS payee_id FROM account_balances
    WHERE account LIKE :pattern AND available_kopecks >= :minimum AND available_kopecks > 0
    ORDER BY payee_id LIMIT :most
    """
)
_PATTERN = {Side.CONTRACTOR: "contractor:%:payable", Side.CLIENT: "client:%:credit"}
_OWED = text("SELECT (-available_kopecks(:account))::bigint")
_PEOPLE = {
    Side.CONTRACTOR: text(
        """
        SELECT p.payee_id, p.amount_kopecks, c.name, u.phone FROM payouts p
        JOIN contractors c ON c.id = p.payee_id JOIN users u ON u.id = c.user_id
        WHERE p.register_id = CAST(:register AS uuid) ORDER BY p.payee_id
        """
    ),
    Side.CLIENT: text(
        """
        SELECT p.payee_id, p.amount_kopecks, u.first_name, u.phone FROM payouts p
        JOIN users u ON u.id = p.payee_id
        WHERE p.register_id = CAST(:register AS uuid) ORDER BY p.payee_id
        """
    ),
}


async def reserve(
    session: AsyncSession, register_id: str, side: Side, minimum_kopecks: int, now: datetime
) -> list[PayoutRow]:
    """Reserve what everybody has who has enough; the accounts are locked in the order of ids."""
    found = await run(
        session,
        _PAYEES,
        {"pattern": _PATTERN[side], "minimum": minimum_kopecks, "most": PAYEES_MAX},
    )
    rows = []
    for payee_id in found.scalars().all():
        row = await _reserve_one(session, register_id, (side, payee_id), minimum_kopecks, now)
        if row is not None:
            rows.append(row)
    return rows


async def _reserve_one(
    session: AsyncSession,
    register_id: str,
    payee: tuple[Side, int],
    minimum_kopecks: int,
    now: datetime,
) -> PayoutRow | None:
    side, payee_id = payee
    # Whatever another register has reserved meanwhile is seen behind the lock.
    available = await lock_account(session, account(side, payee_id))
    owed = 0
    if side is Side.CONTRACTOR:
        debts = {"account": postings.receivable(payee_id)}
        owed = int((await run(session, _OWED, debts)).scalar_one())
    part = portion(available, owed, minimum_kopecks)
    if part is None:
        return None
    row = PayoutRow(
        id=str(uuid5(_KEYS, f"{register_id}:{payee_id}")),
        register_id=register_id,
        payee_id=payee_id,
        amount_kopecks=part.amount_kopecks,
        set_off_kopecks=part.set_off_kopecks,
    )
    if part.set_off_kopecks:
        await ledger.post(
            session, postings.set_off(row.id, payee_id, part.set_off_kopecks), None, now
        )
    taken = postings.payout_requested(row.id, account(side, payee_id), part.amount_kopecks)
    await ledger.post(session, taken, None, now)
    return row


async def lock_register(session: AsyncSession, register_id: str) -> PayoutRegisterRow:
    """The register's row, which is the queue of all who decide about it.

    Raises:
        PayoutUnknown: There is none.
    """
    row = await session.get(PayoutRegisterRow, register_id, with_for_update=True)
    if row is None:
        raise PayoutUnknown()
    return row


async def lines(session: AsyncSession, register_id: str) -> Sequence[PayoutRow]:
    """A register's payouts by payee."""
    found = await session.exec(
        select(PayoutRow)
        .where(PayoutRow.register_id == register_id)
        .order_by(col(PayoutRow.payee_id))
    )
    return found.all()


async def conclude(
    session: AsyncSession, side: Side, row: PayoutRow, state: PayoutState, now: datetime
) -> None:
    """Post what was paid, or give back what was not; a second time changes nothing."""
    if row.state is not PayoutState.RESERVED:
        return
    taken = account(side, row.payee_id)
    paid = state is PayoutState.PAID
    journal = (postings.payout_paid if paid else postings.payout_failed)(
        row.id, taken, row.amount_kopecks
    )
    await ledger.post(session, journal, None, now)
    row.state, row.ended_at = state, now


async def file_of(session: AsyncSession, register: PayoutRegisterRow) -> PayoutFile:
    """What the bank is told; the same for ever after the approval."""
    people = await run(session, _PEOPLE[register.side], {"register": register.id})
    return PayoutFile(
        register.number,
        register.side,
        tuple(PayoutLine(*row) for row in people),
    )
