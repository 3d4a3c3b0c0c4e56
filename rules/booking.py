"""Decisions about the prepayment window and the agreed time of the visit."""

from dataclasses import replace
from datetime import datetime, timedelta

from rules import credit
from rules.changes import (
    Change,
    MoneyAction,
    Notice,
    OfferOutcome,
    Telling,
    to_client,
    to_contractor,
    to_support,
)
from rules.errors import AlreadyPaid, NotPayable, NotYours, ProposalUnknown, TransitionRefused
from rules.money import free_cancellation_ends
from rules.orders import ClaimState, OfferState, Order, OrderEvent, OrderState, Proposal, Role
from rules.slots import check_proposal


def check_payable(order: Order) -> None:
    """A prepayment may be started now.

    Raises:
        AlreadyPaid, NotPayable: It may not.
    """
    if order.prepaid:
        raise AlreadyPaid()
    if order.state is not OrderState.AWAITING_PREPAYMENT:
        raise NotPayable()


def payment_reminded(order: Order, now: datetime) -> Change:
    """A part of the payment window has passed without money."""
    reminders = sum(1 for at in reminder_times(order) if at <= now)
    return Change(
        order.after(OrderEvent.PAYMENT_REMINDED, now, payment_reminders=reminders),
        OrderEvent.PAYMENT_REMINDED,
        tellings=to_client(Notice.PAY_REMINDER),
    )


def reminder_times(order: Order) -> tuple[datetime, ...]:
    """When to remind of the payment: at 50 % and 80 % of the window."""
    if order.accepted_at is None:
        return ()
    window, start = order.clocks.payment_window_seconds, order.accepted_at + _paused(order)
    return tuple(
        start + timedelta(seconds=window * percent / 100)
        for percent in order.policy.payment_reminder_percents
    )


def next_reminder(order: Order, now: datetime) -> datetime | None:
    """When to remind next; what was told before a pause is not told again after it."""
    ahead = reminder_times(order)[order.payment_reminders :]
    return next((at for at in ahead if at > now), None)


def _paused(order: Order) -> timedelta:
    return timedelta(seconds=order.payment_paused_seconds)


def payment_ends(order: Order) -> datetime:
    """When the leased slot is given back if nothing is paid."""
    if order.accepted_at is None:
        raise TransitionRefused("nobody has accepted")
    window = timedelta(seconds=order.clocks.payment_window_seconds)
    return order.accepted_at + window + _paused(order)


def with_payment_deadline(order: Order) -> Order:
    """The order whose cards show the end of the payment window as it is now."""
    return replace(order, due_at=payment_ends(order))


def prepaid(order: Order, now: datetime) -> Change:
    """The prepayment is held or taken: the visit is booked."""
    after = order.after(OrderEvent.PREPAID, now, prepaid=True, booked_at=now, due_at=order.visit_at)
    told = to_contractor(order.contractor_id, Notice.CLIENT_PAID)
    return Change(
        after,
        OrderEvent.PREPAID,
        Role.CLIENT,
        order.client_id,
        tellings=(*to_client(Notice.PAYMENT_RECEIVED), *told),
    )


def payment_expired(order: Order, now: datetime) -> Change:
    """Unpaid at the deadline: the slot is free again, without a penalty for the contractor."""
    after = order.after(OrderEvent.PAYMENT_EXPIRED, now, due_at=None, credit_kopecks=0)
    outcome = OfferOutcome(order.contractor_id or 0, order.search.round, OfferState.WITHDRAWN)
    told = to_contractor(order.contractor_id, Notice.CLIENT_DID_NOT_PAY)
    return Change(
        after,
        OrderEvent.PAYMENT_EXPIRED,
        offers=(outcome,),
        tellings=(*to_client(Notice.ORDER_UNPAID), *told),
        frees=order.contractor_id,
        money=MoneyAction.RELEASE,
    )


def hold_lost(order: Order, now: datetime) -> Change:
    """The provider let the client's hold go before it was captured: nothing is paid any more.

    A booked order asks for the money once more, with the same contractor; later on a person
    has to look, because the work is under way. A claim on money that is gone has come to nothing,
    and what the client's credit had paid is his again.
    """
    booked = order.state is OrderState.BOOKED
    claim = order.claim
    if claim is not None:
        claim = replace(claim, state=ClaimState.SETTLED, amount_kopecks=0)
    window = timedelta(seconds=order.clocks.payment_window_seconds)
    after = order.after(
        OrderEvent.HOLD_LOST,
        now,
        prepaid=False,
        credit_kopecks=0,
        claim=claim,
        booked_at=None if booked else order.booked_at,
        accepted_at=now if booked else order.accepted_at,
        payment_paused_seconds=0,
        payment_reminders=0,
        needs_attention=not booked and not order.is_final,
        due_at=now + window if booked else None if claim is not None else order.due_at,
    )
    told = to_client(Notice.PAY_REMINDER) if booked else to_support(Notice.NEEDS_PERSON)
    journals = credit.give_back_all(order)
    return Change(after, OrderEvent.HOLD_LOST, journals=journals, tellings=told)


def captured_in_part(order: Order, missing_kopecks: int, due_kopecks: int, now: datetime) -> Change:
    """Of a hold only a part was taken; the rest went back to the client at once.

    `due_kopecks` of it were owed to him anyway. What is left is what the order settles.
    """
    extra = max(0, missing_kopecks - due_kopecks)
    claim, left = order.claim, order.prepayment_kopecks - order.refund_kopecks - extra
    if claim is not None:
        # Costs can only be paid from what was taken.
        cap = max(0, min(claim.cap_kopecks, left))
        claim = replace(claim, cap_kopecks=cap, amount_kopecks=min(claim.amount_kopecks, cap))
    after = order.after(
        OrderEvent.CAPTURED_IN_PART,
        now,
        claim=claim,
        refund_kopecks=order.refund_kopecks + extra,
        unfrozen_kopecks=order.unfrozen_kopecks + missing_kopecks,
    )
    told = Telling(Role.SUPPORT, Notice.CAPTURED_IN_PART, params=(("kopecks", missing_kopecks),))
    return Change(after, OrderEvent.CAPTURED_IN_PART, tellings=(told,))


def capture_time(order: Order) -> datetime:
    """When a hold is taken: free cancellation is over (or at once, when nothing is free)."""
    ends = free_cancellation_ends(order)
    if ends is None:
        raise TransitionRefused("nothing is booked")
    return ends


def check_party(order: Order, role: Role, actor_id: int) -> None:
    """The actor is this order's client or its present contractor (or support).

    Raises:
        NotYours: He is not.
    """
    if role is Role.SUPPORT:
        return
    owner = order.client_id if role is Role.CLIENT else order.contractor_id
    if owner != actor_id:
        raise NotYours()


def slot_proposed(order: Order, role: Role, visit_at: datetime, now: datetime) -> Change:
    """One side proposes another time; the newest proposal counts.

    Raises:
        BadTime, TransitionRefused, OrderClosed: It cannot.
    """
    check_proposal(visit_at, now)
    if order.set_off_at is not None:
        raise TransitionRefused("the contractor is on the way")
    after = order.after(OrderEvent.SLOT_PROPOSED, now, proposal=Proposal(role, visit_at))
    told = (
        to_contractor(order.contractor_id, Notice.SLOT_PROPOSED)
        if role is Role.CLIENT
        else to_client(Notice.SLOT_PROPOSED)
    )
    return Change(after, OrderEvent.SLOT_PROPOSED, role, tellings=told)


def slot_answered(order: Order, role: Role, *, agrees: bool, now: datetime) -> Change:
    """The other side agrees or refuses; the agreed time is the one that counts from now on.

    Raises:
        ProposalUnknown: There is no proposal, or it is one's own.
    """
    proposal = order.proposal
    if proposal is None or proposal.by is role:
        raise ProposalUnknown()
    event = OrderEvent.SLOT_AGREED if agrees else OrderEvent.SLOT_REFUSED
    notice = Notice.SLOT_AGREED if agrees else Notice.SLOT_REFUSED
    visit = proposal.visit_at if agrees else order.visit_at
    after = order.after(event, now, proposal=None, visit_at=visit, due_at=visit)
    told = (
        to_client(notice)
        if proposal.by is Role.CLIENT
        else to_contractor(order.contractor_id, notice)
    )
    return Change(after, event, role, tellings=told)
