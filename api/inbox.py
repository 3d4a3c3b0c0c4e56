"""Telegram updates stored before they are acknowledged; the bot is woken by the database."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.telegram import TelegramUpdateRow

_ID_MAX = 2**63 - 1


class NotAnUpdate(ValueError):
    """The payload has no usable `update_id` or no content."""


async def store_update(session: AsyncSession, bot_id: int, payload: dict[str, Any]) -> bool:
    """Store one raw update; False if it was stored before. A trigger wakes the bot at commit.

    Raises:
        NotAnUpdate: Nothing was stored.
    """
    update_id = payload.get("update_id")
    kind = next((name for name in payload if name != "update_id"), "")
    if not _is_id(update_id) or not isinstance(payload.get(kind), dict):
        raise NotAnUpdate
    stored = await session.exec(
        insert(TelegramUpdateRow)
        .values(
            bot_id=bot_id,
            update_id=update_id,
            chat_id=_chat_id(payload[kind]),
            kind=kind[:64],
            payload=_clean(payload),
        )
        .on_conflict_do_nothing()
        .returning(col(TelegramUpdateRow.update_id))
    )
    return stored.first() is not None


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _ID_MAX


def _chat_id(content: dict[str, Any]) -> int | None:
    """Whose turn it is: updates of one chat are handled in order."""
    message = content.get("message")
    for holder in (message if isinstance(message, dict) else {}, content):
        for name in ("chat", "from"):
            inner = holder.get(name)
            if isinstance(inner, dict) and _is_id(inner.get("id")):
                found: int = inner["id"]
                return found
    return None


def _clean(value: Any) -> Any:
    """Without what JSONB cannot hold: NUL characters and halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list) else value
