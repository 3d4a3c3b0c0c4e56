"""What the provider says against what we say: one row for each way in which they differ."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from rules import ledger, outside
from rules.attempts import AttemptState, RefundState
from rules.ledger import Journal
from rules.money import Shares
from rules.outside import Payers
from rules.reconciliation import (
    BY_ITSELF,
    BY_TWO,
    Depth,
    OurRefund,
    Ours,
    Remedy,
    Span,
    TheirRefund,
    Theirs,
    duplicates,
    missing_there,
    payment_break,
    refund_break,
    spans,
)
from rules.replay import OrderBooks, replay

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
THEIRS = Theirs("p1", "succeeded", 700_00, 675_50, 0, True, NOW - timedelta(minutes=30))
OURS = Ours("o", 1, AttemptState.CAPTURED, 700_00, "p1", NOW, fee_kopecks=24_50)
REFUND = TheirRefund("r1", "p1", "succeeded", 100_00, NOW)
OUR_REFUND = OurRefund("o", 1, 1, RefundState.SUCCEEDED, 100_00, "r1", NOW)
PENDING, ENDED = AttemptState.PENDING, AttemptState.EXPIRED

PAYMENTS: list[tuple[str, dict[str, Any], dict[str, Any] | None, tuple[str, str] | None]] = [
    ("both say the same", {}, {}, None),
    ("a training payment", {"test": False}, {}, ("test_flag", "person")),
    ("paid, unknown here", {}, None, ("missing_here", "adopt")),
    ("held, unknown here", {"status": "waiting_for_capture"}, None, ("missing_here", "adopt")),
    ("our create is not answered yet", {"is_awaited": True}, None, ("missing_here", "signal")),
    ("nobody paid it, unknown here", {"status": "pending"}, None, None),
    ("came to nothing, unknown here", {"status": "canceled"}, None, None),
    ("another amount", {"amount_kopecks": 1}, {}, ("amount_differs", "person")),
    ("no amount any more", {"status": "canceled", "amount_kopecks": 1}, {"state": ENDED}, None),
    ("captured, we wait", {}, {"state": PENDING}, ("status_lag", "signal")),
    ("the order is closed", {}, {"state": PENDING, "is_closed": True}, ("status_lag", "apply")),
    ("paid after its time", {}, {"state": ENDED}, ("late_success", "signal")),
    ("and closed", {}, {"state": ENDED, "is_closed": True}, ("late_success", "apply")),
    ("booked, but undone", {"status": "canceled"}, {}, ("amount_differs", "person")),
    ("their word is older", {"status": "pending"}, {}, None),
    ("the fee came later", {}, {"fee_kopecks": 0}, ("fee_differs", "post_fee")),
    ("another fee", {}, {"fee_kopecks": 1}, ("fee_differs", "person")),
    ("no fee known yet", {"income_kopecks": None}, {"fee_kopecks": 0}, None),
    (
        "open for 71 minutes",
        {"status": "pending", "created_at": NOW - timedelta(minutes=71)},
        {"state": PENDING},
        ("stuck", "person"),
    ),
    (
        "open for 70 minutes",
        {"status": "pending", "created_at": NOW - timedelta(minutes=70)},
        {"state": PENDING},
        None,
    ),
]


@pytest.mark.parametrize(("_", "theirs", "ours", "found"), PAYMENTS, ids=[p[0] for p in PAYMENTS])
def test_a_payment_differs_in_one_way(
    _: str, theirs: dict[str, Any], ours: dict[str, Any] | None, found: tuple[str, str] | None
) -> None:
    known = None if ours is None else replace(OURS, **ours)
    one = payment_break(replace(THEIRS, **theirs), known, NOW, expect_test=True)

    assert (None if one is None else (one.kind.value, one.remedy.value)) == found


DAYS_AGO = {"created_at": NOW - timedelta(days=3, minutes=1)}
REQUESTED = {"state": RefundState.PENDING}
REFUNDS: list[tuple[str, dict[str, Any], dict[str, Any] | None, tuple[str, str] | None]] = [
    ("both say the same", {}, {}, None),
    ("made in the cabinet", {}, None, ("external_refund", "post_external")),
    ("being made in the cabinet", {"status": "pending"}, None, None),
    ("another amount", {"amount_kopecks": 1}, {}, ("amount_differs", "person")),
    ("undone", {"status": "canceled"}, {}, ("amount_differs", "person")),
    ("went out, we wait", {}, REQUESTED, ("status_lag", "signal")),
    ("and closed", {}, {**REQUESTED, "is_closed": True}, ("status_lag", "apply")),
    ("three days", {"status": "pending", **DAYS_AGO}, REQUESTED, ("stuck", "person")),
    ("on its way", {"status": "pending"}, REQUESTED, None),
]


@pytest.mark.parametrize(("_", "theirs", "ours", "found"), REFUNDS, ids=[r[0] for r in REFUNDS])
def test_a_refund_differs_in_one_way(
    _: str, theirs: dict[str, Any], ours: dict[str, Any] | None, found: tuple[str, str] | None
) -> None:
    known = None if ours is None else replace(OUR_REFUND, **ours)
    one = refund_break(replace(REFUND, **theirs), known, NOW)

    assert (None if one is None else (one.kind.value, one.remedy.value)) == found


def test_only_what_moves_no_money_is_repaired_without_people() -> None:
    assert {one.value for one in BY_ITSELF} == {
        *("signal", "adopt", "apply", "post_external", "post_fee"),
    }
    assert {one.value for one in BY_TWO} == {"refund", "post_chargeback", "post_goodwill"}
    assert set(Remedy) - BY_ITSELF - BY_TWO == {Remedy.PERSON}


def test_ours_is_missing_there_only_after_a_day() -> None:
    young = replace(OURS, created_at=NOW - timedelta(hours=24))
    assert missing_there(young, NOW) is None
    assert missing_there(replace(young, created_at=NOW - timedelta(hours=25)), NOW) is not None


def test_the_second_capture_is_a_duplicate_unless_somebody_returns_it() -> None:
    second = replace(OURS, number=2, provider_id="p2")
    assert [one.provider_id for one in duplicates((second, OURS))] == ["p2"]
    assert duplicates((OURS, replace(second, is_owned=False))) == ()
    assert duplicates((OURS, replace(second, refunded_or_reserved_kopecks=700_00))) == ()


def test_windows_overlap_and_the_night_reaches_eight_days_back() -> None:
    (recent,) = spans(Depth.RECENT, NOW)
    assert recent == Span(NOW - timedelta(hours=2), NOW - timedelta(minutes=5))
    nights = spans(Depth.NIGHTLY, NOW)
    assert nights[-1].since == NOW - timedelta(days=8)
    assert all(late.since <= early.until for late, early in pairwise(nights))
    assert spans(Depth.QUEUE, NOW) == ()


@pytest.mark.parametrize(
    ("payers", "debits"),
    [
        (Payers("o", deposit_kopecks=700_00), {"order:o:deposit": 100_00}),
        (Payers(None, suspense_kopecks=100_00), {"suspense": 100_00}),
        (
            Payers("o", 0, 0, 175_00, 17, 525_00, 525_00),
            {"fee:platform": 25_00, "contractor:17:payable": 75_00},
        ),
        (
            Payers("o", 0, 0, 175_00, 17, 525_00, 50_00),
            {
                "fee:platform": 25_00,
                "contractor:17:payable": 50_00,
                "contractor:17:receivable": 25_00,
            },
        ),
        (Payers("o", deposit_kopecks=30_00), {"order:o:deposit": 30_00, "writeoff": 70_00}),
    ],
    ids=["held", "in suspense", "settled", "paid out", "nobody has it"],
)
def test_a_refund_from_the_cabinet_is_taken_from_whoever_has_the_money(
    payers: Payers, debits: dict[str, int]
) -> None:
    journal = outside.refunded_outside("r1", 100_00, payers)
    assert {
        line.account: line.debit_kopecks for line in journal.entries if line.debit_kopecks
    } == debits


@pytest.mark.parametrize(
    ("left", "parts"),
    [(700_00, [175_00, 525_00]), (600_00, [150_00, 450_00]), (3, [0, 3]), (0, None)],
)
def test_what_was_sent_back_outside_is_not_divided(left: int, parts: list[int] | None) -> None:
    journal = outside.shrunk(ledger.settled("o", 17, Shares(175_00, 525_00)), left)
    credited = None if journal is None else [line.credit_kopecks for line in journal.entries[1:]]
    assert credited == (None if parts is None else [part for part in parts if part])


def test_an_orders_money_is_rebuilt_from_its_journals() -> None:
    story: list[tuple[Journal, OrderBooks]] = [
        (ledger.held("o", "o:1", 700_00), OrderBooks(held_kopecks=700_00)),
        (
            ledger.captured("o", "o:1", 700_00, was_held=True),
            OrderBooks(captured_kopecks=700_00, deposit_kopecks=700_00),
        ),
        (
            ledger.refund_requested("o", "o:1:1", 100_00),
            OrderBooks(
                captured_kopecks=700_00, refund_pending_kopecks=100_00, deposit_kopecks=700_00
            ),
        ),
        (
            ledger.refund_succeeded("o", "o:1:1", 100_00),
            OrderBooks(captured_kopecks=700_00, refunded_kopecks=100_00, deposit_kopecks=600_00),
        ),
        (
            ledger.settled("o", 17, Shares(150_00, 450_00)),
            OrderBooks(
                captured_kopecks=700_00,
                refunded_kopecks=100_00,
                platform_kopecks=150_00,
                contractor_kopecks=450_00,
            ),
        ),
    ]
    journals = [journal for journal, _ in story]
    assert replay("o", []) == OrderBooks()
    for count, (_, books) in enumerate(story, start=1):
        assert replay("o", journals[:count]) == books
