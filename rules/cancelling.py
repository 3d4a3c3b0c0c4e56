"""Decisions that end an order early, and what they cost: cancellation, withdrawal, no-show."""

from dataclasses import replace
from datetime import datetime, timedelta

from rules import credit, ledger, money, points
from rules.changes import (
    Change,
    MoneyAction,
    Notice,
    OfferOutcome,
    Telling,
    to_client,
    to_contractor,
)
from rules.errors import TransitionRefused
from rules.orders import (
    Claim,
    OfferState,
    Order,
    OrderEvent,
    OrderState,
    Role,
    Search,
)


def cancelled(order: Order, by: Role, reason: str, now: datetime) -> Change:
    """An order ends early, from any open state.

    What no claim can reach goes back at once; up to the cap waits a day for the contractor's
    proven costs. Before payment nothing moves.

    Raises:
        OrderClosed: It has ended already.
    """
    terms = money.cancellation_terms(order, by, now)
    claim = None
    if terms.claim_cap_kopecks > 0:
        until = now + timedelta(seconds=order.policy.claim_seconds)
        claim = Claim(terms.claim_cap_kopecks, until)
    offers = tuple(
        replace(one, state=OfferState.LOST) if one.state is OfferState.LIVE else one
        for one in order.search.offers
    )
    back = credit.give_back(order, terms.refund_now_kopecks)
    after = order.after(
        OrderEvent.CANCELLED,
        now,
        search=replace(order.search, offers=offers),
        claim=claim,
        cancelled_by=by,
        reason=reason,
        refund_kopecks=order.refund_kopecks + terms.refund_now_kopecks,
        credit_kopecks=order.credit_kopecks if order.prepaid else 0,
        needs_attention=False,
        proposal=None,
        due_at=claim.until if claim else None,
    )
    return Change(
        after,
        OrderEvent.CANCELLED,
        by,
        offers=_ended_offers(order),
        journals=back.journals,
        tellings=_told(order, claim),
        frees=order.contractor_id,
        money=MoneyAction.REFUND if claim else MoneyAction.RELEASE,
        refund_kopecks=back.provider_kopecks,
        note=reason,
    )


def _told(order: Order, claim: Claim | None) -> tuple[Telling, ...]:
    told = to_client(Notice.ORDER_CANCELLED)
    if order.contractor_id is None:
        return told
    notice = Notice.CLAIM_INVITED if claim else Notice.CLIENT_CANCELLED
    return (*told, *to_contractor(order.contractor_id, notice))


def _ended_offers(order: Order) -> tuple[OfferOutcome, ...]:
    number = order.search.round
    ended = [
        OfferOutcome(one.contractor_id, number, OfferState.LOST) for one in order.search.live()
    ]
    if order.contractor_id is not None:
        ended.append(OfferOutcome(order.contractor_id, number, OfferState.WITHDRAWN, "cancelled"))
    return tuple(ended)


def withdrew(order: Order, reason: str, now: datetime) -> Change:
    """The contractor withdraws: the order searches again, first in line, price and money kept.

    The client is credited a compensation by the time left; the contractor owes it.
    """
    reasons = points.PointsReason
    penalty = reasons.WITHDREW_PAID if order.prepaid else reasons.WITHDREW_UNPAID
    amount = money.withdrawal_compensation(order, now)
    return _searches_again(order, OrderEvent.WITHDREW, amount, penalty, reason, now)


def no_show(order: Order, now: datetime) -> Change:
    """The contractor did not come: as a withdrawal, with the highest compensation.

    Raises:
        TransitionRefused: The grace after the agreed time has not passed, or work has begun.
    """
    if order.visit_at is None or order.state is not OrderState.BOOKED:
        raise TransitionRefused("no visit is due")
    if now < order.visit_at + timedelta(seconds=order.clocks.start_grace_seconds):
        raise TransitionRefused("the contractor may still come")
    amount = money.no_show_compensation(order)
    return _searches_again(
        order, OrderEvent.NO_SHOW, amount, points.PointsReason.NO_SHOW, "no_show", now
    )


def _searches_again(
    order: Order,
    event: OrderEvent,
    compensation: int,
    penalty: points.PointsReason,
    reason: str,
    now: datetime,
) -> Change:
    contractor = order.contractor_id
    if contractor is None:
        raise TransitionRefused("there is no contractor")
    old = order.search
    search = Search(
        old.round + 1,
        started_at=now,
        excluded=(*old.excluded, contractor),
        redispatches=old.redispatches + 1,
        extra_km=old.extra_km,
    )
    after = order.after(
        event,
        now,
        search=search,
        contractor_id=None,
        visit_at=None,
        accepted_at=None,
        booked_at=None,
        set_off_at=None,
        started_at=None,
        proposal=None,
        due_at=None,
        needs_attention=False,
        credit_kopecks=order.credit_kopecks if order.prepaid else 0,
        redispatch_since=now if order.prepaid else None,
        compensation_kopecks=order.compensation_kopecks + compensation,
    )
    journals: tuple[ledger.Journal, ...] = ()
    if compensation:
        journals = (
            ledger.compensated(order.order_id, old.round, order.client_id, compensation),
            ledger.penalised(order.order_id, old.round, contractor, compensation),
        )
    return Change(
        after,
        event,
        Role.CONTRACTOR if event is OrderEvent.WITHDREW else Role.CLIENT,
        contractor,
        offers=(OfferOutcome(contractor, old.round, OfferState.WITHDRAWN, reason),),
        journals=journals,
        points=(points.change(contractor, penalty, old.round),),
        tellings=(
            *to_client(Notice.CONTRACTOR_WITHDREW),
            *to_contractor(contractor, Notice.YOU_WERE_RELEASED),
        ),
        frees=contractor,
        note=reason,
    )
