"""Finds out who an update is from and who serves it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import ChatMember, Update, User
from telegram.constants import ChatType

from bot.callbacks import DRAFT, MENU, MONEY, OPEN, Tap, unpack
from bot.decoding import decode
from bot.handlers import (
    agreements,
    contractor,
    dialogues,
    general,
    native,
    orders,
    receipts,
    search_commands,
    statements,
    support,
)
from bot.inbox import StoredUpdate
from bot.keyboards import MENU_KEYS
from bot.visit import Desk, Visit
from models.queries import users
from models.users import UserRow
from rules.limits import NAME_CHARACTERS_MAX
from rules.words import tidy
from texts.catalogue import say
from texts.language import Language, pick

Handler = Callable[[Visit, str], Awaitable[None]]

COMMANDS: dict[str, Handler] = {
    "start": general.start,
    "help": general.help_me,
    "lang": general.choose_language,
    "privacy": general.privacy,
    "delete_me": general.ask_deletion,
    "support": support.ask_question,
    "email": receipts.email,
    "new": dialogues.new_order,
    "orders": orders.list_orders,
    "work": contractor.work,
    "offers": contractor.list_offers,
    "jobs": contractor.list_jobs,
    "radius": contractor.ask_radius,
    "night": agreements.ask_night,
    "farther": agreements.ask_farther,
    "rating": contractor.show_rating,
    "docs": contractor.show_documents,
    "money": statements.show_money,
    **support.COMMANDS,
    **search_commands.COMMANDS,
}

MENU_WORDS: dict[str, Handler] = {
    "menu.new": dialogues.new_order,
    "menu.orders": orders.list_orders,
    "menu.support": support.ask_question,
    "menu.more": general.show_more,
    "menu.crew": contractor.work,
    "menu.client": general.show_client_menu,
    "menu.language": general.choose_language,
    "menu.help": general.help_me,
    "menu.privacy": general.privacy,
    "menu.delete_me": general.ask_deletion,
    "menu.online": contractor.come_on_line,
    "menu.offline": contractor.go_off_line,
    "menu.offers": contractor.list_offers,
    "menu.jobs": contractor.list_jobs,
    "menu.money": statements.show_money,
    "menu.radius": contractor.ask_radius,
    "menu.night": agreements.ask_night,
    "menu.farther": agreements.ask_farther,
}
"""What the menu's texts and buttons do; a tapped button answers the same as a typed word."""

_LABELS = {say(key, lang): key for lang in Language for key in MENU_KEYS}


class Router:
    """Serves stored updates."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def serve(self, stored: StoredUpdate) -> None:
        """Handle one update; safe to repeat.

        Raises:
            Postponed: Not known yet what came of it; the same update again.
        """
        update = decode(stored.payload, self._desk.bot)
        visit = await self._visit(update, stored.attempts) if update is not None else None
        if update is None or visit is None:
            return
        if update.callback_query is not None:
            await self._tap(visit, unpack(update.callback_query.data))
        elif update.my_chat_member is not None:
            if not visit.is_in_group:
                await _remember_block(visit, update.my_chat_member.new_chat_member.status)
        elif update.message is not None:
            await _message(visit)

    async def apologise(self, stored: StoredUpdate) -> None:
        """Tell the person that an update was given up; failing that is no further failure."""
        update = decode(stored.payload, self._desk.bot)
        visit = await self._visit(update, stored.attempts) if update is not None else None
        if visit is not None and visit.update.my_chat_member is None:
            await visit.say_with_menu("error")

    async def _visit(self, update: Update, attempt: int) -> Visit | None:
        person, chat = update.effective_user, update.effective_chat
        if person is None or chat is None or person.is_bot:
            return None
        if chat.type != ChatType.PRIVATE and chat.id != self._desk.support_chat:
            # A group shows what is private to everybody in it.
            return None
        async with self._desk.database.transaction() as session:
            user = await users.user_by_telegram_id(session, person.id)
            if user is None or _has_changed(user, person):
                await _write_user(session, person)
                user = await users.user_by_telegram_id(session, person.id)
            assert user is not None, "it has just been written"
            if user.blocked_at and chat.type == ChatType.PRIVATE and not update.my_chat_member:
                # Who writes can be written to, although we may have missed that he unblocked us.
                user.blocked_at = None
                session.add(user)
            own = await users.contractor_by_user(session, user.id)
        return Visit(self._desk, update, user, own, chat.id, attempt)

    async def _tap(self, visit: Visit, tap: Tap | None) -> None:
        if tap is None:
            await visit.answer(say("stale", visit.lang))
            await dialogues.show_where_we_are(visit)
        elif tap.action == DRAFT:
            await dialogues.tap(visit, tap)
        elif tap.action == MENU:
            await visit.answer()
            await MENU_TAPS.get(tap.ref, general.unknown)(visit, tap.ref)
        elif tap.action == MONEY:
            await statements.turn(visit, tap)
        elif tap.action == OPEN:
            await orders.open_card(visit, tap)
        else:
            await orders.tap(visit, tap)


MENU_TAPS: dict[str, Handler] = {
    **MENU_WORDS,
    **general.TAPS,
    **receipts.TAPS,
    **contractor.TAPS,
    **agreements.TAPS,
}


async def _message(visit: Visit) -> None:
    message = visit.update.message
    if message is not None and message.successful_payment is not None:
        await native.paid(visit, message.successful_payment)
        return
    words = visit.words
    if words.startswith("/"):
        name, _, rest = words[1:].partition(" ")
        handler = COMMANDS.get(name.partition("@")[0].lower(), general.unknown)
        await handler(visit, rest.strip())
    elif words in _LABELS and not visit.is_in_group:
        await MENU_WORDS.get(_LABELS[words], general.unknown)(visit, "")
    elif visit.is_support and await support.reply(visit):
        return
    elif not visit.is_in_group:
        await dialogues.message(visit)


def _has_changed(user: UserRow, person: User) -> bool:
    # Whoever was erased is remembered as nobody until he writes again.
    return user.erased_at is not None or user.username != person.username or not user.first_name


async def _write_user(session: AsyncSession, person: User) -> None:
    name = tidy(person.first_name)[:NAME_CHARACTERS_MAX]
    values = {"first_name": name, "username": person.username}
    statement = insert(UserRow).values(
        telegram_id=person.id, language=pick(person.language_code).value, **values
    )
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["telegram_id"], set_={**values, "erased_at": None}
        )
    )


async def _remember_block(visit: Visit, status: str) -> None:
    has_blocked = status in (ChatMember.BANNED, ChatMember.LEFT)
    async with visit.desk.database.transaction() as session:
        user = await session.get_one(UserRow, visit.user.id)
        user.blocked_at = datetime.now(UTC) if has_blocked else None
        session.add(user)
    if has_blocked and visit.contractor is not None:
        await contractor.tell_unreachable(visit.desk, visit.user.id)
