"""Operations that do not come to their end: noted, slowed down, told to a person, never dropped."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from rules import stuck, troubles
from rules.changes import Notice
from rules.orders import OrderEvent, Role
from rules.payments import (
    Attempt,
    AttemptState,
    Method,
    Money,
    Op,
    Refund,
    RefundState,
    Seen,
    Step,
    asked,
    observe,
    step_of,
)
from rules.policy import POLICY_V1
from tests.orders import NOW, accepted_order, booked_order

AMOUNT = 2_400_00
MINUTE = timedelta(minutes=1)


def _attempt(state: AttemptState, **fields: Any) -> Attempt:
    return replace(Attempt(1, Method.CARD, AMOUNT, NOW, state, "p-1"), **fields)


def _hear(attempt: Attempt, step: Step, seen: Seen, now: datetime) -> Attempt:
    return troubles.learned(observe(attempt, seen, now), step, seen, now)


def _refused(attempt: Attempt, now: datetime, code: str = troubles.REFUSED) -> Attempt:
    step = step_of(attempt, POLICY_V1)
    assert step is not None
    return _hear(attempt, step, Seen(attempt.state, trouble=code), now)


def _held(**fields: Any) -> Attempt:
    return _attempt(AttemptState.HELD, capture_at=NOW, **fields)


def test_a_refused_capture_is_tried_ever_more_slowly_and_the_third_time_calls_a_person() -> None:
    attempt, now, waits = _held(), NOW, []
    for _ in range(5):
        attempt = _refused(attempt, now)
        step = step_of(attempt, POLICY_V1)
        assert step is not None
        assert step.op is Op.CAPTURE
        assert step.at is not None
        waits.append((step.at - now) / MINUTE)
        assert troubles.is_stuck(attempt, now) is (len(waits) >= 3)
        now = step.at

    assert waits == [1, 5, 30, 60, 60]


def test_each_refused_refund_has_the_next_number_and_only_its_success_ends_the_trouble() -> None:
    attempt = _attempt(AttemptState.CAPTURED, refund_due_kopecks=100_00)
    for seq in (1, 2, 3):
        step = step_of(attempt, POLICY_V1)
        assert step is not None
        assert (step.op, step.refund_seq) == (Op.REFUND, seq)
        failed = Refund(seq, 100_00, RefundState.FAILED, f"r-{seq}")
        attempt = _hear(attempt, step, Seen(attempt.state, refund=failed), NOW)
    assert troubles.is_stuck(attempt, NOW)

    step = Step(Op.REFUND, 1, None, 100_00, 4)
    going = Refund(4, 100_00, RefundState.PENDING, "r-4")
    attempt = _hear(attempt, step, Seen(attempt.state, refund=going), NOW)
    assert troubles.is_stuck(attempt, NOW)
    gone = replace(going, state=RefundState.SUCCEEDED)
    assert _hear(attempt, step, Seen(attempt.state, refund=gone), NOW).trouble is None


def test_a_refund_that_is_too_high_is_tried_with_what_is_left_of_it() -> None:
    attempt = _attempt(AttemptState.CAPTURED, refund_due_kopecks=AMOUNT)
    step = step_of(attempt, POLICY_V1)
    assert step is not None
    by_hand = Refund(1001, 600_00, RefundState.SUCCEEDED, "r-x")
    seen = Seen(attempt.state, trouble=troubles.TOO_HIGH, outside=(by_hand,))

    attempt = _hear(asked(attempt, step), step, seen, NOW)

    again = step_of(attempt, POLICY_V1)
    assert again is not None
    assert (again.op, again.amount_kopecks) == (Op.REFUND, AMOUNT - 600_00)
    assert again.refund_seq != step.refund_seq


@pytest.mark.parametrize("code", [troubles.TOO_HIGH, troubles.REFUSED])
def test_what_staff_have_sent_back_by_hand_ends_the_trouble(code: str) -> None:
    attempt = _attempt(AttemptState.CAPTURED, refund_due_kopecks=600_00)
    for seq in (1, 2, 3):
        step = Step(Op.REFUND, 1, None, 600_00, seq)
        failed = Refund(seq, 600_00, RefundState.FAILED, f"r-{seq}")
        attempt = _hear(attempt, step, Seen(attempt.state, refund=failed), NOW)
    assert troubles.is_stuck(attempt, NOW)
    step = Step(Op.REFUND, 1, None, 600_00, 4)
    by_hand = (Refund(1001, 600_00, RefundState.SUCCEEDED, "r-x"),)
    seen = Seen(attempt.state, trouble=troubles.TOO_HIGH, outside=by_hand)
    if code == troubles.REFUSED:
        failed = Refund(4, 600_00, RefundState.FAILED, "r-4")
        seen = Seen(attempt.state, refund=failed, outside=by_hand)

    attempt = _hear(asked(attempt, step), step, seen, NOW)

    assert (attempt.trouble, step_of(attempt, POLICY_V1)) == (None, None)


@pytest.mark.parametrize(
    ("op", "minutes"),
    [
        (Op.CREATE, [2, 13, 60, 360, 360]),
        (Op.GET, [2, 13, 60, 360, 360]),
        (Op.CAPTURE, [15, 60, 360, 360]),
        (Op.VOID, [15, 60, 360, 360]),
        (Op.REFUND, [15, 60, 360, 360]),
    ],
)
def test_silence_is_noted_after_two_minutes_where_a_client_waits_and_after_fifteen_elsewhere(
    op: Op, minutes: list[int]
) -> None:
    attempt, step, waits = _attempt(AttemptState.HELD), Step(op, 1), []
    for _ in minutes:
        waits.append(troubles.patience(attempt, op) / MINUTE)
        attempt = troubles.unanswered(attempt, step, NOW)

    assert waits == minutes


@pytest.mark.parametrize(
    ("op", "silences"), [(Op.CREATE, 2), (Op.CAPTURE, 1), (Op.REFUND, 1), (Op.GET, None)]
)
def test_a_quarter_of_an_hour_without_an_answer_calls_a_person(
    op: Op, silences: int | None
) -> None:
    attempt = _attempt(AttemptState.HELD)
    for count in range(1, 4):
        attempt = troubles.unanswered(attempt, Step(op, 1), NOW)
        assert troubles.is_stuck(attempt, NOW) is (silences is not None and count >= silences)


def test_a_false_answer_freezes_the_attempt_until_a_look_is_right() -> None:
    frozen = _refused(_held(), NOW, troubles.BREACH)

    look = step_of(frozen, POLICY_V1)
    assert look is not None
    assert (look.op, look.at) == (Op.GET, NOW + MINUTE)
    assert troubles.is_stuck(frozen, NOW)
    again = _hear(frozen, look, Seen(frozen.state, trouble=troubles.NOT_FOUND), NOW)
    assert again.trouble is not None
    assert (again.trouble.frozen, again.trouble.code) == (True, troubles.BREACH)

    right = _hear(again, look, Seen(AttemptState.HELD), NOW)
    step = step_of(right, POLICY_V1)
    assert right.trouble is None
    assert step is not None
    assert step.op is Op.CAPTURE


def test_a_false_answer_about_a_refund_is_looked_at_as_that_refund() -> None:
    attempt = _attempt(AttemptState.CAPTURED, refund_due_kopecks=100_00)

    look = step_of(_refused(attempt, NOW, troubles.BREACH), POLICY_V1)

    assert look is not None
    assert (look.op, look.refund_seq, look.amount_kopecks) == (Op.GET_REFUND, 1, 100_00)


def test_support_is_told_once_what_is_stuck_and_how_much_and_that_it_is_over() -> None:
    order, attempt = booked_order(), _held()
    money = Money((troubles.unanswered(attempt, Step(Op.CAPTURE, 1, None, AMOUNT), NOW),))

    change = stuck.review(order, money, NOW)
    assert change is not None
    assert change.event is OrderEvent.MONEY_STUCK
    assert change.order.calls_person
    assert change.order.state is order.state
    (told,) = change.tellings
    assert (told.role, told.notice) == (Role.SUPPORT, Notice.MONEY_STUCK)
    assert dict(told.params) == {
        "operation": "capture",
        "kopecks": AMOUNT,
        "trouble": troubles.UNANSWERED,
    }
    assert stuck.review(change.order, money, NOW) is None

    over = stuck.review(change.order, Money((attempt,)), NOW)
    assert over is not None
    assert over.event is OrderEvent.MONEY_RECOVERED
    assert not over.order.calls_person
    assert stuck.review(over.order, Money((attempt,)), NOW) is None


def test_while_payments_are_down_the_clients_clock_stands_and_he_is_told_twice() -> None:
    order = accepted_order()
    ends = order.due_at
    asked = _attempt(AttemptState.REQUESTED)
    silent = Money((troubles.unanswered(asked, Step(Op.CREATE, 1), NOW + MINUTE),))

    down = stuck.review(order, silent, NOW + 3 * MINUTE)
    assert down is not None
    assert [one.notice for one in down.tellings] == [Notice.PAYMENTS_DOWN]
    assert down.order.due_at is None
    assert stuck.review(down.order, silent, NOW + 4 * MINUTE) is None

    answered = Money((replace(asked, state=AttemptState.PENDING, seen_at=NOW),))
    back = stuck.review(down.order, answered, NOW + 61 * MINUTE)
    assert back is not None
    assert [one.notice for one in back.tellings] == [Notice.PAYMENTS_BACK]
    assert ends is not None
    assert back.order.due_at == ends + timedelta(hours=1)


def test_another_method_chosen_in_an_outage_knows_no_better_until_it_is_answered() -> None:
    first = troubles.unanswered(_attempt(AttemptState.REQUESTED), Step(Op.CREATE, 1), NOW)
    down = stuck.review(accepted_order(), Money((first,)), NOW)
    assert down is not None
    second = Attempt(2, Method.SBP, AMOUNT, NOW)

    released = replace(first, released=True)

    assert stuck.review(down.order, Money((released, second)), NOW) is None
    paid = replace(second, state=AttemptState.CAPTURED, seen_at=NOW)
    back = stuck.review(down.order, Money((released, paid)), NOW)
    assert back is not None
    assert back.tellings == ()
