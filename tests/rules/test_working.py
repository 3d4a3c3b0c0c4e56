"""Done work: its final price, its lonely ratings, and what is left to share after a dispute."""

import pytest

from rules import cancelling, working
from rules.errors import BadInput, OrderClosed
from rules.orders import OrderEvent, Role
from tests.orders import CONTRACTOR, NOW, completed_order, started_order


def test_final_price_may_be_just_the_prepayment() -> None:
    assert working.done(started_order(), 2_400_00, NOW).order.final_price_kopecks == 2_400_00


def test_settlement_shares_only_what_a_dispute_has_left() -> None:
    order = working.disputed(completed_order(), "fraud", NOW).order
    order = working.dispute_resolved(order, 400_00, NOW).order

    (journal,) = working.settle_and_close(order, NOW).journals

    shared = {line.account: line.credit_kopecks for line in journal.entries if line.credit_kopecks}
    assert shared == {"fee:platform": 500_00, f"contractor:{CONTRACTOR}:payable": 1_500_00}


def test_lonely_rating_counts_when_the_window_ends() -> None:
    order = working.rated(completed_order(), Role.CLIENT, 5, NOW).order

    assert [one.delta for one in working.settle_and_close(order, NOW).points] == [5]


def test_resolved_dispute_frees_only_a_slot_that_is_still_taken() -> None:
    under_way = working.disputed(started_order(), "fraud", NOW).order
    finished = working.disputed(completed_order(), "fraud", NOW).order

    assert working.dispute_resolved(under_way, 0, NOW).frees == CONTRACTOR
    assert working.dispute_resolved(finished, 0, NOW).frees is None


def test_what_a_dispute_has_returned_is_not_returned_again() -> None:
    first = working.disputed(completed_order(), "fraud", NOW).order
    once = working.dispute_resolved(first, 2_000_00, NOW).order
    second = working.disputed(once, "fraud", NOW).order

    with pytest.raises(BadInput):
        working.dispute_resolved(second, 400_01, NOW)
    assert working.dispute_resolved(second, 400_00, NOW).refund_kopecks == 400_00
    # Of 2 400 roubles 400 are left when support ends the order instead.
    ended = cancelling.cancelled(second, Role.SUPPORT, "other", NOW)
    assert (ended.refund_kopecks, ended.order.refund_kopecks) == (400_00, 2_400_00)


@pytest.mark.parametrize("event", [OrderEvent.DISPUTE_OPENED, OrderEvent.RATED])
def test_nothing_happens_to_an_order_whose_books_are_closed(event: OrderEvent) -> None:
    closed = working.settle_and_close(completed_order(), NOW).order

    with pytest.raises(OrderClosed):
        closed.after(event, NOW)
