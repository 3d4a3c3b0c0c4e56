"""Telegram's limits as rows that all replicas share: one instant per chat, one for the bot.

A generic cell rate: each message moves the instant one step on; a burst is how far it may run
ahead of the clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run

ALL_CHATS = 0

_TAKE = text("""
    INSERT INTO telegram_limits AS l (chat_id, next_at) VALUES (:chat, :first)
    ON CONFLICT (chat_id) DO UPDATE
        SET next_at = greatest(l.next_at, CAST(:now AS timestamptz)) + CAST(:step AS interval)
        WHERE l.next_at <= :ahead
    RETURNING next_at
""")
_READ = text("SELECT next_at FROM telegram_limits WHERE chat_id = :chat")
_PUSH = text("""
    INSERT INTO telegram_limits AS l (chat_id, next_at) VALUES (:chat, :until)
    ON CONFLICT (chat_id) DO UPDATE SET next_at = greatest(l.next_at, excluded.next_at)
""")


@dataclass(frozen=True)
class Limits:
    """Messages per second and how many may come at once."""

    overall_per_second: float = 25.0
    overall_burst: int = 25
    chat_per_second: float = 1.0
    chat_burst: int = 5


async def take(
    session: AsyncSession, chat_id: int, limits: Limits, now: datetime
) -> datetime | None:
    """Count one message to a chat; None if it may go now, else when to try again."""
    per_chat = await _take(session, chat_id, limits.chat_per_second, limits.chat_burst, now)
    if per_chat is not None:
        return per_chat
    return await _take(session, ALL_CHATS, limits.overall_per_second, limits.overall_burst, now)


async def _take(
    session: AsyncSession, chat_id: int, per_second: float, burst: int, now: datetime
) -> datetime | None:
    step = timedelta(seconds=1 / per_second)
    ahead = step * (burst - 1)
    values = {
        "chat": chat_id,
        "first": now + step,
        "now": now,
        "step": step,
        "ahead": now + ahead,
    }
    if (await run(session, _TAKE, values)).first() is not None:
        return None
    full: datetime = (await run(session, _READ, {"chat": chat_id})).scalar_one()
    return full - ahead


async def hold_back(session: AsyncSession, chat_id: int, until: datetime, limits: Limits) -> None:
    """Telegram asked to wait: no message of any replica goes to this chat before `until`."""
    ahead = timedelta(seconds=(limits.chat_burst - 1) / limits.chat_per_second)
    await run(session, _PUSH, {"chat": chat_id, "until": until + ahead})
