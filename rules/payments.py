"""The prepayment's machine: pure, monotone, driven only by what the provider was seen to say.

`next_step` names the one operation that money needs now; the workflow performs it as an activity
and feeds the provider's answer back through `observe`. Nothing else moves money.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rules.attempts import (
    DEAD_STATES,
    RANK,
    TOO_HIGH,
    Attempt,
    AttemptState,
    Method,
    Money,
    Op,
    Refund,
    RefundState,
    Trouble,
)
from rules.policy import Policy

__all__ = [
    "Attempt",
    "AttemptState",
    "Method",
    "Money",
    "MoneySummary",
    "Op",
    "Refund",
    "RefundState",
    "Seen",
    "Step",
    "Trouble",
    "capture_by",
    "next_step",
    "observe",
    "owe_refund",
    "release",
    "request",
    "step_of",
    "steps",
    "summary",
]


@dataclass(frozen=True)
class Step:
    """One operation on one attempt, not before `at` (None: at once)."""

    op: Op
    attempt: int
    at: datetime | None = None
    amount_kopecks: int = 0
    refund_seq: int = 0


@dataclass(frozen=True)
class Seen:
    """What a fetched provider object said about an attempt (and one of its refunds)."""

    state: AttemptState
    provider_id: str | None = None
    confirmation_url: str | None = None
    hold_ends_at: datetime | None = None
    decline_reason: str | None = None
    refund: Refund | None = None
    # Refunds of this attempt that were made without the order, by staff at the provider.
    outside: tuple[Refund, ...] = ()
    # What was taken; a person in the provider's cabinet may have taken a part of a hold only.
    captured_kopecks: int | None = None
    # A definite answer, but not the one that was asked for (`rules.troubles`); nothing has changed.
    trouble: str = ""


def request(money: Money, method: Method, amount_kopecks: int, now: datetime) -> Money:
    """A new attempt; an unpaid one before it is released (and watched until it is final)."""
    older = tuple(
        replace(one, released=True) if one.is_open and not money.is_paid else one
        for one in money.attempts
    )
    number = len(older) + 1
    return Money((*older, Attempt(number, method, amount_kopecks, now)))


def release(money: Money) -> Money:
    """The order does not want any of this money: void what is held, refund what was taken."""
    return Money(
        tuple(
            one
            if one.state in DEAD_STATES
            else replace(one, released=True, refund_due_kopecks=one.amount_kopecks)
            for one in money.attempts
        )
    )


def owe_refund(money: Money, kopecks: int) -> Money:
    """The wanted attempt owes `kopecks` more to the client, never more than it took."""
    attempt = money.current
    if attempt is None or kopecks <= 0:
        return money
    due = min(attempt.amount_kopecks, attempt.refund_due_kopecks + kopecks)
    return money.with_attempt(replace(attempt, refund_due_kopecks=due, capture_at=_EPOCH_FIRST))


_EPOCH_FIRST = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
"""Earlier than any order: 'capture at once'."""


def capture_by(money: Money, at: datetime, policy: Policy) -> Money:
    """A hold is captured at `at`, or in time before the provider would let it go."""
    attempt = money.current
    if attempt is None or attempt.state is not AttemptState.HELD:
        return money
    if attempt.hold_ends_at is not None:
        margin = timedelta(seconds=policy.capture_margin_seconds)
        life = attempt.hold_ends_at - attempt.created_at
        at = min(at, attempt.hold_ends_at - min(margin, life / 4))
    if attempt.capture_at is not None:
        at = min(at, attempt.capture_at)
    return money.with_attempt(replace(attempt, capture_at=at))


def _wait(since: datetime, waits: tuple[int, ...], times: int) -> datetime:
    return since + timedelta(seconds=waits[min(times, len(waits) - 1)])


def _refund_step(attempt: Attempt, policy: Policy) -> Step | None:
    looked = attempt.seen_at or attempt.created_at
    for refund in attempt.refunds:
        if refund.state is RefundState.REQUESTED:
            return Step(Op.REFUND, attempt.number, None, refund.amount_kopecks, refund.seq)
        if refund.state is RefundState.PENDING:
            at = _wait(looked, policy.refund_poll_seconds, attempt.polls)
            return Step(Op.GET_REFUND, attempt.number, at, refund.amount_kopecks, refund.seq)
    missing = attempt.owed_kopecks
    if missing <= 0:
        return None
    failed = sum(1 for refund in attempt.refunds if refund.state is RefundState.FAILED)
    again = _wait(looked, policy.refund_poll_seconds, failed - 1) if failed else None
    return Step(Op.REFUND, attempt.number, again, missing, len(attempt.refunds) + 1)


def _frozen_step(attempt: Attempt, trouble: Trouble, policy: Policy) -> Step:
    """Only a slow look at what was answered falsely; everything else waits for it."""
    looked = attempt.seen_at or trouble.since
    at = _wait(looked, policy.refund_poll_seconds, trouble.refusals - 1)
    if trouble.op in (Op.REFUND, Op.GET_REFUND):
        return Step(Op.GET_REFUND, attempt.number, at, trouble.kopecks, trouble.refund_seq)
    return Step(Op.GET, attempt.number, at)


def step_of(attempt: Attempt, policy: Policy) -> Step | None:
    """What this attempt needs next; None when its money is at rest."""
    trouble = attempt.trouble
    if trouble is not None and trouble.frozen:
        return _not_before(_frozen_step(attempt, trouble, policy), trouble.again_at)
    step = _next_of(attempt, policy)
    if step is None or trouble is None or trouble.op is not step.op:
        return step
    step = _not_before(step, trouble.again_at)
    if not trouble.refusals:
        return step
    # What was refused is tried again, ever more slowly; never dropped.
    looked = attempt.seen_at or trouble.since
    return _not_before(step, _wait(looked, policy.refund_poll_seconds, trouble.refusals - 1))


def _not_before(step: Step, moment: datetime | None) -> Step:
    if moment is None or (step.at is not None and step.at > moment):
        return step
    return replace(step, at=moment)


def _next_of(attempt: Attempt, policy: Policy) -> Step | None:
    match attempt.state:
        case AttemptState.REQUESTED:
            # Even when released meanwhile: only the provider can say whether it exists.
            return Step(Op.CREATE, attempt.number)
        case AttemptState.PENDING:
            looked = attempt.seen_at or attempt.created_at
            poll_at = _wait(looked, policy.payment_poll_seconds, attempt.polls)
            return Step(Op.GET, attempt.number, poll_at)
        case AttemptState.HELD if attempt.released:
            return Step(Op.VOID, attempt.number)
        case AttemptState.HELD:
            if attempt.capture_at is None:
                return None
            return Step(Op.CAPTURE, attempt.number, attempt.capture_at, attempt.amount_kopecks)
        case AttemptState.CAPTURED:
            return _refund_step(attempt, policy)
        case _:
            return None


def steps(money: Money, policy: Policy) -> tuple[Step, ...]:
    """What each attempt needs next, the most urgent first; empty when money is at rest."""
    wanted = (step_of(one, policy) for one in money.attempts)
    found = [step for step in wanted if step is not None]
    return tuple(sorted(found, key=lambda step: (step.at or _EPOCH_FIRST, step.attempt)))


def next_step(money: Money, policy: Policy) -> Step | None:
    """The most urgent operation, or None when money is at rest; earliest `at` first."""
    return next(iter(steps(money, policy)), None)


def asked(attempt: Attempt, step: Step) -> Attempt:
    """The attempt while the provider is asked.

    A refund keeps its number and sum until it is answered, whatever more falls due meanwhile:
    the same number with another sum would be another refund.
    """
    if step.op is not Op.REFUND or any(one.seq == step.refund_seq for one in attempt.refunds):
        return attempt
    sent = Refund(step.refund_seq, step.amount_kopecks)
    return replace(attempt, refunds=(*attempt.refunds, sent))


def observe(attempt: Attempt, seen: Seen, now: datetime) -> Attempt:
    """The attempt after a fetched provider object; lower ranks than known are ignored."""
    looked = replace(attempt, polls=attempt.polls + 1, seen_at=now)
    for refund in seen.outside:
        looked = _with_refund(looked, refund)
    if seen.trouble == TOO_HIGH:
        # It was never written down: with what is left, the sum that is sent is another one.
        sent = tuple(one for one in looked.refunds if one.state is not RefundState.REQUESTED)
        return replace(looked, refunds=sent)
    if seen.trouble:
        return looked
    if seen.refund is not None:
        return _with_refund(looked, seen.refund)
    if not attempt.is_open or RANK.get(seen.state, 9) < RANK[attempt.state]:
        return looked
    became_paid = seen.state in (AttemptState.HELD, AttemptState.CAPTURED) and (
        attempt.state in (AttemptState.REQUESTED, AttemptState.PENDING)
    )
    taken = attempt.amount_kopecks if seen.captured_kopecks is None else seen.captured_kopecks
    # The rest of the hold has gone back by itself, and with it that much of what was owed.
    gone = attempt.amount_kopecks - taken
    return replace(
        looked,
        amount_kopecks=taken,
        refund_due_kopecks=max(0, attempt.refund_due_kopecks - gone),
        polls=looked.polls if seen.state is attempt.state else 0,
        state=seen.state,
        provider_id=seen.provider_id or attempt.provider_id,
        confirmation_url=seen.confirmation_url or attempt.confirmation_url,
        hold_ends_at=seen.hold_ends_at or attempt.hold_ends_at,
        decline_reason=seen.decline_reason or attempt.decline_reason,
        was_held=attempt.was_held or seen.state is AttemptState.HELD,
        late=attempt.late or (became_paid and attempt.released),
    )


def _with_refund(attempt: Attempt, refund: Refund) -> Attempt:
    others = (one for one in attempt.refunds if one.seq != refund.seq)
    return replace(attempt, refunds=tuple(sorted((*others, refund), key=lambda one: one.seq)))


@dataclass(frozen=True)
class MoneySummary:
    """Public figures of an order's money, in kopecks, for cards and the workflow's details."""

    held_kopecks: int = 0
    captured_kopecks: int = 0
    refunded_kopecks: int = 0
    refund_pending_kopecks: int = 0
    confirming: bool = False
    payment_url: str | None = None
    payment_method: Method | None = None
    decline_reason: str | None = None


def summary(money: Money) -> MoneySummary:
    """Sums over all attempts, and what the client needs to pay the wanted one."""
    current = money.current
    newest = money.attempts[-1] if money.attempts else None
    return MoneySummary(
        held_kopecks=sum(
            one.amount_kopecks for one in money.attempts if one.state is AttemptState.HELD
        ),
        captured_kopecks=sum(
            one.amount_kopecks for one in money.attempts if one.state is AttemptState.CAPTURED
        ),
        refunded_kopecks=money.refunded_kopecks,
        refund_pending_kopecks=sum(
            one.refunded_or_reserved_kopecks - one.refunded_kopecks for one in money.attempts
        ),
        confirming=current is not None and current.state is AttemptState.REQUESTED,
        payment_url=current.confirmation_url
        if current is not None and current.state is AttemptState.PENDING
        else None,
        payment_method=current.method if current is not None else None,
        decline_reason=newest.decline_reason if newest is not None and current is None else None,
    )
