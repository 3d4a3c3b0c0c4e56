"""The client's credit in his prepayment: what is left to pay, and where what goes back goes to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import booking, cancelling, claims, credit, handover, ledger, searching, working
from rules.changes import Change, MoneyAction
from rules.orders import ClaimItem, Order, Role
from rules.payments import Attempt, AttemptState, Method
from tests.orders import CLIENT, CONTRACTOR, NOW, accepted_order, booked_order, completed_order

CREDIT = ledger.credit(CLIENT)
PREPAYMENT = 2_400_00


def _with_credit(order: Order, roubles: int = 300) -> Order:
    return replace(order, credit_kopecks=roubles * 100)


def _to_credit(change: Change) -> int:
    """Kopecks that the change posts to the client's credit."""
    return sum(
        line.credit_kopecks
        for journal in change.journals
        for line in journal.entries
        if line.account == CREDIT
    )


def test_the_credit_pays_a_part_and_a_rouble_is_always_left_to_pay() -> None:
    order = accepted_order()

    assert credit.usable(order, None) == PREPAYMENT - 100
    assert credit.to_pay(_with_credit(order)) == 2_100_00
    assert credit.usable(replace(order, prepayment_kopecks=100), None) == 0
    assert credit.usable(replace(order, prepayment_kopecks=0), None) == 0


def test_an_open_payment_page_keeps_its_amount() -> None:
    page = Attempt(1, Method.CARD, 2_100_00, NOW, AttemptState.PENDING)

    assert credit.usable(accepted_order(), page) == 300_00
    assert credit.usable(accepted_order(), replace(page, amount_kopecks=PREPAYMENT)) == 0


@pytest.mark.parametrize(
    ("hours", "provider", "to_credit"),
    [
        (72, 2_100, 300),  # free: all of it goes back, each part to where it came from
        (1, 1_680, 0),  # 720 ₽ wait for the contractor's costs: the provider's part goes first
    ],
)
def test_a_cancellation_returns_the_provider_s_part_first(
    hours: int, provider: int, to_credit: int
) -> None:
    order = _with_credit(booked_order(visit_at=NOW + timedelta(hours=hours)))

    change = cancelling.cancelled(order, Role.CLIENT, "price", NOW)

    assert (change.refund_kopecks, _to_credit(change)) == (provider * 100, to_credit * 100)


def test_what_the_claim_leaves_goes_on_where_the_cancellation_stopped() -> None:
    order = _with_credit(booked_order(visit_at=NOW + timedelta(hours=1)))
    order = cancelling.cancelled(order, Role.CLIENT, "price", NOW).order  # 1 680 of 2 100 are back
    order = claims.claimed(order, (ClaimItem("travel", 200_00),), NOW).order

    change = claims.decided(order, Role.CLIENT, None, NOW)

    # 520 of the 720 ₽ go back: 420 through the provider, and the last 100 to the credit.
    assert (change.refund_kopecks, _to_credit(change)) == (420_00, 100_00)


def test_a_search_without_end_returns_everything() -> None:
    order = _with_credit(booked_order())
    order = cancelling.withdrew(order, "ill", NOW).order
    change = handover.gave_up(order, NOW)

    assert change.money is MoneyAction.RELEASE
    assert _to_credit(change) == 300_00


def test_a_dispute_s_refund_takes_the_credit_last() -> None:
    order = working.disputed(_with_credit(completed_order()), "fraud", NOW).order
    change = working.dispute_resolved(order, 2_200_00, NOW)
    again = working.disputed(change.order, "fraud", NOW).order

    assert (change.refund_kopecks, _to_credit(change)) == (2_100_00, 100_00)
    assert _to_credit(working.dispute_resolved(again, 200_00, NOW)) == 200_00


def test_settlement_shares_the_credit_s_part_too() -> None:
    change = working.settle_and_close(_with_credit(completed_order()), NOW)

    shared = {line.account: line.credit_kopecks for line in change.journals[0].entries}
    assert shared["fee:platform"] == 600_00
    assert shared[f"contractor:{CONTRACTOR}:payable"] == 1_800_00


def test_a_hold_that_is_lost_gives_the_credit_back() -> None:
    change = booking.hold_lost(_with_credit(booked_order()), NOW)

    assert _to_credit(change) == 300_00
    assert change.order.credit_kopecks == 0


@pytest.mark.parametrize(
    "end",
    [
        lambda order: booking.payment_expired(order, NOW),
        lambda order: cancelling.cancelled(order, Role.CLIENT, "price", NOW),
        lambda order: cancelling.withdrew(order, "ill", NOW),
        lambda order: searching.claim_refused(order, CONTRACTOR, NOW),
    ],
    ids=["unpaid", "cancelled", "withdrawn", "refused by the database"],
)
def test_before_payment_only_the_reservation_is_let_go(end: object) -> None:
    assert callable(end)
    change = end(_with_credit(accepted_order()))

    assert change.order.credit_kopecks == 0
    assert change.journals == ()


@given(
    credited=st.integers(0, PREPAYMENT - 100),
    parts=st.lists(st.integers(0, PREPAYMENT), max_size=6),
)
def test_whatever_goes_back_in_whatever_parts_each_side_gets_at_most_what_it_gave(
    credited: int, parts: list[int]
) -> None:
    order = replace(booked_order(), credit_kopecks=credited)
    provider = to_credit = 0
    for wish in parts:
        part = min(wish, order.prepayment_kopecks - order.refund_kopecks)
        back = credit.give_back(order, part)
        provider += back.provider_kopecks
        to_credit += sum(one.entries[1].credit_kopecks for one in back.journals)
        order = replace(
            order, refund_kopecks=order.refund_kopecks + part, version=order.version + 1
        )

        assert provider + to_credit == order.refund_kopecks
        assert provider <= credit.to_pay(order)
        assert to_credit <= credited
        # Nothing returns to the credit while the provider has something to send back.
        assert to_credit == 0 or provider == credit.to_pay(order)
    rest = credit.give_back_all(order)
    assert to_credit + sum(one.entries[1].credit_kopecks for one in rest) == credited
