"""What everybody may ask: the start, help, the language, and one's own data."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sqlalchemy import text
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot import drafts
from bot.callbacks import MENU, pack
from bot.handlers.dialogues import show_where_we_are
from bot.keyboards import main_menu, menu_button, more_menu
from bot.visit import Visit
from models.queries import files
from models.queries.plain import run
from models.users import UserRow
from texts.catalogue import say, screen
from texts.language import Language, pick

_OPEN_ORDERS = text("""
    SELECT count(*) FROM orders o LEFT JOIN contractors c ON c.id = o.contractor_id
    WHERE (o.client_id = :user OR c.user_id = :user)
      AND (o.money_closed_at IS NULL OR EXISTS (
        SELECT 1 FROM receipts r WHERE r.order_id = o.id AND o.client_id = :user
          AND r.state IN ('due', 'sent')))
""")
_ERASE = (
    text("""
        UPDATE users SET first_name = '', username = NULL, phone = NULL,
            phone_verified_at = NULL, email = NULL, email_asked_at = NULL, erased_at = :now
        WHERE id = :user
    """),
    # An address travelled inside them; they were answered long ago.
    text("""
        UPDATE payment_operations SET request_bytes = ''
        WHERE order_id IN (SELECT id FROM orders WHERE client_id = :user)
    """),
    text("""
        UPDATE receipts SET request_bytes = ''
        WHERE order_id IN (SELECT id FROM orders WHERE client_id = :user)
    """),
    text("UPDATE order_requests SET address = NULL, comment = NULL WHERE client_id = :user"),
    text("UPDATE orders SET address = NULL, comment = NULL WHERE client_id = :user"),
    text("DELETE FROM dialogue_drafts WHERE user_id = :user"),
    text("""
        UPDATE contractors SET name = '', online = false, status = 'suspended'
        WHERE user_id = :user
    """),
    text("""
        UPDATE telegram_updates SET payload = '{}' WHERE chat_id = :chat AND state <> 'new'
    """),
)


async def start(visit: Visit, _: str) -> None:
    """Greet; a deep link's code changes nothing yet and is never trusted."""
    is_new = visit.user.phone is None and visit.contractor is None
    await visit.say_with_menu("greeting" if is_new else "greeting.back")
    async with visit.desk.database.reading() as session:
        draft = await drafts.load(session, visit.user.id)
    if draft is not None:
        await show_where_we_are(visit)


async def help_me(visit: Visit, _: str) -> None:
    """How it works."""
    await visit.say_with_menu("help")


async def privacy(visit: Visit, _: str) -> None:
    """What is kept of a person."""
    await visit.say("privacy")


async def show_more(visit: Visit, _: str) -> None:
    """What does not fit among the big words."""
    menu = more_menu(visit.lang, is_contractor=visit.contractor is not None)
    await visit.say("menu.choose", menu)


async def show_client_menu(visit: Visit, _: str) -> None:
    """A contractor orders something himself."""
    await visit.say("greeting.back", main_menu(visit.lang, is_contractor=False))


async def choose_language(visit: Visit, wanted: str) -> None:
    """`/lang en` sets it; without a word the buttons ask."""
    if wanted in tuple(Language):
        await _set_language(visit, wanted)
        return
    buttons = [
        InlineKeyboardButton(say("language.name", one), callback_data=pack(MENU, f"lang.{one}", 0))
        for one in Language
    ]
    await visit.say("language.ask", InlineKeyboardMarkup([buttons]))


async def tap_language(visit: Visit, ref: str) -> None:
    """A language's button."""
    await _set_language(visit, ref.rpartition(".")[2])


async def _set_language(visit: Visit, wanted: str) -> None:
    lang = pick(wanted)
    async with visit.desk.database.transaction() as session:
        user = await session.get_one(UserRow, visit.user.id)
        user.language = lang.value
        session.add(user)
    visit.user.language = lang.value
    await visit.say_with_menu("language.set")


async def ask_deletion(visit: Visit, _: str) -> None:
    """The first of two steps; refused while an order or its money is open."""
    if await _open_orders(visit):
        await visit.say("delete.open_orders")
        return
    yes = InlineKeyboardButton(
        say("delete.yes", visit.lang), callback_data=pack(MENU, "delete.yes", 0)
    )
    no = menu_button("nav.no", visit.lang)
    await visit.say("delete.ask", InlineKeyboardMarkup([[yes], [no]]))


async def _open_orders(visit: Visit) -> int:
    async with visit.desk.database.reading() as session:
        found = await run(session, _OPEN_ORDERS, {"user": visit.user.id})
        return int(found.scalar_one())


async def delete(visit: Visit, _: str) -> None:
    """Erase what identifies the person; the books stay, without a name."""
    if await _open_orders(visit):
        await visit.replace_tapped(screen("delete.open_orders", visit.lang))
        return
    await _erase_files(visit)
    values = {"user": visit.user.id, "chat": visit.chat_id, "now": datetime.now(UTC)}
    async with visit.desk.database.transaction() as session:
        for statement in _ERASE:
            names = statement.compile().params
            await run(session, statement, {name: values[name] for name in names})
    await visit.replace_tapped(screen("delete.done", visit.lang))


async def _erase_files(visit: Visit) -> None:
    store = visit.desk.files
    async with visit.desk.database.reading() as session:
        sent = await files.files_from(session, visit.user.id)
    if store is not None:
        for one in sent:
            await store.erase(one, datetime.now(UTC))


async def keep(visit: Visit, _: str) -> None:
    """Nothing was deleted."""
    await visit.replace_tapped(screen("greeting.back", visit.lang))


async def unknown(visit: Visit, _: str) -> None:
    """What fits nothing: where we are."""
    await show_where_we_are(visit, is_unknown=True)


TAPS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    **{f"lang.{one}": tap_language for one in Language},
    "delete.yes": delete,
    "nav.no": keep,
}
