"""Both sides' stars: written as they come, shown to each other when both are there."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.messages import Written
from models.points import RatingRow
from rules.orders import OrderEvent, Role


async def write(session: AsyncSession, order_id: str, change: Written) -> None:
    """Write the ratings of a change once; reveal them when both have rated or the order closes."""
    view = change.view
    given = ((Role.CLIENT, view.client_stars), (Role.CONTRACTOR, view.contractor_stars))
    rows = [
        {"order_id": order_id, "by_role": role, "stars": stars, "created_at": change.at}
        for role, stars in given
        if stars is not None
    ]
    if not rows or change.event not in (OrderEvent.RATED, OrderEvent.CLOSED):
        return
    await session.exec(insert(RatingRow).values(rows).on_conflict_do_nothing())
    if len(rows) == len(given) or change.event is OrderEvent.CLOSED:
        await session.exec(
            update(RatingRow)
            .where(col(RatingRow.order_id) == order_id)
            .where(col(RatingRow.revealed_at).is_(None))
            .values(revealed_at=change.at)
        )
