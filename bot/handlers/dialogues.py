"""Dialogues: loads the draft, lets the pure machine move it, shows the next question."""

import secrets
from dataclasses import replace
from uuid import uuid4

from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import InlineKeyboardMarkup, Message

from bot import (
    amount_dialogue,
    claim_dialogue,
    drafts,
    email_dialogue,
    order_dialogue,
    quote_dialogue,
    support_dialogue,
    work_dialogue,
)
from bot.callbacks import Tap
from bot.dialogue import (
    BACK,
    CANCEL,
    Chosen,
    Draft,
    Event,
    Flow,
    Pictured,
    Pinned,
    Remark,
    Said,
    Shared,
    Step,
    Turn,
    back,
)
from bot.files import has_file, keep_sent
from bot.handlers.addresses import place_said
from bot.handlers.finishing import finish, order_id_of
from bot.handlers.known_client import facts_for, known_client
from bot.keyboards import screen_keyboard
from bot.screen import Ask
from bot.screens import show
from bot.visit import Visit
from models.users import UserRow
from rules.errors import RuleViolation
from rules.files import FileKind
from rules.words import tidy
from texts.catalogue import say, screen
from texts.refusals import refusal

_ADVANCE = {
    Flow.ORDER: order_dialogue.advance,
    Flow.WORK: work_dialogue.advance,
    Flow.CLAIM: claim_dialogue.advance,
    Flow.PRICE: amount_dialogue.advance,
    Flow.SUPPORT: support_dialogue.advance,
    Flow.EMAIL: email_dialogue.advance,
    Flow.QUOTE: quote_dialogue.advance,
    Flow.METRES: quote_dialogue.advance,
}
_TAKES_PHOTOS = (Step.COMMENT, Step.PHONE, Step.PROOF, Step.CHECK)
_ASKS_PLACE = (Step.PLACE, Step.WHICH_PLACE, Step.PIN, Step.FAR_PIN, Step.FOUND)


async def new_order(visit: Visit, _: str) -> None:
    """A new order, or the one that was left half-way."""
    draft = await _load(visit)
    if draft is not None and draft.flow is Flow.ORDER:
        await visit.say("draft.resumed")
        await _show(visit, draft)
        return
    known = await known_client(visit)
    await begin(visit, order_dialogue.begin(str(uuid4()), known))


async def register(visit: Visit) -> None:
    """A new contractor's form, or the one that was left half-way."""
    draft = await _load(visit)
    if draft is not None and draft.flow is Flow.WORK:
        await _show(visit, draft)
        return
    has_phone = visit.user.phone is not None
    form = work_dialogue.begin(str(uuid4()), visit.user.first_name, has_phone=has_phone)
    await begin(visit, form)


async def begin(visit: Visit, draft: Draft, *, in_place: bool = True) -> None:
    """Start a dialogue in place of any other one and ask its first question.

    Not `in_place`: the tapped message is an order's card and stays one.
    """
    # Buttons of an earlier dialogue must not fit this one by chance.
    fresh = replace(draft, version=secrets.randbelow(900_000) * 1_000)
    async with visit.desk.database.transaction() as session:
        if draft.flow not in (Flow.ORDER, Flow.WORK):
            fresh = await drafts.laid_over(session, visit.user.id, fresh)
        fresh = drafts.asked_in(fresh, visit.tapped_message_id if in_place else None)
        saved = await drafts.save(session, visit.user.id, fresh, visit.update.update_id)
    await _show(visit, saved, in_place=in_place)


async def message(visit: Visit) -> None:
    """A text, place, number or photo: an answer to the dialogue, if there is one."""
    draft = await _load(visit)
    if draft is None:
        await visit.say_with_menu("unknown.idle")
        return
    if visit.words in (say("nav.back", visit.lang), say("nav.cancel", visit.lang)):
        wanted = BACK if visit.words == say("nav.back", visit.lang) else CANCEL
        await _navigate(visit, draft, wanted)
        return
    try:
        event = await _event(visit, draft)
    except RuleViolation as error:
        # The file is not taken; the question stays.
        await visit.send(refusal(error, visit.lang))
        await _show(visit, draft)
        return
    if event is None:
        await _show(visit, draft, Remark.NOT_UNDERSTOOD)
        return
    await _advance(visit, draft, event)


async def tap(visit: Visit, tapped: Tap) -> None:
    """A button of a dialogue; an old one shows where we are."""
    draft = await _load(visit)
    if draft is None:
        # Sent or dropped long ago, or the same tap once more: nothing is open here.
        await visit.answer(say("stale", visit.lang))
        await visit.retire_tapped()
        return
    if tapped.version != draft.version:
        is_repeat = drafts.seen(draft, visit.update.update_id)
        await visit.answer("" if is_repeat else say("stale", visit.lang))
        await _advance(visit, draft, None)
        return
    if draft.step is not Step.CHECK:
        await visit.answer()
    if tapped.ref in (BACK, CANCEL):
        await _navigate(visit, draft, tapped.ref)
        return
    await _advance(visit, draft, Chosen(tapped.ref, visit.today))


async def show_where_we_are(visit: Visit, *, is_unknown: bool = False) -> None:
    """The current question, or the menu."""
    draft = await _load(visit)
    if draft is None:
        await visit.say_with_menu("unknown.idle" if is_unknown else "menu.choose")
        return
    await _show(visit, draft, Remark.NOT_UNDERSTOOD if is_unknown else Remark.NONE)


async def _load(visit: Visit) -> Draft | None:
    async with visit.desk.database.reading() as session:
        return await drafts.load(session, visit.user.id)


async def _navigate(visit: Visit, draft: Draft, wanted: str) -> None:
    earlier = back(draft) if wanted == BACK else None
    await visit.answer()
    if earlier is None:
        async with visit.desk.database.transaction() as session:
            await drafts.drop(session, visit.user.id)
        if visit.tapped_message_id is not None:
            await visit.replace_tapped(screen("draft.dropped", visit.lang))
            await visit.say_with_menu("menu.choose")
        else:
            await visit.say_with_menu("draft.dropped")
        return
    async with visit.desk.database.transaction() as session:
        saved = await drafts.save(session, visit.user.id, earlier, visit.update.update_id)
    await _show(visit, saved)


async def _advance(visit: Visit, draft: Draft, event: Event | None) -> None:
    """Move the draft by an event; the same update a second time moves nothing."""
    turn = Turn(draft)
    if event is not None and not drafts.seen(draft, visit.update.update_id):
        turn = _ADVANCE[draft.flow](drafts.asked_in(draft, visit.tapped_message_id), event)
        async with visit.desk.database.transaction() as session:
            await _keep_phone(session, visit, event)
            saved = await drafts.save(session, visit.user.id, turn.draft, visit.update.update_id)
        turn = Turn(saved, turn.remark)
    if turn.draft.step is Step.FINISHED:
        await finish(visit, turn.draft)
        return
    await visit.answer()
    await _show(visit, turn.draft, turn.remark)


async def _keep_phone(session: AsyncSession, visit: Visit, event: Event) -> None:
    sent = visit.update.message
    if not isinstance(event, Shared) or not event.is_own or sent is None or sent.contact is None:
        return
    user = await session.get_one(UserRow, visit.user.id)
    user.phone = normalised_phone(sent.contact.phone_number)
    user.phone_verified_at = sent.date
    session.add(user)


def normalised_phone(number: str) -> str:
    """A phone as `+79001234567`: Telegram sends it with or without the plus."""
    return "+" + "".join(sign for sign in number if sign.isdigit())


async def _event(visit: Visit, draft: Draft) -> Event | None:
    sent = visit.update.message
    if sent is None:
        return None
    if sent.location is not None:
        pin = sent.location
        place, distance = visit.desk.places.nearest(pin.latitude, pin.longitude)
        return Pinned(pin.latitude, pin.longitude, place, distance)
    if sent.contact is not None:
        return Shared(is_own(sent))
    if has_file(sent):
        return Pictured(await _file_of(visit, draft, sent), tidy(sent.caption or ""))
    if not visit.words:
        return None
    return await place_said(visit, draft) if draft.step in _ASKS_PLACE else Said(visit.words)


async def _file_of(visit: Visit, draft: Draft, sent: Message) -> str:
    """The picture's id in our store, if the dialogue keeps pictures at this step; else empty."""
    if draft.flow is Flow.ORDER and draft.step in _TAKES_PHOTOS:
        return await keep_sent(visit, sent, order_id_of(draft.answers["id"]), FileKind.PLACE)
    order_id = draft.answers.get("order_id")
    if draft.flow is Flow.CLAIM and draft.step in _TAKES_PHOTOS:
        return await keep_sent(visit, sent, str(order_id), FileKind.COST)
    if draft.flow is Flow.PRICE and order_id:
        return await keep_sent(visit, sent, str(order_id), FileKind.WORK)
    return ""


def is_own(sent: Message) -> bool:
    """Whether a contact is the sender's own: anybody can send or forward somebody else's."""
    if sent.contact is None or sent.from_user is None:
        return False
    return sent.contact.user_id == sent.from_user.id and sent.forward_origin is None


async def _show(
    visit: Visit, draft: Draft, remark: Remark = Remark.NONE, *, in_place: bool = True
) -> None:
    """Ask the draft's question: in place if a button was tapped, else as a new message."""
    if draft.step is Step.FINISHED:
        await finish(visit, draft)
        return
    shown = show(draft, await facts_for(visit, draft), visit.lang, remark)
    keyboard = screen_keyboard(shown, draft.version, visit.lang)
    is_tap = in_place and visit.tapped_message_id is not None
    if isinstance(keyboard, InlineKeyboardMarkup) and is_tap:
        await visit.replace_tapped(shown.text, keyboard)
        return
    if is_tap and shown.ask is not Ask.NOTHING:
        # The new question needs the keyboard below the chat.
        await visit.retire_tapped()
    message_id = await visit.send(shown.text, keyboard)
    if isinstance(keyboard, InlineKeyboardMarkup) and message_id is not None:
        await _ask_only_there(visit, draft, message_id)


async def _ask_only_there(visit: Visit, draft: Draft, message_id: int) -> None:
    """A question asked again further down loses its buttons where it stood before."""
    async with visit.desk.database.transaction() as session:
        await drafts.remember_asked(session, visit.user.id, message_id)
    earlier = drafts.asked_where(draft)
    if earlier is not None and earlier != visit.tapped_message_id:
        await visit.retire(earlier)
