"""Appeals about a contractor's costs: made once by each side, decided by another person.

The order's workflow has closed by then. What a decision moves goes through reconciliation: this
person proposes it, a third one approves it, and only then it is posted.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.claims import ClaimAppealRow
from models.orders import OrderEventRow, OrderRow
from models.reconciliation import ReconciliationBreakRow
from rules.breaks import BreakClass, BreakState, Remedy
from rules.errors import AppealClosed, BadInput, MoneyStillMoves, SamePersonTwice
from rules.orders import OrderEvent, Role
from rules.views import OrderView


@dataclass(frozen=True)
class Appeal:
    """A decided appeal: whose, and the sums before and after, in kopecks."""

    role: Role
    before_kopecks: int
    after_kopecks: int

    @property
    def difference_kopecks(self) -> int:
        """What the side that appealed gets on top."""
        return abs(self.after_kopecks - self.before_kopecks)


async def appeal(
    session: AsyncSession, view: OrderView, role: Role, user_id: int, now: datetime
) -> bool:
    """Keep a side's appeal; False if it has made this one before.

    Raises:
        AppealClosed: Nothing was decided against this side, or it is too late.
    """
    claim = view.claim
    if claim is None or not claim.was_lost_by(role):
        raise AppealClosed
    known = await session.get(ClaimAppealRow, (view.order_id, role))
    if known is not None:
        return False
    if now >= claim.until:
        raise AppealClosed
    await session.exec(
        insert(ClaimAppealRow)
        .values(
            order_id=view.order_id,
            role=role,
            user_id=user_id,
            asked_at=now,
            asked_kopecks=claim.asked_kopecks,
            granted_kopecks=claim.amount_kopecks,
            first_by=await _first_by(session, view.order_id),
        )
        .on_conflict_do_nothing()
    )
    return True


async def appeals_of(session: AsyncSession, order_id: str) -> list[ClaimAppealRow]:
    """An order's appeals, the oldest first."""
    found = await session.exec(
        select(ClaimAppealRow)
        .where(ClaimAppealRow.order_id == order_id)
        .order_by(col(ClaimAppealRow.asked_at))
    )
    return list(found.all())


async def decide(
    session: AsyncSession, order_id: str, support_id: int, kopecks: int, now: datetime
) -> Appeal:
    """Another person decides the oldest open appeal: `kopecks` are due to the contractor.

    What that changes waits as a proposal in reconciliation for one more person.

    Raises:
        AppealClosed: There is none. SamePersonTwice: This person decided first.
        MoneyStillMoves: The order's books are not closed yet.
        BadInput: It would be worse for the side that appealed, or above the claim.
    """
    found = await session.exec(
        select(ClaimAppealRow)
        .where(ClaimAppealRow.order_id == order_id, col(ClaimAppealRow.decided_by).is_(None))
        .order_by(col(ClaimAppealRow.asked_at))
        .limit(1)
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise AppealClosed
    if row.first_by == support_id:
        raise SamePersonTwice
    before = row.granted_kopecks
    least, most = (0, before) if row.role is Role.CLIENT else (before, row.asked_kopecks)
    if not least <= kopecks <= most:
        raise BadInput(f"an appeal ends between {least} and {most} kopecks")
    order = await session.get_one(OrderRow, order_id)
    if kopecks != before and order.money_closed_at is None:
        raise MoneyStillMoves
    row.decided_by, row.decided_at, row.decided_kopecks = support_id, now, kopecks
    if kopecks != before:
        session.add(_proposal(row, support_id, now))
    await session.flush()
    return Appeal(row.role, before, kopecks)


def _proposal(row: ClaimAppealRow, support_id: int, now: datetime) -> ReconciliationBreakRow:
    return ReconciliationBreakRow(
        kind=BreakClass.APPEAL,
        subject=f"appeal:{row.order_id}:{row.role.value}",
        remedy=Remedy.POST_GOODWILL,
        state=BreakState.AWAITING_APPROVAL,
        order_id=row.order_id,
        ours_kopecks=row.granted_kopecks,
        theirs_kopecks=row.decided_kopecks or 0,
        first_seen=now,
        last_seen=now,
        proposed_by=f"tg:{support_id}",
    )


async def _first_by(session: AsyncSession, order_id: str) -> int | None:
    found = await session.exec(
        select(OrderEventRow.actor_id).where(
            OrderEventRow.order_id == order_id, OrderEventRow.event == OrderEvent.CLAIM_SETTLED
        )
    )
    return found.first()
