"""Received Telegram updates: stored once, before they are acknowledged."""

from typing import Any

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.telegram import InboxState, TelegramUpdateRow

_ENVELOPE = "update_id"


async def store_update(session: AsyncSession, bot_id: int, payload: dict[str, Any]) -> bool:
    """Store one update; False if it was there already (Telegram repeats what it doubts).

    Raises:
        ValueError: It has no id: nothing that Telegram sends.
    """
    update_id = payload.get(_ENVELOPE)
    if type(update_id) is not int:
        raise ValueError("an update without an id")
    row = {
        "bot_id": bot_id,
        "update_id": update_id,
        "chat_id": chat_of(payload),
        "kind": kind_of(payload),
        "payload": storable(payload),
        "state": InboxState.NEW,
        "attempts": 0,
    }
    statement = insert(TelegramUpdateRow).values(**row).on_conflict_do_nothing()
    stored = await session.exec(statement.returning(col(TelegramUpdateRow.update_id)))
    return stored.first() is not None


def kind_of(payload: dict[str, Any]) -> str:
    """What an update is about: its one key besides the id."""
    return next((key for key in payload if key != _ENVELOPE), "unknown")


def chat_of(payload: dict[str, Any]) -> int | None:
    """The chat in which updates must keep their order; a tap belongs to its message's chat."""
    content = payload.get(kind_of(payload))
    if not isinstance(content, dict):
        return None
    message = content.get("message")
    holder = message if isinstance(message, dict) else content
    chat = holder.get("chat") or content.get("from")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    return chat_id if isinstance(chat_id, int) else None


def storable(value: Any) -> Any:
    """A JSON value without what JSONB refuses: NUL characters and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(one) for key, one in value.items()}
    return [storable(one) for one in value] if isinstance(value, list) else value


async def lock_alone(session: AsyncSession, lock: int) -> bool:
    """Take a lock that one transaction at a time may hold, until it ends; False if it is taken."""
    found = await session.exec(select(func.pg_try_advisory_xact_lock(lock)))
    return bool(found.one())
