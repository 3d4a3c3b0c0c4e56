"""Mask secrets and personal facts in anything that is about to be logged or reported.

Pure. A second layer: the first is that nobody logs such facts at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from datetime import date
from decimal import Decimal
from enum import Enum
from uuid import UUID

MASK = "[masked]"
_MAX_DEPTH = 12
_MAX_TEXT = 20_000
_PRECISE_DECIMALS = 3

# A key that contains one of these holds a secret, whatever surrounds it.
_SECRET_KEYS = re.compile(
    r"token|secret|passw|authori[sz]ation|cookie|api[-_]?key|credential|private_key|dsn|data_keys"
)
# A key with one of these words is about a person or a place.
_PERSONAL_WORDS = re.compile(
    r"(?:^|[._-])(?:phones?|address|e?mail|inn|ogrn|passport|pan|card_number|lat|lon|lng|latitude"
    r"|longitude|coordinates|location|pin|first_?name|last_?name|full_?name|user_?name|surname"
    r"|patronymic|text|comments?|caption|contact|vcard)$"
)
_PERSONAL_KEYS = {
    *("name", "company_name", "client_name", "contractor_name", "person_name", "display_name"),
    *("note", "description", "body", "query_string", "parameters", "params", "filename"),
}
_HARMLESS_KEYS = {"temporal_address", "server.address", "bind_address"}

_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<!\d)\d{5,12}(?::|%3[Aa])[\w-]{20,}"), "[bot token]"),
    (re.compile(r"(?i)\b(bearer|basic)[\s:]+[\w.~+/=-]{6,}"), r"\1 [secret]"),
    (re.compile(r"(?<=://)[^/\s@'\"]+@"), "[secret]@"),
    (re.compile(r"\b(?:live|test)_[\w-]{16,}"), "[secret]"),
    (re.compile(r"\blocal-[\w-]{24,}"), "[secret]"),
    (
        re.compile(r"(?i)\b((?:access_|secret_|api_)?(?:token|secret|password|key))=[^&\s'\"]+"),
        r"\1=[secret]",
    ),
    # PostgreSQL and SQLAlchemy quote whole rows in their messages.
    (re.compile(r"\[parameters: .*?\](?=\n|$)", re.DOTALL), "[parameters: masked]"),
    (re.compile(r"Failing row contains \(.*?\)\.?(?=\n|$)", re.DOTALL), "Failing row: masked"),
    (re.compile(r"(Key \([^)]*\))=\(.*?\)(?= )"), r"\1=(masked)"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_PHONES = (
    re.compile(r"(?<![\w.-])(?:\+7|8|7)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?![\w-])"),
    re.compile(r"(?<![\w.])\+\d(?:[\s()-]*\d){9,14}(?!\d)"),
    re.compile(r"(?<![\w.-])\(?9\d{2}\)?[\s-]\d{3}[\s-]?\d{2}[\s-]?\d{2}(?![\w-])"),
)
_NAMED_INN = re.compile(r"(?i)\b(инн|inn)(\W{1,3})\d{10}(?:\d\d)?\b")
_TEN_OR_TWELVE = re.compile(r"(?<![\w.-])(?:\d{12}|\d{10})(?![\w-])")
# Not after a colon: the fraction of a second in a timestamp is not a coordinate.
_COORDINATE = re.compile(r"(?<![\d.:\w])(-?\d{2,3}\.\d{2})\d{2,}(?!\d)")


def scrub(value: object, key: str = "") -> object:
    """Return a copy of `value` that is fit to be logged under `key`; mappings key by key."""
    return _scrub(value, key, 0)


def scrub_text(text: str) -> str:
    """Mask secrets, e-mails, cards, phones and INN in free text and blunt exact coordinates."""
    text = text[:_MAX_TEXT]
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    text = _CARD.sub(_mask_when(_is_card, "[card]"), text)
    for pattern in _PHONES:
        text = pattern.sub("[phone]", text)
    text = _NAMED_INN.sub(r"\1\2[inn]", text)
    text = _TEN_OR_TWELVE.sub(_mask_when(_is_inn, "[inn]"), text)
    return _COORDINATE.sub(r"\1", text)


def scrub_texts(value: object) -> object:
    """Scrub every string inside `value` without judging by key names."""
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, Mapping):
        return {key: scrub_texts(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [scrub_texts(item) for item in value]
    return value


def _scrub(value: object, key: str, depth: int) -> object:
    if value is None or isinstance(value, bool):
        return value
    if key and _is_masked_key(key):
        return MASK
    if isinstance(value, Enum):
        return scrub_text(str(value.value))
    if isinstance(value, int | float | Decimal):
        return _scrub_number(value)
    if isinstance(value, date | UUID):
        return str(value)
    if depth >= _MAX_DEPTH:
        return MASK
    if isinstance(value, Mapping):
        return {str(name): _scrub(item, str(name), depth + 1) for name, item in value.items()}
    if isinstance(value, list | tuple | Set):
        return [_scrub(item, "", depth + 1) for item in value]
    if isinstance(value, bytes | bytearray):
        return f"[{len(value)} bytes]"
    return scrub_text(value if isinstance(value, str) else repr(value))


def _is_masked_key(key: str) -> bool:
    key = key.lower()
    if key in _HARMLESS_KEYS:
        return False
    bare = key.removeprefix("drillflow.")
    return bool(bare in _PERSONAL_KEYS or _SECRET_KEYS.search(bare) or _PERSONAL_WORDS.search(bare))


def _scrub_number(value: float | Decimal) -> object:
    if isinstance(value, int):
        digits = str(abs(value))
        looks_like_phone = len(digits) == 11 and digits.startswith(("79", "89"))
        return "[phone]" if looks_like_phone else value
    number = float(value)
    # Between these lie latitudes and longitudes; a duration loses nothing that matters.
    if 10 <= abs(number) <= 180 and number != round(number, _PRECISE_DECIMALS):
        return round(number, 2)
    return number


def _mask_when(is_real: Callable[[str], bool], mask: str) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", match.group())
        return mask if is_real(digits) else match.group()

    return replace


def _is_card(digits: str) -> bool:
    """Luhn's check, so that order numbers and instants in milliseconds stay readable."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        step = int(digit) * (2 if index % 2 else 1)
        total += step - 9 if step > 9 else step
    return total % 10 == 0


def _is_inn(digits: str) -> bool:
    """The checksum of an INN, so that chat ids and instants in seconds stay readable."""
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8, 0)
    checks = (-1,) if len(digits) == 10 else (-2, -1)
    for position in checks:
        body = digits[:position]
        total = sum(
            int(digit) * weight
            for digit, weight in zip(body, weights[-len(body) - 1 :], strict=False)
        )
        if total % 11 % 10 != int(digits[position]):
            return False
    return True
