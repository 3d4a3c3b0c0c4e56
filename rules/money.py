"""Prepayment, shares, refunds and compensations: integer kopecks, one place, no rounding twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.catalog import Estimate
from rules.orders import Order, OrderState, Role
from rules.policy import Policy, RefundTier


def percent_of(kopecks: int, percent: int) -> int:
    """A share in kopecks, rounded half up to a kopeck."""
    return (kopecks * percent + 50) // 100


def prepayment(estimate: Estimate, policy: Policy) -> int:
    """20 % of the low end in kopecks, rounded half up to whole roubles; no floor, no cap."""
    return (estimate.low_kopecks * policy.prepayment_percent + 50_00) // 100_00 * 100


@dataclass(frozen=True)
class Shares:
    """How a kept prepayment is divided, in kopecks; the parts add up to it exactly."""

    platform_kopecks: int
    contractor_kopecks: int


def shares(prepayment_kopecks: int, policy: Policy) -> Shares:
    """Platform fee (25 %) and the contractor's payable of a completed order."""
    fee = percent_of(prepayment_kopecks, policy.platform_fee_percent)
    return Shares(fee, prepayment_kopecks - fee)


@dataclass(frozen=True)
class CancellationTerms:
    """What a cancellation means in kopecks.

    `refund_now` goes back at once; up to `claim_cap` waits for the contractor's proven costs;
    `compensation` is credited to the client on top.
    """

    refund_now_kopecks: int
    claim_cap_kopecks: int
    compensation_kopecks: int = 0


def _tier_percent(tiers: tuple[RefundTier, ...], seconds_before: float) -> int:
    for tier in tiers:
        if seconds_before >= tier.at_least_seconds_before_visit:
            return tier.claim_cap_percent
    return tiers[-1].claim_cap_percent


def free_cancellation_ends(order: Order) -> datetime | None:
    """When cancelling stops being free; None while nothing is booked."""
    if order.booked_at is None or order.visit_at is None:
        return None
    clocks = order.clocks
    if clocks.free_after_booking_seconds:
        return order.booked_at + timedelta(seconds=clocks.free_after_booking_seconds)
    last_free = min(
        tier.at_least_seconds_before_visit
        for tier in clocks.refund_tiers
        if tier.claim_cap_percent == 0
    )
    return max(order.booked_at, order.visit_at - timedelta(seconds=last_free))


def claim_cap_percent(order: Order, now: datetime) -> int:
    """The cap of a cost claim in per cent of the prepayment, if the client cancelled now."""
    if not order.prepaid or order.contractor_id is None or order.visit_at is None:
        return 0
    if order.state in (OrderState.IN_PROGRESS, OrderState.AWAITING_ACCEPTANCE, OrderState.DISPUTED):
        return 100
    if order.set_off_at is not None:
        return order.clocks.on_the_way_cap_percent
    if order.clocks.free_after_booking_seconds:
        ends = free_cancellation_ends(order)
        if ends is not None and now < ends:
            return 0
    return _tier_percent(order.clocks.refund_tiers, (order.visit_at - now).total_seconds())


def cancellation_terms(order: Order, by: Role, now: datetime) -> CancellationTerms:
    """Refund, claim cap and compensation in kopecks when `by` cancels at `now`.

    The client (and support for the client) leaves at any time against proven costs only; a
    contractor's or the system's end costs the client nothing. The per cent are caps of a claim.
    """
    # What a dispute has sent back before is not there to be sent back again.
    paid = order.prepayment_kopecks - order.refund_kopecks if order.prepaid else 0
    if by is Role.CLIENT:
        cap = percent_of(paid, claim_cap_percent(order, now))
        return CancellationTerms(paid - cap, cap)
    return CancellationTerms(paid, 0)


def withdrawal_compensation(order: Order, now: datetime) -> int:
    """What a client is credited in kopecks when the contractor withdraws after payment."""
    if not order.prepaid or order.visit_at is None:
        return 0
    before = (order.visit_at - now).total_seconds()
    percent = _tier_percent(order.policy.withdrawal_tiers, before)
    return percent_of(order.prepayment_kopecks, percent)


def no_show_compensation(order: Order) -> int:
    """What a client is credited in kopecks when the contractor did not come: 20 %, 300-3,000 ₽."""
    if not order.prepaid:
        return 0
    policy = order.policy
    wanted = percent_of(order.prepayment_kopecks, policy.no_show_percent)
    return max(policy.no_show_min_kopecks, min(policy.no_show_max_kopecks, wanted))


def claim_caps(order: Order) -> tuple[tuple[datetime, int], ...]:
    """From when on a client's cancellation could cost how much at most, kopecks, ascending.

    Written with every commit, so that a card can tell the cost at the moment it is looked at.
    """
    if not order.prepaid or order.booked_at is None or order.visit_at is None:
        return ()
    moments = {order.booked_at, order.set_off_at or order.booked_at}
    if order.clocks.free_after_booking_seconds:
        ends = free_cancellation_ends(order)
        moments.add(ends or order.booked_at)
    for tier in order.clocks.refund_tiers:
        moments.add(order.visit_at - timedelta(seconds=tier.at_least_seconds_before_visit))
    # One second after a tier's edge it has been left.
    later = sorted({moment + timedelta(seconds=1) for moment in moments})
    return tuple(
        (moment, percent_of(order.prepayment_kopecks, claim_cap_percent(order, moment)))
        for moment in later
    )
