"""Quotes in words: what is asked of a contractor, what a client compares, extra metres."""

from collections.abc import Sequence

from rules.catalog import Estimate, Service
from rules.orders import OfferState, OrderState, Role
from rules.quotes import (
    INCLUSIONS,
    ExtraMetres,
    Offered,
    Quote,
    QuoteLine,
    QuoteState,
    Unit,
    stop_depth_m,
)
from rules.quotes import metre_kopecks as metre_price
from rules.quotes import total as total_of
from rules.views import OrderView
from texts.catalogue import say
from texts.formatting import (
    contractor_number,
    counted,
    day,
    deadline,
    decimal,
    distance,
    money,
    price_range,
)
from texts.language import Language

Action = tuple[str, str]
"""A button's label and its action."""


def lines(view: OrderView, role: Role, lang: Language) -> list[str]:
    """What a card says of quotes: while they are gathered, and of the chosen one afterwards."""
    if view.quotes is None:
        return []
    if view.quoting:
        return _asked(view, lang) if role is Role.CONTRACTOR else _gathered(view, lang)
    return _agreed(view, role, lang)


def _asked(view: OrderView, lang: Language) -> list[str]:
    """To a contractor who was asked: until when, and his own quote."""
    quotes, offer = view.quotes, view.offer
    if quotes is None or offer is None:
        return []
    told = [say("fact.distance", lang, distance=distance(offer.distance_km, lang))]
    mine = quotes.of(offer.contractor_id)
    if mine is not None and mine.state is QuoteState.OPEN:
        return [*told, say("quote.yours", lang, quote=short(mine, lang)), say("quote.edit", lang)]
    if offer.state is OfferState.LIVE:
        until = deadline(offer.until, view.state_since, view.utc_offset_minutes, lang)
        return [*told, say("quote.answer_until", lang, until=until)]
    return [*told, say("quote.late_but_open", lang)]


def _gathered(view: OrderView, lang: Language) -> list[str]:
    """To the client: one line for each quote, the cheapest first."""
    quotes = view.quotes
    if quotes is None or not quotes.open():
        return []
    found = sorted(quotes.open(), key=lambda one: one.total.low_kopecks)
    return [say("quote.how", lang), *(_line(one, lang) for one in found)]


def _line(quote: Quote, lang: Language) -> str:
    number = contractor_number(quote.contractor_id)
    return say("quote.line", lang, number=number, quote=short(quote, lang))


def short(quote: Quote, lang: Language) -> str:
    """A quote in one line: total, price of a metre, stop depth, start."""
    offered = quote.offered
    parts = [price_range(quote.total, lang)]
    if quote.metre_kopecks:
        parts.append(say("quote.per_metre", lang, price=money(quote.metre_kopecks, lang)))
    if offered.stop_depth_m is not None:
        parts.append(say("quote.stop", lang, depth=offered.stop_depth_m))
    parts.append(say("quote.from_day", lang, day=day(offered.start_day, lang)))
    return ", ".join(parts)


def _agreed(view: OrderView, role: Role, lang: Language) -> list[str]:
    """How deep may be drilled, what metres more cost, and the question that is open."""
    quotes = view.quotes
    depth = stop_depth_m(quotes) if quotes is not None else None
    if quotes is None or depth is None or view.state is OrderState.SEARCHING:
        return []
    told = [say("quote.stop_agreed", lang, depth=depth)]
    extra = sum(one.kopecks for one in quotes.agreed())
    if extra:
        metres = sum(one.metres for one in quotes.agreed())
        told.append(say("quote.extra_agreed", lang, metres=metres, amount=money(extra, lang)))
    asked = quotes.asked
    if asked is not None and view.state is OrderState.IN_PROGRESS:
        side = "contractor" if role is Role.CONTRACTOR else "client"
        told.append(
            say(
                f"quote.extra_asked.{side}",
                lang,
                metres=asked.metres,
                price=money(asked.metre_kopecks, lang),
                amount=money(asked.kopecks, lang),
                depth=asked.to_depth_m,
            )
        )
    return told


def offered_lines(service: Service, offered: Offered, lang: Language) -> list[str]:
    """A whole quote: each line, the total, the price of a metre, what is in it and what is not."""
    told = [_priced(one, lang) for one in offered.lines]
    told.append(say("quote.total", lang, total=price_range(total_of(offered), lang)))
    if metre_price(offered):
        told.append(say("quote.metre_in_all", lang, price=money(metre_price(offered), lang)))
    if offered.stop_depth_m is not None:
        told.append(say("quote.stop_meaning", lang, depth=offered.stop_depth_m))
    known = INCLUSIONS[service]
    inside = [say(f"quote.in.{one}", lang) for one in known if one in offered.included]
    outside = [say(f"quote.in.{one}", lang) for one in known if one not in offered.included]
    if inside:
        told.append(say("quote.included", lang, what=", ".join(inside)))
    if outside:
        told.append(say("quote.not_included", lang, what=", ".join(outside)))
    told.append(say("quote.starts", lang, day=day(offered.start_day, lang)))
    told.append(say("quote.surveyed" if offered.surveyed else "quote.not_surveyed", lang))
    return told


def _priced(line: QuoteLine, lang: Language) -> str:
    what = say(f"quote.item.{line.code}", lang)
    price = money(line.unit_kopecks, lang)
    if line.unit is Unit.JOB:
        return say("quote.priced", lang, what=what, price=price)
    span = f"{line.low}–{line.high}" if line.low != line.high else str(line.low)
    amount = price_range(Estimate(line.low_kopecks, line.high_kopecks), lang)
    key = f"quote.priced_{line.unit.value}"
    return say(key, lang, what=what, price=price, quantity=span, amount=amount)


def why_lines(found: Sequence[Quote], extras: Sequence[ExtraMetres], lang: Language) -> list[str]:
    """To support: every quote with what became of it, and every metre that was asked for."""
    told = [
        say(
            "quote.why",
            lang,
            number=contractor_number(one.contractor_id),
            became=say(f"quote.state.{one.state.value}", lang),
            quote=short(one, lang),
        )
        for one in found
    ]
    return told + [
        say(
            "quote.why_metres",
            lang,
            depth=one.from_depth_m,
            metres=one.metres,
            amount=money(one.kopecks, lang),
            became=say(f"quote.metres.{one.state.value}", lang),
        )
        for one in extras
    ]


def about_contractor(name: str, rating: float, completed: int, lang: Language) -> str:
    """Who quotes: his name, and how others liked his work."""
    parts = [name]
    if completed:
        parts.append(say("fact.rating", lang, rating=decimal(rating, lang)))
        parts.append(counted(completed, "job", lang))
    else:
        parts.append(say("fact.first_order", lang))
    return say("quote.who", lang, about=", ".join(parts))


def client_actions(view: OrderView, lang: Language) -> list[list[Action]]:
    """The client's buttons while he may choose: one for each quote, and more time."""
    quotes = view.quotes
    if quotes is None:
        return []
    found = sorted(quotes.open(), key=lambda one: one.total.low_kopecks)
    rows = [[(_label(one, lang), f"quote_{one.contractor_id}")] for one in found]
    if quotes.choose_until is not None and not quotes.extended:
        rows.append([(say("button.more_time", lang), "more_time")])
    return rows


def _label(quote: Quote, lang: Language) -> str:
    low = money(quote.total.low_kopecks, lang)
    number = contractor_number(quote.contractor_id)
    return say("quote.open", lang, number=number, low=low)


def contractor_actions(view: OrderView, lang: Language) -> list[list[Action]]:
    """The buttons of a contractor who was asked for a quote."""
    mine = view.quotes.of(view.offer.contractor_id) if view.quotes and view.offer else None
    if mine is not None and mine.state is QuoteState.OPEN:
        return [
            [(say("button.requote", lang), "quote")],
            [(say("button.unquote", lang), "unquote")],
        ]
    return [[(say("button.quote", lang), "quote"), (say("button.decline", lang), "decline")]]


def metres_actions(view: OrderView, role: Role, lang: Language) -> list[list[Action]]:
    """While work is under way: ask for metres, or answer with the sum in sight."""
    quotes = view.quotes
    if quotes is None or stop_depth_m(quotes) is None:
        return []
    asked = quotes.asked
    if role is Role.CONTRACTOR:
        return [] if asked is not None else [[(say("button.metres", lang), "metres")]]
    if asked is None:
        return []
    yes = say("button.metres_yes", lang, amount=money(asked.kopecks, lang))
    return [[(yes, "metres_yes")], [(say("button.metres_no", lang), "metres_no")]]
