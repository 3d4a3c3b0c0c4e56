"""One call to Telegram and what became of it, told apart by what may be done next."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

import httpx
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)

from bot.connection import CALL_SECONDS, Throttled
from runtime.metrics import MESSAGES


class Fate(StrEnum):
    """What became of a call."""

    SENT = "sent"
    SAME = "same"
    GONE = "gone"
    THROTTLED = "throttled"
    BLOCKED = "blocked"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True)
class Outcome:
    """A call's fate; `message_id` when sent, `wait_seconds` when throttled."""

    fate: Fate
    message_id: int | None = None
    wait_seconds: float = 0.0
    reason: str = ""


Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup

PATIENCE_SECONDS = 5.0
"""So long a handler waits by itself when Telegram asks it to."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_BLOCKED = ("chat not found", "user not found", "peer_id_invalid")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


async def attempt(method: str, call: Awaitable[Message | bool]) -> Outcome:
    """Await one call and classify its result; never raises for what Telegram or the net does."""
    try:
        async with asyncio.timeout(CALL_SECONDS):
            answer = await call
    except (TelegramError, TimeoutError) as error:
        outcome = classify(error)
    else:
        message_id = answer.message_id if isinstance(answer, Message) else None
        outcome = Outcome(Fate.SENT, message_id)
    MESSAGES.labels(method=method, outcome=outcome.fate.value).inc()
    return outcome


async def patiently(call: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Call once more after a short wait, if Telegram asks for one."""
    outcome = await call()
    if outcome.fate is Fate.THROTTLED and outcome.wait_seconds <= PATIENCE_SECONDS:
        await asyncio.sleep(outcome.wait_seconds)
        outcome = await call()
    return outcome


async def send_html(bot: Bot, chat_id: int, html: str, markup: Markup | None = None) -> Outcome:
    """Send a new message."""
    call = bot.send_message(
        chat_id,
        html,
        parse_mode=ParseMode.HTML,
        link_preview_options=_NO_PREVIEW,
        reply_markup=markup,
    )
    return await attempt("sendMessage", call)


async def edit_html(
    bot: Bot, chat_id: int, message_id: int, html: str, markup: InlineKeyboardMarkup | None = None
) -> Outcome:
    """Change a message of ours."""
    call = bot.edit_message_text(
        html,
        chat_id=chat_id,
        message_id=message_id,
        parse_mode=ParseMode.HTML,
        link_preview_options=_NO_PREVIEW,
        reply_markup=markup,
    )
    return await attempt("editMessageText", call)


async def remove_buttons(bot: Bot, chat_id: int, message_id: int) -> Outcome:
    """Leave a message of ours as it is, without its buttons."""
    call = bot.edit_message_reply_markup(chat_id=chat_id, message_id=message_id)
    return await attempt("editMessageReplyMarkup", call)


def classify(error: Exception) -> Outcome:
    """The fate behind an error of the library."""
    reason = type(error).__name__
    if isinstance(error, Throttled):
        return Outcome(Fate.THROTTLED, wait_seconds=error.seconds, reason=reason)
    if isinstance(error, Forbidden):
        return Outcome(Fate.BLOCKED, reason=reason)
    if isinstance(error, BadRequest):
        return _bad_request(error.message.lower())
    if isinstance(error, NetworkError) and isinstance(error.__cause__, _NEVER_LEFT):
        return Outcome(Fate.NOT_SENT, reason=reason)
    if isinstance(error, NetworkError | TimeoutError):
        # The request may have arrived although no answer did.
        return Outcome(Fate.UNKNOWN, reason=reason)
    if isinstance(error, Conflict | InvalidToken):
        return Outcome(Fate.NOT_SENT, reason=reason)
    return Outcome(Fate.REFUSED, reason=reason)


def _bad_request(words: str) -> Outcome:
    if "message is not modified" in words:
        return Outcome(Fate.SAME)
    if any(phrase in words for phrase in _GONE):
        return Outcome(Fate.GONE, reason="gone")
    if any(phrase in words for phrase in _BLOCKED):
        return Outcome(Fate.BLOCKED, reason="chat not found")
    return Outcome(Fate.REFUSED, reason=words[:80])
