"""Everything that goes into and comes out of an order's workflow.

Frozen dataclasses; fields are only ever added, with defaults. Nothing personal: people are ids,
free text is a row, reasons are codes (`rules.reasons`).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from rules.catalog import Service
from rules.native import Paid
from rules.orders import ClaimItem, OrderState, Role
from rules.payments import Method
from rules.policy import Policy
from rules.quotes import Offered


@dataclass(frozen=True)
class OrderInput:
    """What an order starts with; the policy is pinned here for its whole life."""

    order_id: str
    request_id: str
    client_id: int
    service: Service
    detail: str
    town: str
    region: str
    utc_offset_minutes: int
    policy: Policy = field(default_factory=Policy)
    wish_day: date | None = None


@dataclass(frozen=True)
class OrderAnswer:
    """What a person who acted is told: where the order is now."""

    order_id: str
    number: int
    state: OrderState
    version: int
    visit_at: datetime | None = None
    payment_url: str | None = None


@dataclass(frozen=True)
class OrderResult:
    """How an order ended; amounts in kopecks."""

    state: OrderState
    prepayment_kopecks: int
    captured_kopecks: int
    refunded_kopecks: int
    contractor_id: int | None


@dataclass(frozen=True)
class Acceptance:
    """A contractor takes the order."""

    contractor_id: int


@dataclass(frozen=True)
class Refusal:
    """A contractor refuses his offer; the reason is a code of DECLINE_REASONS."""

    contractor_id: int
    reason: str = "other"


@dataclass(frozen=True)
class PaymentChoice:
    """The client wants to pay, by card or SBP."""

    client_id: int
    method: Method


@dataclass(frozen=True)
class Cancellation:
    """The client or support ends the order; the reason is a code."""

    role: Role
    actor_id: int
    reason: str = "other"


@dataclass(frozen=True)
class Withdrawal:
    """The contractor leaves a job he has accepted; the reason is a code of WITHDRAW_REASONS."""

    contractor_id: int
    reason: str = "other"


@dataclass(frozen=True)
class NoShowReport:
    """The client says that nobody came."""

    client_id: int


@dataclass(frozen=True)
class ContractorStep:
    """The contractor sets off, or starts."""

    contractor_id: int


@dataclass(frozen=True)
class Completion:
    """The work is done; the price paid directly on top of the prepayment is optional."""

    contractor_id: int
    final_price_kopecks: int | None = None


@dataclass(frozen=True)
class WorkAcceptance:
    """The client accepts the work."""

    client_id: int


@dataclass(frozen=True)
class Rating:
    """One side's stars, 1-5."""

    role: Role
    actor_id: int
    stars: int


@dataclass(frozen=True)
class Rescheduling:
    """One side proposes another time."""

    role: Role
    actor_id: int
    visit_at: datetime


@dataclass(frozen=True)
class ReschedulingAnswer:
    """The other side agrees or refuses."""

    role: Role
    actor_id: int
    agrees: bool


@dataclass(frozen=True)
class CostClaim:
    """The contractor's proven costs after a late cancellation; 0 means 'no costs'.

    `items` add up to the amount; without them the reason is the only one.
    """

    contractor_id: int
    amount_kopecks: int
    reason: str = ""
    items: tuple[ClaimItem, ...] = ()


class ClaimVerdict(StrEnum):
    """What is said to a claim."""

    AGREE = "agree"
    OBJECT = "object"
    DECIDE = "decide"


@dataclass(frozen=True)
class ClaimAnswer:
    """The client agrees or objects with a reason; support decides with an amount in kopecks.

    The reason is a code of OBJECTION_REASONS.
    """

    role: Role
    actor_id: int
    verdict: ClaimVerdict
    granted_kopecks: int | None = None
    reason: str = "other"


@dataclass(frozen=True)
class Assignment:
    """Support gives the order to a contractor."""

    support_id: int
    contractor_id: int


@dataclass(frozen=True)
class QuoteGiven:
    """A contractor's quote, or a changed one."""

    contractor_id: int
    offered: Offered


@dataclass(frozen=True)
class QuoteChoice:
    """The client chooses one contractor's quote."""

    client_id: int
    contractor_id: int


@dataclass(frozen=True)
class MoreTime:
    """The client wants more time to choose a quote."""

    client_id: int


@dataclass(frozen=True)
class MetresAsked:
    """The contractor is at the stop depth: so many metres more, at this price for each."""

    contractor_id: int
    metres: int
    metre_kopecks: int


@dataclass(frozen=True)
class MetresAnswer:
    """The client consents to the asked-for metres, or does not."""

    client_id: int
    agrees: bool


@dataclass(frozen=True)
class Dispute:
    """Support freezes the order; the reason is a code of SUPPORT_REASONS."""

    support_id: int
    reason: str = "other"


@dataclass(frozen=True)
class DisputeDecision:
    """Support decides what goes back to the client, in kopecks."""

    support_id: int
    refund_kopecks: int = 0


@dataclass(frozen=True)
class PaymentNotice:
    """The provider (or the client) says that something happened; only a reason to look.

    Telegram also says which attempt's invoice was paid, and what the payment is called.
    """

    notice_id: int = 0
    paid: Paid | None = None


@dataclass(frozen=True)
class Unreachable:
    """Telegram refuses to deliver to this contractor: his offer is skipped at once."""

    contractor_id: int


@dataclass(frozen=True)
class ContractorAvailable:
    """A contractor has come on line near an open search."""

    contractor_id: int
