"""Messages between a person and support; the mark in the first line leads the answer back."""

import re
from functools import partial
from html import escape

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.delivery import Fate, attempt, patiently, send_html
from bot.visit import Desk, Visit, must_have_gone
from models.users import UserRow
from texts.formatting import order_number

_MARK = re.compile(r"U-(\d{1,15})\b")


def mark(user_id: int) -> str:
    """A person's public mark for support."""
    return f"U-{user_id}"


def marked_user(words: str) -> int | None:
    """The person whom a relayed message is from."""
    found = _MARK.search(words.partition("\n")[0])
    return int(found[1]) if found else None


async def support_chats(session: AsyncSession, desk: Desk) -> list[int]:
    """The group of support, or each of its people."""
    if desk.support_chat is not None:
        return [desk.support_chat]
    found = await session.exec(
        select(col(UserRow.telegram_id)).where(
            col(UserRow.is_support) | col(UserRow.telegram_id).in_(desk.support_ids)
        )
    )
    return [chat for chat in found.all() if chat is not None]


async def tell_support(visit: Visit, words: str, number: int | None) -> None:
    """Pass a person's words on to support.

    Raises:
        Postponed: Telegram takes them for nobody now; the update is served again.
    """
    about = f" · {order_number(number)}" if number is not None else ""
    html = f"<b>{mark(visit.user.id)}{about}</b>\n{escape(words, quote=False)}"
    async with visit.desk.database.reading() as session:
        chats = await support_chats(session, visit.desk)
    outcomes = []
    for chat in chats:
        outcomes.append(await patiently(partial(send_html, visit.desk.bot, chat, html)))
        await _send_picture(visit, chat)
    if not any(outcome.fate is Fate.SENT for outcome in outcomes):
        # One who has read it is enough: nobody gets it twice because another did not.
        for outcome in outcomes:
            must_have_gone(outcome)


async def _send_picture(visit: Visit, chat: int) -> None:
    """What the person has sent with his words: a photo or a paper."""
    bot, sent = visit.desk.bot, visit.update.message
    if sent is not None and sent.photo:
        await attempt("sendPhoto", bot.send_photo(chat, sent.photo[-1].file_id))
    elif sent is not None and sent.document is not None:
        await attempt("sendDocument", bot.send_document(chat, sent.document.file_id))
