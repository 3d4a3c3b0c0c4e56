"""Received Telegram updates: stored once, before they are acknowledged."""

import math
from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.telegram import InboxState, TelegramUpdateRow

_ENVELOPE = "update_id"
_ID_MAX = 2**63 - 1
KIND_CHARACTERS_MAX = 64


class NotAnUpdate(ValueError):
    """The payload has no usable `update_id` or no content: nothing that Telegram sends."""


async def store_update(session: AsyncSession, bot_id: int, payload: dict[str, Any]) -> bool:
    """Store one raw update; False if it was there already. A trigger wakes the bot at commit.

    Raises:
        NotAnUpdate: Nothing was stored.
    """
    update_id = payload.get(_ENVELOPE)
    kind = next((name for name in payload if name != _ENVELOPE), "")
    content = payload.get(kind)
    if not _is_id(update_id) or not isinstance(content, dict):
        raise NotAnUpdate("an update without an id or content")
    row = {
        "bot_id": bot_id,
        "update_id": update_id,
        "chat_id": _chat_of(content),
        "kind": kind[:KIND_CHARACTERS_MAX],
        "payload": storable(payload),
        "state": InboxState.NEW,
        "attempts": 0,
    }
    statement = insert(TelegramUpdateRow).values(**row).on_conflict_do_nothing()
    stored = await session.exec(statement.returning(col(TelegramUpdateRow.update_id)))
    return stored.first() is not None


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _ID_MAX


def _chat_of(content: dict[str, Any]) -> int | None:
    """The chat in which updates must keep their order; a tap belongs to its message's chat."""
    message = content.get("message")
    under = message if isinstance(message, dict) else {}
    for chat in (under.get("chat"), content.get("chat"), content.get("from")):
        if isinstance(chat, dict) and _is_id(chat.get("id")):
            found: int = chat["id"]
            return found
    return None


def storable(value: Any) -> Any:
    """A JSON value without what JSONB refuses: NUL, halves of surrogate pairs, NaN, infinity."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {storable(key): storable(one) for key, one in value.items()}
    return [storable(one) for one in value] if isinstance(value, list) else value


async def lock_alone(session: AsyncSession, lock: int) -> bool:
    """Take a lock that one transaction at a time may hold, until it ends; False if it is taken."""
    found = await session.exec(select(func.pg_try_advisory_xact_lock(lock)))
    return bool(found.one())
