"""Inputs and results of activities: ids, enums, amounts, instants; nothing personal."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from rules.catalog import Estimate, Service
from rules.changes import OfferOutcome, Telling
from rules.ledger import Journal
from rules.orders import OrderEvent, Role
from rules.payments import Method, Op
from rules.payouts import RegisterState
from rules.points import PointsChange
from rules.policy import Policy
from rules.quotas import Quota
from rules.statements import Side
from rules.views import OrderView


@dataclass(frozen=True)
class Opening:
    """The first write of an order; `request_id` names the row with everything personal."""

    order_id: str
    request_id: str
    client_id: int
    service: Service
    detail: str
    town: str
    region: str
    utc_offset_minutes: int
    estimate: Estimate
    prepayment_kopecks: int
    policy_version: str
    created_at: datetime
    unpaid_orders_max: int
    orders_per_day: int
    wish_day: date | None = None
    # Contractors are asked for quotes, not whether they take it.
    quoting: bool = False


@dataclass(frozen=True)
class Opened:
    """The order's public number, or why it was not taken (a RuleViolation's name)."""

    number: int
    refused: str | None = None


@dataclass(frozen=True)
class OfferTerms:
    """What the wave's activity needs of the order to find and ask contractors."""

    order_id: str
    client_id: int
    service: Service
    round: int
    wave: int
    size: int
    visit_at: datetime
    until: datetime
    # Asked before in this round, or withdrew earlier.
    asked: tuple[int, ...]
    # Live offers of the last wave that end unanswered now.
    silent: tuple[int, ...]
    max_live_offers: int
    now: datetime
    policy: Policy
    explore: bool
    is_urgent: bool
    # What support has widened the search by.
    extra_km: int = 0
    # An invitation to quote holds no place of a contractor's capacity.
    holds: bool = True
    # Nobody else is asked; empty: everybody.
    only: tuple[int, ...] = ()


@dataclass(frozen=True)
class SentOffer:
    """One granted offer with its explanation."""

    contractor_id: int
    distance_km: float
    score: float
    terms: dict[str, float]
    # His own deadline: on his clock the night does not count.
    until: datetime | None = None
    utc_offset_minutes: int = 180


@dataclass(frozen=True)
class Wave:
    """What a wave came to: who was asked and how many were not eligible for which reason."""

    offers: tuple[SentOffer, ...]
    exclusions: dict[str, int] = field(default_factory=dict)
    # Nobody eligible only because it is night: when the next one wakes.
    night_until: datetime | None = None


@dataclass(frozen=True)
class Written:
    """One change, ready to be written."""

    view: OrderView
    event: OrderEvent
    by: Role
    actor_id: int | None
    at: datetime
    offers: tuple[OfferOutcome, ...] = ()
    journals: tuple[Journal, ...] = ()
    points: tuple[PointsChange, ...] = ()
    tellings: tuple[Telling, ...] = ()
    winner: int | None = None
    frees: int | None = None
    note: str = ""
    round: int = 1
    # The change asks for the prepayment: up to this much of it may come from the client's credit.
    credit_max_kopecks: int = 0
    # What the winner may have taken; none for whom support chose.
    quota: Quota | None = None


@dataclass(frozen=True)
class Commit:
    """A batch of changes in order; the last view is the row's new truth.

    A batch with a winner has exactly one change, so that its refusal undoes nothing else.
    """

    order_id: str
    client_id: int
    policy_version: str
    changes: tuple[Written, ...]


@dataclass(frozen=True)
class Committed:
    """Done; or the winner was refused by the database (a RuleViolation's name).

    `credit_kopecks` of the client's credit were reserved for the prepayment.
    """

    refused: str | None = None
    credit_kopecks: int = 0


@dataclass(frozen=True)
class PaymentStep:
    """One operation on one payment attempt; the business key is derived from these fields."""

    order_id: str
    number: int
    client_id: int
    attempt: int
    op: Op
    method: Method
    # The attempt's amount, or the refund's for the two refund operations.
    amount_kopecks: int
    attempt_kopecks: int
    provider_id: str | None = None
    released: bool = False
    late: bool = False
    was_held: bool = False
    refund_seq: int = 0
    refund_provider_id: str | None = None


class PayoutAct(StrEnum):
    """What may be asked of a payout register."""

    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True)
class PayoutCommand:
    """One person's word about a register; `by` names him (a token or a member of support)."""

    register_id: str
    act: PayoutAct
    by: str
    side: Side = Side.CONTRACTOR
    minimum_kopecks: int = 0
    # Whose payout the bank has answered about; None: all that are left.
    payee_id: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class PayoutAnswer:
    """Where the register is now, or why nothing was done (a RuleViolation's name)."""

    register_id: str
    number: int = 0
    state: RegisterState = RegisterState.PROPOSED
    total_kopecks: int = 0
    refused: str | None = None
