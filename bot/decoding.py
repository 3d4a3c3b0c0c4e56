"""Telegram's JSON as the library's objects; what it does not understand is left out, not refused.

Telegram adds fields and kinds without asking. One that the library trips over must cost nobody
his place in the queue, so such an update is read once more without everything but its words.
"""

from typing import Any

from telegram import Bot, Update

from runtime.logs import get_logger

_log = get_logger(__name__)
_ENVELOPE = "update_id"
_OF_A_MESSAGE = ("message_id", "date", "chat", "from", "text")
_OF_A_TAP = ("id", "from", "chat_instance", "data")


def decode(payload: dict[str, Any], bot: Bot) -> Update | None:
    """The update, perhaps only its words; None for one that even so means nothing to us."""
    for version in (payload, _words_only(payload)):
        try:
            return Update.de_json(version, bot)
        except Exception as error:  # noqa: BLE001 - the library raises whatever the JSON makes it
            _log.warning("update_not_understood", error=type(error).__name__)
    return None


def _words_only(payload: dict[str, Any]) -> dict[str, Any]:
    message, tap = payload.get("message"), payload.get("callback_query")
    if isinstance(message, dict):
        return {_ENVELOPE: payload.get(_ENVELOPE), "message": _only(message, _OF_A_MESSAGE)}
    if not isinstance(tap, dict):
        return {_ENVELOPE: payload.get(_ENVELOPE)}
    bare, under = _only(tap, _OF_A_TAP), tap.get("message")
    if isinstance(under, dict):
        bare["message"] = _only(under, _OF_A_MESSAGE)
    return {_ENVELOPE: payload.get(_ENVELOPE), "callback_query": bare}


def _only(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}
