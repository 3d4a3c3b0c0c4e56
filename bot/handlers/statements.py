"""`/money`: one's own movements, ten at a time; nobody sees another's."""

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import MONEY, Tap, pack
from bot.visit import Visit
from models.queries.statements import movements, standing
from rules.statements import Movement, Owner, Side
from texts.cards import card_html
from texts.catalogue import say
from texts.statements import movement_line, standing_lines

PAGE = 10


def owner_of(visit: Visit, wanted: str = "") -> Owner:
    """Whose statement: a contractor's own, or (also his) the one of what he ordered himself."""
    if visit.contractor is not None and wanted != Side.CLIENT:
        return Owner(Side.CONTRACTOR, visit.contractor.id)
    return Owner(Side.CLIENT, visit.user.id)


async def show_money(visit: Visit, wanted: str) -> None:
    """`/money`: the newest page; a contractor asks `/money client` for his own orders."""
    words, keyboard = await _page(visit, owner_of(visit, wanted.strip().lower()), None)
    await visit.send(words, keyboard)


async def turn(visit: Visit, tap: Tap) -> None:
    """Another page; the button only says which one, never whose."""
    await visit.answer()
    words, keyboard = await _page(visit, owner_of(visit, tap.ref), tap.version or None)
    await visit.replace_tapped(words, keyboard)


async def _page(
    visit: Visit, owner: Owner, before: int | None
) -> tuple[str, InlineKeyboardMarkup | None]:
    async with visit.desk.database.reading() as session:
        found = await movements(session, owner, before=before, limit=PAGE + 1)
        now = await standing(session, owner)
    lines = standing_lines(now, owner.side, visit.lang)
    shown = found[:PAGE]
    lines += ["", *(movement_line(one, owner.side, visit.lang) for one in shown)]
    if not shown:
        lines = [say("money.none", visit.lang)]
    html = card_html(say("money.title", visit.lang), lines)
    return html, _keyboard(visit, owner, found, before)


def _keyboard(
    visit: Visit, owner: Owner, found: list[Movement], before: int | None
) -> InlineKeyboardMarkup | None:
    buttons = []
    if before is not None:
        newest = pack(MONEY, owner.side.value, 0)
        buttons.append(InlineKeyboardButton(say("money.newer", visit.lang), callback_data=newest))
    if len(found) > PAGE:
        older = pack(MONEY, owner.side.value, found[PAGE - 1].id)
        buttons.append(InlineKeyboardButton(say("money.older", visit.lang), callback_data=older))
    return InlineKeyboardMarkup([buttons]) if buttons else None
