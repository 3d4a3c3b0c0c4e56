"""What the books say about one person, and about one day; kopecks throughout.

A person's statement is his side of the books: for a client what we hold for him (the deposits of
his orders and his credit), for a contractor what he is owed, less what he owes. A day's register
is the whole ledger's turnover by account, which must tie to the trial balance.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

BUSINESS_OFFSET_MINUTES = 180
"""The accountant's day is Moscow's, wherever the work is."""


class Side(StrEnum):
    """Whose statement it is."""

    CLIENT = "client"
    CONTRACTOR = "contractor"


@dataclass(frozen=True)
class Owner:
    """One person in one role; his id in that role."""

    side: Side
    id: int


@dataclass(frozen=True)
class Movement:
    """One posted journal as it concerns a person.

    `amount` is what it changes for him, with its sign; `moved` is the sum that moved, also when
    it only went from one of his accounts to another. `balance` is his after it.
    """

    id: int
    at: datetime
    kind: str
    order_number: int | None
    amount_kopecks: int
    moved_kopecks: int
    balance_kopecks: int


@dataclass(frozen=True)
class Standing:
    """What a person has with us now.

    `balance` of all his movements; `available` is what may still be spent or paid out (a
    client's credit, a contractor's payable), `owed` what he owes us.
    """

    balance_kopecks: int = 0
    available_kopecks: int = 0
    owed_kopecks: int = 0


@dataclass(frozen=True)
class AccountDay:
    """One account on one day: debits less credits before and after it, and its turnover."""

    account: str
    opening_kopecks: int
    debit_kopecks: int
    credit_kopecks: int

    @property
    def closing_kopecks(self) -> int:
        """Debits less credits at the end of the day."""
        return self.opening_kopecks + self.debit_kopecks - self.credit_kopecks


@dataclass(frozen=True)
class RegisterLine:
    """One line of a journal posted on the day."""

    journal_id: int
    at: datetime
    kind: str
    order_number: int | None
    account: str
    debit_kopecks: int
    credit_kopecks: int


@dataclass(frozen=True)
class DayRegister:
    """One business day of the whole ledger."""

    day: date
    accounts: tuple[AccountDay, ...]
    lines: tuple[RegisterLine, ...]

    @property
    def debit_kopecks(self) -> int:
        """The day's turnover."""
        return sum(one.debit_kopecks for one in self.accounts)

    @property
    def ties(self) -> bool:
        """Debits equal credits before, during and after the day, and in its journals."""
        credit = sum(one.credit_kopecks for one in self.accounts)
        lines = (
            sum(one.debit_kopecks for one in self.lines),
            sum(one.credit_kopecks for one in self.lines),
        )
        return (
            sum(one.opening_kopecks for one in self.accounts) == 0
            and sum(one.closing_kopecks for one in self.accounts) == 0
            and lines == (self.debit_kopecks, credit) == (credit, credit)
        )


def business_day(day: date) -> tuple[datetime, datetime]:
    """From when until when (exclusive) a business day lasts."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    start -= timedelta(minutes=BUSINESS_OFFSET_MINUTES)
    return start, start + timedelta(days=1)
