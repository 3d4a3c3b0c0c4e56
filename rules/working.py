"""Decisions from the booked visit to accepted, rated and settled work."""

from datetime import datetime, timedelta

from rules import credit, ledger, points
from rules.catalog import JobClass
from rules.changes import Change, MoneyAction, Notice, Telling, to_client, to_contractor, to_support
from rules.errors import AlreadyRated, BadInput, TransitionRefused
from rules.limits import STARS_MAX, STARS_MIN
from rules.money import shares
from rules.orders import Order, OrderEvent, OrderState, Role


def visit_reminded(order: Order, now: datetime) -> Change:
    """The visit is near."""
    return Change(
        order.after(OrderEvent.VISIT_REMINDED, now),
        OrderEvent.VISIT_REMINDED,
        tellings=to_contractor(order.contractor_id, Notice.VISIT_SOON),
    )


def visit_reminder_at(order: Order) -> datetime | None:
    """When the contractor is reminded; urgent visits are too near to need it."""
    if order.visit_at is None or order.job_class is JobClass.URGENT:
        return None
    return order.visit_at - timedelta(seconds=order.policy.visit_reminder_seconds)


def set_off(order: Order, now: datetime) -> Change:
    """The contractor is on the way; a repeated tap changes nothing more."""
    if order.set_off_at is not None:
        raise TransitionRefused("already on the way")
    after = order.after(OrderEvent.SET_OFF, now, set_off_at=now, proposal=None)
    told = to_client(Notice.CONTRACTOR_SET_OFF)
    return Change(after, OrderEvent.SET_OFF, Role.CONTRACTOR, order.contractor_id, tellings=told)


def start_ends(order: Order) -> datetime:
    """When a start is overdue: the visit plus its grace."""
    if order.visit_at is None:
        raise TransitionRefused("no visit is agreed")
    return order.visit_at + timedelta(seconds=order.clocks.start_grace_seconds)


def start_overdue(order: Order, now: datetime) -> Change:
    """Nobody has started: the client chooses, support watches."""
    after = order.after(OrderEvent.START_OVERDUE, now, needs_attention=True, due_at=None)
    return Change(
        after,
        OrderEvent.START_OVERDUE,
        tellings=(*to_client(Notice.START_OVERDUE), *to_support(Notice.NEEDS_PERSON)),
    )


def started(order: Order, now: datetime) -> Change:
    """Work begins; a hold is captured now at the latest."""
    after = order.after(
        OrderEvent.STARTED, now, started_at=now, proposal=None, needs_attention=False, due_at=None
    )
    return Change(
        after,
        OrderEvent.STARTED,
        Role.CONTRACTOR,
        order.contractor_id,
        tellings=to_client(Notice.WORK_STARTED),
        money=MoneyAction.CAPTURE,
    )


def done(order: Order, final_price_kopecks: int | None, now: datetime) -> Change:
    """The contractor reports the work as done; the client has a window to accept it.

    Raises:
        BadInput: The final price is below the prepayment.
    """
    if final_price_kopecks is not None and final_price_kopecks < order.prepayment_kopecks:
        raise BadInput("the final price is below the prepayment")
    ends = now + timedelta(seconds=order.clocks.auto_accept_seconds)
    after = order.after(
        OrderEvent.DONE, now, done_at=now, final_price_kopecks=final_price_kopecks, due_at=ends
    )
    told = to_client(Notice.WORK_DONE)
    return Change(after, OrderEvent.DONE, Role.CONTRACTOR, order.contractor_id, tellings=told)


def auto_accept_at(order: Order) -> datetime:
    """When silence counts as acceptance."""
    if order.done_at is None:
        raise TransitionRefused("the work is not done")
    return order.done_at + timedelta(seconds=order.clocks.auto_accept_seconds)


def work_accepted(order: Order, by: Role, now: datetime) -> Change:
    """The client (or the timer) accepts the work; the slot is free, the dispute window runs."""
    ends = now + timedelta(seconds=order.clocks.dispute_window_seconds)
    after = order.after(OrderEvent.WORK_ACCEPTED, now, completed_at=now, due_at=ends)
    contractor = order.contractor_id or 0
    # Who accepts it himself has the card with the stars under his thumb.
    told = () if by is Role.CLIENT else to_client(Notice.PLEASE_RATE)
    return Change(
        after,
        OrderEvent.WORK_ACCEPTED,
        by,
        points=(points.change(contractor, points.PointsReason.COMPLETED, order.search.round),),
        tellings=(
            *told,
            *to_contractor(order.contractor_id, Notice.WORK_ACCEPTED),
        ),
        frees=order.contractor_id,
        money=MoneyAction.CAPTURE,
    )


def dispute_ends(order: Order) -> datetime:
    """When the contractor's share becomes payable."""
    if order.completed_at is None:
        raise TransitionRefused("the order is not completed")
    return order.completed_at + timedelta(seconds=order.clocks.dispute_window_seconds)


def review_ends(order: Order) -> datetime:
    """When ratings are no longer taken."""
    if order.completed_at is None:
        raise TransitionRefused("the order is not completed")
    return order.completed_at + timedelta(seconds=order.clocks.review_window_seconds)


def both_rated(order: Order) -> bool:
    """Both sides have rated; the ratings are shown to each other."""
    return order.client_stars is not None and order.contractor_stars is not None


def rated(order: Order, role: Role, stars: int, now: datetime) -> Change:
    """One side rates the other, blind until both have or the window ends.

    Raises:
        BadInput: Stars outside 1-5.
        AlreadyRated: This side has rated.
    """
    if not STARS_MIN <= stars <= STARS_MAX:
        raise BadInput("stars must be 1-5")
    given = order.client_stars if role is Role.CLIENT else order.contractor_stars
    if given is not None:
        raise AlreadyRated()
    field = "client_stars" if role is Role.CLIENT else "contractor_stars"
    after = order.after(OrderEvent.RATED, now, **{field: stars})
    return Change(
        after, OrderEvent.RATED, role, points=_revealed(after) if both_rated(after) else ()
    )


def _revealed(order: Order) -> tuple[points.PointsChange, ...]:
    if order.client_stars is None or order.contractor_id is None:
        return ()
    reason = points.PointsReason.STARS
    return (
        points.change(order.contractor_id, reason, order.search.round, stars=order.client_stars),
    )


def disputed(order: Order, reason: str, now: datetime) -> Change:
    """Support freezes the order's money until it has decided."""
    after = order.after(
        OrderEvent.DISPUTE_OPENED, now, reason=reason, needs_attention=True, due_at=None
    )
    return Change(after, OrderEvent.DISPUTE_OPENED, Role.SUPPORT, note=reason)


def dispute_resolved(order: Order, refund_kopecks: int, now: datetime) -> Change:
    """Support decides what goes back to the client; the rest is settled as usual.

    Raises:
        BadInput: More than is left of the prepayment, or less than nothing.
    """
    # An earlier dispute may have sent a part back.
    left = order.prepayment_kopecks - order.refund_kopecks if order.prepaid else 0
    if not 0 <= refund_kopecks <= left:
        raise BadInput("a refund lies between nothing and what is left of the prepayment")
    back = credit.give_back(order, refund_kopecks)
    after = order.after(
        OrderEvent.DISPUTE_RESOLVED,
        now,
        refund_kopecks=order.refund_kopecks + refund_kopecks,
        completed_at=order.completed_at or now,
        needs_attention=False,
    )
    return Change(
        after,
        OrderEvent.DISPUTE_RESOLVED,
        Role.SUPPORT,
        journals=back.journals,
        frees=order.contractor_id if order.completed_at is None else None,
        money=MoneyAction.REFUND if refund_kopecks else MoneyAction.CAPTURE,
        refund_kopecks=back.provider_kopecks,
    )


def settle_and_close(order: Order, now: datetime) -> Change:
    """The last commit: what is left of the deposit goes to its owners, and the books are closed."""
    journals: tuple[ledger.Journal, ...] = ()
    tellings: tuple[Telling, ...] = ()
    left = order.prepayment_kopecks - order.refund_kopecks if order.prepaid else 0
    if order.state is OrderState.COMPLETED and left > 0 and order.contractor_id is not None:
        parts = shares(left, order.policy)
        journals = (ledger.settled(order.order_id, order.contractor_id, parts),)
        tellings = to_contractor(order.contractor_id, Notice.SETTLED)
    costs = order.claim.amount_kopecks if order.claim is not None and order.prepaid else 0
    if order.state is OrderState.CANCELLED and costs > 0 and order.contractor_id is not None:
        journals = (ledger.costs_kept(order.order_id, order.contractor_id, costs),)
    shown = () if both_rated(order) else _revealed(order)
    after = order.after(OrderEvent.CLOSED, now, money_closed=True, due_at=None)
    return Change(after, OrderEvent.CLOSED, journals=journals, points=shown, tellings=tellings)
