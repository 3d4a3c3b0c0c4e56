"""The order in the Temporal UI: a summary line and live details; public facts only."""

from collections.abc import Mapping, Sequence

from rules.catalog import Service
from rules.orders import Role
from rules.views import OfferView, OrderView
from texts.catalogue import has, say
from texts.describe import describe
from texts.describe_money import money_lines
from texts.explain import exclusions_line, terms_line
from texts.formatting import (
    contractor_number,
    deadline,
    decimal,
    money,
    order_number,
    price_range,
    when,
)
from texts.language import Language
from texts.phases import phase

SUMMARY_BYTES_MAX = 180
DETAILS_BYTES_MAX = 15_000


def _cut(text: str, limit: int) -> str:
    """The text in at most `limit` bytes of UTF-8, never a broken character."""
    return text.encode()[:limit].decode(errors="ignore")


def summary(view: OrderView, lang: Language = Language.RU) -> str:
    """One line for a list of workflows: `D-1042 · Ремонт: нет воды · Тверь`."""
    service = say(f"service.{view.service.value}", lang)
    line = f"{order_number(view.number)} · {service} · {' '.join(view.town.split())}"
    return _cut(line, SUMMARY_BYTES_MAX)


def start_summary(service: Service, town: str, lang: Language = Language.RU) -> str:
    """The same line for an order that is only about to get its number: `Ремонт · Тверь`."""
    line = f"{say(f'service.{service.value}', lang)} · {' '.join(town.split())}"
    return _cut(line, SUMMARY_BYTES_MAX)


def details_markdown(
    view: OrderView,
    offers: Sequence[OfferView],
    exclusions: Mapping[str, int],
    waits_for: str,
    lang: Language = Language.RU,
) -> str:
    """The order as Markdown, at most 15 kB: state, deadline, offers and why, money so far."""
    head = _head(view, waits_for, lang)
    tail = [*_exclusions(exclusions, lang), *_money(view, lang)]
    rows = [_offer_row(one, view, lang) for one in reversed(offers)]
    shown = len(rows)
    while True:
        text = "\n".join([*head, *_offers(rows[:shown], len(rows) - shown, lang), *tail])
        if shown == 0 or len(text.encode()) <= DETAILS_BYTES_MAX:
            return _cut(text, DETAILS_BYTES_MAX)
        shown = shown * 3 // 4


def _plain(text: str) -> str:
    """Text inside Markdown: its own signs and line ends do no harm."""
    return " ".join(text.replace("|", "/").replace("`", "'").replace("<", "‹").split())


def _head(view: OrderView, waits_for: str, lang: Language) -> list[str]:
    title, *sentences = describe(view, Role.SUPPORT, lang)
    until = ""
    # The line on what is waited for and the table of money say these two once more.
    said = set(money_lines(view, Role.SUPPORT, lang, cost=False))
    if view.due_at is not None:
        until = deadline(view.due_at, view.state_since, view.utc_offset_minutes, lang)
        said.add(say("wait.support", lang, until=until))
    lines = [f"### {order_number(view.number)} · {_plain(title)}", ""]
    lines += [f"- {_plain(sentence)}" for sentence in sentences if sentence not in said]
    return [*lines, _waits(view, until, waits_for, lang), ""]


def _waits(view: OrderView, until: str, timer: str, lang: Language) -> str:
    name = phase(view)
    if view.money_closed:
        name = "closed"
    elif not has(f"waits_for.{name}"):
        name = "ended"
    words = f"- **{say('details.waits', lang)}**: {say(f'waits_for.{name}', lang)}"
    arrow = f" → {until}" if until else ""
    shown = f" ({say('details.timer', lang, timer=_plain(timer))})" if timer else ""
    return f"{words}{arrow}{shown}"


def _offer_row(offer: OfferView, view: OrderView, lang: Language) -> str:
    # A list, not a table: the UI shows it in half a screen and puts no space between cells.
    offset = view.utc_offset_minutes
    words = say(
        "details.offer",
        lang,
        wave=offer.wave,
        until=deadline(offer.until, view.state_since, offset, lang),
        visit=when(offer.visit_at, offset, lang),
        km=decimal(offer.distance_km, lang),
        score=decimal(offer.score, lang, 2),
    )
    crew = contractor_number(offer.contractor_id)
    outcome = say(f"offer_state.{offer.state.value}", lang)
    why = terms_line(offer.terms, lang)
    return f"- **{crew} – {outcome}**. {words}{' = ' if why else ''}{why}"


def _offers(rows: Sequence[str], left_out: int, lang: Language) -> list[str]:
    title = f"**{say('details.offers', lang)}**"
    if not rows and not left_out:
        return [f"{title}: {say('details.offers_none', lang)}", ""]
    more = ["", say("details.more", lang, count=left_out)] if left_out else []
    return [title, "", *rows, *more, ""]


def _exclusions(counts: Mapping[str, int], lang: Language) -> list[str]:
    if not counts:
        return []
    return [exclusions_line(counts, lang), ""]


def _money(view: OrderView, lang: Language) -> list[str]:
    sums = view.money
    moved = (
        ("held", sums.held_kopecks),
        ("captured", sums.captured_kopecks),
        ("refunded", sums.refunded_kopecks),
        ("refund_pending", sums.refund_pending_kopecks),
        ("compensation", view.compensation_kopecks),
    )
    rows = [
        ("price", price_range(view.estimate, lang)),
        ("prepayment", money(view.prepayment_kopecks, lang)),
        *((name, money(kopecks, lang)) for name, kopecks in moved if kopecks),
    ]
    lines = [f"| {say(f'details.{name}', lang)} | {amount} |" for name, amount in rows]
    title, column = say("details.money", lang), say("details.amount", lang)
    return [f"| {title} | {column} |", "|---|---:|", *lines]
