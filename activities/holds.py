"""Held slots whose deadline has passed: their workflow forgot them, or is gone."""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import outbox, standing
from models.offers import HoldRow, OfferRow
from models.orders import OrderRow
from rules.orders import OfferState, OrderState

BATCH = 200
# An offer's own workflow ends it at its deadline; a busy one is given this long.
GRACE = timedelta(minutes=5)
# So long after its deadline even a live offer has nobody left to end it.
ABANDONED = timedelta(hours=1)


async def sweep(session: AsyncSession, now: datetime) -> int:
    """Release what nobody waits for; the number of slots that came free.

    A late acceptance then needs a free slot like any other, so nothing can be overbooked.
    """
    due = await _due(session, now)
    abandoned = [one for one in due if one[2]]
    known = await standing.lock(session, {contractor for _, contractor, _ in due})
    by_order: dict[str, list[int]] = {}
    for order_id, contractor_id, _ in due:
        by_order.setdefault(order_id, []).append(contractor_id)
    for order_id, contractors in by_order.items():
        await standing.release_holds(session, order_id, contractors)
    for order_id, contractor_id, _ in abandoned:
        await _end_offer(session, order_id, contractor_id, now)
        one = known[contractor_id]
        await outbox.owe(session, [outbox.contractor_card(order_id, one.id, one.user_id)])
    return len(due)


async def _due(session: AsyncSession, now: datetime) -> list[tuple[str, int, bool]]:
    """Order, contractor, and whether the offer still looks alive; the orders are locked."""
    live = (
        select(OfferRow.contractor_id)
        .where(
            col(OfferRow.order_id) == col(HoldRow.order_id),
            col(OfferRow.contractor_id) == col(HoldRow.contractor_id),
            col(OfferRow.state) == OfferState.LIVE,
        )
        .exists()
    )
    waits = live & (col(OrderRow.state) == OrderState.SEARCHING)
    found = await session.exec(
        select(HoldRow.order_id, HoldRow.contractor_id, live)
        .join(OrderRow, col(OrderRow.id) == col(HoldRow.order_id))
        .where(col(HoldRow.until) < now - GRACE)
        .where(~waits | (col(HoldRow.until) < now - ABANDONED))
        .order_by(col(HoldRow.order_id), col(HoldRow.contractor_id))
        .limit(BATCH)
        # An order that is being written releases its holds itself.
        .with_for_update(of=OrderRow, key_share=True, skip_locked=True)
    )
    return [(order_id, contractor_id, bool(alive)) for order_id, contractor_id, alive in found]


async def _end_offer(
    session: AsyncSession, order_id: str, contractor_id: int, now: datetime
) -> None:
    # Without points: nobody knows whether his answer was lost.
    await session.exec(
        update(OfferRow)
        .where(col(OfferRow.order_id) == order_id, col(OfferRow.contractor_id) == contractor_id)
        .where(col(OfferRow.state) == OfferState.LIVE)
        .values(state=OfferState.EXPIRED, answered_at=now)
    )
