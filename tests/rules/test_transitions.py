"""The states an order goes through, as a list that a person can check without the code."""

import pytest

from rules.transitions import FINAL_STATES, TRANSITIONS, OrderEvent, OrderState

# Every step that changes the state; what is not here leaves an order where it is, or is refused.
STEPS = """
    new                 placed            searching
    new                 rejected          rejected
    searching           accepted          awaiting_prepayment
    searching           rebooked          booked
    searching           gave_up           no_contractor
    awaiting_prepayment prepaid           booked
    awaiting_prepayment payment_expired   unpaid
    awaiting_prepayment withdrew          searching
    awaiting_prepayment claim_refused     searching
    booked              started           in_progress
    booked              withdrew          searching
    booked              no_show           searching
    booked              hold_lost         awaiting_prepayment
    booked              claim_refused     searching
    booked              dispute_opened    disputed
    in_progress         done              awaiting_acceptance
    in_progress         withdrew          searching
    in_progress         dispute_opened    disputed
    awaiting_acceptance work_accepted     completed
    awaiting_acceptance dispute_opened    disputed
    completed           dispute_opened    disputed
    disputed            dispute_resolved  completed
"""
STAYS = {
    OrderState.COMPLETED: "rated dispute_opened closed",
    OrderState.CANCELLED: "claimed claim_waived claim_objected claim_settled claim_refused closed",
    OrderState.UNPAID: "closed",
    OrderState.NO_CONTRACTOR: "closed",
    OrderState.REJECTED: "closed",
}
MONEY = "payments_back money_stuck money_recovered captured_in_part hold_lost"


def test_these_steps_and_no_others_change_the_state() -> None:
    listed = {tuple(line.split()) for line in STEPS.strip().splitlines()}
    cancelled = {
        (state.value, "cancelled", "cancelled") for state in set(OrderState) - FINAL_STATES
    }

    moves = {
        (state.value, event.value, target.value)
        for (state, event), target in TRANSITIONS.items()
        if target is not state
    }
    assert moves == listed | cancelled


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_after_the_end_only_this_may_still_happen(state: OrderState) -> None:
    allowed = {event for known, event in TRANSITIONS if known is state}

    assert allowed == {OrderEvent(name) for name in f"{STAYS[state]} {MONEY}".split()}
