"""Metres beyond the agreed stop depth: asked for one by one, owed only with consent."""

from dataclasses import replace
from datetime import datetime

from rules.changes import Change, Notice, to_client, to_contractor
from rules.errors import MetresUnknown, PriceAboveQuote
from rules.orders import Order, OrderEvent, Role
from rules.quotes import (
    ExtraMetres,
    ExtraState,
    Quotes,
    check_extra,
    price_bound,
    stop_depth_m,
)


def metres_asked(order: Order, metres: int, kopecks_each: int, now: datetime) -> Change:
    """The contractor is at the stop depth and asks for more metres, at a price for each.

    Raises:
        MetresUnknown: No depth was agreed, or an earlier question waits for its answer.
        BadInput: Out of bounds.
        TransitionRefused, OrderClosed: No work is under way.
    """
    quotes = order.quotes or Quotes()
    depth = stop_depth_m(quotes)
    if depth is None or quotes.asked is not None:
        raise MetresUnknown()
    check_extra(metres, kopecks_each)
    asked = ExtraMetres(len(quotes.extras) + 1, metres, kopecks_each, depth)
    after = order.after(
        OrderEvent.METRES_ASKED, now, quotes=replace(quotes, extras=(*quotes.extras, asked))
    )
    return Change(
        after,
        OrderEvent.METRES_ASKED,
        Role.CONTRACTOR,
        order.contractor_id,
        tellings=to_client(Notice.METRES_ASKED),
    )


def metres_answered(order: Order, *, agrees: bool, now: datetime) -> Change:
    """The client consents to the metres or does not; without consent nothing is owed for them.

    Raises:
        MetresUnknown: Nothing was asked.
        TransitionRefused, OrderClosed: No work is under way.
    """
    quotes = order.quotes or Quotes()
    if quotes.asked is None:
        raise MetresUnknown()
    event = OrderEvent.METRES_AGREED if agrees else OrderEvent.METRES_REFUSED
    state = ExtraState.AGREED if agrees else ExtraState.REFUSED
    extras = tuple(
        replace(one, state=state) if one is quotes.asked else one for one in quotes.extras
    )
    notice = Notice.METRES_AGREED if agrees else Notice.METRES_REFUSED
    return Change(
        order.after(event, now, quotes=replace(quotes, extras=extras)),
        event,
        Role.CLIENT,
        order.client_id,
        tellings=to_contractor(order.contractor_id, notice),
    )


def check_final(order: Order, kopecks: int | None) -> None:
    """The final price is not above the chosen quote and the agreed metres.

    Raises:
        PriceAboveQuote: It is; the message is the bound in kopecks.
    """
    bound = price_bound(order.quotes) if order.quotes is not None else None
    if bound is not None and kopecks is not None and kopecks > bound:
        raise PriceAboveQuote(str(bound))
