"""Taps about a search: why not me, and never again."""

from sqlalchemy.dialects.postgresql import insert

from bot.acts import refresh, view_of
from bot.visit import Visit
from models.offers import BlockRow
from models.orders import OrderRow
from models.queries.explaining import place_of
from rules.orders import Role
from runtime.logs import get_logger
from texts import explain, formatting
from texts.cards import BAD_STARS, card_html
from texts.catalogue import say

_log = get_logger(__name__)


async def why_not_me(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """A contractor asks where he stood; nobody else is named."""
    await visit.answer()
    if role is Role.CONTRACTOR:
        await tell_place(visit, row, actor_id)


async def tell_place(visit: Visit, row: OrderRow, contractor_id: int) -> None:
    """His rank with its terms, or why he was not eligible."""
    async with visit.desk.database.reading() as session:
        place = await place_of(session, row.id, contractor_id)
    title = say("why_not.title", visit.lang, number=formatting.order_number(row.number))
    await visit.send(card_html(title, explain.why_not_lines(place, visit.lang)))


async def part(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """After a bad rating one side need not meet the other again; repeated, nothing more."""
    view = await view_of(visit, row.id, role, actor_id)
    given = None
    if view is not None:
        given = view.client_stars if role is Role.CLIENT else view.contractor_stars
    if row.contractor_id is None or given is None or given > BAD_STARS:
        await visit.answer(say("stale", visit.lang))
        return
    values = {
        "client_id": row.client_id,
        "contractor_id": row.contractor_id,
        "by_role": role,
        "order_id": row.id,
    }
    async with visit.desk.database.transaction() as session:
        await session.exec(insert(BlockRow).values(values).on_conflict_do_nothing())
    _log.info("parted", by=role.value)
    await visit.answer(say("block.done", visit.lang), alert=True)
    # The question gives way to the card.
    await refresh(visit, row.id, role, actor_id)
