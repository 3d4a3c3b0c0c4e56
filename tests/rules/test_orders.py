"""The transition table: every state and event, allowed or refused by name."""

from datetime import timedelta

import pytest

from rules import booking, cancelling, claims, handover, searching, working
from rules.catalog import Service
from rules.changes import Notice
from rules.errors import (
    AlreadyRated,
    AlreadyYours,
    BadInput,
    BadTime,
    ClaimTooHigh,
    NoClaimOpen,
    NotPayable,
    NotYours,
    OfferDeclined,
    OfferUnknown,
    OrderClosed,
    OrderTaken,
    ProposalUnknown,
    RuleViolation,
    TransitionRefused,
)
from rules.orders import (
    FINAL_STATES,
    TRANSITIONS,
    ClaimItem,
    ClaimState,
    OfferState,
    OrderEvent,
    OrderState,
    Role,
    next_state,
)
from tests.orders import (
    CONTRACTOR,
    NOW,
    RIVAL,
    accepted_order,
    booked_order,
    completed_order,
    done_order,
    new_order,
    searching_order,
    started_order,
)

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("event", OrderEvent)
def test_table_allows_or_refuses_by_name(state: OrderState, event: OrderEvent) -> None:
    expected = TRANSITIONS.get((state, event))
    if expected is not None:
        assert next_state(state, event) is expected
        return
    refusal = OrderClosed if state in FINAL_STATES else TransitionRefused
    with pytest.raises(refusal):
        next_state(state, event)


def test_final_states_lead_nowhere_but_to_a_dispute() -> None:
    left = {
        (state, target)
        for (state, _), target in TRANSITIONS.items()
        if state in FINAL_STATES and target is not state
    }

    assert left == {(OrderState.COMPLETED, OrderState.DISPUTED)}


def test_every_open_state_can_reach_an_end() -> None:
    for start in set(OrderState) - FINAL_STATES:
        reached, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for (state, _), target in TRANSITIONS.items():
                if state is here and target not in reached:
                    reached.add(target)
                    waiting.append(target)
        assert reached & FINAL_STATES, start


def test_first_acceptance_wins_and_the_others_are_lost() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR, RIVAL)

    change = searching.accepted(order, CONTRACTOR, NOW)

    assert change.winner == CONTRACTOR
    assert change.order.state is OrderState.AWAITING_PREPAYMENT
    states = {one.contractor_id: one.state for one in change.offers}
    assert states == {CONTRACTOR: OfferState.WON, RIVAL: OfferState.LOST}
    kept = {one.contractor_id: one.state for one in change.order.search.offers}
    assert kept == states
    with pytest.raises(OrderTaken):
        searching.accepted(change.order, RIVAL, NOW)
    with pytest.raises(AlreadyYours):
        searching.accepted(change.order, CONTRACTOR, NOW)


@pytest.mark.parametrize(("contractor", "refusal"), [(99, OfferUnknown), (RIVAL, OfferDeclined)])
def test_acceptance_is_refused_by_name(contractor: int, refusal: type[RuleViolation]) -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR, RIVAL)
    order = searching.declined(order, RIVAL, "busy", NOW).order

    with pytest.raises(refusal):
        searching.accepted(order, contractor, NOW)


def test_silent_contractor_may_still_take_an_open_order() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR)
    order = searching.wave_sent(order, ())

    offer = order.search.of(CONTRACTOR)
    assert offer is not None
    assert offer.state is OfferState.EXPIRED
    assert searching.accepted(order, CONTRACTOR, NOW).winner == CONTRACTOR


def test_replacement_for_a_paid_order_is_booked_without_a_second_payment() -> None:
    order = cancelling.withdrew(booked_order(), "ill", NOW).order
    assert order.search.excluded == (CONTRACTOR,)

    change = searching.assigned(order, RIVAL, NOW)

    assert change.order.state is OrderState.BOOKED
    assert change.tellings[0].notice is Notice.REPLACEMENT_FOUND


def test_refused_winner_is_undone_and_the_search_goes_on() -> None:
    order = accepted_order()

    change = searching.claim_refused(order, CONTRACTOR, NOW)

    assert change is not None
    assert change.order.state is OrderState.SEARCHING
    assert change.order.contractor_id is None
    assert searching.claim_refused(change.order, CONTRACTOR, NOW) is None


def test_search_hands_over_and_then_ends_by_itself() -> None:
    order = searching_order(Service.REPAIR_PUMP, CONTRACTOR)
    called = handover.person_called(order, NOW)

    assert called.order.needs_attention
    assert handover.person_ends(called.order) == NOW + 24 * HOUR
    ended = handover.gave_up(called.order, NOW)
    assert ended.order.state is OrderState.NO_CONTRACTOR
    assert ended.order.refund_kopecks == 0


def test_paid_order_without_replacement_is_refunded_in_full_within_48_hours() -> None:
    order = cancelling.withdrew(booked_order(), "ill", NOW).order
    order = handover.person_called(order, NOW + 40 * HOUR).order

    assert handover.person_ends(order) == NOW + 48 * HOUR
    ended = handover.gave_up(order, NOW + 48 * HOUR)
    assert ended.order.refund_kopecks == order.prepayment_kopecks


@pytest.mark.parametrize("service", [Service.SEWAGE_OVERFLOW, Service.REPAIR_PUMP])
def test_unpaid_order_frees_the_slot_without_points(service: Service) -> None:
    change = booking.payment_expired(accepted_order(service), NOW)

    assert change.order.state is OrderState.UNPAID
    assert change.frees == CONTRACTOR
    assert change.points == ()


def test_only_the_parties_may_act() -> None:
    order = booked_order()
    with pytest.raises(NotYours):
        booking.check_party(order, Role.CLIENT, 5)
    with pytest.raises(NotYours):
        booking.check_party(order, Role.CONTRACTOR, RIVAL)
    booking.check_party(order, Role.SUPPORT, 1)


def test_payment_is_refused_when_nothing_is_due() -> None:
    with pytest.raises(NotPayable):
        booking.check_payable(searching_order())


def test_another_time_counts_only_when_the_other_side_agrees() -> None:
    order = booked_order()
    later = NOW + 96 * HOUR
    proposed = booking.slot_proposed(order, Role.CLIENT, later, NOW).order
    assert proposed.visit_at == order.visit_at

    with pytest.raises(ProposalUnknown):
        booking.slot_answered(proposed, Role.CLIENT, agrees=True, now=NOW)
    agreed = booking.slot_answered(proposed, Role.CONTRACTOR, agrees=True, now=NOW).order
    assert agreed.visit_at == later
    refused = booking.slot_answered(proposed, Role.CONTRACTOR, agrees=False, now=NOW).order
    assert refused.visit_at == order.visit_at


@pytest.mark.parametrize("hours", [-1, 0, 24 * 61])
def test_proposed_time_lies_ahead_within_two_months(hours: int) -> None:
    with pytest.raises(BadTime):
        booking.slot_proposed(booked_order(), Role.CLIENT, NOW + hours * HOUR, NOW)


def test_no_show_waits_for_the_grace() -> None:
    order = booked_order(visit_at=NOW)
    with pytest.raises(TransitionRefused):
        cancelling.no_show(order, NOW + timedelta(minutes=59))
    assert cancelling.no_show(order, NOW + HOUR).order.state is OrderState.SEARCHING


def test_claim_is_bounded_by_its_cap_and_settles_once() -> None:
    late = booked_order(visit_at=NOW + HOUR)  # cap 720 ₽
    order = cancelling.cancelled(late, Role.CLIENT, "price", NOW).order
    with pytest.raises(ClaimTooHigh):
        claims.claimed(order, (ClaimItem("travel", 720_01),), NOW)
    with pytest.raises(BadInput):
        claims.claimed(order, (ClaimItem("gold", 100_00),), NOW)

    made = claims.claimed(order, (ClaimItem("travel", 700_00),), NOW).order
    settled = claims.decided(made, Role.CLIENT, None, NOW)

    assert settled.order.refund_kopecks == 2_400_00 - 700_00
    assert settled.refund_kopecks == 20_00
    assert settled.order.claim is not None
    assert settled.order.claim.state is ClaimState.SETTLED
    with pytest.raises(NoClaimOpen):
        claims.decided(settled.order, Role.SUPPORT, 0, NOW)


def test_ratings_are_given_once_and_shown_when_both_are_there() -> None:
    order = working.rated(completed_order(), Role.CLIENT, 5, NOW).order
    with pytest.raises(AlreadyRated):
        working.rated(order, Role.CLIENT, 1, NOW)
    with pytest.raises(BadInput):
        working.rated(order, Role.CONTRACTOR, 6, NOW)

    both = working.rated(order, Role.CONTRACTOR, 4, NOW)

    assert working.both_rated(both.order)
    assert [one.delta for one in both.points] == [5]


def test_final_price_is_not_below_the_prepayment() -> None:
    with pytest.raises(BadInput):
        working.done(started_order(), 2_399_99, NOW)


def test_silence_of_the_client_accepts_after_the_window() -> None:
    assert working.auto_accept_at(done_order()) == NOW + 48 * HOUR


def test_lost_hold_asks_for_the_money_once_more() -> None:
    change = booking.hold_lost(booked_order(), NOW)

    assert change.order.state is OrderState.AWAITING_PREPAYMENT
    assert change.order.contractor_id == CONTRACTOR
    under_way = booking.hold_lost(started_order(), NOW).order
    assert under_way.state is OrderState.IN_PROGRESS
    assert under_way.needs_attention


def test_every_change_counts_one_version_up() -> None:
    order = new_order()
    placed = searching.placed(order, NOW).order
    offered = searching_order(Service.REPAIR_PUMP, RIVAL)
    declined = searching.declined(offered, RIVAL, "busy", NOW).order

    assert placed.version == order.version + 1
    assert declined.version == offered.version + 1
