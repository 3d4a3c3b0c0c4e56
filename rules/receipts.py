"""Receipts under 54-FZ: which facts need one, and what it contains; amounts in kopecks.

Three facts need a receipt: a prepayment was taken, a part of it went back, and what was kept was
earned (the work was settled, or the contractor's costs of a late cancellation were granted). The
sums of the last two never exceed the first. Nothing here can change an order.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from rules.errors import BadEmail

EMAIL_CHARACTERS_MAX = 100
DESCRIPTION_CHARACTERS_MAX = 128
KEY_LIFE = timedelta(hours=23)
"""The provider forgets a key after 24 h; then the same key would be a second receipt."""

PATIENCE = timedelta(hours=24)
"""After this long without a registered receipt, or without an address, a person looks."""

_FIRST_WAIT_SECONDS = 60
_LONGEST_WAIT_SECONDS = 3600
# One sign at, no spaces or control characters that could become a second header.
_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
_PHONE = re.compile(r"\+?([0-9]{11,15})")

Mode = Literal["full_prepayment", "full_payment"]
Subject = Literal["job", "service"]


class ReceiptKind(StrEnum):
    """The fact that a receipt tells of."""

    PREPAYMENT = "prepayment"
    SETTLEMENT = "settlement"
    REFUND = "refund"


class ReceiptState(StrEnum):
    """How far a receipt has come; only the last three need no machine any more."""

    # Goes with money that has not moved yet.
    PLANNED = "planned"
    DUE = "due"
    # Nobody knows yet where to send it; the client has been asked.
    AWAITING_CONTACT = "awaiting_contact"
    SENT = "sent"
    # The provider has it and registers it with the tax service.
    PENDING = "pending"
    REGISTERED = "registered"
    NEEDS_PERSON = "needs_person"
    DONE_BY_HAND = "done_by_hand"


MOVING = (
    ReceiptState.DUE,
    ReceiptState.AWAITING_CONTACT,
    ReceiptState.SENT,
    ReceiptState.PENDING,
)
"""The states in which the machine still has something to do."""


@dataclass(frozen=True)
class Contact:
    """Where a client's receipts go: an e-mail address before a phone (digits only)."""

    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Tax:
    """What the shop's accountant decides: codes of tags 1199, 1055 and 1212."""

    vat_code: int = 1
    tax_system: int | None = None
    subject: Subject = "job"


@dataclass(frozen=True)
class Item:
    """One line of a receipt: one piece of work for `amount_kopecks`."""

    description: str
    amount_kopecks: int
    mode: Mode
    subject: Subject
    vat_code: int


@dataclass(frozen=True)
class Receipt:
    """What is told of one fact; `settled_by` is how the sum was paid."""

    kind: ReceiptKind
    items: tuple[Item, ...]
    settled_by: Literal["cashless", "prepayment"]
    tax_system: int | None = None

    @property
    def total_kopecks(self) -> int:
        """The sum of its lines; equals the money it tells of."""
        return sum(one.amount_kopecks for one in self.items)

    @property
    def type(self) -> Literal["payment", "refund"]:
        """Money that came in, or went back."""
        return "refund" if self.kind is ReceiptKind.REFUND else "payment"


def contact(email: str | None, phone: str | None, *, phone_verified: bool) -> Contact | None:
    """Where receipts can go; None when neither an e-mail nor a verified phone is known."""
    if email:
        return Contact(email=email)
    found = _PHONE.fullmatch(phone or "")
    return Contact(phone=found[1]) if found and phone_verified else None


def read_email(text: str) -> str:
    """An address as it was typed, trimmed.

    Raises:
        BadEmail: Too long, not exactly one @ between two names, or signs of another header.
    """
    typed = text.strip()
    if len(typed) > EMAIL_CHARACTERS_MAX or _EMAIL.fullmatch(typed) is None:
        raise BadEmail()
    return typed


def mode_of(kind: ReceiptKind, *, earned: bool) -> Mode:
    """Before the work is settled its price is a prepayment, afterwards a payment."""
    if kind is ReceiptKind.SETTLEMENT or (kind is ReceiptKind.REFUND and earned):
        return "full_payment"
    return "full_prepayment"


def receipt(kind: ReceiptKind, kopecks: int, mode: Mode, words: str, tax: Tax) -> Receipt:
    """The receipt of one fact: a single line, because one order is one piece of work.

    Raises:
        ValueError: Nothing to tell of, or words that the provider would refuse.
    """
    if kopecks <= 0 or not 0 < len(words) <= DESCRIPTION_CHARACTERS_MAX:
        msg = "A receipt needs an amount and up to 128 characters"
        raise ValueError(msg)
    line = Item(words, kopecks, mode, tax.subject, tax.vat_code)
    settled_by: Literal["cashless", "prepayment"] = (
        "prepayment" if kind is ReceiptKind.SETTLEMENT else "cashless"
    )
    return Receipt(kind, (line,), settled_by, tax.tax_system)


def earned_kopecks(captured: int, returned: int, settled: int) -> int:
    """What of one payment the second receipt tells of, in kopecks.

    `returned` counts refunds that went out or are on their way; `settled` may be more than the
    payment, when a credit paid a part.
    """
    return max(0, min(captured - returned, settled))


def wait_seconds(tries: int) -> int:
    """How long until the next try: a minute, then ever more slowly, at most an hour."""
    return int(min(_FIRST_WAIT_SECONDS * 2 ** min(tries, 10), _LONGEST_WAIT_SECONDS))


def key_is_dead(first_sent_at: datetime | None, now: datetime) -> bool:
    """Whether sending again under the same key could make a second receipt."""
    return first_sent_at is not None and now - first_sent_at >= KEY_LIFE


def is_late(since: datetime, now: datetime) -> bool:
    """Whether a person should look, though the machine goes on."""
    return now - since >= PATIENCE
