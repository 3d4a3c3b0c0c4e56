"""What is shown of an order: one value for the bot, the browser page, the console and support.

Built from rows (`models.queries.orders`) or, without the personal fields, from a workflow.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from rules import claims
from rules.catalog import Estimate, Service
from rules.credit import returned
from rules.money import claim_caps
from rules.orders import (
    ClaimItem,
    ClaimState,
    OfferState,
    Order,
    OrderState,
    PriceProposal,
    Proposal,
    Role,
)
from rules.payments import Money, MoneySummary, summary
from rules.quotes import Quotes
from rules.quoting import is_quoting


@dataclass(frozen=True)
class OfferView:
    """One contractor's offer, as he and support see it."""

    contractor_id: int
    wave: int
    state: OfferState
    until: datetime
    visit_at: datetime
    distance_km: float
    score: float = 0.0
    terms: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class ClaimView:
    """A cost claim: amounts in kopecks."""

    state: str
    cap_kopecks: int
    amount_kopecks: int
    reason: str
    until: datetime
    items: tuple[ClaimItem, ...] = ()
    asked_kopecks: int = 0
    objection: str = ""
    decided_by: Role | None = None
    # Nothing is granted by silence: there is no picture, and it is much.
    needs_proof: bool = False

    def was_lost_by(self, role: Role) -> bool:
        """Whether support has decided against this side, at least in part."""
        if self.decided_by is not Role.SUPPORT or self.state != ClaimState.SETTLED:
            return False
        lost = self.amount_kopecks if role is Role.CLIENT else self.unpaid_kopecks
        return role in (Role.CLIENT, Role.CONTRACTOR) and lost > 0

    @property
    def unpaid_kopecks(self) -> int:
        """What was asked and not granted."""
        return self.asked_kopecks - self.amount_kopecks

    @property
    def files(self) -> tuple[str, ...]:
        """The ids of all its pictures."""
        return tuple(name for one in self.items for name in one.files)


@dataclass(frozen=True)
class OrderView:
    """All public facts of an order, and (from rows only) what its parties may know."""

    order_id: str
    number: int
    version: int
    state: OrderState
    service: Service
    detail: str
    town: str
    region: str
    utc_offset_minutes: int
    estimate: Estimate
    prepayment_kopecks: int
    created_at: datetime
    state_since: datetime | None = None
    due_at: datetime | None = None
    wish_day: date | None = None
    wave: int = 0
    offered: int = 0
    person_since: datetime | None = None
    redispatch_since: datetime | None = None
    price_proposal: PriceProposal | None = None
    contractor_id: int | None = None
    visit_at: datetime | None = None
    prepaid: bool = False
    # What of the prepayment the client's credit pays.
    credit_kopecks: int = 0
    set_off_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    completed_at: datetime | None = None
    proposal: Proposal | None = None
    cancelled_by: Role | None = None
    reason: str = ""
    claim: ClaimView | None = None
    final_price_kopecks: int | None = None
    # Contractors are asked for quotes; and what has come in (a contractor sees his own only).
    quoting: bool = False
    quotes: Quotes | None = None
    client_stars: int | None = None
    contractor_stars: int | None = None
    refund_kopecks: int = 0
    unfrozen_kopecks: int = 0
    compensation_kopecks: int = 0
    money: MoneySummary = field(default_factory=MoneySummary)
    needs_attention: bool = False
    # The payment operation that support is called for; whether the provider gives no answer.
    money_stuck: str = ""
    payments_down: bool = False
    # The bot may send an invoice that is paid inside Telegram.
    takes_invoices: bool = False
    money_closed: bool = False
    # From when on cancelling could cost the client how much at most, kopecks (`cap_at`).
    claim_caps: tuple[tuple[datetime, int], ...] = ()
    # The same at the moment of reading; filled by the query (a cap of a claim, not a fee).
    claim_cap_kopecks: int = 0
    claim_cap_until: datetime | None = None
    # Personal; only from rows, each only for the role that may know it.
    client_name: str | None = None
    client_phone: str | None = None
    address: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    comment: str | None = None
    contractor_name: str | None = None
    contractor_phone: str | None = None
    contractor_rating: float | None = None
    contractor_completed: int | None = None
    # `{PUBLIC_URL}/o/{secret}`: the client's page of the order.
    page_url: str | None = None
    offer: OfferView | None = None


def to_pay(view: OrderView) -> int:
    """What of the prepayment goes through the provider, in kopecks."""
    return view.prepayment_kopecks - view.credit_kopecks


def credit_back(view: OrderView, refund_kopecks: int | None = None) -> int:
    """How much of what goes back (or would) returns to the client's credit, in kopecks."""
    refund = view.refund_kopecks if refund_kopecks is None else refund_kopecks
    return returned(view.prepayment_kopecks, view.credit_kopecks, refund)


def cap_at(caps: tuple[tuple[datetime, int], ...], now: datetime) -> int:
    """The cap in force at `now`, in kopecks."""
    return next((cap for since, cap in reversed(caps) if since <= now), 0)


def cap_until(caps: tuple[tuple[datetime, int], ...], now: datetime) -> datetime | None:
    """When the cap in force at `now` is raised; None if it never is."""
    cap = cap_at(caps, now)
    return next((since for since, later in caps if since > now and later > cap), None)


def view(order: Order, money: Money) -> OrderView:
    """The public view of a workflow's order; carries nothing personal by construction."""
    return OrderView(
        order_id=order.order_id,
        number=order.number,
        version=order.version,
        state=order.state,
        service=order.service,
        detail=order.detail,
        town=order.town,
        region=order.region,
        utc_offset_minutes=order.utc_offset_minutes,
        estimate=order.estimate,
        prepayment_kopecks=order.prepayment_kopecks,
        created_at=order.created_at,
        state_since=order.state_since,
        due_at=order.due_at,
        wish_day=order.wish_day,
        wave=order.search.wave,
        offered=len(order.search.offers),
        person_since=order.search.person_since,
        redispatch_since=order.redispatch_since,
        price_proposal=order.price_proposal,
        contractor_id=order.contractor_id,
        visit_at=order.visit_at,
        prepaid=order.prepaid,
        credit_kopecks=order.credit_kopecks,
        set_off_at=order.set_off_at,
        started_at=order.started_at,
        done_at=order.done_at,
        completed_at=order.completed_at,
        proposal=order.proposal,
        cancelled_by=order.cancelled_by,
        reason=order.reason,
        claim=_claim(order),
        final_price_kopecks=order.final_price_kopecks,
        quoting=is_quoting(order),
        quotes=order.quotes,
        client_stars=order.client_stars,
        contractor_stars=order.contractor_stars,
        refund_kopecks=order.refund_kopecks,
        unfrozen_kopecks=order.unfrozen_kopecks,
        compensation_kopecks=order.compensation_kopecks,
        money=summary(money),
        needs_attention=order.calls_person,
        money_stuck=order.money_stuck,
        payments_down=order.payments_down_since is not None,
        money_closed=order.money_closed,
        claim_caps=claim_caps(order),
    )


def _claim(order: Order) -> ClaimView | None:
    claim = order.claim
    if claim is None:
        return None
    return ClaimView(
        claim.state,
        claim.cap_kopecks,
        claim.amount_kopecks,
        claim.reason,
        claim.until,
        claim.items,
        claim.asked_kopecks,
        claim.objection,
        claim.decided_by,
        claims.needs_proof(order),
    )
