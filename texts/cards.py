"""Cards: one live message per order and person; the state in bold, the facts, the buttons.

Button texts begin with the fixed signs of `texts.signs`; actions are short words that the bot puts
into callback data together with the order's number and the card's version.
"""

from dataclasses import dataclass
from html import escape

from rules.native import fits
from rules.orders import ClaimState, OfferState, OrderState, Role
from rules.payments import Method
from rules.views import OrderView, to_pay
from texts import quotes
from texts.catalogue import say
from texts.describe import facts, headline, what
from texts.formatting import money, order_number, when
from texts.language import Language
from texts.phases import is_offered, is_overdue, meets

_S = OrderState
BAD_STARS = 2


@dataclass(frozen=True)
class Button:
    """A button: with a `url` it opens a page, otherwise it sends its action."""

    text: str
    action: str
    url: str | None = None


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True)
class Card:
    """A message as Telegram HTML with rows of buttons."""

    text_html: str
    buttons: Rows = ()


def button(action: str, lang: Language, key: str = "", **values: object) -> Button:
    """A button whose text is `button.<key or action>`."""
    return Button(say(f"button.{key or action}", lang, **values), action)


def card_html(title: str, lines: list[str]) -> str:
    """A bold first line and plain lines below; whatever people typed is escaped."""
    body = "\n".join(escape(line, quote=False) for line in lines if line)
    return f"<b>{escape(title, quote=False)}</b>\n{body}".rstrip()


def _title(view: OrderView, words: str, lang: Language) -> str:
    return say("card.title", lang, number=order_number(view.number), headline=words)


def _row(*buttons: Button | None) -> tuple[Button, ...]:
    return tuple(one for one in buttons if one is not None)


def _rows(*rows: tuple[Button, ...]) -> Rows:
    return tuple(row for row in rows if row)


def _from(rows: list[list[quotes.Action]]) -> Rows:
    return tuple(tuple(Button(label, action) for label, action in row) for row in rows)


def order_card(view: OrderView, lang: Language) -> Card:
    """The client's card of an order."""
    title = _title(view, headline(view, Role.CLIENT, lang), lang)
    lines = [what(view, lang), *facts(view, Role.CLIENT, lang)]
    if view.state is _S.COMPLETED and view.client_stars is None and not view.money_closed:
        lines.append(say("rate.client", lang))
    return Card(card_html(title, lines), _client_rows(view, lang))


def _client_rows(view: OrderView, lang: Language) -> Rows:
    page = None
    if view.page_url is not None:
        page = Button(say("button.page", lang), "page", view.page_url)
    last = _row(button("support", lang), page)
    return _rows(_price_answer(view, lang), *_client_steps(view, lang), last)


def _client_steps(view: OrderView, lang: Language) -> Rows:
    cancel = _row(button("cancel", lang))
    match view.state:
        case _S.SEARCHING if view.quoting:
            return _rows(*_from(quotes.client_actions(view, lang)), cancel)
        case _S.SEARCHING if view.redispatch_since is not None:
            return (_row(button("refund_now", lang)),)
        case _S.NEW | _S.SEARCHING:
            return (cancel,)
        case _S.AWAITING_PREPAYMENT:
            return (*_payment_rows(view, lang), cancel)
        case _S.BOOKED:
            return _booked_rows(view, Role.CLIENT, lang)
        case _S.IN_PROGRESS:
            asked = _from(quotes.metres_actions(view, Role.CLIENT, lang))
            return _rows(*asked, _row(button("support", lang, "not_right")), cancel)
        case _S.AWAITING_ACCEPTANCE:
            wrong = button("support", lang, "not_right")
            return (_row(button("accept_work", lang)), _row(wrong), cancel)
        case _S.COMPLETED:
            return (_stars(view.client_stars, view, lang), _part(view.client_stars, lang))
        case _:
            return _claim_answer(view, lang)


def _may_appeal(view: OrderView, role: Role) -> bool:
    """Whether support has decided costs against this side; how late it is the tap will tell."""
    claim = view.claim
    return claim is not None and claim.was_lost_by(role)


def _claim_answer(view: OrderView, lang: Language) -> Rows:
    if _may_appeal(view, Role.CLIENT):
        return (_row(button("appeal", lang)),)
    if view.claim is None or view.claim.state != ClaimState.MADE:
        return ()
    files = _row(button("claim_files", lang) if view.claim.files else None)
    return _rows(_row(button("claim_yes", lang), button("claim_no", lang)), files)


def _payment_rows(view: OrderView, lang: Language) -> Rows:
    sums = view.money
    amount = money(to_pay(view), lang)
    if view.payments_down or sums.confirming or sums.held_kopecks or sums.captured_kopecks:
        return ()  # there is nothing to press: the link or the booking comes by itself
    is_native = view.takes_invoices and fits(to_pay(view))
    native = _row(button("pay_telegram", lang, amount=amount) if is_native else None)
    if sums.payment_method is Method.TELEGRAM:
        # The invoice is a message of its own, with a button of its own.
        others = (button(f"pay_{one}", lang, f"pay_other_{one}") for one in ("card", "sbp"))
        return _rows(_row(button("paid", lang)), _row(*others))
    if sums.payment_url is None:
        return _rows(
            _row(
                button("pay_card", lang, amount=amount),
                button("pay_sbp", lang, amount=amount),
            ),
            native,
        )
    other = "pay_card" if sums.payment_method is Method.SBP else "pay_sbp"
    return _rows(
        _row(Button(say("button.pay", lang, amount=amount), "pay", sums.payment_url)),
        _row(button("paid", lang), button(other, lang, other.replace("pay_", "pay_other_"))),
        _row(button("pay_telegram", lang, "pay_other_telegram") if native else None),
    )


def _booked_rows(view: OrderView, role: Role, lang: Language) -> Rows:
    proposal = view.proposal
    answer: Rows = ()
    if proposal is not None and proposal.by is not role:
        at = when(proposal.visit_at, view.utc_offset_minutes, lang)
        answer = ((button("slot_yes", lang, when=at),), (button("slot_no", lang),))
    slot = button("slot", lang) if view.set_off_at is None else None
    leave = button("cancel" if role is Role.CLIENT else "withdraw", lang)
    no_show = button("no_show", lang) if role is Role.CLIENT and is_overdue(view) else None
    return _rows(*answer, _row(no_show), _row(slot, leave))


def _stars(given: int | None, view: OrderView, lang: Language) -> tuple[Button, ...]:
    if given is not None or view.money_closed:
        return ()
    return tuple(button(f"rate{n}", lang, "rate", stars=n) for n in range(1, 6))


def _part(given: int | None, lang: Language) -> tuple[Button, ...]:
    """Whoever was badly served need not meet the other again."""
    bad = given is not None and given <= BAD_STARS
    return _row(button("block", lang)) if bad else ()


def _price_answer(view: OrderView, lang: Language) -> tuple[Button, ...]:
    if view.price_proposal is None or view.state is not _S.SEARCHING:
        return ()
    return _row(button("price_yes", lang), button("price_no", lang))


def _is_mine(view: OrderView) -> bool:
    offer = view.offer
    return view.contractor_id is not None and (
        offer is None or offer.contractor_id == view.contractor_id
    )


def job_card(view: OrderView, lang: Language) -> Card:
    """A contractor's card of an order: his offer first, his job when he has won it."""
    if is_offered(view):
        return _offer_card(view, lang)
    if not _is_mine(view):
        return _lost_card(view, lang)
    title = _title(view, headline(view, Role.CONTRACTOR, lang), lang)
    lines = [what(view, lang), *facts(view, Role.CONTRACTOR, lang)]
    if view.state is _S.COMPLETED and view.contractor_stars is None and not view.money_closed:
        lines.append(say("rate.contractor", lang))
    return Card(card_html(title, lines), _job_rows(view, lang))


def _map(view: OrderView, lang: Language) -> Button | None:
    known = view.latitude is not None and view.longitude is not None
    return button("map", lang) if known else None


def _offer_card(view: OrderView, lang: Language) -> Card:
    live = view.offer is not None and view.offer.state is OfferState.LIVE
    words = say(f"offer.title.{'live' if live else 'expired'}", lang)
    steps: Rows = (_row(button("accept", lang), button("decline", lang)),)
    if view.quoting:
        is_quoted = view.offer is not None and view.offer.state is OfferState.QUOTED
        words = say(f"offer.title.{'quoted' if is_quoted else 'ask'}", lang)
        steps = _from(quotes.contractor_actions(view, lang))
    lines = [what(view, lang), *facts(view, Role.CONTRACTOR, lang)]
    rows = _rows(
        *steps,
        _row(_map(view, lang), button("support", lang)),
    )
    return Card(card_html(_title(view, words, lang), lines), rows)


def _lost_card(view: OrderView, lang: Language) -> Card:
    """The order is not this contractor's: it never was, or it is not any more."""
    offer = view.offer
    state = offer.state.value if offer is not None else "closed"
    if state in ("live", "expired", "won", "quoted"):
        # The order went on without him, or it ended before anybody answered.
        state = "taken" if view.contractor_id is not None else "closed"
    # Only of an acceptance that came too late is it certain that it cost no points.
    after = state if state in ("lost", "taken") else "closed"
    lines = [what(view, lang), say(f"offer.after.{after}", lang)]
    title = _title(view, say(f"offer.title.{state}", lang), lang)
    why = button("why", lang) if offer is not None else None
    return Card(card_html(title, lines), _rows(_row(why, button("support", lang))))


def _job_rows(view: OrderView, lang: Language) -> Rows:
    last = _row(_map(view, lang) if meets(view) else None, button("support", lang))
    withdraw = _row(button("withdraw", lang))
    match view.state:
        case _S.AWAITING_PREPAYMENT:
            return _rows(withdraw, last)
        case _S.BOOKED:
            steps = _row(
                button("set_off", lang) if view.set_off_at is None else None,
                # Whoever forgot to say that he set off need not do so when it is late.
                button("start", lang) if view.set_off_at or is_overdue(view) else None,
            )
            return _rows(steps, *_booked_rows(view, Role.CONTRACTOR, lang), last)
        case _S.IN_PROGRESS:
            more = _from(quotes.metres_actions(view, Role.CONTRACTOR, lang))
            return _rows(_row(button("done", lang)), *more, withdraw, last)
        case _S.COMPLETED:
            stars = view.contractor_stars
            return _rows(_stars(stars, view, lang), _part(stars, lang), last)
        case _S.CANCELLED if view.claim is not None and view.claim.state == ClaimState.OPEN:
            return _rows(_row(button("claim", lang), button("waive", lang)), last)
        case _S.CANCELLED if _may_appeal(view, Role.CONTRACTOR):
            return _rows(_row(button("appeal", lang)), last)
        case _:
            return _rows(last)
