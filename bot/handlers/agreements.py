"""What a contractor agrees to beyond his circle and his day: farther jobs, calls at night."""

from collections.abc import Awaitable, Callable

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import MENU, pack
from bot.handlers.contractor import work
from bot.visit import Visit
from models.contractors import ContractorRow
from rules.offers import FARTHER_FACTOR, FARTHER_KM_MAX
from runtime.logs import get_logger
from texts import formatting
from texts.catalogue import say, screen

_log = get_logger(__name__)
_FIELDS = {"night": "night_ok", "farther": "farther_ok"}


async def ask_night(visit: Visit, _: str) -> None:
    """`/night`: whether urgent calls may wake him."""
    await _ask(visit, "night")


async def ask_farther(visit: Visit, _: str) -> None:
    """`/farther`: whether he goes beyond his circle when nobody is nearer."""
    await _ask(visit, "farther")


async def _ask(visit: Visit, what: str) -> None:
    if visit.contractor is None:
        await work(visit, "")
        return
    buttons = [
        InlineKeyboardButton(say(f"nav.{one}", visit.lang), callback_data=pack(MENU, ref, 0))
        for one, ref in (("yes", f"{what}.yes"), ("no", f"{what}.no"))
    ]
    agrees = getattr(visit.contractor, _FIELDS[what])
    now = say(f"{what}.{'yes' if agrees else 'no'}", visit.lang, distance=_farthest(visit))
    policy = visit.desk.policy
    night = {"start": policy.night_from_hour, "end": policy.night_to_hour}
    words = screen(f"join.{what}", visit.lang, distance=_farthest(visit), **night)
    await visit.send(f"{words}\n{now}", InlineKeyboardMarkup([buttons]))


async def agree(visit: Visit, ref: str) -> None:
    """His yes or no; a repeated tap says the same again."""
    what, _, answer = ref.partition(".")
    if visit.contractor is None:
        await work(visit, "")
        return
    async with visit.desk.database.transaction() as session:
        contractor = await session.get_one(ContractorRow, visit.contractor.id)
        setattr(contractor, _FIELDS[what], answer == "yes")
        session.add(contractor)
    _log.info("contractor_agreed", what=what, agrees=answer == "yes")
    words = screen(f"{what}.{answer}", visit.lang, distance=_farthest(visit))
    await visit.replace_tapped(words)


def _farthest(visit: Visit) -> str:
    assert visit.contractor is not None, "checked by the caller"
    radius = visit.contractor.radius_km
    farthest = min(radius * FARTHER_FACTOR, max(radius, FARTHER_KM_MAX))
    return formatting.distance(farthest, visit.lang)


TAPS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    f"{what}.{answer}": agree for what in _FIELDS for answer in ("yes", "no")
}
