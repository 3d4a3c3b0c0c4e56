"""What leaving costs the contractor, and how much of his costs he may claim."""

from datetime import timedelta

import pytest

from rules import cancelling, claims
from rules.catalog import Service
from rules.changes import Notice, to_contractor
from rules.orders import ClaimItem, Order, OrderState, Role
from rules.points import PointsReason
from tests.orders import (
    CONTRACTOR,
    NOW,
    accepted_order,
    booked_order,
    searching_order,
    started_order,
)


def test_claim_may_be_exactly_its_cap() -> None:
    late = booked_order(visit_at=NOW + timedelta(hours=1))  # cap 720 ₽
    order = cancelling.cancelled(late, Role.CLIENT, "price", NOW).order

    claim = claims.claimed(order, (ClaimItem("travel", 720_00),), NOW).order.claim

    assert claim is not None
    assert claim.amount_kopecks == 720_00


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (accepted_order(), PointsReason.WITHDREW_UNPAID),
        (booked_order(), PointsReason.WITHDREW_PAID),
        (started_order(), PointsReason.WITHDREW_PAID),
    ],
    ids=["accepted", "booked", "at work"],
)
def test_contractor_may_leave_until_the_work_is_done_and_pays_in_points(
    order: Order, reason: PointsReason
) -> None:
    change = cancelling.withdrew(order, "ill", NOW)

    assert change.order.state is OrderState.SEARCHING
    assert [(one.contractor_id, one.reason) for one in change.points] == [(CONTRACTOR, reason)]


def test_a_search_that_is_cancelled_is_told_to_nobody_but_the_client() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR)

    told = cancelling.cancelled(order, Role.CLIENT, "price", NOW).tellings

    assert [(one.role, one.notice) for one in told] == [(Role.CLIENT, Notice.ORDER_CANCELLED)]
    assert to_contractor(None, Notice.CLIENT_CANCELLED) == ()
