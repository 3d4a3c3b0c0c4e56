"""What changes a search while it runs: a night, a wider radius, another price."""

from dataclasses import replace
from datetime import datetime

from rules.catalog import Estimate
from rules.changes import Change, Notice, OfferOutcome, Telling, to_client, to_support
from rules.errors import BadInput, ProposalUnknown, TransitionRefused
from rules.limits import EXTRA_KM_MAX, PRICE_RISE_MAX
from rules.money import prepayment
from rules.orders import OfferState, Order, OrderEvent, OrderState, PriceProposal, Role, Search
from rules.searching import search_ends


def night_paused(order: Order, until: datetime, now: datetime) -> Change:
    """Everybody who could come sleeps: the client hears once when the search goes on."""
    search = replace(order.search, night_told=True)
    told = Telling(Role.CLIENT, Notice.NIGHT_PAUSE, params=(("until", until.isoformat()),))
    after = order.after(OrderEvent.NIGHT_PAUSED, now, search=search)
    return Change(after, OrderEvent.NIGHT_PAUSED, tellings=(told,))


def slept(order: Order, until: datetime) -> Order:
    """The order whose search goes on at `until`: the pause is not counted against it."""
    search = replace(order.search, empty_queries=0)
    if until > search_ends(order):
        search = replace(search, started_at=until)
    return replace(order, search=search)


def radius_widened(order: Order, extra_km: int, support_id: int, now: datetime) -> Change:
    """Support widens the radius of this order, for those who agreed to be asked farther away.

    Raises:
        BadInput: Not 1 to 100 km.
        TransitionRefused, OrderClosed: Nobody is looked for.
    """
    if not 1 <= extra_km <= EXTRA_KM_MAX:
        raise BadInput(f"1 to {EXTRA_KM_MAX} km farther")
    search = replace(order.search, extra_km=extra_km, empty_queries=0)
    after = order.after(OrderEvent.RADIUS_WIDENED, now, search=search)
    event = OrderEvent.RADIUS_WIDENED
    return Change(after, event, Role.SUPPORT, support_id, note=f"{extra_km} km")


def price_proposed(order: Order, price: tuple[int, int], support_id: int, now: datetime) -> Change:
    """Support proposes a higher price range (kopecks); only the client's word changes anything.

    A prepayment that has been made stays as it is.

    Raises:
        BadInput: Not higher than the present one, upside down, or out of all proportion.
        TransitionRefused, OrderClosed: Nobody is looked for.
    """
    low, high = price
    old = order.estimate
    is_higher = low >= old.low_kopecks and high >= old.high_kopecks and price != _range(old)
    if not is_higher or high < low or high > old.high_kopecks * PRICE_RISE_MAX:
        raise BadInput("a price range above the present one")
    estimate = Estimate(low, high)
    kopecks = order.prepayment_kopecks if order.prepaid else prepayment(estimate, order.policy)
    proposal = PriceProposal(estimate, kopecks)
    after = order.after(OrderEvent.PRICE_PROPOSED, now, price_proposal=proposal)
    told = to_client(Notice.PRICE_PROPOSED)
    return Change(after, OrderEvent.PRICE_PROPOSED, Role.SUPPORT, support_id, tellings=told)


def _range(estimate: Estimate) -> tuple[int, int]:
    return estimate.low_kopecks, estimate.high_kopecks


def price_answered(order: Order, *, agrees: bool, now: datetime) -> Change:
    """The client agrees: a new round at the new price; or everything stays as it was.

    Raises:
        ProposalUnknown: No price is proposed.
        TransitionRefused, OrderClosed: Nobody is looked for any more.
    """
    proposal = order.price_proposal
    if proposal is None:
        raise ProposalUnknown()
    if order.state is not OrderState.SEARCHING:
        raise TransitionRefused("the search is over")
    if not agrees:
        after = order.after(OrderEvent.PRICE_REFUSED, now, price_proposal=None)
        told = to_support(Notice.PRICE_REFUSED)
        return Change(after, OrderEvent.PRICE_REFUSED, Role.CLIENT, order.client_id, tellings=told)
    old = order.search
    ended = tuple(OfferOutcome(one.contractor_id, old.round, OfferState.LOST) for one in old.live())
    search = Search(
        old.round + 1,
        started_at=now,
        excluded=old.excluded,
        redispatches=old.redispatches,
        extra_km=old.extra_km,
    )
    after = order.after(
        OrderEvent.PRICE_AGREED,
        now,
        search=search,
        estimate=proposal.estimate,
        prepayment_kopecks=proposal.prepayment_kopecks,
        price_proposal=None,
        needs_attention=False,
        due_at=None,
    )
    event = OrderEvent.PRICE_AGREED
    return Change(after, event, Role.CLIENT, order.client_id, offers=ended)
