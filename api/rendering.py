"""The client's page of one order: the bot's card as a page that loads nothing from elsewhere."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from rules.errors import BY_NAME
from rules.orders import FINAL_STATES, OrderState, Role
from rules.views import OrderView
from texts import confirmations, describe, signs
from texts.cards import Button, Card, order_card
from texts.catalogue import say
from texts.formatting import clock, order_number
from texts.language import Language
from texts.phases import meets
from texts.refusals import refusal

ASKS = ("cancel", "refund_now", "slot", "no_show", "claim_no")
"""Actions that only lead to a question."""
_QUESTIONS = {"no_show": confirmations.no_show_card, "claim_no": confirmations.object_card}

_HERE = Path(__file__).parent / "pages"
_WORDS = ("refresh", "private", "call_crew", "who", "money")
_SAID = {"saved": "page.saved", "support": "support.sent", "error": "page.error"}
_SAID |= {"return": "page.return"}
_SECOND = ("paid", "support", "slot", "keep", "slot_no", "claim_no")
_ELSEWHERE = ("page", "pay_telegram", "claim_files", "appeal")
"""What only Telegram can do, and the way to this very page."""
_STEPS = (
    (OrderState.NEW, OrderState.SEARCHING),
    (OrderState.AWAITING_PREPAYMENT,),
    (OrderState.BOOKED,),
    (OrderState.IN_PROGRESS,),
    (OrderState.AWAITING_ACCEPTANCE,),
)
_FLEETING = ("updated", "said")


def _compact(name: str) -> Markup:
    """A file of ours as a part of the page."""
    return Markup((_HERE / name).read_text(encoding="utf-8"))  # noqa: S704 - our own file


_CSS, _SCRIPT = _compact("page.css"), _compact("page.js")


def _unbroken(text: str) -> Markup:
    """A text whose order number stays on one line."""
    return Markup(re.sub(r"\bD-\d+", r"<span>\g<0></span>", str(escape(text))))  # noqa: S704 - escaped


_templates = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["unbroken"] = _unbroken


@dataclass(frozen=True)
class Visit:
    """One look at a page: where it is, in which language, at what time."""

    path: str
    lang: Language
    now: datetime
    # The language goes on in links only when the visitor chose it.
    is_chosen: bool = False
    said: str = ""
    payment_origin: str | None = None

    def url(self, **query: str) -> str:
        """The address of this page with a query."""
        wanted = {**({"lang": self.lang.value} if self.is_chosen else {}), **query}
        return f"{self.path}?{urlencode(wanted)}" if wanted else self.path


@dataclass(frozen=True)
class Shown:
    """A button as the page shows it; with a `url` it is a link."""

    text: str
    action: str
    url: str | None
    look: str


def order_page(view: OrderView, visit: Visit) -> HTMLResponse:
    """The order as its client sees it now, with everything he can do."""
    lang = visit.lang
    awaited, meeting, sums = describe.sections(view, Role.CLIENT, lang, cost=True)
    if view.state is OrderState.CANCELLED and view.claim is None:
        awaited = [*awaited, say("page.again", lang)]
    card = order_card(view, lang)
    if any(one.action.startswith("rate") for row in card.buttons for one in row):
        awaited = [*awaited, say("page.rate", lang)]
    values = {
        "headline": describe.headline(view, Role.CLIENT, lang),
        "what": describe.what(view, lang),
        "awaited": awaited,
        "parts": [("who", meeting), ("money", sums)],
        "step": _step(view),
        "files": [f"{visit.path}/files/{one}" for one in view.claim.files] if view.claim else [],
        "file_word": say("page.file", lang),
        "phone": _phone(view),
        "wait": wait_seconds(view),
    }
    return _page("order.html", view, visit, card, values)


def ask_page(view: OrderView, visit: Visit, ask: str) -> HTMLResponse | None:
    """The question before an action; None if the card does not offer that action now."""
    lang = visit.lang
    offered = {one.action for row in order_card(view, lang).buttons for one in row}
    if ask not in offered:
        return None
    if ask == "slot":
        choices = confirmations.slot_choices(view, visit.now)
        card = confirmations.slot_choices_card(view, choices, lang)
    elif ask in _QUESTIONS:
        card = _QUESTIONS[ask](view, lang)
    else:
        card = confirmations.confirm_cancel_card(view, lang)
    # The card's text is Telegram HTML: one bold line, then plain ones.
    question, *lines = unescape(re.sub(r"</?b>", "", card.text_html)).split("\n")
    values = {"question": question, "lines": lines, "phone": None, "wait": 0}
    return _page("ask.html", view, visit, card, values)


def missing_page(visit: Visit, status: int = 404) -> HTMLResponse:
    """There is no such order, said kindly."""
    title, text = say("page.not_found", visit.lang), say("page.not_found_text", visit.lang)
    return _render("missing.html", visit, {"title": title, "text": text, "said": ""}, status)


def _page(
    template: str, view: OrderView, visit: Visit, card: Card, values: Mapping[str, object]
) -> HTMLResponse:
    lang = visit.lang
    wanted = [[one for one in row if one.action not in _ELSEWHERE] for row in card.buttons]
    has_link = any(one.action == "pay" for row in wanted for one in row)
    rows = [[_shown(one, visit, has_link=has_link) for one in row] for row in wanted]
    at = clock(visit.now, view.utc_offset_minutes)
    title = say("page.title", lang, number=order_number(view.number))
    more = {
        **values,
        "title": title,
        "rows": [row for row in rows if row],
        "version": view.version,
        "said": _said(view, visit),
        "updated": say("page.updated", lang, when=at),
    }
    return _render(template, visit, more, 200)


def _shown(button: Button, visit: Visit, *, has_link: bool) -> Shown:
    # Beside a payment that is ready, another way to pay is the lesser wish.
    is_other_way = has_link and button.url is None and button.action.startswith("pay_")
    url = button.url
    if url is None and button.action in ASKS:
        url = visit.url(ask=button.action)
    if url is None and button.action == "keep":
        url = visit.url()
    is_second = button.action in _SECOND or button.action.startswith("rate") or is_other_way
    look = " second" if is_second else ""
    return Shown(button.text, button.action, url, " bad" if _is_end(button) else look)


def _is_end(button: Button) -> bool:
    return button.text.startswith(signs.REFUSE) and button.action != "slot_no"


def _step(view: OrderView) -> int:
    """Which step of an ordinary order this is, from 1; 0 outside of them."""
    return next((n for n, states in enumerate(_STEPS, 1) if view.state in states), 0)


def _phone(view: OrderView) -> str | None:
    """A number to dial, once the sides may know each other."""
    if not view.contractor_phone or not meets(view):
        return None
    return re.sub(r"[^\d+]", "", view.contractor_phone)


def wait_seconds(view: OrderView) -> int:
    """How soon the page looks again; 0 when nothing will change by itself."""
    sums = view.money
    if view.state is OrderState.AWAITING_PREPAYMENT and (sums.confirming or sums.payment_url):
        return 4
    if view.state not in FINAL_STATES:
        return 10
    return 0 if view.money_closed else 30


def _said(view: OrderView, visit: Visit) -> str:
    if visit.said in BY_NAME:
        return refusal(visit.said, visit.lang, view)
    key = _SAID.get(visit.said)
    return say(key, visit.lang) if key else ""


def _render(template: str, visit: Visit, values: dict[str, object], status: int) -> HTMLResponse:
    lang = visit.lang
    other = Language.EN if lang is Language.RU else Language.RU
    nonce = secrets.token_urlsafe(16)
    wait = values.get("wait", 0)
    # What changes with every look must not make the page look changed.
    facts = sorted((name, repr(one)) for name, one in values.items() if name not in _FLEETING)
    mark = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    html = _templates.get_template(template).render(
        **{"updated": "", "wait": 0, **values},
        lang=lang.value,
        words={name: say(f"page.{name}", lang) for name in _WORDS},
        steps=say("page.steps", lang).split("|"),
        here=visit.url(),
        other_lang=other.value,
        other_name=say("language.name", other),
        other_url=f"{visit.path}?{urlencode({'lang': other.value})}",
        nonce=nonce,
        css=_CSS,
        script=_SCRIPT.replace("WAIT", str(wait)),
        mark=mark,
    )
    return HTMLResponse(html, status, _headers(nonce, visit))


def _headers(nonce: str, visit: Visit) -> dict[str, str]:
    # Chrome also checks where a form's answer redirects to: the provider's page is https.
    forms = " ".join(filter(None, ("'self'", "https:", visit.payment_origin)))
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        f"connect-src 'self'; img-src 'self' data:; form-action {forms}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Robots-Tag": "noindex, nofollow",
        "Content-Language": visit.lang.value,
        "Vary": "Accept-Language",
    }


_INTRO = (
    "Send 'Authorization: Bearer <token>' with every request and an Idempotency-Key with every "
    "POST: the same key and body get the first answer. Errors are application/problem+json. "
    "Amounts are kopecks, instants are UTC."
)


def render_docs(spec: dict[str, object]) -> HTMLResponse:
    """The OpenAPI description as a page."""
    nonce = secrets.token_urlsafe(16)
    template = _templates.get_template("docs.html")
    html = template.render(spec=spec, nonce=nonce, css=_CSS, intro=_INTRO)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'"
    return HTMLResponse(html, 200, {"Content-Security-Policy": policy})
