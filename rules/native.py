"""Invoices inside Telegram: why one cannot be paid now, and money that was paid by one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.attempts import Attempt, AttemptState, Method, Money

# Well inside Telegram's table of currencies: about one and ten thousand dollars.
_SUMS = range(200_00, 500_000_00 + 1)


def fits(kopecks: int) -> bool:
    """Whether Telegram takes an invoice of this sum."""
    return kopecks in _SUMS


class Verdict(StrEnum):
    """What is answered just before a payment; all but the first refuse it."""

    OK = "ok"
    PAID = "paid"
    SUPERSEDED = "superseded"
    CLOSED = "closed"
    AMOUNT = "amount"
    FOREIGN = "foreign"
    TWICE = "twice"
    UNKNOWN = "unknown"
    # Nobody knows now: refused, because nothing may be charged without a look.
    LATER = "later"


@dataclass(frozen=True)
class Paid:
    """Telegram says that an attempt's invoice was paid; only a reason to look. Kopecks."""

    attempt: int
    provider_id: str
    amount_kopecks: int


def hear_of(money: Money, paid: Paid, now: datetime) -> Money:
    """The money with an unwanted attempt for what its own attempt cannot take.

    An open attempt will find its payment by itself. What came twice, or after its attempt had
    ended, becomes an attempt that is watched, captured late and sent back. Safe to repeat.
    """
    if any(one.provider_id == paid.provider_id for one in money.attempts):
        return money
    named = next((one for one in money.attempts if one.number == paid.attempt), None)
    if named is None or named.method is not Method.TELEGRAM:
        return money
    if named.is_open and named.provider_id is None:
        return money
    extra = Attempt(
        number=len(money.attempts) + 1,
        method=Method.TELEGRAM,
        amount_kopecks=paid.amount_kopecks,
        created_at=now,
        state=AttemptState.PENDING,
        provider_id=paid.provider_id,
        released=True,
    )
    return money.with_attempt(extra)
