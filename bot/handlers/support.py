"""Questions to support, and support's commands: find, read, explain, decide."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot import support_dialogue
from bot.handlers import breaks, claims, dialogues, payouts, receipts
from bot.handlers.guard import guarded
from bot.inbox import Postponed
from bot.notices import owe_text
from bot.relay import mark, marked_user
from bot.visit import Visit
from models.contractors import ContractorRow, ContractorStatus
from models.orders import OrderRow
from models.queries import orders as order_queries
from models.queries import users
from models.users import UserRow
from rules.errors import BadInput, NotYours, OwnOrder
from rules.limits import SUPPORT_ANSWER_CHARACTERS_MAX
from rules.orders import OrderState, Role
from rules.reasons import SUPPORT_REASONS
from runtime.logs import get_logger, order_context
from texts import formatting
from texts.cards import card_html
from texts.catalogue import say, screen
from texts.describe import describe
from workflows import messages
from workflows.client import Unavailable, intent

_log = get_logger(__name__)


async def ask_question(visit: Visit, _: str) -> None:
    """`/support`: the next words go to a living person."""
    await begin_question(visit, None)


async def begin_question(visit: Visit, number: int | None) -> None:
    """Ask what has happened, perhaps with an order."""
    await dialogues.begin(visit, support_dialogue.begin(number), in_place=False)


async def reply(visit: Visit) -> bool:
    """Support replies to a relayed message: its person gets the words; False if it is none."""
    sent = visit.update.message
    original = sent.reply_to_message if sent is not None else None
    user_id = marked_user((original.text if original is not None else None) or "")
    if user_id is None or not visit.words:
        return False
    if len(visit.words) > SUPPORT_ANSWER_CHARACTERS_MAX:
        await visit.say("text.too_long", limit=SUPPORT_ANSWER_CHARACTERS_MAX)
        return True
    async with visit.desk.database.transaction() as session:
        if await session.get(UserRow, user_id) is None:
            return False
        await owe_text(session, user_id, "support.answer", text=visit.words)
    return True


def number_of(word: str, prefix: str) -> int:
    """The number in `D-1042`, `d1042` or `1042`.

    Raises:
        BadInput: It is none.
    """
    digits = word.upper().removeprefix(prefix).removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise BadInput(f"{word} is no number")
    return int(digits)


async def order_named(visit: Visit, said: list[str]) -> OrderRow:
    """The order that a command names first.

    Raises:
        BadInput, NotYours: None is named, or there is no such one.
    """
    if not said:
        raise BadInput("which order?")
    async with visit.desk.database.reading() as session:
        row = await users.order_row(session, number_of(said[0], "D"))
    if row is None:
        raise NotYours()
    return row


def _reason(said: list[str], at: int) -> str:
    given = said[at] if len(said) > at else "other"
    return given if given in SUPPORT_REASONS else "other"


def kopecks_of(said: list[str], at: int) -> int:
    """A command's word of whole roubles, in kopecks.

    Raises:
        BadInput: It is no number.
    """
    if len(said) <= at or not (said[at].isascii() and said[at].isdigit() and len(said[at]) <= 9):
        raise BadInput("an amount in roubles is missing")
    return int(said[at]) * 100


async def describe_order(visit: Visit, said: list[str]) -> None:
    """`/order D-1042`: everything about an order."""
    row = await order_named(visit, said)
    async with visit.desk.database.reading() as session:
        view = await order_queries.order_view(
            session, row.id, Role.SUPPORT, public_url=visit.desk.public_url
        )
    if view is None:
        raise NotYours()
    lines = describe(view, Role.SUPPORT, visit.lang)
    if view.state is OrderState.SEARCHING:
        number = formatting.order_number(row.number)
        lines.append(say("support.search_next", visit.lang, number=number))
    await visit.send(card_html(formatting.order_number(row.number), lines))


async def _who(visit: Visit, said: list[str]) -> None:
    """`/who D-1042`: the two parties, with the marks under which support reaches them."""
    row = await order_named(visit, said)
    async with visit.desk.database.reading() as session:
        client = await session.get_one(UserRow, row.client_id)
        parties = [f"{say('role.client', visit.lang)}: {_person(client)}"]
        if row.contractor_id is not None:
            owner = await users.contractor_user(session, row.contractor_id)
            crew = formatting.contractor_number(row.contractor_id)
            about = _person(owner) if owner is not None else ""
            parties.append(f"{say('role.contractor', visit.lang)}: {crew} {about}")
    await visit.send(card_html(formatting.order_number(row.number), parties))


def _person(user: UserRow) -> str:
    return " · ".join(one for one in (mark(user.id), user.first_name, user.phone) if one)


async def _refund(visit: Visit, said: list[str]) -> None:
    """`/refund D-1042 [reason]`: support ends the order; the policy decides what goes back."""
    row = await order_named(visit, said)
    cancellation = messages.Cancellation(Role.SUPPORT, visit.user.id, _reason(said, 1))
    await act_for_support(visit, row, "refund", "cancel", cancellation)


async def _reassign(visit: Visit, said: list[str]) -> None:
    """`/reassign D-1042 C-17`: give a searching order to a contractor."""
    row = await order_named(visit, said)
    if len(said) < 2:
        raise BadInput("which contractor?")
    contractor_id = number_of(said[1], "C")
    if visit.contractor is not None and visit.contractor.id == contractor_id:
        raise OwnOrder()
    async with visit.desk.database.reading() as session:
        chosen = await session.get(ContractorRow, contractor_id)
    if chosen is None:
        raise NotYours()
    crew = formatting.contractor_number(contractor_id)
    if chosen.status is not ContractorStatus.ACTIVE or chosen.user_id == row.client_id:
        is_own = chosen.user_id == row.client_id
        await visit.say("support.own_crew" if is_own else "support.not_active", crew=crew)
        return
    assignment = messages.Assignment(visit.user.id, contractor_id)
    await act_for_support(visit, row, f"assign{contractor_id}", "assign", assignment)


async def _dispute(visit: Visit, said: list[str]) -> None:
    """`/dispute D-1042 [reason]`: freeze the order's money."""
    row = await order_named(visit, said)
    dispute = messages.Dispute(visit.user.id, _reason(said, 1))
    await act_for_support(visit, row, "dispute", "open_dispute", dispute)


async def _resolve(visit: Visit, said: list[str]) -> None:
    """`/resolve D-1042 1500`: end a dispute; so many roubles go back to the client."""
    row = await order_named(visit, said)
    decision = messages.DisputeDecision(visit.user.id, kopecks_of(said, 1))
    await act_for_support(visit, row, "resolve", "resolve_dispute", decision)


async def _decide_claim(visit: Visit, said: list[str]) -> None:
    """`/claim D-1042`: all about a claim; with `800` so many roubles of it are granted."""
    row = await order_named(visit, said)
    if len(said) < 2:
        await claims.show(visit, row)
        return
    verdict = messages.ClaimVerdict.DECIDE
    answer = messages.ClaimAnswer(Role.SUPPORT, visit.user.id, verdict, kopecks_of(said, 1))
    await act_for_support(visit, row, "decide", "answer_claim", answer)


async def _decide_appeal(visit: Visit, said: list[str]) -> None:
    """`/appeal D-1042 800`: another person's word on a decided claim."""
    row = await order_named(visit, said)
    _check_stranger(visit, row)
    await claims.decide(visit, row, kopecks_of(said, 1))


def _check_stranger(visit: Visit, row: OrderRow) -> None:
    mine = visit.contractor.id if visit.contractor is not None else None
    if row.client_id == visit.user.id or (mine is not None and mine == row.contractor_id):
        raise OwnOrder()


async def act_for_support(visit: Visit, row: OrderRow, action: str, update: str, said: Any) -> None:
    """Ask the workflow; one command is one intent, however often it is tried.

    Raises:
        OwnOrder: The person is this order's client or contractor.
    """
    _check_stranger(visit, row)
    key = intent(row.id, action, visit.update.update_id, visit.user.id)
    with order_context(row.id):
        try:
            await getattr(visit.desk.orders, update)(row.id, said, intent=key)
        except Unavailable as error:
            if visit.attempt == 1:
                await visit.say("tap.wait")
            raise Postponed(action) from error
        _log.info("support_action", action=update, support=visit.user.id)
    await describe_order(visit, [str(row.number)])


async def _approve(visit: Visit, said: list[str]) -> None:
    """`/approve C-17`: a contractor may work from now on; `/approve B-1`: see `breaks`."""
    if breaks.names_a_break(said):
        await breaks.approve(visit, said)
        return
    await _moderate(visit, said, ContractorStatus.ACTIVE, "join.approved")


async def _suspend(visit: Visit, said: list[str]) -> None:
    """`/suspend C-17`: no new orders for this contractor."""
    await _moderate(visit, said, ContractorStatus.SUSPENDED, "work.suspended")


async def _moderate(visit: Visit, said: list[str], status: ContractorStatus, key: str) -> None:
    if not said:
        raise BadInput("which contractor?")
    async with visit.desk.database.transaction() as session:
        contractor = await session.get(ContractorRow, number_of(said[0], "C"))
        if contractor is None:
            raise NotYours()
        if contractor.status is not status:
            contractor.status = status
            session.add(contractor)
            number = formatting.contractor_number(contractor.id)
            await owe_text(session, contractor.user_id, key, number=number)
        _log.info("contractor_moderated", contractor=contractor.id, status=status.value)
    await visit.send(screen("tap.ok", visit.lang))


COMMANDS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    name: guarded(name, command)
    for name, command in {
        "order": describe_order,
        "who": _who,
        "refund": _refund,
        "reassign": _reassign,
        "dispute": _dispute,
        "resolve": _resolve,
        "claim": _decide_claim,
        "appeal": _decide_appeal,
        "approve": _approve,
        "breaks": breaks.list_breaks,
        "repair": breaks.repair,
        "dismiss": breaks.dismiss,
        "chargeback": breaks.charge_back,
        "suspend": _suspend,
        "payouts": payouts.payouts,
        "payout": payouts.payout,
        "receipts": receipts.list_troubled,
        "receipt": receipts.decide,
    }.items()
}
