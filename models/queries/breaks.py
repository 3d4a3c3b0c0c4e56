"""What people decide about breaks: one proposes, another one agrees, and neither is a party."""

from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.contractors import ContractorRow
from models.orders import OrderRow
from models.reconciliation import ProviderObjectRow, ReconciliationBreakRow
from rules.errors import BreakClosed, OwnOrder, SamePersonTwice
from rules.reconciliation import BY_TWO, BreakClass, BreakState, Remedy


async def _locked(session: AsyncSession, break_id: int) -> ReconciliationBreakRow:
    row = await session.get(ReconciliationBreakRow, break_id, with_for_update=True)
    if row is None:
        raise BreakClosed
    return row


async def _decided_by(session: AsyncSession, order_id: str | None, person: str) -> None:
    """Whoever is the order's client or contractor does not decide about its money.

    Raises:
        OwnOrder: He is.
    """
    found = await session.exec(
        select(OrderRow.client_id, ContractorRow.user_id)
        .outerjoin(ContractorRow, col(ContractorRow.id) == col(OrderRow.contractor_id))
        .where(OrderRow.id == order_id)
    )
    if person in {f"tg:{one}" for parties in found for one in parties}:
        raise OwnOrder


async def propose(session: AsyncSession, break_id: int, person: str) -> ReconciliationBreakRow:
    """A person wants a break repaired; what moves money then waits for a second one.

    Raises:
        BreakClosed: There is nothing (any more) to be repaired.
        OwnOrder: His own order is concerned.
    """
    row = await _locked(session, break_id)
    if row.state is BreakState.AWAITING_APPROVAL and row.proposed_by == person:
        return row
    if row.state is not BreakState.OPEN or row.remedy not in BY_TWO:
        raise BreakClosed
    await _decided_by(session, row.order_id, person)
    row.proposed_by, row.state = person, BreakState.AWAITING_APPROVAL
    return row


async def approve(session: AsyncSession, break_id: int, person: str) -> ReconciliationBreakRow:
    """A second person agrees; the next run repairs it.

    Raises:
        BreakClosed: Nobody has proposed it, or it is done.
        SamePersonTwice: The first person again.
        OwnOrder: His own order is concerned.
    """
    row = await _locked(session, break_id)
    if row.state is BreakState.REPAIRING and row.approved_by == person:
        return row
    if row.state is not BreakState.AWAITING_APPROVAL:
        raise BreakClosed
    if row.proposed_by == person:
        raise SamePersonTwice
    await _decided_by(session, row.order_id, person)
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
