"""Decisions while a contractor is being looked for, up to the acceptance that wins."""

from dataclasses import replace
from datetime import datetime, timedelta

from rules.catalog import JobClass
from rules.changes import (
    Change,
    Notice,
    OfferOutcome,
    to_client,
    to_contractor,
)
from rules.errors import (
    AlreadyYours,
    OfferDeclined,
    OfferUnknown,
    OrderClosed,
    OrderTaken,
    TransitionRefused,
)
from rules.night import after_waking
from rules.offers import wave_size
from rules.orders import FINAL_STATES, Offer, OfferState, Order, OrderEvent, OrderState, Role
from rules.slots import offered_visit


def placed(order: Order, now: datetime) -> Change:
    """The order is written and its search begins."""
    search = replace(order.search, started_at=now)
    return Change(
        order.after(OrderEvent.PLACED, now, search=search), OrderEvent.PLACED, Role.CLIENT
    )


def expire(order: Order) -> tuple[tuple[Offer, ...], tuple[OfferOutcome, ...]]:
    """The offers with every live one expired, and what is to be written of it."""
    kept = tuple(
        replace(offer, state=OfferState.EXPIRED) if offer.state is OfferState.LIVE else offer
        for offer in order.search.offers
    )
    outcomes = tuple(
        OfferOutcome(offer.contractor_id, order.search.round, OfferState.EXPIRED)
        for offer in order.search.live()
    )
    return kept, outcomes


def waves_left(order: Order) -> bool:
    """Whether another wave may be sent before a person takes over."""
    if wave_size(order, order.search.wave + 1) == 0:
        return False
    if order.search.redispatches > order.policy.redispatches_max:
        return False
    return order.search.empty_queries < order.policy.empty_queries_max


def search_ends(order: Order) -> datetime:
    """When the automatic search hands over to a person, whatever it has found.

    Only working time counts, on the clock of the order's place; an urgent search sleeps only
    while nobody is awake. A paid order leaves a person his time before its own end.
    """
    started = order.search.started_at
    if started is None:
        raise TransitionRefused("the search has not begun")
    seconds = order.clocks.search_seconds
    if order.job_class is JobClass.URGENT:
        ends = started + timedelta(seconds=seconds)
    else:
        ends = after_waking(started, seconds, order.utc_offset_minutes, order.policy)
    if order.redispatch_since is None:
        return ends
    # At least half of it is for the search itself, however long a person may take.
    whole = order.policy.redispatch_seconds
    before = max(whole // 2, whole - order.policy.person_seconds)
    return min(ends, order.redispatch_since + timedelta(seconds=before))


def wave_sent(order: Order, offers: tuple[Offer, ...]) -> Order:
    """The order after a wave: silent contractors of the last one expired, the new ones live.

    The wave's activity has written all of it already, so this is not a Change.
    """
    kept, _ = expire(order)
    search = replace(
        order.search,
        offers=(*kept, *offers),
        wave=order.search.wave + 1 if offers else order.search.wave,
        empty_queries=0 if offers else order.search.empty_queries + 1,
    )
    due = max((offer.until for offer in offers), default=None)
    return replace(order, search=search, due_at=due)


def overtaken(order: Order, sent: tuple[Offer, ...]) -> Change:
    """A wave went out while somebody accepted an earlier offer (or the order ended).

    Those asked have lost; should the database refuse the winner, the wave counts as sent and a
    late acceptance of theirs is as good as any. Whoever support gave the order to meanwhile may
    be among them: his own offer is the won one and stays it.
    """
    known = {one.contractor_id for one in order.search.offers}
    others = tuple(one for one in sent if one.contractor_id not in known)
    outcomes = tuple(
        OfferOutcome(one.contractor_id, order.search.round, OfferState.LOST) for one in others
    )
    late = tuple(replace(one, state=OfferState.EXPIRED) for one in others)
    search = replace(order.search, offers=(*order.search.offers, *late), wave=order.search.wave + 1)
    return Change(replace(order, search=search), OrderEvent.WAVE_SENT, offers=outcomes)


def silent(order: Order) -> tuple[int, ...]:
    """The contractors whose live offers end unanswered now."""
    return tuple(offer.contractor_id for offer in order.search.live())


def declined(
    order: Order,
    contractor_id: int,
    reason: str,
    now: datetime,
    *,
    state: OfferState = OfferState.DECLINED,
) -> Change:
    """A contractor refuses his offer (or cannot be reached: state SKIPPED); no points are lost.

    Raises:
        OfferUnknown, OrderTaken, OrderClosed: There is nothing to refuse.
    """
    if order.state is not OrderState.SEARCHING:
        raise OrderClosed() if order.is_final else OrderTaken()
    offer = order.search.of(contractor_id)
    if offer is None:
        raise OfferUnknown()
    outcome = OfferOutcome(contractor_id, order.search.round, state, reason)
    gone = replace(offer, state=state)
    search = replace(
        order.search,
        offers=tuple(gone if one is offer else one for one in order.search.offers),
    )
    return Change(
        order.after(OrderEvent.OFFER_DECLINED, now, search=search),
        OrderEvent.OFFER_DECLINED,
        Role.CONTRACTOR,
        contractor_id,
        offers=(outcome,),
    )


def check_accept(order: Order, contractor_id: int) -> Offer:
    """The offer that this contractor may accept; a late one counts while the order is open.

    Raises:
        AlreadyYours, OrderTaken, OrderClosed, OfferUnknown, OfferDeclined: He may not.
    """
    if order.contractor_id == contractor_id and not order.is_final:
        raise AlreadyYours()
    if order.state in FINAL_STATES:
        raise OrderClosed()
    if order.state is not OrderState.SEARCHING:
        raise OrderTaken()
    offer = order.search.of(contractor_id)
    if offer is None:
        raise OfferUnknown()
    if offer.state is OfferState.DECLINED:
        raise OfferDeclined()
    if offer.state in (OfferState.LOST, OfferState.WITHDRAWN, OfferState.SKIPPED):
        raise OfferUnknown()
    return offer


def _won(order: Order, offer: Offer, now: datetime) -> Order:
    offers = tuple(
        replace(
            one,
            state=OfferState.WON
            if one.contractor_id == offer.contractor_id
            else (OfferState.LOST if one.state is OfferState.LIVE else one.state),
        )
        for one in order.search.offers
    )
    search = replace(order.search, offers=offers, person_since=None)
    visit = offer.visit_at if offer.visit_at > now else offered_visit(order, now)
    event = OrderEvent.REBOOKED if order.prepaid else OrderEvent.ACCEPTED
    window = timedelta(seconds=order.clocks.payment_window_seconds)
    return order.after(
        event,
        now,
        search=search,
        contractor_id=offer.contractor_id,
        visit_at=visit,
        accepted_at=now,
        payment_paused_seconds=0,
        payment_reminders=0,
        booked_at=now if order.prepaid else None,
        redispatch_since=None,
        needs_attention=False,
        due_at=visit if order.prepaid else now + window,
    )


def accepted(order: Order, contractor_id: int, now: datetime) -> Change:
    """The first acceptance wins and takes the slot; all other live offers are lost.

    Raises:
        AlreadyYours, OrderTaken, OrderClosed, OfferUnknown, OfferDeclined: See check_accept.
    """
    offer = check_accept(order, contractor_id)
    return _winning(order, offer, Role.CONTRACTOR, now)


def assigned(order: Order, contractor_id: int, now: datetime) -> Change:
    """Support gives the order to a contractor by hand.

    Raises:
        OrderTaken, OrderClosed, AlreadyYours: The order is not looking for anybody.
    """
    if order.contractor_id == contractor_id and not order.is_final:
        raise AlreadyYours()
    if order.state is not OrderState.SEARCHING:
        raise OrderClosed() if order.is_final else OrderTaken()
    visit = offered_visit(order, now)
    known = order.search.of(contractor_id)
    offer = known or Offer(contractor_id, order.search.wave, now, visit)
    if known is None:
        search = replace(order.search, offers=(*order.search.offers, offer))
        order = replace(order, search=search)
    return _winning(order, offer, Role.SUPPORT, now)


def _winning(order: Order, offer: Offer, by: Role, now: datetime) -> Change:
    after = _won(order, offer, now)
    number = order.search.round
    lost = tuple(
        OfferOutcome(one.contractor_id, number, OfferState.LOST)
        for one in order.search.live()
        if one.contractor_id != offer.contractor_id
    )
    won = OfferOutcome(offer.contractor_id, number, OfferState.WON)
    told = to_client(Notice.REPLACEMENT_FOUND if order.prepaid else Notice.CONTRACTOR_FOUND)
    # Who has just tapped sees it on the card; that it is paid already he would not expect.
    knows = by is Role.CONTRACTOR and not order.prepaid
    winner_told = () if knows else to_contractor(offer.contractor_id, Notice.YOU_WON)
    return Change(
        after,
        OrderEvent.REBOOKED if order.prepaid else OrderEvent.ACCEPTED,
        by,
        offer.contractor_id,
        offers=(won, *lost),
        tellings=(*told, *winner_told),
        winner=offer.contractor_id,
    )


def claim_refused(order: Order, contractor_id: int, now: datetime) -> Change | None:
    """The database refused the winner (his last slot went elsewhere): undo it and search on."""
    if order.contractor_id != contractor_id or order.state not in (
        OrderState.AWAITING_PREPAYMENT,
        OrderState.BOOKED,
        OrderState.CANCELLED,
    ):
        return None
    searches = order.state is not OrderState.CANCELLED
    offers = tuple(_unrefused(one, contractor_id, searches=searches) for one in order.search.offers)
    after = order.after(
        OrderEvent.CLAIM_REFUSED,
        now,
        search=replace(order.search, offers=offers),
        contractor_id=None,
        visit_at=None,
        accepted_at=None,
        booked_at=None,
        credit_kopecks=order.credit_kopecks if order.prepaid else 0,
        # A paid order goes on looking for a replacement; it is no first search.
        redispatch_since=now if order.prepaid and searches else None,
        due_at=None,
    )
    outcome = OfferOutcome(contractor_id, order.search.round, OfferState.SKIPPED, "no_capacity")
    return Change(after, OrderEvent.CLAIM_REFUSED, offers=(outcome,))


def _unrefused(offer: Offer, contractor_id: int, *, searches: bool) -> Offer:
    """The others' offers were lost to an acceptance that never was: they are live again."""
    if offer.contractor_id == contractor_id:
        return replace(offer, state=OfferState.SKIPPED)
    if searches and offer.state is OfferState.LOST:
        return replace(offer, state=OfferState.LIVE)
    return offer
