"""The order as its workflow knows it; its states and events are in `rules.transitions`."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from rules.catalog import Estimate, JobClass, Service
from rules.errors import OrderClosed
from rules.policy import POLICY_V1, ClassPolicy, Policy
from rules.quotes import Quotes
from rules.transitions import (
    FINAL_STATES,
    TRANSITIONS,
    OrderEvent,
    OrderState,
    next_state,
)

__all__ = [
    "FINAL_STATES",
    "TRANSITIONS",
    "Claim",
    "ClaimItem",
    "ClaimState",
    "Offer",
    "OfferState",
    "Order",
    "OrderEvent",
    "OrderState",
    "PriceProposal",
    "Proposal",
    "Role",
    "Search",
    "next_state",
]


class Role(StrEnum):
    """Who acts."""

    CLIENT = "client"
    CONTRACTOR = "contractor"
    SUPPORT = "support"
    SYSTEM = "system"


class OfferState(StrEnum):
    """What became of one offer."""

    LIVE = "live"
    DECLINED = "declined"
    EXPIRED = "expired"
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"
    # Asked for a quote, and gave it.
    QUOTED = "quoted"


@dataclass(frozen=True)
class Offer:
    """An order shown to one contractor, until an absolute deadline."""

    contractor_id: int
    wave: int
    until: datetime
    visit_at: datetime
    distance_km: float = 0.0
    score: float = 0.0
    state: OfferState = OfferState.LIVE
    # The contractor's own clock: at his night silence costs nothing.
    utc_offset_minutes: int = 180


@dataclass(frozen=True)
class Search:
    """How far distribution has come; a withdrawal starts a new round of it."""

    round: int = 1
    wave: int = 0
    started_at: datetime | None = None
    empty_queries: int = 0
    person_since: datetime | None = None
    offers: tuple[Offer, ...] = ()
    # Contractors of earlier rounds who withdrew or did not come; never asked again.
    excluded: tuple[int, ...] = ()
    # How often the order has gone from one contractor to the next.
    redispatches: int = 0
    # How much farther support lets contractors be asked who agreed to farther.
    extra_km: int = 0
    night_told: bool = False

    def live(self) -> tuple[Offer, ...]:
        """The offers that can still be answered in time."""
        return tuple(offer for offer in self.offers if offer.state is OfferState.LIVE)

    def of(self, contractor_id: int) -> Offer | None:
        """This contractor's offer in the present round."""
        for offer in self.offers:
            if offer.contractor_id == contractor_id:
                return offer
        return None


class ClaimState(StrEnum):
    """A contractor's cost claim after a late cancellation."""

    OPEN = "open"
    MADE = "made"
    OBJECTED = "objected"
    SETTLED = "settled"


@dataclass(frozen=True)
class ClaimItem:
    """One line of a claim: what for (a code of CLAIM_REASONS), how much, its pictures' ids."""

    reason: str
    kopecks: int
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Claim:
    """What the contractor may still ask for: at most `cap_kopecks`, until `until`.

    `amount_kopecks` is what is asked, later what is granted; when support has decided, `until`
    is the end of the time for an appeal.
    """

    cap_kopecks: int
    until: datetime
    state: ClaimState = ClaimState.OPEN
    amount_kopecks: int = 0
    # What the first item is for.
    reason: str = ""
    items: tuple[ClaimItem, ...] = ()
    asked_kopecks: int = 0
    # Why it is contested: a code of OBJECTION_REASONS.
    objection: str = ""
    decided_by: Role | None = None

    @property
    def has_proof(self) -> bool:
        """Whether there is at least one picture."""
        return any(one.files for one in self.items)


@dataclass(frozen=True)
class Proposal:
    """Another time for the visit, waiting for the other side."""

    by: Role
    visit_at: datetime


@dataclass(frozen=True)
class PriceProposal:
    """Another price range that support proposes; nothing changes before the client agrees."""

    estimate: Estimate
    prepayment_kopecks: int


@dataclass(frozen=True)
class Order:
    """One order as its workflow knows it: ids, enums, amounts, instants and the town only."""

    order_id: str
    number: int
    client_id: int
    service: Service
    detail: str
    town: str
    region: str
    utc_offset_minutes: int
    estimate: Estimate
    prepayment_kopecks: int
    created_at: datetime
    policy: Policy = POLICY_V1
    wish_day: date | None = None
    state: OrderState = OrderState.NEW
    # Counts every change; buttons carry it, so a tap on an old card is recognised.
    version: int = 0
    state_since: datetime | None = None
    due_at: datetime | None = None
    search: Search = field(default_factory=Search)
    price_proposal: PriceProposal | None = None
    contractor_id: int | None = None
    visit_at: datetime | None = None
    accepted_at: datetime | None = None
    prepaid: bool = False
    # What of the prepayment the client's credit pays; the rest goes through the provider.
    credit_kopecks: int = 0
    # Since when the provider has not answered about the payment; for that long the window stands.
    payments_down_since: datetime | None = None
    payment_paused_seconds: int = 0
    payment_reminders: int = 0
    booked_at: datetime | None = None
    proposal: Proposal | None = None
    set_off_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    completed_at: datetime | None = None
    final_price_kopecks: int | None = None
    redispatch_since: datetime | None = None
    claim: Claim | None = None
    cancelled_by: Role | None = None
    reason: str = ""
    # A project job is quoted by several contractors; None: by ordinary offers.
    quotes: Quotes | None = None
    client_stars: int | None = None
    contractor_stars: int | None = None
    compensation_kopecks: int = 0
    refund_kopecks: int = 0
    # What of it never left the client's card: the rest of a hold that was captured in part.
    unfrozen_kopecks: int = 0
    needs_attention: bool = False
    # The payment operation that needs a person, or nothing.
    money_stuck: str = ""
    money_closed: bool = False

    @property
    def job_class(self) -> JobClass:
        """The job class of the service."""
        return self.service.job_class

    @property
    def clocks(self) -> ClassPolicy:
        """The timers and tiers that this order was started with."""
        return self.policy.for_class(self.job_class)

    @property
    def calls_person(self) -> bool:
        """Support has to look, at the order or at its money."""
        return self.needs_attention or bool(self.money_stuck)

    @property
    def is_final(self) -> bool:
        """The job is over (money may still be settling)."""
        return self.state in FINAL_STATES

    def after(self, event: OrderEvent, now: datetime, **changes: object) -> "Order":
        """The order after an event: new state, next version, changed fields.

        Raises:
            OrderClosed, TransitionRefused: The table does not allow it, or the books are closed.
        """
        # The database's word about an acceptance may come after everything else.
        if self.money_closed and event is not OrderEvent.CLAIM_REFUSED:
            raise OrderClosed(f"{event} after closed books")
        state = next_state(self.state, event)
        if state is not self.state:
            changes.setdefault("state_since", now)
        moved = replace(self, state=state, version=self.version + 1)
        return replace(moved, **changes)  # type: ignore[arg-type]  # names are checked at run time
