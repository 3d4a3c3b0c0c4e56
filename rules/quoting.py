"""Gathering quotes for a project job: who is asked, what comes in, when it is enough."""

from dataclasses import replace
from datetime import datetime, timedelta

from rules.changes import Change, Notice, OfferOutcome, to_client
from rules.errors import (
    OfferUnknown,
    OrderClosed,
    OrderTaken,
    QuoteGone,
    QuoteNeeded,
    QuotesFull,
)
from rules.orders import Offer, OfferState, Order, OrderEvent, OrderState, Role, Search
from rules.points import PointsReason
from rules.points import change as points_change
from rules.quotes import QUOTED_SERVICES, Offered, Quote, Quotes, QuoteState, check
from rules.searching import search_ends

_MAY_QUOTE = (OfferState.LIVE, OfferState.EXPIRED, OfferState.QUOTED)


def is_quoted(order: Order) -> bool:
    """Whether this order's policy has it quoted instead of offered."""
    return order.policy.project_quotes and order.service in QUOTED_SERVICES


def is_quoting(order: Order) -> bool:
    """Quotes are being gathered or chosen from; a paid order or a person's search has offers."""
    return (
        order.quotes is not None
        and order.state is OrderState.SEARCHING
        and not order.prepaid
        and order.search.person_since is None
    )


def wanted(order: Order) -> Quotes:
    """The quotes of an order that still wants some, or a choice.

    Raises:
        OrderTaken, OrderClosed: It does not.
    """
    if order.quotes is None or not is_quoting(order):
        if order.is_final:
            raise OrderClosed()
        raise OrderTaken()
    return order.quotes


def check_offer_answer(order: Order) -> None:
    """An order that is being quoted is not accepted as it is.

    Raises:
        QuoteNeeded: It is being quoted.
    """
    if is_quoting(order):
        raise QuoteNeeded()


def still_to_invite(order: Order) -> int:
    """How many more contractors may be asked for a quote."""
    if order.quotes is None or order.quotes.invited_all:
        return 0
    return max(0, order.policy.quotes_invited - len(order.search.offers))


def invited(order: Order, sent: tuple[Offer, ...]) -> Order:
    """The order after an invitation; a wave's activity has written it, so this is no Change.

    Nobody found after somebody was: that is everybody there is.
    """
    search = replace(
        order.search,
        offers=(*order.search.offers, *sent),
        wave=order.search.wave + 1 if sent else order.search.wave,
        empty_queries=0 if sent else order.search.empty_queries + 1,
    )
    quotes = order.quotes or Quotes()
    if not sent and order.search.offers:
        quotes = replace(quotes, invited_all=True)
    due = max((one.until for one in search.live()), default=order.due_at)
    return replace(order, search=search, quotes=quotes, due_at=due)


def enough(order: Order, now: datetime) -> bool:
    """No more quotes are waited for: there are three, all have answered, or the time is up."""
    if order.quotes is None:
        return False
    if len(order.quotes.open()) >= order.policy.quotes_wanted or now >= search_ends(order):
        return True
    return bool(order.search.offers) and not still_to_invite(order) and not order.search.live()


def quoted(order: Order, contractor_id: int, offered: Offered, now: datetime) -> Change:
    """A contractor quotes, or changes his quote; the first one is told to the client.

    Raises:
        OfferUnknown: He was not asked, or has refused.
        QuotesFull: There are as many as were asked for.
        BadInput: The quote is incomplete or out of bounds.
        OrderTaken, OrderClosed: No quotes are wanted any more.
    """
    quotes = wanted(order)
    offer = order.search.of(contractor_id)
    known = quotes.of(contractor_id)
    is_known = known is not None and known.state in (QuoteState.OPEN, QuoteState.WITHDRAWN)
    if not is_known and (offer is None or offer.state not in _MAY_QUOTE):
        raise OfferUnknown()
    others = [one for one in quotes.open() if one.contractor_id != contractor_id]
    if len(others) >= order.policy.quotes_invited:
        raise QuotesFull()
    check(order.service, offered, (now + timedelta(minutes=order.utc_offset_minutes)).date())
    valid = now + timedelta(seconds=order.policy.quote_valid_seconds)
    quote = Quote(contractor_id, offered, now, valid)
    is_first = not quotes.all
    kept = tuple(one for one in quotes.all if one.contractor_id != contractor_id)
    after = order.after(
        OrderEvent.QUOTED,
        now,
        quotes=replace(quotes, all=(*kept, quote)),
        search=_with_state(order, contractor_id, OfferState.QUOTED),
    )
    return Change(
        after,
        OrderEvent.QUOTED,
        Role.CONTRACTOR,
        contractor_id,
        offers=(OfferOutcome(contractor_id, order.search.round, OfferState.QUOTED),),
        tellings=to_client(Notice.QUOTE_FIRST) if is_first else (),
    )


def quote_withdrawn(order: Order, contractor_id: int, now: datetime) -> Change:
    """A contractor takes his quote back before it is chosen; no points are lost.

    Raises:
        QuoteGone: There is none of his to take back.
        OrderTaken, OrderClosed: It is too late.
    """
    quotes = wanted(order)
    quote = quotes.of(contractor_id)
    if quote is None or quote.state is not QuoteState.OPEN:
        raise QuoteGone()
    after = order.after(
        OrderEvent.QUOTE_WITHDRAWN,
        now,
        quotes=with_quote(quotes, replace(quote, state=QuoteState.WITHDRAWN)),
        search=_with_state(order, contractor_id, OfferState.DECLINED),
    )
    outcome = OfferOutcome(contractor_id, order.search.round, OfferState.DECLINED, "withdrawn")
    return Change(
        after, OrderEvent.QUOTE_WITHDRAWN, Role.CONTRACTOR, contractor_id, offers=(outcome,)
    )


def with_quote(quotes: Quotes, quote: Quote) -> Quotes:
    """The quotes with one of them changed."""
    changed = (quote if one.contractor_id == quote.contractor_id else one for one in quotes.all)
    return replace(quotes, all=tuple(changed))


def _with_state(order: Order, contractor_id: int, state: OfferState) -> Search:
    offers = tuple(
        replace(one, state=state) if one.contractor_id == contractor_id else one
        for one in order.search.offers
    )
    return replace(order.search, offers=offers)


def unanswered(order: Order, now: datetime) -> Change | None:
    """Invitations whose time is up end; silence costs points as with any offer. None: none."""
    ended = tuple(one for one in order.search.live() if one.until <= now)
    if not ended:
        return None
    ids = {one.contractor_id for one in ended}
    offers = tuple(
        replace(one, state=OfferState.EXPIRED) if one.contractor_id in ids else one
        for one in order.search.offers
    )
    number = order.search.round
    return Change(
        order.after(OrderEvent.QUOTES_EXPIRED, now, search=replace(order.search, offers=offers)),
        OrderEvent.QUOTES_EXPIRED,
        offers=tuple(OfferOutcome(one, number, OfferState.EXPIRED) for one in sorted(ids)),
        points=tuple(points_change(one, PointsReason.SILENCE, number) for one in sorted(ids)),
    )


def quotes_in(order: Order, now: datetime) -> Change:
    """No more quotes are waited for: the client is told and has three days to choose."""
    quotes = wanted(order)
    until = now + timedelta(seconds=order.policy.choose_seconds)
    live = order.search.live()
    ids = {one.contractor_id for one in live}
    offers = tuple(
        replace(one, state=OfferState.SKIPPED) if one.contractor_id in ids else one
        for one in order.search.offers
    )
    after = order.after(
        OrderEvent.QUOTES_IN,
        now,
        quotes=replace(quotes, choose_until=until, choosing_since=now, invited_all=True),
        search=replace(order.search, offers=offers),
        due_at=until,
    )
    number = order.search.round
    return Change(
        after,
        OrderEvent.QUOTES_IN,
        offers=tuple(
            OfferOutcome(one, number, OfferState.SKIPPED, "enough_quotes") for one in sorted(ids)
        ),
        tellings=to_client(Notice.QUOTES_IN),
    )
