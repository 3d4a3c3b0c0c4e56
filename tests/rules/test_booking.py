"""A booked visit: when its money is taken, and how its time may move."""

from datetime import timedelta

import pytest

from rules import booking, cancelling, claims, working
from rules.catalog import Service
from rules.changes import Notice, Telling
from rules.errors import TransitionRefused
from rules.orders import ClaimItem, Role
from tests.orders import CONTRACTOR, NOW, booked_order

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("service", "after_now"),
    [
        (Service.SEWAGE_OVERFLOW, timedelta(minutes=5)),
        (Service.REPAIR_PUMP, 76 * HOUR),
        (Service.DRILLING_WELL, 28 * HOUR),
    ],
)
def test_hold_is_taken_when_cancelling_stops_being_free(
    service: Service, after_now: timedelta
) -> None:
    order = booked_order(service, visit_at=NOW + 100 * HOUR)

    assert booking.capture_time(order) == NOW + after_now


@pytest.mark.parametrize(
    ("by", "told"),
    [(Role.CLIENT, (Role.CLIENT, None)), (Role.CONTRACTOR, (Role.CONTRACTOR, CONTRACTOR))],
)
@pytest.mark.parametrize("agrees", [True, False])
def test_answer_is_told_to_the_side_that_proposed(
    by: Role, told: tuple[Role, int | None], agrees: bool
) -> None:
    order = booking.slot_proposed(booked_order(), by, NOW + 96 * HOUR, NOW).order
    other = Role.CONTRACTOR if by is Role.CLIENT else Role.CLIENT

    (telling,) = booking.slot_answered(order, other, agrees=agrees, now=NOW).tellings

    assert telling == Telling(told[0], telling.notice, told[1])


def test_agreed_time_is_what_the_order_is_due_at() -> None:
    later = NOW + 96 * HOUR
    order = booking.slot_proposed(booked_order(), Role.CLIENT, later, NOW).order

    assert booking.slot_answered(order, Role.CONTRACTOR, agrees=True, now=NOW).order.due_at == later


def test_no_other_time_is_proposed_once_the_contractor_is_on_the_way() -> None:
    order = working.set_off(booked_order(), NOW).order

    with pytest.raises(TransitionRefused):
        booking.slot_proposed(order, Role.CLIENT, NOW + 96 * HOUR, NOW)


def test_other_time_may_be_the_last_moment_of_sixty_days() -> None:
    last = NOW + timedelta(days=60)

    proposal = booking.slot_proposed(booked_order(), Role.CLIENT, last, NOW).order.proposal

    assert proposal is not None
    assert proposal.visit_at == last


@pytest.mark.parametrize(("due", "refund"), [(0, 1_400_00), (400_00, 1_000_00), (1_800_00, 0)])
def test_what_a_capture_in_part_leaves_on_the_card_counts_as_returned(
    due: int, refund: int
) -> None:
    change = booking.captured_in_part(booked_order(), 1_400_00, due, NOW)

    assert change.order.refund_kopecks == refund
    assert change.order.unfrozen_kopecks == 1_400_00
    assert [one.notice for one in change.tellings] == [Notice.CAPTURED_IN_PART]


@pytest.mark.parametrize("taken", [2_400_00, 1_000_00, 500_00, 1_00])
@pytest.mark.parametrize("when", ["open", "made", "granted"])
def test_costs_of_a_late_cancellation_are_never_more_than_what_was_taken(
    taken: int, when: str
) -> None:
    before = booked_order(visit_at=NOW + HOUR)
    terms = cancelling.cancelled(before, Role.CLIENT, "other", NOW)
    order, due = terms.order, terms.refund_kopecks
    if when != "open":
        order = claims.claimed(order, (ClaimItem("travel", 720_00),), NOW).order
    if when == "granted":
        order = claims.decided(order, Role.CLIENT, None, NOW).order
    missing = order.prepayment_kopecks - taken
    owed = max(0, due - missing)

    order = booking.captured_in_part(order, missing, due, NOW).order
    if when == "open":
        order = claims.unanswered(order, NOW).order
    elif when == "made":
        order = claims.decided(order, Role.CLIENT, None, NOW).order
    journals = working.settle_and_close(order, NOW).journals

    kept = sum(line.debit_kopecks for one in journals for line in one.entries)
    assert kept == (0 if when == "open" else min(720_00, taken - owed))
    assert order.refund_kopecks + kept == order.prepayment_kopecks
