"""What changes a search while it runs: a night, a wider radius, another price."""

from dataclasses import replace
from datetime import datetime

from rules.changes import Change, Notice, Telling
from rules.orders import Order, OrderEvent, Role
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
