"""Callback data: `action:ref:version`, at most 64 bytes, no secret and no authority.

For orders `ref` is the public number and `version` the card's; for drafts `ref` is the chosen
value and `version` the draft's. A modified client can send anything, so whoever reads this asks
who the person is and what the order allows.
"""

import re
from dataclasses import dataclass

BYTES_MAX = 64
_DIGITS_MAX = 15
DRAFT = "d"
"""The action of every button of a dialogue."""

MENU = "menu"
"""The action of a button of the menu; what is wanted is in `ref`."""

OPEN = "open"
"""The action of an order in a list: show its card."""

MONEY = "money"
"""The action of a page of a statement; `version` is where it begins, 0 for the newest."""

_DATA = re.compile(r"([a-z][a-z0-9_]{0,19}):([A-Za-z0-9_.+-]{0,32}):(\d{1,9})")


@dataclass(frozen=True)
class Tap:
    """One button as it was packed."""

    action: str
    ref: str
    version: int

    @property
    def number(self) -> int | None:
        """The order's number, if the button is about an order."""
        is_number = self.ref.isascii() and self.ref.isdigit() and len(self.ref) <= _DIGITS_MAX
        return int(self.ref) if is_number else None


def pack(action: str, ref: str, version: int) -> str:
    """Callback data of one button.

    Raises:
        ValueError: It would not be read back, or is longer than Telegram takes.
    """
    packed = f"{action}:{ref}:{version}"
    if len(packed.encode()) > BYTES_MAX or _DATA.fullmatch(packed) is None:
        raise ValueError(f"callback data {packed!r} cannot be packed")
    return packed


def unpack(packed: str | None) -> Tap | None:
    """The button behind callback data; None for what we never sent."""
    found = _DATA.fullmatch(packed or "")
    if found is None:
        return None
    action, ref, version = found.groups()
    return Tap(action, ref, int(version))
