"""Taps on orders' cards, for both sides, and the client's list of orders."""

from dataclasses import replace

from bot import amount_dialogue, claim_dialogue
from bot.acts import Wish, act, refresh, role_in, view_of
from bot.callbacks import Tap
from bot.cards import card_key, rendered_card
from bot.delivery import attempt
from bot.files import send_kept
from bot.handlers import dialogues, quotes, search
from bot.handlers.claims import appeal
from bot.handlers.support import begin_question
from bot.keyboards import order_list
from bot.outbox_rows import question_answered
from bot.questions import ASKED_TWICE, QUESTIONS, question
from bot.visit import Visit
from models.orders import OrderRow
from models.queries import files
from models.queries import orders as order_queries
from models.queries.users import order_row
from rules.errors import NoClaimOpen, NotYours
from rules.files import FileKind
from rules.orders import ClaimState, OrderState, Role
from runtime.logs import order_context
from texts import reasons
from texts.catalogue import say
from texts.confirmations import SURE
from texts.refusals import refusal


async def list_orders(visit: Visit, _: str) -> None:
    """The client's orders, newest first."""
    async with visit.desk.database.reading() as session:
        views = await order_queries.client_orders(session, visit.user.id, limit=10)
    if not views:
        await visit.say_with_menu("orders.none")
        return
    await visit.say("orders.list", order_list(views, Role.CLIENT, visit.lang))


async def open_card(visit: Visit, tapped: Tap) -> None:
    """Show an order's card anew, below everything else."""
    found = await _found(visit, tapped)
    if found is None:
        return
    row, role, actor_id = found
    await visit.answer()
    await refresh(visit, row.id, role, actor_id, anew=True)


async def tap(visit: Visit, tapped: Tap) -> None:
    """A button of a card: ask back, or act. The workflow decides what is allowed."""
    found = await _found(visit, tapped)
    if found is None:
        return
    row, role, actor_id = found
    with order_context(row.id):
        await _question_is_answered(visit, card_key(row.id, role, actor_id))
        sure = tapped.action.removeprefix(SURE)
        if sure != tapped.action:
            await _do(visit, replace(tapped, action=sure), row, role, actor_id)
        elif tapped.action in QUESTIONS:
            await _ask_back(visit, tapped, row, role, actor_id)
        elif quotes.asks(tapped.action, role):
            await quotes.ask(visit, tapped, row, role, actor_id)
        elif tapped.action == "done":
            await _ask_price(visit, tapped, row, role, actor_id)
        else:
            await _do(visit, tapped, row, role, actor_id)


async def _do(visit: Visit, tapped: Tap, row: OrderRow, role: Role, actor_id: int) -> None:
    aside = _ASIDE.get(tapped.action)
    if aside is not None:
        await aside(visit, row, role, actor_id)
        return
    await _act(visit, tapped, row, role, actor_id)


async def _act(visit: Visit, tapped: Tap, row: OrderRow, role: Role, actor_id: int) -> None:
    kind, reason = reasons.parse(tapped.action) or ("", "")
    if kind == "claim" and role is Role.CONTRACTOR:
        await _ask_amount(visit, tapped, row, actor_id, reason)
        return
    await act(visit, Wish(row.id, tapped.action, tapped.version, role, actor_id, reason=reason))


async def _found(visit: Visit, tapped: Tap) -> tuple[OrderRow, Role, int] | None:
    """The order behind a button; a foreign and an unknown one are answered the same."""
    row = None
    if tapped.number is not None:
        async with visit.desk.database.reading() as session:
            row = await order_row(session, tapped.number)
    try:
        role, actor_id = role_in(visit, row)
    except NotYours as error:
        await visit.answer(refusal(error, visit.lang), alert=True)
        return None
    assert row is not None, "nobody has a role in no order"
    return row, role, actor_id


async def _ask_back(visit: Visit, tapped: Tap, row: OrderRow, role: Role, actor_id: int) -> None:
    view = await view_of(visit, row.id, role, actor_id)
    if view is None:
        await visit.answer(refusal(NotYours(), visit.lang), alert=True)
        return
    desk, action = visit.desk, tapped.action
    card = await question(desk.database, action, view, role, visit.lang, desk.policy)
    if card is None and action in ASKED_TWICE:
        # The workflow gives the reason.
        await _do(visit, tapped, row, role, actor_id)
        return
    if card is None:
        # The card has moved on: show how things are now.
        await visit.answer(say("stale", visit.lang))
        await refresh(visit, row.id, role, actor_id)
        return
    await visit.answer()
    asked = rendered_card(card, view)
    await visit.replace_tapped(asked.text, asked.keyboard, asking=action)


async def _question_is_answered(visit: Visit, key: str) -> None:
    """What comes next may be shown in the question's place; one that stood aside goes away."""
    message_id = visit.tapped_message_id
    if message_id is None:
        return
    async with visit.desk.database.transaction() as session:
        stood_aside = await question_answered(session, key, message_id)
    if stood_aside:
        await visit.remove(message_id)


async def _keep(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """Back from a question to the card, in the same message."""
    await visit.answer()
    await refresh(visit, row.id, role, actor_id)


async def _paid(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """The client says he has paid: the order looks at the provider now."""
    view = await view_of(visit, row.id, role, actor_id)
    is_paid = view is not None and view.prepaid
    await visit.answer(say("tap.ok" if is_paid else "paid.not_yet", visit.lang))
    if role is Role.CLIENT and not is_paid:
        await visit.desk.orders.tell_payment_notice(row.id)
    await refresh(visit, row.id, role, actor_id)


async def _map(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """The place on a map; before the prepayment only roughly."""
    view = await view_of(visit, row.id, role, actor_id)
    await visit.answer()
    if view is None or view.latitude is None or view.longitude is None:
        return
    call = visit.desk.bot.send_location(visit.chat_id, view.latitude, view.longitude)
    await attempt("sendLocation", call)
    if role is not Role.CONTRACTOR or row.contractor_id != actor_id or not row.prepaid:
        return
    # Whoever may know the place exactly may see it, too.
    async with visit.desk.database.reading() as session:
        photos = await files.files_of(session, row.id, FileKind.PLACE)
    await send_kept(visit, row.id, photos)


async def _claim_files(visit: Visit, row: OrderRow, role: Role, actor_id: int) -> None:
    """The pictures of a claim, from our store."""
    view = await view_of(visit, row.id, role, actor_id)
    await visit.answer()
    claim = view.claim if view is not None else None
    if claim is None or not await send_kept(visit, row.id, claim.files):
        await visit.say("claim.files_none")


async def _person(visit: Visit, row: OrderRow, _: Role, __: int) -> None:
    """A living person, about this order."""
    await visit.answer()
    await begin_question(visit, row.number)


_ASIDE = {
    "keep": _keep,
    "paid": _paid,
    "map": _map,
    "support": _person,
    "claim_files": _claim_files,
    "appeal": appeal,
    "block": search.part,
    "why": search.why_not_me,
}
"""Actions that change nothing about the order."""


async def _ask_price(visit: Visit, tapped: Tap, row: OrderRow, role: Role, actor_id: int) -> None:
    if row.state is not OrderState.IN_PROGRESS or role is not Role.CONTRACTOR:
        # The workflow gives the reason.
        await act(visit, Wish(row.id, "done", tapped.version, role, actor_id))
        return
    await visit.answer()
    least = row.prepayment_kopecks
    draft = amount_dialogue.begin_price(row.number, row.id, tapped.version, least)
    await dialogues.begin(visit, draft, in_place=False)


async def _ask_amount(visit: Visit, tapped: Tap, row: OrderRow, actor_id: int, reason: str) -> None:
    view = await view_of(visit, row.id, Role.CONTRACTOR, actor_id)
    claim = view.claim if view is not None else None
    if claim is None or claim.state != ClaimState.OPEN:
        await visit.answer(refusal(NoClaimOpen(), visit.lang), alert=True)
        await refresh(visit, row.id, Role.CONTRACTOR, actor_id)
        return
    await visit.answer()
    await refresh(visit, row.id, Role.CONTRACTOR, actor_id)
    draft = claim_dialogue.begin(
        row.number,
        row.id,
        tapped.version,
        reason,
        cap_kopecks=claim.cap_kopecks,
        proof_above_kopecks=visit.desk.policy.claim_proof_above_kopecks,
    )
    await dialogues.begin(visit, draft, in_place=False)
