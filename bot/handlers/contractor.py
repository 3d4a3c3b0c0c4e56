"""The contractor's side: on line or day off, offers, jobs, radius, rating."""

from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlmodel import col, select
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import MENU, pack
from bot.handlers import dialogues
from bot.keyboards import order_list
from bot.visit import Desk, Visit
from bot.work_dialogue import RADII_KM, read_radius
from bot.work_screens import radius_choices
from models.contractors import ContractorRow, ContractorStatus
from models.points import PointsEntryRow
from models.queries import offers as offer_queries
from models.queries import orders as order_queries
from models.queries import users
from models.queries.plain import run
from rules.orders import Role
from rules.points import STARS_SHOWN_FROM_REVIEWS
from runtime.logs import get_logger
from texts import formatting
from texts.catalogue import say, screen
from workflows.client import Unavailable

_log = get_logger(__name__)
_LIVE_OFFERS = text("""
    SELECT CAST(f.order_id AS text), f.contractor_id FROM offers f
    JOIN contractors c ON c.id = f.contractor_id
    WHERE c.user_id = :user AND f.state = 'live'
""")
_HISTORY_LINES = 10


async def work(visit: Visit, _: str) -> None:
    """Register, or see where one stands."""
    if visit.contractor is None:
        await dialogues.register(visit)
        return
    await visit.say_with_menu(_standing(visit.contractor))


def _standing(contractor: ContractorRow) -> str:
    if contractor.status is ContractorStatus.PENDING:
        return "work.not_approved"
    if contractor.status is ContractorStatus.SUSPENDED:
        return "work.suspended"
    return "work.online" if contractor.online else "work.offline"


async def come_on_line(visit: Visit, _: str) -> None:
    """From now on offers may come; open searches near him hear of it."""
    if not await _is_active(visit):
        return
    searches = await _set_online(visit, online=True)
    await visit.say_with_menu("work.online")
    assert visit.contractor is not None, "checked above"
    for order_id in searches:
        try:
            await visit.desk.orders.tell_available(order_id, visit.contractor.id)
        except Unavailable:
            # Only a hint: the next wave finds him by itself.
            _log.info("search_not_told", order_id=order_id)


async def go_off_line(visit: Visit, _: str) -> None:
    """No new offers; jobs stay."""
    if await _is_active(visit):
        await _set_online(visit, online=False)
        await visit.say_with_menu("work.offline")


async def _is_active(visit: Visit) -> bool:
    contractor = visit.contractor
    if contractor is not None and contractor.status is ContractorStatus.ACTIVE:
        return True
    await work(visit, "")
    return False


async def _set_online(visit: Visit, *, online: bool) -> list[str]:
    assert visit.contractor is not None, "only a contractor is on line"
    async with visit.desk.database.transaction() as session:
        contractor = await session.get_one(ContractorRow, visit.contractor.id)
        contractor.online = online
        session.add(contractor)
        await session.flush()
        visit.contractor = contractor
        if not online:
            return []
        return await offer_queries.open_searches_covering(session, contractor.id)


async def list_offers(visit: Visit, _: str) -> None:
    """Offers that wait for an answer."""
    if visit.contractor is None:
        await work(visit, "")
        return
    async with visit.desk.database.reading() as session:
        views = await order_queries.contractor_offers(session, visit.contractor.id, limit=10)
    if not views:
        await visit.say_with_menu("offers.none")
        return
    await visit.say("offers.list", order_list(views, Role.CONTRACTOR, visit.lang))


async def list_jobs(visit: Visit, _: str) -> None:
    """Orders he has won, newest first."""
    if visit.contractor is None:
        await work(visit, "")
        return
    async with visit.desk.database.reading() as session:
        views = await order_queries.contractor_jobs(session, visit.contractor.id, limit=10)
    if not views:
        await visit.say_with_menu("jobs.none")
        return
    await visit.say("jobs.list", order_list(views, Role.CONTRACTOR, visit.lang))


async def ask_radius(visit: Visit, typed: str) -> None:
    """`/radius 40` sets it; without a number the buttons ask."""
    if visit.contractor is None:
        await work(visit, "")
        return
    if typed:
        await set_radius(visit, f"radius.{typed}")
        return
    buttons = [
        [InlineKeyboardButton(one.label, callback_data=pack(MENU, f"radius.{one.value}", 0))]
        for one in radius_choices(visit.lang)
    ]
    now = formatting.distance(visit.contractor.radius_km, visit.lang)
    await visit.say("radius.ask", InlineKeyboardMarkup(buttons), distance=now)


async def set_radius(visit: Visit, ref: str) -> None:
    """A radius from a button or a command, within the bounds."""
    radius = read_radius(ref.partition(".")[2])
    if radius is None or visit.contractor is None:
        await visit.say("refusal.BadInput")
        return
    async with visit.desk.database.transaction() as session:
        contractor = await session.get_one(ContractorRow, visit.contractor.id)
        contractor.radius_km = float(radius)
        session.add(contractor)
    distance = formatting.distance(radius, visit.lang)
    await visit.replace_tapped(screen("radius.set", visit.lang, distance=distance))


async def show_rating(visit: Visit, _: str) -> None:
    """Rating, points, and what changed them."""
    contractor = visit.contractor
    if contractor is None:
        await work(visit, "")
        return
    lang = visit.lang
    few = contractor.reviews < STARS_SHOWN_FROM_REVIEWS
    rating = (
        say("rating.few", lang, count=STARS_SHOWN_FROM_REVIEWS)
        if few
        else formatting.decimal(contractor.rating, lang)
    )
    card = screen(
        "rating.card",
        lang,
        rating=rating,
        points=formatting.decimal(contractor.points, lang, 0),
        jobs=formatting.counted(contractor.completed, "job", lang),
    )
    history = await _points_history(visit, contractor.id)
    if history:
        card = "\n".join([card, "", say("rating.history", lang), *history])
    await visit.send(card)


async def _points_history(visit: Visit, contractor_id: int) -> list[str]:
    newest = (
        select(PointsEntryRow)
        .where(col(PointsEntryRow.contractor_id) == contractor_id)
        .order_by(col(PointsEntryRow.created_at).desc())
        .limit(_HISTORY_LINES)
    )
    lines = []
    async with visit.desk.database.reading() as session:
        for entry in (await session.exec(newest)).all():
            row = await users.order_row(session, entry.order_id)
            number = formatting.order_number(row.number) if row is not None else ""
            reason = say(f"points.{entry.reason.value}", visit.lang)
            delta = f"{entry.delta:+d}"
            lines.append(say("rating.line", visit.lang, delta=delta, reason=reason, number=number))
    return lines


async def show_documents(visit: Visit, _: str) -> None:
    """Nothing is asked for yet."""
    await visit.say("docs.none")


async def tell_unreachable(desk: Desk, user_id: int) -> None:
    """This person has blocked the bot: his live offers go on to others at once."""
    async with desk.database.reading() as session:
        live = (await run(session, _LIVE_OFFERS, {"user": user_id})).all()
    for order_id, contractor_id in live:
        await desk.orders.tell_unreachable(order_id, contractor_id)


TAPS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    f"radius.{radius}": set_radius for radius in RADII_KM
}
