"""Done work: its final price, its lonely ratings, and what is left to share after a dispute."""

from rules import working
from rules.orders import Role
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
