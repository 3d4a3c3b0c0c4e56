"""What the provider says against what our books say: pure classification, one break per fact.

A break is *safe* when its repair only writes down what has already happened at the provider or
returns money to its payer exactly once; everything else is a person's, and what moves money that
nobody is owed for certain needs two of them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.attempts import AttemptState, RefundState
from rules.breaks import (
    ADOPTED_FROM,
    BY_ITSELF,
    BY_TWO,
    CHARGED_BACK,
    OPEN_STATES,
    Break,
    BreakClass,
    BreakState,
    ObjectKind,
    OurRefund,
    Ours,
    Remedy,
    TheirRefund,
    Theirs,
)

__all__ = [
    "ADOPTED_FROM",
    "BY_ITSELF",
    "BY_TWO",
    "CHARGED_BACK",
    "MISSING_AFTER",
    "OPEN_STATES",
    "Break",
    "BreakClass",
    "BreakState",
    "Depth",
    "ObjectKind",
    "OurRefund",
    "Ours",
    "Remedy",
    "Span",
    "TheirRefund",
    "Theirs",
    "duplicates",
    "missing_there",
    "payment_break",
    "refund_break",
    "spans",
]

MISSING_AFTER = timedelta(hours=24)
PAYMENT_STUCK_AFTER = timedelta(minutes=70)
REFUND_STUCK_AFTER = timedelta(days=3)

_RANK = {"pending": 1, "waiting_for_capture": 2, "succeeded": 3, "canceled": 3}
_OUR_RANK = {AttemptState.REQUESTED: 0, AttemptState.PENDING: 1, AttemptState.HELD: 2}
_FINAL = 3
_PAID = ("waiting_for_capture", "succeeded")


def payment_break(
    theirs: Theirs, ours: Ours | None, now: datetime, *, expect_test: bool
) -> Break | None:
    """The one thing that is wrong with a payment, the most serious first."""
    if theirs.test is not expect_test:
        return _payment(BreakClass.TEST_FLAG, Remedy.PERSON, theirs, ours)
    if ours is None:
        return _unknown(theirs)
    is_live = theirs.status != "canceled"
    if is_live and theirs.amount_kopecks != ours.amount_kopecks:
        return _payment(BreakClass.AMOUNT_DIFFERS, Remedy.PERSON, theirs, ours)
    return _progress(theirs, ours) or _fee(theirs, ours) or _stuck(theirs, ours, now)


def _payment(kind: BreakClass, remedy: Remedy, theirs: Theirs, ours: Ours | None) -> Break:
    return Break(
        kind,
        theirs.id,
        remedy,
        ours.order_id if ours is not None else theirs.order_id,
        ours.number if ours is not None else None,
        provider_id=theirs.id,
        ours_kopecks=ours.amount_kopecks if ours is not None else 0,
        theirs_kopecks=theirs.amount_kopecks,
    )


def _unknown(theirs: Theirs) -> Break | None:
    # Nobody has paid what is pending, and what is canceled has moved nothing.
    if theirs.status not in _PAID:
        return None
    remedy = Remedy.SIGNAL if theirs.is_awaited else Remedy.ADOPT
    return _payment(BreakClass.MISSING_HERE, remedy, theirs, None)


def _progress(theirs: Theirs, ours: Ours) -> Break | None:
    before, after = _OUR_RANK.get(ours.state, _FINAL), _RANK[theirs.status]
    apply = Remedy.APPLY if ours.is_closed else Remedy.SIGNAL
    if after > before:
        return _payment(BreakClass.STATUS_LAG, apply, theirs, ours)
    if before < _FINAL:
        return None
    was_taken = ours.state is AttemptState.CAPTURED
    if theirs.status == "canceled":
        # Money that we took into the books has never been there, or was undone.
        return (
            _payment(BreakClass.AMOUNT_DIFFERS, Remedy.PERSON, theirs, ours) if was_taken else None
        )
    if theirs.status in _PAID and not was_taken:
        return _payment(BreakClass.LATE_SUCCESS, apply, theirs, ours)
    return None


def _fee(theirs: Theirs, ours: Ours) -> Break | None:
    if theirs.status != "succeeded" or theirs.income_kopecks is None:
        return None
    fee = theirs.amount_kopecks - theirs.income_kopecks
    if fee == ours.fee_kopecks:
        return None
    # A fee that was not known at the capture is only written down; another one is a question.
    remedy = Remedy.POST_FEE if ours.fee_kopecks == 0 and fee > 0 else Remedy.PERSON
    found = _payment(BreakClass.FEE_DIFFERS, remedy, theirs, ours)
    return Break(
        found.kind,
        found.subject,
        found.remedy,
        found.order_id,
        found.attempt,
        provider_id=theirs.id,
        ours_kopecks=ours.fee_kopecks,
        theirs_kopecks=fee,
    )


def _stuck(theirs: Theirs, ours: Ours, now: datetime) -> Break | None:
    if theirs.status != "pending" or now - theirs.created_at <= PAYMENT_STUCK_AFTER:
        return None
    return _payment(BreakClass.STUCK, Remedy.PERSON, theirs, ours)


def missing_there(ours: Ours, now: datetime) -> Break | None:
    """An attempt of which the provider's list says nothing, a day after it was asked for."""
    if now - ours.created_at <= MISSING_AFTER:
        return None
    if ours.provider_id is None and ours.state is not AttemptState.REQUESTED:
        return None
    return Break(
        BreakClass.MISSING_THERE,
        f"{ours.order_id}:{ours.number}",
        Remedy.PERSON,
        ours.order_id,
        ours.number,
        provider_id=ours.provider_id,
        ours_kopecks=ours.amount_kopecks,
    )


def duplicates(attempts: tuple[Ours, ...]) -> tuple[Break, ...]:
    """Captures beyond the first of one order that nobody returns.

    The order's own workflow returns what it has released; `is_owned` says that it wants it.
    """
    taken = [
        one
        for one in attempts
        if one.state is AttemptState.CAPTURED
        and one.is_owned
        and one.refunded_or_reserved_kopecks < one.amount_kopecks
    ]
    return tuple(
        Break(
            BreakClass.DUPLICATE_CAPTURE,
            one.provider_id or f"{one.order_id}:{one.number}",
            Remedy.REFUND,
            one.order_id,
            one.number,
            provider_id=one.provider_id,
            ours_kopecks=one.amount_kopecks,
            theirs_kopecks=one.amount_kopecks - one.refunded_or_reserved_kopecks,
        )
        for one in sorted(taken, key=lambda one: one.number)[1:]
    )


def refund_break(theirs: TheirRefund, ours: OurRefund | None, now: datetime) -> Break | None:
    """The one thing that is wrong with a refund; one that we do not know was made elsewhere."""
    if ours is None:
        # What is pending may still fail; the next run sees its end.
        if theirs.status != "succeeded":
            return None
        return _refund(BreakClass.EXTERNAL_REFUND, Remedy.POST_EXTERNAL, theirs, None)
    if theirs.amount_kopecks != ours.amount_kopecks and theirs.status != "canceled":
        return _refund(BreakClass.AMOUNT_DIFFERS, Remedy.PERSON, theirs, ours)
    is_final = ours.state in (RefundState.SUCCEEDED, RefundState.FAILED)
    if is_final:
        same = {"succeeded": RefundState.SUCCEEDED, "canceled": RefundState.FAILED}
        if same.get(theirs.status, ours.state) is not ours.state:
            return _refund(BreakClass.AMOUNT_DIFFERS, Remedy.PERSON, theirs, ours)
        return None
    if theirs.status != "pending":
        remedy = Remedy.APPLY if ours.is_closed else Remedy.SIGNAL
        return _refund(BreakClass.STATUS_LAG, remedy, theirs, ours)
    if now - theirs.created_at > REFUND_STUCK_AFTER:
        return _refund(BreakClass.STUCK, Remedy.PERSON, theirs, ours)
    return None


def _refund(kind: BreakClass, remedy: Remedy, theirs: TheirRefund, ours: OurRefund | None) -> Break:
    return Break(
        kind,
        theirs.id,
        remedy,
        ours.order_id if ours is not None else theirs.order_id,
        ours.attempt if ours is not None else None,
        ours.seq if ours is not None else None,
        theirs.id,
        ours.amount_kopecks if ours is not None else 0,
        theirs.amount_kopecks,
    )


class Depth(StrEnum):
    """How far back a run looks."""

    RECENT = "recent"
    NIGHTLY = "nightly"
    MONTHLY = "monthly"
    QUEUE = "queue"


@dataclass(frozen=True)
class Span:
    """From `since` to `until`, of what the provider lists."""

    since: datetime
    until: datetime


def spans(depth: Depth, now: datetime) -> tuple[Span, ...]:
    """The windows of a run; they overlap, so that nothing falls between two of them."""
    if depth is Depth.RECENT:
        return (Span(now - timedelta(hours=2), now - timedelta(minutes=5)),)
    if depth is Depth.NIGHTLY:
        return tuple(
            Span(now - timedelta(days=day + 1), now - timedelta(days=day)) for day in range(8)
        )
    return ()
