"""Decisions when distribution is exhausted: a person takes over, then the order ends by itself."""

from dataclasses import replace
from datetime import datetime, timedelta

from rules import credit, points
from rules.changes import Change, MoneyAction, Notice, OfferOutcome, to_client, to_support
from rules.errors import TransitionRefused
from rules.night import is_night
from rules.orders import Offer, OfferState, Order, OrderEvent
from rules.searching import expire


def person_called(order: Order, now: datetime) -> Change:
    """Distribution is exhausted: support has a day, then the order ends by itself.

    Whoever still has time to answer keeps it.
    """
    due = tuple(one for one in order.search.live() if one.until <= now)
    kept = tuple(
        replace(one, state=OfferState.EXPIRED) if one in due else one for one in order.search.offers
    )
    number = order.search.round
    outcomes = tuple(OfferOutcome(one.contractor_id, number, OfferState.EXPIRED) for one in due)
    search = replace(order.search, offers=kept, person_since=now)
    after = order.after(
        OrderEvent.PERSON_CALLED,
        now,
        search=search,
        needs_attention=True,
        due_at=person_ends(replace(order, search=search)),
    )
    return Change(
        after,
        OrderEvent.PERSON_CALLED,
        offers=outcomes,
        points=_silence(order, due, now),
        tellings=(*to_client(Notice.PERSON_SEARCHES), *to_support(Notice.NEEDS_PERSON)),
    )


def _silence(
    order: Order, offers: tuple[Offer, ...], now: datetime
) -> tuple[points.PointsChange, ...]:
    """Silence costs points, but not at a contractor's night."""
    return tuple(
        points.change(one.contractor_id, points.PointsReason.SILENCE, order.search.round)
        for one in offers
        if not is_night(now, one.utc_offset_minutes, order.policy)
    )


def person_ends(order: Order) -> datetime:
    """When the search ends for good: a day after a person took over; paid orders within 48 h."""
    since = order.search.person_since
    if since is None:
        raise TransitionRefused("no person has taken over")
    ends = since + timedelta(seconds=order.policy.person_seconds)
    if order.redispatch_since is not None:
        limit = order.redispatch_since + timedelta(seconds=order.policy.redispatch_seconds)
        return min(ends, limit)
    return ends


def gave_up(order: Order, now: datetime) -> Change:
    """Nobody was found: nothing was taken, or what was taken goes back in full."""
    kept, outcomes = expire(order)
    left = order.prepayment_kopecks - order.refund_kopecks if order.prepaid else 0
    after = order.after(
        OrderEvent.GAVE_UP,
        now,
        search=replace(order.search, offers=kept),
        refund_kopecks=order.prepayment_kopecks if order.prepaid else 0,
        prepaid=False,
        needs_attention=False,
        due_at=None,
    )
    return Change(
        after,
        OrderEvent.GAVE_UP,
        offers=outcomes,
        journals=credit.give_back(order, left).journals,
        tellings=to_client(Notice.NO_CONTRACTOR),
        money=MoneyAction.RELEASE,
    )
