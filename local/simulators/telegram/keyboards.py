"""Reply markup: checked as strictly as Telegram does, unknown keys refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from local.simulators.telegram.errors import bad
from local.simulators.telegram.shapes import Json

INLINE_ACTIONS = {
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
}
BUTTON_LOOKS = {"text", "style", "icon_custom_emoji_id"}
KEYBOARD_ACTIONS = {
    "request_contact",
    "request_location",
    "request_poll",
    "request_users",
    "request_chat",
    "request_managed_bot",
    "web_app",
}
KEYBOARD_KEYS = {
    "keyboard",
    "is_persistent",
    "resize_keyboard",
    "one_time_keyboard",
    "input_field_placeholder",
    "selective",
}
STYLES = {"danger", "success", "primary"}
MOST_BUTTONS, MOST_IN_A_ROW, MOST_DATA_BYTES = 100, 8, 64
BUTTON_URL = re.compile(r"^(https?://[^\s/]+|tg://\w+|mailto:|tel:)\S*$", re.IGNORECASE)


def check_markup(markup: Json) -> Json:
    """Return the markup unchanged if Telegram would take it.

    Raises:
        Refusal: 400 that says what is wrong.
    """
    if not markup:
        return markup
    if "inline_keyboard" in markup:
        _only(markup, {"inline_keyboard"})
        _rows(markup["inline_keyboard"])
        for button in buttons(markup):
            _check_inline(button)
    elif "keyboard" in markup:
        _only(markup, KEYBOARD_KEYS)
        _rows(markup["keyboard"])
        for row in markup["keyboard"]:
            for key in row:
                _check_key(key)
    elif "remove_keyboard" in markup:
        _only(markup, {"remove_keyboard", "selective"})
    elif "force_reply" in markup:
        _only(markup, {"force_reply", "input_field_placeholder", "selective"})
    else:
        raise bad("object expected as reply markup")
    return markup


def buttons(markup: Json | None) -> Iterator[Json]:
    """Yield the inline buttons row by row."""
    for row in (markup or {}).get("inline_keyboard", []):
        yield from row


def _only(given: Json, allowed: set[str]) -> None:
    unknown = sorted(set(given) - allowed)
    if unknown:
        raise bad(f'can\'t parse reply markup: unknown field "{unknown[0]}"')


def _rows(rows: object) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad("can't parse reply keyboard markup JSON object: expected an Array of Arrays")
    if sum(len(row) for row in rows) > MOST_BUTTONS:
        raise bad("reply markup is too long")
    if any(len(row) > MOST_IN_A_ROW for row in rows):
        raise bad("reply markup has too many buttons in a row")


def _check_look(button: Json) -> None:
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad("can't parse keyboard button: text of the button must be non-empty")
    if "style" in button and button["style"] not in STYLES:
        raise bad("can't parse keyboard button: invalid button style specified")


def _check_inline(button: object) -> None:
    if not isinstance(button, dict):
        raise bad("can't parse inline keyboard button: expected an Object")
    _only(button, INLINE_ACTIONS | BUTTON_LOOKS)
    _check_look(button)
    actions = INLINE_ACTIONS & set(button)
    if len(actions) != 1:
        raise bad(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if "callback_data" in button:
        length = len(str(button["callback_data"]).encode())
        if not isinstance(button["callback_data"], str) or not 0 < length <= MOST_DATA_BYTES:
            raise bad("BUTTON_DATA_INVALID")
    url = button.get("url")
    if url is not None and not (isinstance(url, str) and BUTTON_URL.match(url)):
        raise bad(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _check_key(key: object) -> None:
    if isinstance(key, str):
        key = {"text": key}
    if not isinstance(key, dict):
        raise bad("can't parse keyboard button: expected an Object or a String")
    _only(key, KEYBOARD_ACTIONS | BUTTON_LOOKS)
    _check_look(key)
    if len([action for action in KEYBOARD_ACTIONS if key.get(action)]) > 1:
        raise bad("can't parse keyboard button: only one request is allowed")
