"""Each update's decision: from what was said to a `Change`, or a refusal. Pure.

Used twice per update, by its validator (a refusal leaves no trace in the history) and by its
handler in the same breath.
"""

from datetime import datetime

from rules import (
    booking,
    cancelling,
    choosing,
    claims,
    limits,
    metres,
    quoting,
    searching,
    working,
)
from rules.changes import Change
from rules.errors import AlreadyPaid, BadInput, NotPayable, NotYours, TransitionRefused
from rules.orders import ClaimItem, Order, OrderState, Role
from rules.payments import Money
from rules.reasons import CANCEL_REASONS, DECLINE_REASONS, SUPPORT_REASONS, WITHDRAW_REASONS
from workflows import messages


def _known(reason: str, codes: tuple[str, ...]) -> str:
    if reason not in codes:
        raise BadInput(f"unknown reason {reason[:40]!r}")
    return reason


def accept(order: Order, said: messages.Acceptance, now: datetime) -> Change:
    """A contractor takes the order; whoever had quoted less works at his quote."""
    quoting.check_offer_answer(order)
    change = searching.accepted(order, said.contractor_id, now)
    return choosing.at_his_quote(change, said.contractor_id)


def decline(order: Order, said: messages.Refusal, now: datetime) -> Change:
    """A contractor refuses his offer."""
    reason = _known(said.reason, DECLINE_REASONS)
    return searching.declined(order, said.contractor_id, reason, now)


def assign(order: Order, said: messages.Assignment, now: datetime) -> Change:
    """Support gives the order to a contractor, at his quote if there is one."""
    return choosing.assigned(order, said.contractor_id, now)


def check_payment(order: Order, money: Money, said: messages.PaymentChoice) -> None:
    """The client may start a payment now."""
    booking.check_party(order, Role.CLIENT, said.client_id)
    booking.check_payable(order)
    if money.is_paid:
        # The order has not read it yet; another page would take the money a second time.
        raise AlreadyPaid()
    if len(money.attempts) >= limits.PAYMENT_ATTEMPTS_MAX:
        raise NotPayable("too many payment attempts")


def cancel(order: Order, said: messages.Cancellation, now: datetime) -> Change:
    """The client or support ends the order."""
    if said.role not in (Role.CLIENT, Role.SUPPORT):
        raise NotYours()
    booking.check_party(order, said.role, said.actor_id)
    if order.state is OrderState.DISPUTED and said.role is not Role.SUPPORT:
        raise TransitionRefused("support is deciding")
    codes = CANCEL_REASONS if said.role is Role.CLIENT else SUPPORT_REASONS
    return cancelling.cancelled(order, said.role, _known(said.reason, codes), now)


def withdraw(order: Order, said: messages.Withdrawal, now: datetime) -> Change:
    """The contractor leaves the job."""
    booking.check_party(order, Role.CONTRACTOR, said.contractor_id)
    change = cancelling.withdrew(order, _known(said.reason, WITHDRAW_REASONS), now)
    return choosing.after_withdrawal(change, now)


def report_no_show(order: Order, said: messages.NoShowReport, now: datetime) -> Change:
    """The client says that nobody came."""
    booking.check_party(order, Role.CLIENT, said.client_id)
    return cancelling.no_show(order, now)


def set_off(order: Order, said: messages.ContractorStep, now: datetime) -> Change:
    """The contractor is on the way."""
    booking.check_party(order, Role.CONTRACTOR, said.contractor_id)
    return working.set_off(order, now)


def start(order: Order, said: messages.ContractorStep, now: datetime) -> Change:
    """The contractor starts work."""
    booking.check_party(order, Role.CONTRACTOR, said.contractor_id)
    return working.started(order, now)


def done(order: Order, said: messages.Completion, now: datetime) -> Change:
    """The contractor reports the work as done, at most at the price that was agreed to."""
    booking.check_party(order, Role.CONTRACTOR, said.contractor_id)
    metres.check_final(order, said.final_price_kopecks)
    return working.done(order, said.final_price_kopecks, now)


def accept_work(order: Order, said: messages.WorkAcceptance, now: datetime) -> Change:
    """The client accepts the work."""
    booking.check_party(order, Role.CLIENT, said.client_id)
    return working.work_accepted(order, Role.CLIENT, now)


def rate(order: Order, said: messages.Rating, now: datetime) -> Change:
    """One side gives its stars."""
    if said.role not in (Role.CLIENT, Role.CONTRACTOR):
        raise NotYours()
    booking.check_party(order, said.role, said.actor_id)
    return working.rated(order, said.role, said.stars, now)


def reschedule(order: Order, said: messages.Rescheduling, now: datetime) -> Change:
    """One side proposes another time."""
    booking.check_party(order, said.role, said.actor_id)
    return booking.slot_proposed(order, said.role, said.visit_at, now)


def answer_reschedule(order: Order, said: messages.ReschedulingAnswer, now: datetime) -> Change:
    """The other side agrees or refuses."""
    booking.check_party(order, said.role, said.actor_id)
    return booking.slot_answered(order, said.role, agrees=said.agrees, now=now)


def claim(order: Order, said: messages.CostClaim, now: datetime) -> Change:
    """The contractor claims proven costs, or says there were none."""
    booking.check_party(order, Role.CONTRACTOR, said.contractor_id)
    if said.amount_kopecks == 0:
        return claims.waived(order, Role.CONTRACTOR, now)
    items = said.items or (ClaimItem(said.reason, said.amount_kopecks),)
    if sum(one.kopecks for one in items) != said.amount_kopecks:
        raise BadInput("the items do not add up to the claim")
    return claims.claimed(order, items, now)


def answer_claim(order: Order, said: messages.ClaimAnswer, now: datetime) -> Change:
    """The client agrees or objects; support decides."""
    booking.check_party(order, said.role, said.actor_id)
    if said.verdict is messages.ClaimVerdict.DECIDE:
        if said.role is not Role.SUPPORT:
            raise NotYours()
        granted = said.granted_kopecks
        return claims.decided(order, Role.SUPPORT, granted, now, support_id=said.actor_id)
    if said.role is not Role.CLIENT:
        raise NotYours()
    if said.verdict is messages.ClaimVerdict.OBJECT:
        return claims.objected(order, said.reason, now)
    return claims.decided(order, Role.CLIENT, None, now)


def open_dispute(order: Order, said: messages.Dispute, now: datetime) -> Change:
    """Support freezes the order."""
    return working.disputed(order, _known(said.reason, SUPPORT_REASONS), now)


def resolve_dispute(order: Order, said: messages.DisputeDecision, now: datetime) -> Change:
    """Support decides a dispute."""
    return working.dispute_resolved(order, said.refund_kopecks, now)


def quote(order: Order, said: messages.QuoteGiven, now: datetime) -> Change:
    """A contractor quotes, or changes his quote."""
    return quoting.quoted(order, said.contractor_id, said.offered, now)


def withdraw_quote(order: Order, said: messages.ContractorStep, now: datetime) -> Change:
    """A contractor takes his quote back."""
    return quoting.quote_withdrawn(order, said.contractor_id, now)


def choose_quote(order: Order, said: messages.QuoteChoice, now: datetime) -> Change:
    """The client chooses a quote."""
    booking.check_party(order, Role.CLIENT, said.client_id)
    return choosing.chosen(order, said.contractor_id, now)


def extend_choice(order: Order, said: messages.MoreTime, now: datetime) -> Change:
    """The client asks for more time to choose."""
    booking.check_party(order, Role.CLIENT, said.client_id)
    return choosing.choice_extended(order, now)


def ask_metres(order: Order, said: messages.MetresAsked, now: datetime) -> Change:
    """The contractor asks for metres beyond the stop depth."""
    booking.check_party(order, Role.CONTRACTOR, said.contractor_id)
    return metres.metres_asked(order, said.metres, said.metre_kopecks, now)


def answer_metres(order: Order, said: messages.MetresAnswer, now: datetime) -> Change:
    """The client consents to the metres, or does not."""
    booking.check_party(order, Role.CLIENT, said.client_id)
    return metres.metres_answered(order, agrees=said.agrees, now=now)
