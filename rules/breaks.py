"""The words of reconciliation: both sides of a comparison, a break, and what repairs it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.attempts import AttemptState, RefundState

ADOPTED_FROM = 1001
"""Attempts and refunds that the order's workflow did not ask for are numbered from here."""

CHARGED_BACK = 1_000_000
"""The number under which a workflow counts what the payer's bank took back; it has no row."""


class ObjectKind(StrEnum):
    """What the mirror of the provider holds."""

    PAYMENT = "payment"
    REFUND = "refund"
    CHARGEBACK = "chargeback"


class BreakClass(StrEnum):
    """How the two sides differ."""

    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    STATUS_LAG = "status_lag"
    LATE_SUCCESS = "late_success"
    AMOUNT_DIFFERS = "amount_differs"
    FEE_DIFFERS = "fee_differs"
    EXTERNAL_REFUND = "external_refund"
    DUPLICATE_CAPTURE = "duplicate_capture"
    STUCK = "stuck"
    TEST_FLAG = "test_flag"
    CHARGEBACK = "chargeback"
    INVARIANT = "invariant"
    # No difference from the provider: what a decided appeal changes after the books were closed.
    APPEAL = "appeal"


class BreakState(StrEnum):
    """How far a break has come; the last two end it."""

    OPEN = "open"
    REPAIRING = "repairing"
    AWAITING_APPROVAL = "awaiting_approval"
    REPAIRED = "repaired"
    DISMISSED = "dismissed"


OPEN_STATES = (BreakState.OPEN, BreakState.REPAIRING, BreakState.AWAITING_APPROVAL)


class Remedy(StrEnum):
    """What repairs a break; `PERSON` alone is never done by itself."""

    # The order's workflow owns its money: have it look.
    SIGNAL = "signal"
    # Bring rows and journals to what the provider says; afterwards the money goes back.
    ADOPT = "adopt"
    APPLY = "apply"
    POST_EXTERNAL = "post_external"
    POST_FEE = "post_fee"
    # Money leaves: two people.
    REFUND = "refund"
    POST_CHARGEBACK = "post_chargeback"
    POST_GOODWILL = "post_goodwill"
    PERSON = "person"


BY_ITSELF = frozenset(
    {Remedy.SIGNAL, Remedy.ADOPT, Remedy.APPLY, Remedy.POST_EXTERNAL, Remedy.POST_FEE}
)
BY_TWO = frozenset({Remedy.REFUND, Remedy.POST_CHARGEBACK, Remedy.POST_GOODWILL})


@dataclass(frozen=True)
class Break:
    """One difference; `subject` names it for ever, amounts in kopecks."""

    kind: BreakClass
    subject: str
    remedy: Remedy
    order_id: str | None = None
    attempt: int | None = None
    refund_seq: int | None = None
    provider_id: str | None = None
    ours_kopecks: int = 0
    theirs_kopecks: int = 0


@dataclass(frozen=True)
class Theirs:
    """A payment as it was last seen at the provider; `order_id` and `attempt` are its word."""

    id: str
    status: str
    amount_kopecks: int
    income_kopecks: int | None
    refunded_kopecks: int
    test: bool
    created_at: datetime
    order_id: str | None = None
    attempt: int | None = None
    # The order's live workflow has asked for a payment and does not know yet which one it is.
    is_awaited: bool = False


@dataclass(frozen=True)
class Ours:
    """An attempt with what the books say of it; `is_closed`: its order's books are closed."""

    order_id: str
    number: int
    state: AttemptState
    amount_kopecks: int
    provider_id: str | None
    created_at: datetime
    is_closed: bool = False
    is_owned: bool = True
    fee_kopecks: int = 0
    refunded_or_reserved_kopecks: int = 0


@dataclass(frozen=True)
class TheirRefund:
    """A refund as it was last seen at the provider."""

    id: str
    payment_id: str
    status: str
    amount_kopecks: int
    created_at: datetime
    # Whose payment it is of, if we know.
    order_id: str | None = None


@dataclass(frozen=True)
class OurRefund:
    """A refund in our rows."""

    order_id: str
    attempt: int
    seq: int
    state: RefundState
    amount_kopecks: int
    provider_id: str | None
    created_at: datetime
    is_closed: bool = False
