"""Quotes in the chat: the contractor's dialogue, the client's comparison, the extra metres."""

from collections.abc import Callable

from bot import quote_dialogue
from bot.acts import refresh, view_of
from bot.callbacks import Tap
from bot.cards import rendered_card
from bot.dialogue import Draft
from bot.handlers import dialogues
from bot.questions import question
from bot.quote_acts import SHOW, contractor_in
from bot.visit import Visit
from models.orders import OrderRow
from rules.orders import Role
from rules.quotes import stop_depth_m
from rules.views import OrderView
from texts.catalogue import say


def asks(action: str, role: Role) -> bool:
    """Whether a tap asks for a dialogue or for a whole quote, and not for a deed."""
    if role is Role.CONTRACTOR:
        return action in _DIALOGUES
    return contractor_in(action, SHOW) is not None


async def ask(visit: Visit, tapped: Tap, row: OrderRow, role: Role, actor_id: int) -> None:
    """Begin the dialogue, or show the quote; what is not open any more shows the card."""
    view = await view_of(visit, row.id, role, actor_id)
    draft = _DIALOGUES[tapped.action](view, row) if role is Role.CONTRACTOR and view else None
    if draft is not None:
        await visit.answer()
        await dialogues.begin(visit, draft, in_place=False)
        return
    if role is Role.CLIENT and view is not None and await _show_quote(visit, tapped, view):
        return
    await visit.answer(say("stale", visit.lang))
    await refresh(visit, row.id, role, actor_id)


def _quote_draft(view: OrderView, row: OrderRow) -> Draft | None:
    if not view.quoting:
        return None
    return quote_dialogue.begin(row.number, view.service, view.utc_offset_minutes)


def _metres_draft(view: OrderView, row: OrderRow) -> Draft | None:
    depth = stop_depth_m(view.quotes) if view.quotes is not None else None
    chosen = view.quotes.chosen if view.quotes is not None else None
    if depth is None or chosen is None:
        return None
    return quote_dialogue.begin_metres(row.number, depth, chosen.metre_kopecks)


_DIALOGUES: dict[str, Callable[[OrderView, OrderRow], Draft | None]] = {
    "quote": _quote_draft,
    "metres": _metres_draft,
}


async def _show_quote(visit: Visit, tapped: Tap, view: OrderView) -> bool:
    desk = visit.desk
    card = await question(desk.database, tapped.action, view, Role.CLIENT, visit.lang, desk.policy)
    if card is None:
        return False
    await visit.answer()
    shown = rendered_card(card, view)
    await visit.replace_tapped(shown.text, shown.keyboard, asking=tapped.action)
    return True
