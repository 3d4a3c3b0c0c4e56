"""What an appeal changes after the books were closed: posted when two people have agreed."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from activities import break_outside, ledger
from activities.ports import IntegrityBreach
from models.claims import ClaimAppealRow
from models.orders import OrderRow
from models.reconciliation import ReconciliationBreakRow
from rules import ledger as postings
from rules.breaks import Remedy
from rules.orders import Role


async def post(session: AsyncSession, row: ReconciliationBreakRow, now: datetime) -> None:
    """Give the side that was right the difference, once, at the platform's expense.

    Raises:
        IntegrityBreach: Two people have not agreed, or nobody appealed.
    """
    if row.proposed_by is None or row.approved_by is None or row.order_id is None:
        raise IntegrityBreach("two people are needed")
    role = Role(row.subject.rpartition(":")[2])
    appeal = await session.get(ClaimAppealRow, (row.order_id, role))
    order = await session.get_one(OrderRow, row.order_id)
    if appeal is None or appeal.decided_kopecks is None or order.money_closed_at is None:
        raise IntegrityBreach("no appeal was decided")
    kopecks = abs(appeal.decided_kopecks - appeal.granted_kopecks)
    account = postings.credit(order.client_id)
    if role is Role.CONTRACTOR:
        if order.contractor_id is None:
            raise IntegrityBreach("the order has no contractor")
        account = postings.payable(order.contractor_id)
    # The order's own books are closed; this is the platform's money.
    journal = postings.goodwill(row.subject, account, kopecks)
    await ledger.post(session, journal, None, now)


# What two people have said is only posted; the provider is not asked.
POSTS: dict[Remedy, Callable[..., Awaitable[object]]] = {
    Remedy.POST_CHARGEBACK: break_outside.post_chargeback,
    Remedy.POST_GOODWILL: post,
}
