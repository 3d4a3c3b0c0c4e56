"""The accountant's day: when it begins, and what makes its register tie."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rules.statements import AccountDay, DayRegister, RegisterLine, business_day

DAY = date(2026, 6, 1)
NOON = datetime(2026, 6, 1, 9, tzinfo=UTC)
CLEARING = AccountDay("psp:clearing", 500_00, 1_000_00, 0)
DEPOSIT = AccountDay("order:1:deposit", -500_00, 0, 1_000_00)
LINES = (
    RegisterLine(7, NOON, "captured", 1042, "psp:clearing", 1_000_00, 0),
    RegisterLine(7, NOON, "captured", 1042, "order:1:deposit", 0, 1_000_00),
)
SOUND = DayRegister(DAY, (CLEARING, DEPOSIT), LINES)


def test_a_business_day_is_moscows_wherever_the_work_is() -> None:
    start, end = business_day(DAY)

    assert start == datetime(2026, 5, 31, 21, tzinfo=UTC)
    assert end - start == timedelta(days=1)


def test_a_day_ties_when_its_accounts_and_lines_say_the_same() -> None:
    assert SOUND.ties
    assert SOUND.debit_kopecks == 1_000_00
    assert [one.closing_kopecks for one in SOUND.accounts] == [1_500_00, -1_500_00]


@pytest.mark.parametrize(
    ("what", "broken"),
    [
        ("opening", replace(SOUND, accounts=(replace(CLEARING, opening_kopecks=501_00), DEPOSIT))),
        ("turnover", replace(SOUND, accounts=(replace(CLEARING, debit_kopecks=1), DEPOSIT))),
        ("a line too few", replace(SOUND, lines=LINES[:1])),
        ("a line twice", replace(SOUND, lines=(*LINES, LINES[0]))),
    ],
)
def test_a_day_does_not_tie_when_one_of_them_differs(what: str, broken: DayRegister) -> None:
    assert not broken.ties, what
