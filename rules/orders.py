"""The order: its states, the one transition table, and what a workflow knows of it."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from rules.catalog import Estimate, JobClass, Service
from rules.errors import OrderClosed, TransitionRefused
from rules.policy import POLICY_V1, ClassPolicy, Policy


class Role(StrEnum):
    """Who acts."""

    CLIENT = "client"
    CONTRACTOR = "contractor"
    SUPPORT = "support"
    SYSTEM = "system"


class OrderState(StrEnum):
    """Where an order is; `FINAL_STATES` end it."""

    NEW = "new"
    SEARCHING = "searching"
    AWAITING_PREPAYMENT = "awaiting_prepayment"
    BOOKED = "booked"
    IN_PROGRESS = "in_progress"
    AWAITING_ACCEPTANCE = "awaiting_acceptance"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    UNPAID = "unpaid"
    NO_CONTRACTOR = "no_contractor"
    REJECTED = "rejected"
    DISPUTED = "disputed"


class OrderEvent(StrEnum):
    """What happened to an order; every change of an order has exactly one."""

    PLACED = "placed"
    WAVE_SENT = "wave_sent"
    OFFER_DECLINED = "offer_declined"
    PERSON_CALLED = "person_called"
    ACCEPTED = "accepted"
    REBOOKED = "rebooked"
    CLAIM_REFUSED = "claim_refused"
    PAYMENT_REMINDED = "payment_reminded"
    PREPAID = "prepaid"
    PAYMENT_EXPIRED = "payment_expired"
    HOLD_LOST = "hold_lost"
    GAVE_UP = "gave_up"
    REJECTED = "rejected"
    SLOT_PROPOSED = "slot_proposed"
    SLOT_AGREED = "slot_agreed"
    SLOT_REFUSED = "slot_refused"
    VISIT_REMINDED = "visit_reminded"
    SET_OFF = "set_off"
    START_OVERDUE = "start_overdue"
    STARTED = "started"
    DONE = "done"
    WORK_ACCEPTED = "work_accepted"
    RATED = "rated"
    WITHDREW = "withdrew"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    CLAIMED = "claimed"
    CLAIM_WAIVED = "claim_waived"
    CLAIM_OBJECTED = "claim_objected"
    CLAIM_SETTLED = "claim_settled"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_RESOLVED = "dispute_resolved"
    CLOSED = "closed"
    PAYMENTS_DOWN = "payments_down"
    PAYMENTS_BACK = "payments_back"
    MONEY_STUCK = "money_stuck"
    MONEY_RECOVERED = "money_recovered"


_S = OrderState
_E = OrderEvent
FINAL_STATES = frozenset({_S.COMPLETED, _S.CANCELLED, _S.UNPAID, _S.NO_CONTRACTOR, _S.REJECTED})
"""The job is over; money may still be moving until `money_closed`."""

_OPEN = tuple(state for state in OrderState if state not in FINAL_STATES)
_WORKING = (_S.BOOKED, _S.IN_PROGRESS)

TRANSITIONS: dict[tuple[OrderState, OrderEvent], OrderState] = {
    (_S.NEW, _E.PLACED): _S.SEARCHING,
    (_S.NEW, _E.REJECTED): _S.REJECTED,
    (_S.SEARCHING, _E.WAVE_SENT): _S.SEARCHING,
    (_S.SEARCHING, _E.OFFER_DECLINED): _S.SEARCHING,
    (_S.SEARCHING, _E.PERSON_CALLED): _S.SEARCHING,
    (_S.SEARCHING, _E.ACCEPTED): _S.AWAITING_PREPAYMENT,
    # A replacement for a paid order needs no second prepayment.
    (_S.SEARCHING, _E.REBOOKED): _S.BOOKED,
    # The database fence had the last word: the acceptance is undone.
    (_S.AWAITING_PREPAYMENT, _E.CLAIM_REFUSED): _S.SEARCHING,
    (_S.BOOKED, _E.CLAIM_REFUSED): _S.SEARCHING,
    (_S.CANCELLED, _E.CLAIM_REFUSED): _S.CANCELLED,
    (_S.SEARCHING, _E.GAVE_UP): _S.NO_CONTRACTOR,
    (_S.AWAITING_PREPAYMENT, _E.PAYMENT_REMINDED): _S.AWAITING_PREPAYMENT,
    (_S.AWAITING_PREPAYMENT, _E.PREPAID): _S.BOOKED,
    (_S.AWAITING_PREPAYMENT, _E.PAYMENT_EXPIRED): _S.UNPAID,
    (_S.AWAITING_PREPAYMENT, _E.WITHDREW): _S.SEARCHING,
    (_S.BOOKED, _E.HOLD_LOST): _S.AWAITING_PREPAYMENT,
    (_S.BOOKED, _E.SLOT_PROPOSED): _S.BOOKED,
    (_S.BOOKED, _E.SLOT_AGREED): _S.BOOKED,
    (_S.BOOKED, _E.SLOT_REFUSED): _S.BOOKED,
    (_S.BOOKED, _E.VISIT_REMINDED): _S.BOOKED,
    (_S.BOOKED, _E.SET_OFF): _S.BOOKED,
    (_S.BOOKED, _E.START_OVERDUE): _S.BOOKED,
    (_S.BOOKED, _E.STARTED): _S.IN_PROGRESS,
    (_S.BOOKED, _E.WITHDREW): _S.SEARCHING,
    (_S.BOOKED, _E.NO_SHOW): _S.SEARCHING,
    (_S.IN_PROGRESS, _E.WITHDREW): _S.SEARCHING,
    (_S.IN_PROGRESS, _E.DONE): _S.AWAITING_ACCEPTANCE,
    (_S.AWAITING_ACCEPTANCE, _E.WORK_ACCEPTED): _S.COMPLETED,
    (_S.COMPLETED, _E.RATED): _S.COMPLETED,
    (_S.COMPLETED, _E.DISPUTE_OPENED): _S.DISPUTED,
    (_S.DISPUTED, _E.DISPUTE_RESOLVED): _S.COMPLETED,
    (_S.CANCELLED, _E.CLAIMED): _S.CANCELLED,
    (_S.CANCELLED, _E.CLAIM_WAIVED): _S.CANCELLED,
    (_S.CANCELLED, _E.CLAIM_OBJECTED): _S.CANCELLED,
    (_S.CANCELLED, _E.CLAIM_SETTLED): _S.CANCELLED,
    **{(state, _E.CANCELLED): _S.CANCELLED for state in _OPEN},
    **{(state, _E.DISPUTE_OPENED): _S.DISPUTED for state in (*_WORKING, _S.AWAITING_ACCEPTANCE)},
    **{(state, _E.CLOSED): state for state in FINAL_STATES},
    (_S.AWAITING_PREPAYMENT, _E.PAYMENTS_DOWN): _S.AWAITING_PREPAYMENT,
    # Money has its own clock: these may come in any state and never change it.
    **{
        (state, event): state
        for state in OrderState
        for event in (_E.PAYMENTS_BACK, _E.MONEY_STUCK, _E.MONEY_RECOVERED)
    },
    **{(state, _E.HOLD_LOST): state for state in OrderState if state is not _S.BOOKED},
}


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """The state after an event.

    Raises:
        OrderClosed: The order is final and the event is not allowed any more.
        TransitionRefused: The table has no such row.
    """
    found = TRANSITIONS.get((state, event))
    if found is not None:
        return found
    if state in FINAL_STATES:
        raise OrderClosed(f"{event} after {state}")
    raise TransitionRefused(f"{event} in {state}")


class OfferState(StrEnum):
    """What became of one offer."""

    LIVE = "live"
    DECLINED = "declined"
    EXPIRED = "expired"
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"


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
class Claim:
    """What the contractor may still ask for: at most `cap_kopecks`, until `until`."""

    cap_kopecks: int
    until: datetime
    state: ClaimState = ClaimState.OPEN
    amount_kopecks: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Proposal:
    """Another time for the visit, waiting for the other side."""

    by: Role
    visit_at: datetime


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
    client_stars: int | None = None
    contractor_stars: int | None = None
    compensation_kopecks: int = 0
    refund_kopecks: int = 0
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
