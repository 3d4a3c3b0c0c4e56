"""When a payment operation does not come to its end: what is noted, and when a person is called.

Weather (no answer) is waited out by the activity's own retries; only when it lasts does it become
a trouble here. A definite refusal is one at once. Nothing is ever given up.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from rules import attempts
from rules.attempts import Attempt, Money, Op, Refund, RefundState, Trouble
from rules.payments import Seen, Step

UNANSWERED = "unanswered"
REFUSED = "refused"
BREACH = "integrity_breach"
NOT_FOUND = "not_found"
NOT_PROVEN = "not_proven"
TOO_HIGH = attempts.TOO_HIGH

REFUSALS_MAX = 3
STUCK_AFTER = timedelta(minutes=15)
# A person waits for these two, so their silence is noticed sooner.
_AWAITED = (Op.CREATE, Op.GET)
_LOOKS = (Op.GET, Op.GET_REFUND)
_REFUNDS = (Op.REFUND, Op.GET_REFUND)
_DOUBT = timedelta(minutes=2)
_LONG = (timedelta(hours=1), timedelta(hours=6))


def patience(attempt: Attempt, op: Op) -> timedelta:
    """How long an answer is waited for before its absence is noted (again)."""
    first = (_DOUBT, STUCK_AFTER - _DOUBT) if op in _AWAITED else (STUCK_AFTER,)
    waits: tuple[timedelta, ...] = (*first, *_LONG)
    trouble = attempt.trouble
    silences = trouble.silences if trouble is not None and trouble.op is op else 0
    return waits[min(silences, len(waits) - 1)]


def unanswered(attempt: Attempt, step: Step, since: datetime) -> Attempt:
    """The attempt after the provider has been asked in vain since `since`.

    The server gives an activity up as soon as its next try would come too late, which may be at
    once: the rest of the patience is waited out here, or a busy provider would be hammered.
    """
    trouble = _of(attempt, step, UNANSWERED, since)
    again = since + patience(attempt, step.op)
    quiet = replace(trouble, silences=trouble.silences + 1, again_at=again)
    return replace(attempt, trouble=quiet)


def learned(attempt: Attempt, step: Step, seen: Seen, now: datetime) -> Attempt:
    """The attempt's trouble after an answer: begun, grown, or over."""
    code = seen.trouble or _refusal_of(seen.refund)
    if code in (REFUSED, TOO_HIGH) and step.op is Op.REFUND and attempt.owed_kopecks <= 0:
        # A person has sent it back by hand meanwhile: there is nothing left to try.
        return replace(attempt, trouble=None)
    if code:
        op = Op.REFUND if seen.refund is not None else step.op
        trouble = _of(attempt, replace(step, op=op), code, now)
        frozen = trouble.frozen or code == BREACH
        grown = replace(trouble, refusals=trouble.refusals + 1, silences=0, frozen=frozen)
        return replace(attempt, trouble=grown if trouble.frozen else replace(grown, code=code))
    if attempt.trouble is None or not _ends(attempt.trouble, seen.refund):
        return attempt
    return replace(attempt, trouble=None)


def _of(attempt: Attempt, step: Step, code: str, since: datetime) -> Trouble:
    known = attempt.trouble
    if known is not None and (known.frozen or known.op is step.op):
        return known
    kopecks = step.amount_kopecks or attempt.amount_kopecks
    return Trouble(step.op, code, since, kopecks, step.refund_seq)


def _refusal_of(refund: Refund | None) -> str:
    return REFUSED if refund is not None and refund.state is RefundState.FAILED else ""


def _ends(trouble: Trouble, refund: Refund | None) -> bool:
    if trouble.op not in _REFUNDS:
        return True
    if refund is None:
        return False
    # A refund that was refused before is out of trouble only when it has gone out.
    return refund.state is RefundState.SUCCEEDED or trouble.frozen or not trouble.refusals


def is_unanswered(attempt: Attempt | None) -> bool:
    """The client waits for an answer about his payment that does not come."""
    trouble = attempt.trouble if attempt is not None else None
    if trouble is None or trouble.frozen:
        return False
    return trouble.op in _AWAITED and trouble.silences > 0


def is_stuck(attempt: Attempt, now: datetime) -> bool:
    """The attempt's trouble needs a person."""
    trouble = attempt.trouble
    if trouble is None:
        return False
    if trouble.frozen or trouble.refusals >= REFUSALS_MAX:
        return True
    if trouble.refusals:
        return now - trouble.since >= STUCK_AFTER
    # Counted, not measured: an answer is given up a little early when the next try would be late.
    # That a payment cannot be looked at holds up no money.
    enough = 2 if trouble.op in _AWAITED else 1
    return trouble.op not in _LOOKS and trouble.silences >= enough


def stuck(money: Money, now: datetime) -> Trouble | None:
    """The oldest trouble that needs a person."""
    found = [
        one.trouble for one in money.attempts if one.trouble is not None and is_stuck(one, now)
    ]
    return min(found, key=lambda one: one.since, default=None)
