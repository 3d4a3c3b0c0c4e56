"""The client's choice among quotes: in time, at the quoted price, and what a choice undoes."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from rules import searching
from rules.changes import (
    Change,
    MoneyAction,
    Notice,
    OfferOutcome,
    Telling,
    to_client,
    to_contractor,
)
from rules.errors import QuoteGone, TransitionRefused
from rules.money import prepayment
from rules.orders import Offer, OfferState, Order, OrderEvent, OrderState, Role
from rules.quotes import Quote, Quotes, QuoteState
from rules.quoting import is_quoting, wanted, with_quote

_MORNING = time(9)


def next_reminder(order: Order) -> datetime | None:
    """When to remind the client of his choice: at 50 % and 80 % of his time."""
    quotes = order.quotes
    if quotes is None or quotes.choose_until is None or quotes.choosing_since is None:
        return None
    percents = order.policy.payment_reminder_percents[quotes.reminders :]
    if not percents:
        return None
    span = quotes.choose_until - quotes.choosing_since
    return quotes.choosing_since + span * percents[0] / 100


def choice_reminded(order: Order, now: datetime) -> Change:
    """A part of the time to choose has passed."""
    quotes = wanted(order)
    after = order.after(
        OrderEvent.CHOICE_REMINDED, now, quotes=replace(quotes, reminders=quotes.reminders + 1)
    )
    return Change(after, OrderEvent.CHOICE_REMINDED, tellings=to_client(Notice.CHOICE_REMINDER))


def choice_extended(order: Order, now: datetime) -> Change:
    """The client asks for more time; he gets as much again, once.

    Raises:
        TransitionRefused: He has had it, or the time is not running.
    """
    quotes = wanted(order)
    if quotes.choose_until is None or quotes.extended:
        raise TransitionRefused("more time is given once")
    until = quotes.choose_until + timedelta(seconds=order.policy.choose_seconds)
    later = replace(quotes, choose_until=until, choosing_since=now, reminders=0, extended=True)
    after = order.after(OrderEvent.CHOICE_EXTENDED, now, quotes=later, due_at=until)
    return Change(after, OrderEvent.CHOICE_EXTENDED, Role.CLIENT, order.client_id)


def lapsed(order: Order, now: datetime) -> Change:
    """The client has not chosen: the order ends, nothing was taken, the contractors are told."""
    quotes = wanted(order)
    after = order.after(
        OrderEvent.GAVE_UP, now, quotes=_ended(quotes, None), due_at=None, reason="not_chosen"
    )
    return Change(
        after,
        OrderEvent.GAVE_UP,
        offers=_lost(order, None),
        tellings=(*to_client(Notice.QUOTES_LAPSED), *_told_losers(quotes, None)),
        money=MoneyAction.RELEASE,
        note="not_chosen",
    )


def start_of(order: Order, quote: Quote) -> datetime:
    """The morning of the quoted start day at the place of the job, in UTC."""
    local = datetime.combine(quote.offered.start_day, _MORNING, UTC)
    return local - timedelta(minutes=order.utc_offset_minutes)


def check_choice(order: Order, contractor_id: int, now: datetime) -> Quote:
    """The quote that the client may choose.

    Raises:
        QuoteGone: It was taken back, is too old, or was meant to start before now.
        OrderTaken, OrderClosed: Nothing is to be chosen.
    """
    quote = wanted(order).of(contractor_id)
    if quote is None or quote.state is not QuoteState.OPEN:
        raise QuoteGone()
    if now > quote.valid_until or now >= start_of(order, quote):
        raise QuoteGone("it is too old")
    return quote


def chosen(order: Order, contractor_id: int, now: datetime, by: Role = Role.CLIENT) -> Change:
    """The client chooses a quote: it is that contractor's acceptance, at the quoted price.

    The database has the last word about the contractor's capacity.

    Raises:
        QuoteGone, OrderTaken, OrderClosed: See check_choice.
    """
    quote = check_choice(order, contractor_id, now)
    quotes = wanted(order)
    visit = start_of(order, quote)
    offer = order.search.of(contractor_id) or Offer(contractor_id, order.search.wave, now, visit)
    others = tuple(one for one in order.search.offers if one is not offer)
    priced = replace(
        order,
        estimate=quote.total,
        prepayment_kopecks=prepayment(quote.total, order.policy),
        quotes=_ended(quotes, contractor_id),
        search=replace(order.search, offers=(*others, replace(offer, visit_at=visit))),
    )
    change = searching.assigned(priced, contractor_id, now)
    lost = _lost(order, contractor_id)
    told = {one.contractor_id for one in lost}
    return replace(
        change,
        by=by,
        actor_id=order.client_id if by is Role.CLIENT else change.actor_id,
        offers=(*(one for one in change.offers if one.contractor_id not in told), *lost),
        tellings=(*change.tellings, *_told_losers(quotes, contractor_id)),
    )


def assigned(order: Order, contractor_id: int, now: datetime) -> Change:
    """Support gives the order to a contractor: at his quote, or at the catalogue's price.

    Raises:
        QuoteGone, OrderTaken, OrderClosed, AlreadyYours: It cannot be given to him.
    """
    if order.quotes is None or not is_quoting(order):
        return searching.assigned(order, contractor_id, now)
    quote = order.quotes.of(contractor_id)
    if quote is not None and quote.state is QuoteState.OPEN:
        return chosen(order, contractor_id, now, Role.SUPPORT)
    ended = replace(order, quotes=_ended(order.quotes, None))
    change = searching.assigned(ended, contractor_id, now)
    return replace(change, tellings=(*change.tellings, *_told_losers(order.quotes, contractor_id)))


def _ended(quotes: Quotes, winner: int | None) -> Quotes:
    def state(one: Quote) -> QuoteState:
        if one.state is not QuoteState.OPEN:
            return one.state
        return QuoteState.CHOSEN if one.contractor_id == winner else QuoteState.LOST

    return replace(quotes, all=tuple(replace(one, state=state(one)) for one in quotes.all))


def _lost(order: Order, winner: int | None) -> tuple[OfferOutcome, ...]:
    waiting = (OfferState.LIVE, OfferState.QUOTED)
    return tuple(
        OfferOutcome(one.contractor_id, order.search.round, OfferState.LOST)
        for one in order.search.offers
        if one.state in waiting and one.contractor_id != winner
    )


def _told_losers(quotes: Quotes, winner: int | None) -> tuple[Telling, ...]:
    ids = [one.contractor_id for one in quotes.open() if one.contractor_id != winner]
    return tuple(told for one in ids for told in to_contractor(one, Notice.QUOTE_NOT_CHOSEN))


def choice_refused(order: Order, contractor_id: int, now: datetime) -> Change | None:
    """The database refused the chosen contractor: the client chooses another; None: no choice.

    What was lost to the choice is open again, and the price is the catalogue's.
    """
    undone = searching.claim_refused(order, contractor_id, now)
    quotes = order.quotes
    if undone is None or quotes is None or order.prepaid:
        return undone
    if quotes.chosen is None or undone.order.state is not OrderState.SEARCHING:
        return undone
    again = tuple(_after_refusal(one, contractor_id) for one in quotes.all)
    open_ids = {one.contractor_id for one in again if one.state is QuoteState.OPEN}
    offers = tuple(
        replace(one, state=OfferState.QUOTED) if one.contractor_id in open_ids else one
        for one in undone.order.search.offers
    )
    after = replace(
        _unpriced(undone.order),
        quotes=replace(quotes, all=again),
        search=replace(undone.order.search, offers=offers),
        due_at=quotes.choose_until,
    )
    told = to_client(Notice.QUOTE_UNAVAILABLE) if open_ids else ()
    return replace(undone, order=after, tellings=(*undone.tellings, *told))


def _after_refusal(quote: Quote, refused: int) -> Quote:
    if quote.contractor_id == refused:
        return replace(quote, state=QuoteState.UNAVAILABLE)
    if quote.state is QuoteState.LOST:
        return replace(quote, state=QuoteState.OPEN)
    return quote


def after_withdrawal(change: Change, now: datetime) -> Change:
    """An unpaid contractor left: the other quotes may be chosen for three days more.

    Without another one contractors are invited anew; a paid order keeps its price instead.
    """
    order = change.order
    if order.quotes is None or order.prepaid:
        return change
    gone = order.search.excluded
    kept = tuple(_after_leaving(one, gone) for one in order.quotes.all)
    fresh = Quotes(kept, extended=order.quotes.extended)
    if fresh.open():
        until = now + timedelta(seconds=order.policy.choose_seconds)
        fresh = replace(fresh, choose_until=until, choosing_since=now, invited_all=True)
    after = replace(_unpriced(order), quotes=fresh, due_at=fresh.choose_until)
    # The next choice has another price: a page of this one must not be paid any more.
    return replace(change, order=after, money=MoneyAction.RELEASE)


def _after_leaving(quote: Quote, gone: tuple[int, ...]) -> Quote:
    if quote.contractor_id in gone:
        return replace(quote, state=QuoteState.WITHDRAWN)
    if quote.state is QuoteState.LOST:
        return replace(quote, state=QuoteState.OPEN)
    return quote


def _unpriced(order: Order) -> Order:
    """The order at the catalogue's price, as before any choice."""
    estimate = order.policy.estimate(order.service, order.detail)
    return replace(order, estimate=estimate, prepayment_kopecks=prepayment(estimate, order.policy))


def asked_first(order: Order) -> tuple[int, ...]:
    """Whom a paid order that lost its contractor asks first: quoters not above its price."""
    quotes = order.quotes
    if quotes is None or not order.prepaid or order.search.wave or order.search.empty_queries:
        return ()
    kept = order.estimate.high_kopecks
    return tuple(
        one.contractor_id
        for one in quotes.all
        if one.state is QuoteState.LOST
        and one.total.high_kopecks <= kept
        and one.contractor_id not in order.search.excluded
    )


def at_his_quote(change: Change, contractor_id: int) -> Change:
    """A replacement who had quoted below the kept price works at his own quote."""
    order = change.order
    quotes = order.quotes
    quote = quotes.of(contractor_id) if quotes is not None else None
    if quotes is None or quote is None or not order.prepaid or quote.state is not QuoteState.LOST:
        return change
    if quote.total.high_kopecks > order.estimate.high_kopecks:
        return change
    others = tuple(
        replace(one, state=QuoteState.WITHDRAWN) if one.state is QuoteState.CHOSEN else one
        for one in quotes.all
    )
    mine = with_quote(replace(quotes, all=others), replace(quote, state=QuoteState.CHOSEN))
    return replace(change, order=replace(order, quotes=mine, estimate=quote.total))
