"""Costs from support's side: everything about a claim on one screen, and appeals about it."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.acts import view_of
from bot.files import send_kept
from bot.handlers.dialogues import begin
from bot.notices import owe_text
from bot.relay import tell_support
from bot.support_dialogue import begin as question
from bot.visit import Visit
from models.orders import OrderRow
from models.queries import appeals, users
from models.queries.appeals import Appeal
from models.queries.orders import order_view
from models.users import UserRow
from rules.errors import NoClaimOpen, RuleViolation
from rules.orders import Role
from rules.views import OrderView
from runtime.logs import get_logger
from texts import formatting
from texts.cards import card_html
from texts.catalogue import say
from texts.describe_claims import claim_lines
from texts.language import Language, pick
from texts.refusals import refusal

_log = get_logger(__name__)


async def show(visit: Visit, row: OrderRow) -> None:
    """`/claim D-1042`: items, sums, cap, both words, appeals, and the pictures.

    Raises:
        NoClaimOpen: There is no claim.
    """
    async with visit.desk.database.reading() as session:
        view = await order_view(session, row.id, Role.SUPPORT)
        asked = await appeals.appeals_of(session, row.id)
    if view is None or view.claim is None:
        raise NoClaimOpen()
    lines = claim_lines(view, visit.lang)
    for one in asked:
        key = "claim.appeal_open" if one.decided_by is None else "claim.appeal_over"
        sum_said = formatting.money(one.decided_kopecks or 0, visit.lang)
        side = say(f"role.{one.role.value}", visit.lang)
        lines.append(say(key, visit.lang, side=side, amount=sum_said))
    await visit.send(card_html(formatting.order_number(row.number), lines))
    await send_kept(visit, row.id, view.claim.files)


async def appeal(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """A side's only appeal: kept, told to support, and asked for its words."""
    view = await view_of(visit, row.id, role, actor_id)
    try:
        is_new = await _keep(visit, view, role)
    except RuleViolation as error:
        await visit.answer(refusal(error, visit.lang), alert=True)
        return
    await visit.answer()
    if is_new:
        words = say("claim.appeal_ask", Language.RU, number=formatting.order_number(row.number))
        await tell_support(visit, words, row.number)
    await visit.say("claim.appealed")
    await begin(visit, question(row.number), in_place=False)


async def _keep(visit: Visit, view: OrderView | None, role: Role) -> bool:
    if view is None:
        raise NoClaimOpen()
    async with visit.desk.database.transaction() as session:
        return await appeals.appeal(session, view, role, visit.user.id, datetime.now(UTC))


async def decide(visit: Visit, row: OrderRow, kopecks: int) -> None:
    """`/appeal D-1042 800`: so many roubles are due to the crew; both sides are told."""
    async with visit.desk.database.transaction() as session:
        decided = await appeals.decide(session, row.id, visit.user.id, kopecks, datetime.now(UTC))
        await _tell(session, row, decided)
    _log.info("appeal_decided", number=row.number, support=visit.user.id)
    await show(visit, row)


async def _tell(session: AsyncSession, row: OrderRow, decided: Appeal) -> None:
    people = {Role.CLIENT: await session.get(UserRow, row.client_id)}
    if row.contractor_id is not None:
        people[Role.CONTRACTOR] = await users.contractor_user(session, row.contractor_id)
    is_changed = decided.difference_kopecks > 0
    key = "claim.appeal_changed" if is_changed else "claim.appeal_upheld"
    for role, person in people.items():
        if person is None:
            continue
        lang = pick(person.language)
        number = formatting.order_number(row.number)
        said = {
            "number": number,
            "amount": formatting.money(decided.after_kopecks, lang),
            "before": formatting.money(decided.before_kopecks, lang),
        }
        await owe_text(session, person.id, key, **said)
        if is_changed and role is decided.role:
            difference = formatting.money(decided.difference_kopecks, lang)
            more = f"claim.appeal_more.{role.value}"
            await owe_text(session, person.id, more, difference=difference)
