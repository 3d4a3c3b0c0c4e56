"""Commands about a search: `/why` for support and contractors; a wider radius, another price."""

from collections.abc import Awaitable, Callable
from itertools import groupby

from bot.handlers.dialogues import show_where_we_are
from bot.handlers.guard import guarded
from bot.handlers.search import tell_place
from bot.handlers.support import act_for_support, kopecks_of, order_named
from bot.visit import Visit
from models.queries import offers as offer_queries
from models.queries.explaining import beyond_reach
from models.queries.offers import Dispatch
from models.queries.quotes import extra_metres, order_quotes
from rules.catalog import Estimate
from rules.errors import BadInput, RuleViolation
from rules.limits import PRICE_RISE_MAX
from texts import explain, formatting, quotes
from texts.cards import card_html
from texts.catalogue import say
from texts.explain import Ranked, WaveTold
from texts.refusals import refusal
from workflows.search_messages import PriceOffer, Widening

_MESSAGE_MAX = 3_800


async def why(visit: Visit, rest: str) -> None:
    """`/why D-1042`: everything for support; for a contractor only where he stood himself."""
    if visit.is_support:
        await _WHY(visit, rest)
        return
    if visit.contractor is None:
        await show_where_we_are(visit, is_unknown=True)
        return
    if not rest:
        await visit.say("why_not.how")
        return
    try:
        await tell_place(visit, await order_named(visit, rest.split()), visit.contractor.id)
    except RuleViolation as error:
        await visit.send(refusal(error, visit.lang))


async def _why(visit: Visit, said: list[str]) -> None:
    """All waves: candidates with rank, terms and fate, the others by reason, policy and seed."""
    row = await order_named(visit, said)
    async with visit.desk.database.reading() as session:
        found = await offer_queries.order_offers(session, row.id)
        quoted = await order_quotes(session, row.id)
        extras = await extra_metres(session, row.id)
    waves = waves_of(found)
    title = formatting.order_number(row.number)
    if not waves:
        await visit.send(card_html(title, [say("why.none", visit.lang)]))
    lines = quotes.why_lines([one.quote for one in quoted], extras, visit.lang)
    for told in waves:
        more = explain.wave_lines(told, visit.lang)
        if lines and len("\n".join([*lines, *more])) > _MESSAGE_MAX:
            await visit.send(card_html(title, lines))
            lines = []
        lines += more
    if lines:
        await visit.send(card_html(title, lines))


def waves_of(found: Dispatch) -> list[WaveTold]:
    """The rows of an order's distribution, by round and wave."""
    states = {(one.round, one.contractor_id): one.state.value for one in found.offers}
    ranked: dict[tuple[int, int], list[Ranked]] = {}
    rules: dict[tuple[int, int], tuple[str, str]] = {}
    for one in found.decisions:
        key = (one.round, one.wave)
        rules[key] = (one.policy_version, one.seed)
        became = states.get((one.round, one.contractor_id), "") if one.chosen else ""
        ranked.setdefault(key, []).append(
            Ranked(
                one.contractor_id,
                one.rank,
                one.score,
                one.distance_km,
                one.terms,
                one.explored,
                became,
            )
        )
    counts = {
        key: {one.reason.value: one.count for one in rows}
        for key, rows in groupby(found.exclusions, lambda one: (one.round, one.wave))
    }
    return [
        WaveTold(*key, *rules.get(key, ("", "")), tuple(ranked.get(key, ())), counts.get(key, {}))
        for key in sorted({*ranked, *counts})
    ]


async def _widen(visit: Visit, said: list[str]) -> None:
    """`/widen D-1042 30`: ask those up to so many km farther who agreed to farther."""
    row = await order_named(visit, said)
    if len(said) < 2 or not (said[1].isascii() and said[1].isdigit()):
        raise BadInput("how many km?")
    extra_km = int(said[1])
    await act_for_support(
        visit, row, f"widen{extra_km}", "widen", Widening(visit.user.id, extra_km)
    )
    distance = formatting.distance(extra_km, visit.lang)
    lines = [say("widen.done", visit.lang, distance=distance)]
    async with visit.desk.database.reading() as session:
        others = await beyond_reach(session, row.id, extra_km)
    if others:
        crews = ", ".join(
            say(
                "widen.other",
                visit.lang,
                crew=formatting.contractor_number(contractor_id),
                distance=formatting.distance(km, visit.lang),
            )
            for contractor_id, km in others
        )
        lines.append(say("widen.others", visit.lang, crews=crews))
    await visit.send(card_html(formatting.order_number(row.number), lines))


async def _price(visit: Visit, said: list[str]) -> None:
    """`/price D-1042 15000 20000`: propose so many roubles to the client; he decides."""
    row = await order_named(visit, said)
    low, high = kopecks_of(said, 1), kopecks_of(said, 2 if len(said) > 2 else 1)
    offer = PriceOffer(visit.user.id, low, high)
    try:
        await act_for_support(visit, row, f"price{low}.{high}", "propose_price", offer)
    except BadInput:
        now = Estimate(row.estimate_low_kopecks, row.estimate_high_kopecks)
        most = formatting.money(now.high_kopecks * PRICE_RISE_MAX, visit.lang)
        shown = formatting.price_range(now, visit.lang)
        await visit.say("price.bounds", now=shown, most=most)


_WHY = guarded("why", _why)
COMMANDS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {
    "why": why,
    "widen": guarded("widen", _widen),
    "price": guarded("price", _price),
}
