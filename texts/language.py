"""The languages the product speaks."""

from enum import StrEnum


class Language(StrEnum):
    """A language of the catalogue."""

    RU = "ru"
    EN = "en"


def pick(code: str | None) -> Language:
    """The language for a code such as `ru`, `en-GB` or None; Russian unless it says English."""
    primary = (code or "").strip().lower().replace("_", "-").split("-")[0]
    return Language.EN if primary == Language.EN else Language.RU
