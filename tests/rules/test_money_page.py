"""The worked example of docs/money.md says what the rules do, line by line."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rules import cancelling, claims, credit, ledger, working
from rules.ledger import Journal
from rules.orders import ClaimItem, Order, Role
from tests.orders import CLIENT, CONTRACTOR, NOW, ORDER_ID, accepted_order, booked_order
from tests.orders import completed_order as done

PAGE = Path(__file__).resolve().parents[2] / "docs" / "money.md"
Line = tuple[str, str, str, int]
ATTEMPT, REFUND, PAYOUT = f"{ORDER_ID}:1", f"{ORDER_ID}:1:1", "payout"
COMPENSATION = 300_00
FEE = 73_50


def _told(title: str) -> list[Line]:
    """The lines of the table under a heading of the page."""
    section = PAGE.read_text().partition(f"### {title}\n")[2].partition("\n#")[0]
    rows = [row.strip("| ").split("|") for row in section.splitlines() if row.startswith("| `")]
    return [_line([cell.strip() for cell in row]) for row in rows]


def _line(cells: list[str]) -> Line:
    names = [re.findall(r"`([^`]+)`", cell)[0].replace("…", ORDER_ID) for cell in cells[:3]]
    roubles = cells[3].replace(" ", "").replace(",", ".")
    return names[0], names[1], names[2], round(float(roubles) * 100)


def _posted(journals: Iterable[Journal]) -> list[Line]:
    """Each journal as pairs of a debited and a credited account."""
    lines = []
    for one in journals:
        (debit,) = [entry.account for entry in one.entries if entry.debit_kopecks]
        lines += [
            (one.kind, debit, entry.account, entry.credit_kopecks)
            for entry in one.entries
            if entry.credit_kopecks
        ]
    return lines


def _refund(number: int, kopecks: int) -> list[Journal]:
    name = f"{REFUND}:{number}"
    requested = ledger.refund_requested(ORDER_ID, name, kopecks)
    return [requested, ledger.refund_succeeded(ORDER_ID, name, kopecks)]


def _with_credit(order: Order) -> Order:
    return replace(order, credit_kopecks=COMPENSATION)


def _work_is_done() -> list[Journal]:
    order = _with_credit(accepted_order())
    reserved = ledger.credit_reserved(ORDER_ID, order.version, CLIENT, COMPENSATION)
    paid = credit.to_pay(order)
    (settled,) = working.settle_and_close(_with_credit(done()), NOW).journals
    share = ledger.payable(CONTRACTOR)
    earned = sum(one.credit_kopecks for one in settled.entries if one.account == share)
    return [
        reserved,
        ledger.held(ORDER_ID, ATTEMPT, paid),
        ledger.credit_used(reserved),
        ledger.captured(ORDER_ID, ATTEMPT, paid, was_held=True),
        ledger.provider_fee(ATTEMPT, FEE),
        settled,
        ledger.payout_requested(PAYOUT, share, earned),
        ledger.payout_paid(PAYOUT, share, earned),
    ]


def _an_hour_before() -> list[Journal]:
    order = _with_credit(booked_order(visit_at=NOW + timedelta(hours=1)))
    cancelled = cancelling.cancelled(order, Role.CLIENT, "price", NOW)
    claimed = claims.claimed(cancelled.order, (ClaimItem("travel", 500_00),), NOW).order
    decided = claims.decided(claimed, Role.CLIENT, None, NOW)
    closed = working.settle_and_close(decided.order, NOW)
    return [
        *cancelled.journals,
        *_refund(1, cancelled.refund_kopecks),
        *decided.journals,
        *_refund(2, decided.refund_kopecks),
        *closed.journals,
    ]


def _three_days_before() -> list[Journal]:
    order = _with_credit(booked_order(visit_at=NOW + timedelta(days=3)))
    cancelled = cancelling.cancelled(order, Role.CLIENT, "price", NOW)
    voided = ledger.voided(ORDER_ID, ATTEMPT, cancelled.refund_kopecks)
    return [*cancelled.journals, voided]


def _nobody_comes() -> list[Journal]:
    order = _with_credit(booked_order(visit_at=NOW - timedelta(hours=2)))
    return list(cancelling.no_show(order, NOW).journals)


@pytest.mark.parametrize(
    ("title", "journals"),
    [
        ("The work is done", _work_is_done()),
        ("Instead, the client cancels an hour before the visit", _an_hour_before()),
        ("Instead, he cancels three days before", _three_days_before()),
        ("Instead, nobody comes", _nobody_comes()),
    ],
)
def test_the_page_tells_what_is_posted(title: str, journals: list[Journal]) -> None:
    assert _told(title) == _posted(journals)


@pytest.mark.parametrize("end", [_work_is_done, _an_hour_before, _three_days_before])
def test_in_every_end_all_of_the_prepayment_has_gone_somewhere(
    end: Callable[[], list[Journal]],
) -> None:
    deposit = ledger.deposit(ORDER_ID)
    gone = 0
    for one in end():
        if one.phase is ledger.Phase.POSTED:
            gone += sum(line.debit_kopecks for line in one.entries if line.account == deposit)
        elif one.phase is ledger.Phase.VOID:
            gone += sum(line.credit_kopecks for line in one.entries)

    assert gone == 2_400_00


def test_the_page_names_only_what_there_is() -> None:
    root = PAGE.parents[1]
    files = re.findall(r"`((?:rules|tests|models|activities)/[\w/]+\.py)`", PAGE.read_text())

    assert [file for file in files if not (root / file).exists()] == []
