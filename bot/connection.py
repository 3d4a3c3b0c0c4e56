"""The connection to Telegram: python-telegram-bot's client with our time-outs and plain limits."""

import json
from typing import Any

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest
from typing_extensions import override

TELEGRAM_URL = "https://api.telegram.org"
CONNECT_SECONDS = 3.0
READ_SECONDS = 8.0
CALL_SECONDS = 14.0
"""No single call outlasts this; a lease on an outgoing message is longer."""

_CONNECTIONS = 32
_TOO_MANY = 429


class Throttled(TelegramError):
    """Telegram asks to wait this many seconds; nothing was sent."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class PatientRequest(HTTPXRequest):
    """Turns 429 into `Throttled`: the library's own error warns of a change to come each time."""

    @override
    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Send one request; raises Throttled besides what the base class raises."""
        code, payload = await super().do_request(*args, **kwargs)
        if code == _TOO_MANY:
            raise Throttled(_seconds_to_wait(payload))
        return code, payload


def _seconds_to_wait(payload: bytes) -> float:
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 1.0


def make_bot(token: str, api_url: str | None) -> Bot:
    """A client for Telegram, or for the server at `api_url`."""
    request, polling = _request(READ_SECONDS), _request(READ_SECONDS)
    server = api_url or TELEGRAM_URL
    return Bot(
        token,
        base_url=f"{server}/bot",
        base_file_url=f"{server}/file/bot",
        request=request,
        get_updates_request=polling,
    )


def _request(read_seconds: float) -> PatientRequest:
    return PatientRequest(
        connection_pool_size=_CONNECTIONS,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        write_timeout=READ_SECONDS,
        pool_timeout=CONNECT_SECONDS,
    )
