"""The statements of the outbox: claims, leases, collapsing, and which message shows which card."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rendering import OwedMessage
from models.queries.plain import run
from models.telegram import OutboxKind, TelegramMessageRow
from rules.orders import Role

# The oldest open row of each chat, so nothing overtakes within a chat.
_CLAIM = text("""
    SELECT o.id, o.chat_user_id, coalesce(u.telegram_id, :support, 0), o.kind, o.card_key,
           o.order_id, o.role, o.notice, o.params, coalesce(u.language, 'ru'),
           o.state = 'sending' OR o.error = 'in doubt', o.attempts + 1
    FROM outbox o LEFT JOIN users u ON u.id = o.chat_user_id
    WHERE o.state IN ('pending', 'sending') AND (o.next_at IS NULL OR o.next_at <= :now)
      AND o.id IN (SELECT min(id) FROM outbox WHERE state IN ('pending', 'sending')
                   GROUP BY chat_user_id)
    ORDER BY o.id FOR UPDATE OF o SKIP LOCKED LIMIT :room
""")
_LEASE = text("""
    UPDATE outbox SET state = 'sending', next_at = :until, attempts = attempts + 1 WHERE id = :id
""")
_COLLAPSE = text("""
    UPDATE outbox SET state = 'skipped', error = 'newer' WHERE card_key = :key
      AND id > :id AND state = 'pending'
""")
_POSTPONE = text("""
    UPDATE outbox SET state = 'pending', next_at = :until, error = :error WHERE id = :id
""")
_FINISH = text("""
    UPDATE outbox SET state = :state, sent_at = :now, error = :error, next_at = NULL WHERE id = :id
""")
_SKIP_ALL = text("""
    UPDATE outbox SET state = 'skipped', error = 'blocked' WHERE chat_user_id = :user
      AND state = 'pending'
""")
_BLOCKED = text("UPDATE users SET blocked_at = :now WHERE id = :user AND blocked_at IS NULL")
_COPY = text("""
    INSERT INTO outbox
        (chat_user_id, kind, card_key, order_id, role, notice, params, state, attempts)
    SELECT u.id, o.kind, o.card_key, o.order_id, o.role, o.notice, o.params, 'pending', 0
    FROM outbox o, users u WHERE o.id = :id AND u.is_support AND u.blocked_at IS NULL
""")
_KEEP = text("""
    INSERT INTO telegram_messages (card_key, chat_id, message_id, content_hash, state, updated_at)
    VALUES (:key, :chat, :message, :hash, 'shown', :now)
    ON CONFLICT (card_key) DO UPDATE SET chat_id = excluded.chat_id,
        message_id = excluded.message_id, content_hash = excluded.content_hash,
        state = excluded.state, updated_at = excluded.updated_at
    WHERE telegram_messages.state = 'shown' OR telegram_messages.message_id <> excluded.message_id
    RETURNING 1
""")
_FORGET = text("DELETE FROM telegram_messages WHERE card_key = :key")
_TOUCH = text("""
    UPDATE telegram_messages SET content_hash = '', state = :state
    WHERE chat_id = :chat AND message_id = :message
""")
SHOWN = "shown"
_ASIDE = "?"
_LAY_ASIDE = text("UPDATE telegram_messages SET card_key = :aside WHERE card_key = :key")
_ANSWERED = text("""
    UPDATE telegram_messages SET content_hash = '', state = 'shown'
    WHERE card_key = :key AND message_id = :message AND state <> 'shown'
""")
_ANSWERED_ASIDE = text("""
    DELETE FROM telegram_messages WHERE card_key = :key AND message_id = :message RETURNING 1
""")


async def claim_rows(
    session: AsyncSession, support_chat: int | None, now: datetime, room: int
) -> list[OwedMessage]:
    """Lock the due rows, at most one per chat."""
    values = {"support": support_chat, "now": now, "room": room}
    found = []
    for row in (await run(session, _CLAIM, values)).all():
        message = OwedMessage(
            id=row[0],
            user_id=row[1],
            chat_id=row[2],
            kind=OutboxKind(row[3]),
            card_key=row[4],
            order_id=str(row[5]) if row[5] else None,
            role=Role(row[6]),
            notice=row[7],
            params=row[8],
            language=row[9],
            doubtful=bool(row[10]),
            attempts=row[11],
        )
        found.append(message)
    return found


async def take_lease(session: AsyncSession, row_id: int, until: datetime) -> None:
    """Mark a row as being sent; after `until` it is looked at again."""
    await run(session, _LEASE, {"id": row_id, "until": until})


async def collapse(session: AsyncSession, card_key: str, row_id: int) -> None:
    """One edit for all waiting rows of a card: it is rendered from the newest state anyway."""
    await run(session, _COLLAPSE, {"key": card_key, "id": row_id})


async def postpone(session: AsyncSession, row_id: int, until: datetime, doubtful: bool) -> None:
    """Try again at `until`."""
    error = "in doubt" if doubtful else None
    await run(session, _POSTPONE, {"id": row_id, "until": until, "error": error})


async def finish(session: AsyncSession, row_id: int, state: str, error: str | None) -> None:
    """The row's last state."""
    values = {"id": row_id, "state": state, "error": error, "now": datetime.now(UTC)}
    await run(session, _FINISH, values)


async def mark_blocked(session: AsyncSession, user_id: int) -> None:
    """This person cannot be reached: remember it, and give up what still waits for him."""
    await run(session, _BLOCKED, {"user": user_id, "now": datetime.now(UTC)})
    await run(session, _SKIP_ALL, {"user": user_id})


async def copy_to_support(session: AsyncSession, row_id: int) -> None:
    """Without a support group, everybody of support gets a copy."""
    await run(session, _COPY, {"id": row_id})
    await finish(session, row_id, "sent", "copied to each of support")


async def shown_card(session: AsyncSession, card_key: str) -> TelegramMessageRow | None:
    """The message that shows a card."""
    return await session.get(TelegramMessageRow, card_key)


async def keep_card(
    session: AsyncSession, card_key: str, chat_id: int, message_id: int, content_hash: str
) -> bool:
    """Remember which message shows a card and what it says; False if a question stands there."""
    values = {
        "key": card_key,
        "chat": chat_id,
        "message": message_id,
        "hash": content_hash,
        "now": datetime.now(UTC),
    }
    return (await run(session, _KEEP, values)).one_or_none() is not None


async def forget_card(session: AsyncSession, card_key: str) -> None:
    """The message is gone; the card will be sent anew."""
    await run(session, _FORGET, {"key": card_key})


async def touch_card(
    session: AsyncSession, chat_id: int, message_id: int, asking: str = ""
) -> None:
    """Something else is shown in the card's message: the next rendering is not 'the same'.

    `asking` is the action of the question that stands there until it is answered.
    """
    values = {"chat": chat_id, "message": message_id, "state": asking or SHOWN}
    await run(session, _TOUCH, values)


def aside(card_key: str) -> str:
    """The key of an open question that the card has left in its old message."""
    return f"{card_key}{_ASIDE}"


async def lay_aside(session: AsyncSession, card_key: str) -> int | None:
    """The card leaves its message to the question; the message of an earlier one, if any."""
    earlier = await session.get(TelegramMessageRow, aside(card_key))
    await run(session, _FORGET, {"key": aside(card_key)})
    await run(session, _LAY_ASIDE, {"key": card_key, "aside": aside(card_key)})
    return earlier.message_id if earlier is not None else None


async def question_answered(session: AsyncSession, card_key: str, message_id: int) -> bool:
    """The question in this message is over; True if the card stands elsewhere by now."""
    await run(session, _ANSWERED, {"key": card_key, "message": message_id})
    values = {"key": aside(card_key), "message": message_id}
    return (await run(session, _ANSWERED_ASIDE, values)).one_or_none() is not None
