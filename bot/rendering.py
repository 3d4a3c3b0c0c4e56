"""What the outbox sends: a text with buttons, and how it is made from the newest rows."""

import hashlib
from dataclasses import dataclass
from typing import Any, Protocol

from telegram import InlineKeyboardMarkup

from models.telegram import OutboxKind
from rules.orders import Role


@dataclass(frozen=True)
class OwedMessage:
    """One claimed outbox row with the chat it goes to."""

    id: int
    user_id: int | None
    chat_id: int
    kind: OutboxKind
    card_key: str | None
    order_id: str | None
    role: Role
    notice: str | None
    params: dict[str, Any]
    language: str
    # It was being sent when its sender died, or the last try's end is not known.
    doubtful: bool = False
    attempts: int = 1


@dataclass(frozen=True)
class Rendered:
    """Telegram HTML with buttons."""

    text: str
    keyboard: InlineKeyboardMarkup | None = None

    @property
    def content_hash(self) -> str:
        """The same for the same content; decides whether a card is edited at all."""
        buttons = self.keyboard.to_json() if self.keyboard else ""
        return hashlib.sha256(f"{self.text}\n{buttons}".encode()).hexdigest()


class Renderer(Protocol):
    """Makes the message that a row stands for, from what the rows say now."""

    async def render(self, message: OwedMessage) -> Rendered | None:
        """None when there is nothing (any more) to be said."""
        ...

    async def question(self, message: OwedMessage, action: str) -> Rendered | None:
        """The question that an action of this card opens; None if it asks nothing any more."""
        ...
