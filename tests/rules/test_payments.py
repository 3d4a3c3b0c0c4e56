"""The payment machine: driven only by what the provider says, never paying or refunding twice."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import troubles
from rules.payments import (
    Attempt,
    AttemptState,
    Method,
    Money,
    Op,
    Refund,
    RefundState,
    Seen,
    asked,
    capture_by,
    next_step,
    observe,
    owe_refund,
    release,
    request,
    summary,
)
from rules.policy import POLICY_V1
from tests.orders import NOW

AMOUNT = 2_400_00
MINUTE = timedelta(minutes=1)


def _money(state: AttemptState, **fields: Any) -> Money:
    attempt = Attempt(1, Method.CARD, AMOUNT, NOW, state, "p-1")
    return Money((replace(attempt, **fields),))


def test_asking_to_pay_creates_a_payment_first() -> None:
    money = request(Money(), Method.CARD, AMOUNT, NOW)

    step = next_step(money, POLICY_V1)

    assert step is not None
    assert (step.op, step.attempt, step.at) == (Op.CREATE, 1, None)


def test_what_is_not_answered_is_not_asked_again_before_the_patience_is_over() -> None:
    attempt, now, waits = _money(AttemptState.REQUESTED).attempts[0], NOW, []
    for _ in range(5):
        step = next_step(Money((attempt,)), POLICY_V1)
        assert step is not None
        attempt = troubles.unanswered(attempt, step, now)
        again = next_step(Money((attempt,)), POLICY_V1)
        assert again is not None
        assert again.at is not None
        waits.append((again.at - now) // MINUTE)
        now = again.at
    assert waits == [2, 13, 60, 360, 360]


def test_pending_payment_is_looked_at_ever_more_slowly() -> None:
    money = _money(AttemptState.PENDING)
    waits = []
    now = NOW
    for _ in range(7):
        step = next_step(money, POLICY_V1)
        assert step is not None
        assert step.op is Op.GET
        assert step.at is not None
        waits.append(int((step.at - now).total_seconds()))
        now = step.at
        money = Money((observe(money.attempts[0], Seen(AttemptState.PENDING), now),))

    assert waits == [10, 30, 60, 120, 300, 300, 300]


def test_hold_is_captured_when_free_cancellation_ends_and_before_it_expires() -> None:
    held = _money(AttemptState.HELD, hold_ends_at=NOW + timedelta(days=7))

    soon = next_step(capture_by(held, NOW + MINUTE, POLICY_V1), POLICY_V1)
    late = next_step(capture_by(held, NOW + timedelta(days=30), POLICY_V1), POLICY_V1)

    assert soon is not None
    assert (soon.op, soon.at) == (Op.CAPTURE, NOW + MINUTE)
    assert late is not None
    assert late.at == NOW + timedelta(days=6, hours=12)


def test_unwanted_hold_is_voided_and_unwanted_capture_is_refunded_in_full() -> None:
    void = next_step(release(_money(AttemptState.HELD)), POLICY_V1)
    refund = next_step(release(_money(AttemptState.CAPTURED)), POLICY_V1)

    assert void is not None
    assert void.op is Op.VOID
    assert refund is not None
    assert (refund.op, refund.amount_kopecks) == (Op.REFUND, AMOUNT)


def test_late_cancellation_captures_a_hold_before_it_refunds_a_part() -> None:
    money = owe_refund(_money(AttemptState.HELD), 2_160_00)

    step = next_step(money, POLICY_V1)
    assert step is not None
    assert step.op is Op.CAPTURE
    taken = Money((observe(money.attempts[0], Seen(AttemptState.CAPTURED), NOW),))
    step = next_step(taken, POLICY_V1)
    assert step is not None
    assert (step.op, step.amount_kopecks) == (Op.REFUND, 2_160_00)


def test_money_that_arrives_after_release_is_late() -> None:
    money = release(_money(AttemptState.PENDING))

    seen = observe(money.attempts[0], Seen(AttemptState.HELD), NOW)

    assert seen.late
    step = next_step(Money((seen,)), POLICY_V1)
    assert step is not None
    assert step.op is Op.VOID


def test_another_method_releases_the_unpaid_attempt_but_watches_it() -> None:
    money = request(_money(AttemptState.PENDING), Method.SBP, AMOUNT, NOW)

    assert [one.released for one in money.attempts] == [True, False]
    assert money.current is not None
    assert money.current.number == 2
    ops = {step.op for step in [next_step(money, POLICY_V1)] if step is not None}
    assert ops == {Op.CREATE}


def test_provider_never_takes_a_state_back() -> None:
    taken = _money(AttemptState.CAPTURED).attempts[0]
    for older in (AttemptState.PENDING, AttemptState.HELD, AttemptState.DECLINED):
        assert observe(taken, Seen(older), NOW).state is AttemptState.CAPTURED
    held = _money(AttemptState.HELD).attempts[0]
    assert observe(held, Seen(AttemptState.PENDING), NOW).state is AttemptState.HELD


def test_failed_refund_is_tried_again_under_a_new_number() -> None:
    money = owe_refund(_money(AttemptState.CAPTURED), 100_00)
    failed = Refund(1, 100_00, RefundState.FAILED, "r-1")
    attempt = observe(money.attempts[0], Seen(AttemptState.CAPTURED, refund=failed), NOW)

    step = next_step(Money((attempt,)), POLICY_V1)

    assert step is not None
    assert (step.op, step.refund_seq, step.amount_kopecks) == (Op.REFUND, 2, 100_00)
    assert step.at is not None
    assert step.at > NOW


def test_summary_offers_a_payment_page_only_while_it_can_be_paid() -> None:
    url = "http://provider/pay"
    assert summary(_money(AttemptState.PENDING, confirmation_url=url)).payment_url == url
    assert summary(_money(AttemptState.HELD, confirmation_url=url)).payment_url is None
    declined = summary(_money(AttemptState.DECLINED, decline_reason="insufficient_funds"))
    assert declined.decline_reason == "insufficient_funds"


def test_hold_of_a_few_hours_is_captured_in_its_last_quarter() -> None:
    held = _money(AttemptState.HELD, hold_ends_at=NOW + timedelta(hours=2))

    step = next_step(capture_by(held, NOW + timedelta(days=1), POLICY_V1), POLICY_V1)

    assert step is not None
    assert (step.op, step.at) == (Op.CAPTURE, NOW + 90 * MINUTE)


def test_another_method_releases_an_attempt_that_the_provider_has_not_answered_yet() -> None:
    asked = request(Money(), Method.CARD, AMOUNT, NOW)

    money = request(asked, Method.SBP, AMOUNT, NOW)

    assert [one.released for one in money.attempts] == [True, False]


def test_late_money_stays_late_when_its_void_finds_it_captured() -> None:
    money = release(_money(AttemptState.PENDING))

    held = observe(money.attempts[0], Seen(AttemptState.HELD), NOW)

    assert observe(held, Seen(AttemptState.CAPTURED), NOW).late


def test_second_debt_is_refunded_besides_the_first_which_is_on_its_way() -> None:
    money = owe_refund(_money(AttemptState.CAPTURED), 100_00)
    pending = Refund(1, 100_00, RefundState.PENDING, "r-1")
    attempt = observe(money.attempts[0], Seen(AttemptState.CAPTURED, refund=pending), NOW)
    money = owe_refund(Money((attempt,)), 50_00)

    assert summary(money).refund_pending_kopecks == 100_00
    step = next_step(money, POLICY_V1)
    assert step is not None
    assert (step.op, step.refund_seq) == (Op.GET_REFUND, 1)
    done = Refund(1, 100_00, RefundState.SUCCEEDED, "r-1")
    attempt = observe(money.attempts[0], Seen(AttemptState.CAPTURED, refund=done), NOW)
    step = next_step(Money((attempt,)), POLICY_V1)
    assert step is not None
    assert (step.op, step.refund_seq, step.amount_kopecks) == (Op.REFUND, 2, 50_00)


@pytest.mark.parametrize("state", ["voided", "declined", "expired", "failed"])
def test_dead_attempt_is_not_wanted_any_more(state: str) -> None:
    assert _money(AttemptState(state)).current is None


@dataclass
class _Provider:
    """The provider's side of one attempt, as small as it can be."""

    state: str = "none"
    captured: int = 0
    refunded: int = 0
    captures: int = 0

    def do(self, op: Op, amount: int) -> Seen:
        match op:
            case Op.CREATE:
                assert self.state == "none", "created twice"
                self.state = "pending"
            case Op.CAPTURE:
                assert self.state == "held", "captured what is not held"
                self.state, self.captured = "captured", AMOUNT
                self.captures += 1
            case Op.VOID:
                assert self.state == "held"
                self.state = "voided"
            case Op.REFUND:
                assert self.refunded + amount <= self.captured, "refund over captured"
                self.refunded += amount
            case _:
                pass
        return self.seen()

    def seen(self) -> Seen:
        states = {
            "pending": AttemptState.PENDING,
            "held": AttemptState.HELD,
            "captured": AttemptState.CAPTURED,
            "voided": AttemptState.VOIDED,
            "declined": AttemptState.DECLINED,
        }
        return Seen(states[self.state], "p")


@dataclass
class _Run:
    """The machine and the provider, driven by a list of acts."""

    provider: _Provider
    money: Money
    now: datetime = NOW
    released: bool = False

    def step(self) -> bool:
        todo = next_step(self.money, POLICY_V1)
        if todo is None:
            return False
        self.now = max(self.now, todo.at or self.now) + timedelta(seconds=1)
        seen = self.provider.do(todo.op, todo.amount_kopecks)
        if todo.op is Op.REFUND:
            done = Refund(todo.refund_seq, todo.amount_kopecks, RefundState.SUCCEEDED)
            seen = replace(seen, refund=done)
        attempt = observe(self.money.attempts[0], seen, self.now)
        self.money = self.money.with_attempt(attempt)
        return True

    def act(self, act: str, part: int) -> None:
        match act:
            case "pay" if self.provider.state == "pending":
                self.provider.state = "held"
            case "decline" if self.provider.state == "pending":
                self.provider.state = "declined"
            case "release":
                self.money, self.released = release(self.money), True
            case "refund_part":
                self.money = owe_refund(self.money, part)
            case "capture":
                self.money = capture_by(self.money, self.now, POLICY_V1)
            case _:
                self.step()

    def come_to_rest(self) -> None:
        for _ in range(20):
            if self.provider.state == "pending":
                self.provider.state = "declined"
            if not self.step():
                return


ACTS = ["step", "pay", "decline", "release", "refund_part", "capture"]


@settings(max_examples=300, deadline=None)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=25), part=st.integers(1, AMOUNT * 2))
def test_whatever_happens_nothing_is_taken_or_returned_twice(acts: list[str], part: int) -> None:
    run = _Run(_Provider(), request(Money(), Method.CARD, AMOUNT, NOW))

    for act in acts:
        run.act(act, part)
    run.come_to_rest()

    assert next_step(run.money, POLICY_V1) is None, "money comes to rest"
    assert run.provider.captures <= 1
    assert run.provider.refunded <= run.provider.captured
    if run.released:
        assert run.provider.captured == run.provider.refunded
        assert run.provider.state != "held"


def test_refund_in_flight_keeps_its_sum_while_more_falls_due() -> None:
    money = owe_refund(_money(AttemptState.CAPTURED), 500_00)
    first = next_step(money, POLICY_V1)
    assert first is not None
    money = Money((asked(money.attempts[0], first),))

    money = owe_refund(money, 700_00)

    assert next_step(money, POLICY_V1) == first
    answered = Seen(AttemptState.CAPTURED, refund=Refund(1, 500_00, RefundState.SUCCEEDED))
    rest = next_step(Money((observe(money.attempts[0], answered, NOW),)), POLICY_V1)
    assert rest is not None
    assert (rest.op, rest.refund_seq, rest.amount_kopecks) == (Op.REFUND, 2, 700_00)


def test_a_hold_captured_in_part_gives_back_no_more_than_was_taken() -> None:
    part = Seen(AttemptState.CAPTURED, captured_kopecks=1_000_00)

    wanted = observe(owe_refund(_money(AttemptState.HELD), 1_800_00).attempts[0], part, NOW)
    unwanted = observe(release(_money(AttemptState.HELD)).attempts[0], part, NOW)

    assert (wanted.amount_kopecks, wanted.refund_due_kopecks) == (1_000_00, 400_00)
    step = next_step(Money((unwanted,)), POLICY_V1)
    assert step is not None
    assert (step.op, step.amount_kopecks) == (Op.REFUND, 1_000_00)
