"""What the bot has received, owes and shows: inbox, outbox, cards, limits, drafts and taps."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import (
    Table,
    big,
    document,
    known,
    numbered,
    one_of,
    order_key,
    recorded_at,
    words,
)
from rules.orders import Role


class InboxState(StrEnum):
    """What became of a received update."""

    NEW = "new"
    DONE = "done"
    FAILED = "failed"


class OutboxKind(StrEnum):
    """A card is edited in place; a notice is a new message; an invoice is paid in Telegram."""

    CARD = "card"
    NOTICE = "notice"
    INVOICE = "invoice"


class OutboxState(StrEnum):
    """Where an outgoing message is; `sending` may or may not have arrived."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class TelegramUpdateRow(Table, table=True):
    """One update, stored before it is acknowledged; the pair of ids makes repeats harmless."""

    __tablename__ = "telegram_updates"
    __table_args__ = (
        one_of("state", InboxState),
        Index(
            "ix_telegram_updates_new",
            "chat_id",
            "update_id",
            postgresql_where=text("state = 'new'"),
        ),
    )

    bot_id: int = big(primary_key=True)
    update_id: int = big(primary_key=True)
    chat_id: int | None = big(default=None)
    kind: str = words()
    payload: dict[str, Any] = document()
    received_at: datetime = recorded_at()
    state: InboxState = known(InboxState, default=InboxState.NEW)
    attempts: int = 0
    next_at: datetime | None = None
    error: str | None = words(default=None)
    done_at: datetime | None = None


class OutboxRow(Table, table=True):
    """A message that is owed to a person (or, without one, to the support group)."""

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("kind", OutboxKind),
        one_of("role", Role),
        one_of("state", OutboxState),
        CheckConstraint("kind <> 'card' OR card_key IS NOT NULL", name="card_has_key"),
        CheckConstraint("kind <> 'notice' OR notice IS NOT NULL", name="notice_has_name"),
        Index(
            "ix_outbox_open",
            "next_at",
            "id",
            postgresql_where=text("state IN ('pending', 'sending')"),
        ),
        Index("ix_outbox_card", "card_key", "id"),
    )

    id: int = numbered()
    chat_user_id: int | None = big(default=None, foreign_key="users.id")
    kind: OutboxKind = known(OutboxKind)
    card_key: str | None = words(default=None)
    order_id: str | None = order_key(default=None, foreign_key="orders.id", index=True)
    role: Role = known(Role)
    notice: str | None = words(default=None)
    params: dict[str, Any] = document()
    created_at: datetime = recorded_at()
    state: OutboxState = known(OutboxState, default=OutboxState.PENDING)
    attempts: int = 0
    next_at: datetime | None = None
    sent_at: datetime | None = None
    error: str | None = words(default=None)


class TelegramMessageRow(Table, table=True):
    """Where a card is shown, and what it says now.

    `state` is `shown`, or the action of the question that stands in the card's message. Under the
    card's key with a question mark stands such a question after the card has moved on.
    """

    __tablename__ = "telegram_messages"

    card_key: str = words(primary_key=True)
    chat_id: int = big()
    message_id: int = big()
    content_hash: str = words(default="")
    state: str = words(default="shown")
    updated_at: datetime = recorded_at()


class TelegramLimitRow(Table, table=True):
    """When a chat may be written to again; shared by all replicas."""

    __tablename__ = "telegram_limits"

    chat_id: int = big(primary_key=True, sa_column_kwargs={"autoincrement": False})
    next_at: datetime


class DialogueDraftRow(Table, table=True):
    """A half-finished dialogue; `version` refuses a step that lost a race."""

    __tablename__ = "dialogue_drafts"

    user_id: int = big(foreign_key="users.id", primary_key=True)
    flow: str = words()
    step: str = words()
    answers: dict[str, Any] = document()
    version: int = Field(default=0)
    updated_at: datetime = recorded_at()


class TapRow(Table, table=True):
    """The first answer to an intent; a repeated tap gets the same one."""

    __tablename__ = "taps"

    intent_key: str = words(primary_key=True)
    answer: str = words(default="")
    created_at: datetime = recorded_at()
