"""What was done at the provider without us: refunds from its cabinet and chargebacks."""

from datetime import datetime

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import ledger, mirror, payment_card
from activities.break_repairs import step_for
from activities.payment_records import lock_order
from activities.ports import ProviderRefund
from models.orders import OrderRow
from models.payments import PaymentAttemptRow, RefundRow
from models.queries.ledger import order_journals
from models.queries.plain import run
from models.reconciliation import ReconciliationBreakRow
from models.telegram import OutboxKind, OutboxRow
from rules import ledger as postings
from rules import outside
from rules.ledger import Journal
from rules.orders import Role
from rules.outside import Payers
from rules.payments import RefundState
from rules.reconciliation import ADOPTED_FROM
from rules.replay import replay
from texts.formatting import money, order_number
from texts.language import Language

_AVAILABLE = text("SELECT available_kopecks(:account)::bigint")


class NotYet(Exception):
    """A refund that we have asked for cannot come besides this one; its end is not known yet."""


async def post_external(session: AsyncSession, refund: ProviderRefund, now: datetime) -> None:
    """A refund that was made in the provider's cabinet; posted once under its own id.

    Raises:
        NotYet: What our own request has reserved is the very money that this refund took.
    """
    await mirror.see(session, [refund], now)
    found = await session.exec(
        select(PaymentAttemptRow).where(PaymentAttemptRow.provider_id == refund.payment_id)
    )
    attempt = found.one_or_none()
    if attempt is None:
        foreign = Payers(None, suspense_kopecks=refund.amount_kopecks)
        journal = outside.refunded_outside(refund.id, refund.amount_kopecks, foreign)
        await ledger.post(session, journal, None, now)
        return
    await lock_order(session, attempt.order_id)
    known = await session.exec(select(RefundRow).where(RefundRow.provider_id == refund.id))
    if known.one_or_none() is not None:
        return
    await _check_room(session, attempt, refund)
    payers = await _payers(session, attempt)
    newest = await session.exec(
        select(func.max(RefundRow.seq)).where(
            RefundRow.order_id == attempt.order_id, RefundRow.attempt == attempt.number
        )
    )
    session.add(
        RefundRow(
            order_id=attempt.order_id,
            attempt=attempt.number,
            seq=max(ADOPTED_FROM, (newest.one_or_none() or 0) + 1),
            amount_kopecks=refund.amount_kopecks,
            state=RefundState.SUCCEEDED,
            provider_id=refund.id,
            reason="external",
            created_at=now,
            updated_at=now,
        )
    )
    journal = outside.refunded_outside(refund.id, refund.amount_kopecks, payers)
    await ledger.post(session, journal, attempt.order_id, now)
    await payment_card.tell(session, await step_for(session, attempt), [])
    await _tell_support(session, attempt.order_id, refund)


async def _check_room(
    session: AsyncSession, attempt: PaymentAttemptRow, refund: ProviderRefund
) -> None:
    found = await session.exec(
        select(RefundRow).where(
            RefundRow.order_id == attempt.order_id,
            RefundRow.attempt == attempt.number,
            RefundRow.state != RefundState.FAILED,
        )
    )
    rows = found.all()
    taken = sum(one.amount_kopecks for one in rows)
    moving = any(one.state is not RefundState.SUCCEEDED for one in rows)
    if moving and taken + refund.amount_kopecks > attempt.amount_kopecks:
        raise NotYet


async def _tell_support(session: AsyncSession, order_id: str, refund: ProviderRefund) -> None:
    order = await session.get_one(OrderRow, order_id)
    if order.money_closed_at is not None:
        return
    params = {
        "number": order_number(order.number),
        "amount": money(refund.amount_kopecks, Language.RU),
    }
    await session.exec(
        insert(OutboxRow).values(
            kind=OutboxKind.NOTICE,
            order_id=order_id,
            role=Role.SUPPORT,
            notice="text.breaks.external",
            params=params,
        )
    )


async def fitting(
    session: AsyncSession, order_id: str, journals: tuple[Journal, ...], *, closes: bool = False
) -> tuple[Journal, ...]:
    """An order's journals; what it divides in the end only as far as it is still there.

    Its workflow does not know what was sent back from the provider's cabinet meanwhile. Whatever
    else was counted wrongly, a commit that the books refuse for ever would help nobody.
    """
    if not closes and not any(one.kind in outside.DIVIDING for one in journals):
        return journals
    deposit = postings.deposit(order_id)
    left = await _available(session, deposit)
    fitted = (
        outside.shrunk(one, left) if one.kind in outside.DIVIDING else one for one in journals
    )
    found = tuple(one for one in fitted if one is not None)
    lines = (line for one in found for line in one.entries if line.account == deposit)
    rest = left - sum(line.debit_kopecks for line in lines)
    if closes and rest > 0:
        # It was owed to the client, whose bank has given it to him already.
        covered = min(rest, await mirror.charged_back_of(session, order_id))
        if covered > 0:
            return (*found, outside.chargeback_covered(order_id, covered))
    return found


async def _payers(session: AsyncSession, attempt: PaymentAttemptRow) -> Payers:
    """Who has this order's money now."""
    order = await session.get_one(OrderRow, attempt.order_id)
    journals = [one.journal for one in await order_journals(session, order.id)]
    books = replay(order.id, journals)
    deposit = postings.deposit(order.id)
    held = await _available(session, deposit)
    late = 0
    if attempt.late:
        taken = await session.exec(
            select(func.coalesce(func.sum(RefundRow.amount_kopecks), 0)).where(
                RefundRow.order_id == order.id,
                RefundRow.attempt == attempt.number,
                col(RefundRow.state) != RefundState.FAILED,
            )
        )
        late = attempt.amount_kopecks - int(taken.one())
    owner = order.contractor_id
    # What he owes already for earlier refunds of this order he has not earned either.
    owed = sum(
        line.debit_kopecks
        for journal in journals
        if journal.source == "external"
        for line in journal.entries
        if line.account == postings.receivable(owner or 0)
    )
    if order.money_closed_at is None and not attempt.late:
        # What its workflow divides in the end is what is left: see `fitting`.
        return Payers(order.id, deposit_kopecks=held)
    return Payers(
        order.id,
        deposit_kopecks=0 if attempt.late else held,
        suspense_kopecks=late,
        fee_kopecks=0 if attempt.late else books.platform_kopecks,
        contractor_id=owner,
        earned_kopecks=0 if attempt.late or owner is None else books.contractor_kopecks - owed,
        payable_kopecks=await _available(session, postings.payable(owner)) if owner else 0,
    )


async def _available(session: AsyncSession, account: str) -> int:
    return int((await run(session, _AVAILABLE, {"account": account})).scalar_one())


async def post_chargeback(
    session: AsyncSession, row: ReconciliationBreakRow, now: datetime
) -> Journal:
    """Two people say that the payer's bank took a payment back; its further refunds are blocked."""
    payment_id = row.provider_id or row.subject
    journal = outside.charged_back(payment_id, row.theirs_kopecks)
    await mirror.charge_back(session, payment_id, row.theirs_kopecks, now)
    await ledger.post(session, journal, row.order_id, now)
    return journal
