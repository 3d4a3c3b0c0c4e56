"""Questions that a tap on a card opens in the card's own message: why, when, whether, which quote.

News of the order may come while one stands there. Then the question stays where the finger is,
made anew from what is true now, and the card comes below it; `None` says that nobody asks that of
this order any more.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.quote_acts import CHOOSE, SHOW, contractor_in
from models.database import Database
from models.queries.quotes import Compared, order_quotes
from rules.money import prepayment
from rules.orders import Role
from rules.policy import Policy
from rules.quotes import QuoteState
from rules.views import OrderView
from texts import confirmations, quotes
from texts.cards import Button, Card, button, card_html, job_card, order_card
from texts.catalogue import say
from texts.formatting import contractor_number, money, order_number
from texts.language import Language

_Question = Callable[[OrderView, Role, Language], Card]


ASKED_TWICE = ("waive", "claim_yes", "block", "rate1", "rate2")
"""One tap would do what nobody can take back: these are asked once more."""


def _sure(action: str) -> _Question:
    return lambda view, _, lang: confirmations.sure_card(view, action, lang)


def _slot(view: OrderView, role: Role, lang: Language) -> Card:
    now = datetime.now(UTC)
    choices = confirmations.slot_choices(view, now)
    return confirmations.slot_choices_card(view, choices, lang, role, asked_at=now)


QUESTIONS: dict[str, _Question] = {
    "cancel": lambda view, _, lang: confirmations.confirm_cancel_card(view, lang),
    "refund_now": lambda view, _, lang: confirmations.confirm_cancel_card(view, lang),
    "decline": lambda view, _, lang: confirmations.decline_card(view, lang),
    "withdraw": lambda view, _, lang: confirmations.withdraw_card(view, lang),
    "claim": lambda view, _, lang: confirmations.claim_card(view, lang),
    "claim_no": lambda view, _, lang: confirmations.object_card(view, lang),
    "no_show": lambda view, _, lang: confirmations.no_show_card(view, lang),
    "slot": _slot,
    **{action: _sure(action) for action in ASKED_TWICE},
}
"""Actions that first ask why, when or whether."""


def is_offered(action: str, view: OrderView, role: Role, lang: Language) -> bool:
    """Whether the card as it is now has a button with this action."""
    card = job_card(view, lang) if role is Role.CONTRACTOR else order_card(view, lang)
    return any(one.action == action for line in card.buttons for one in line)


async def question(
    database: Database, action: str, view: OrderView, role: Role, lang: Language, policy: Policy
) -> Card | None:
    """The question that an action opens, from what is true now; None if it cannot be asked."""
    if not is_offered(action, view, role, lang):
        return None
    if action in QUESTIONS:
        return QUESTIONS[action](view, role, lang)
    contractor = contractor_in(action, SHOW) if role is Role.CLIENT else None
    if contractor is None or not view.quoting:
        return None
    async with database.reading() as session:
        found = await order_quotes(session, view.order_id)
    one = next((one for one in found if one.quote.contractor_id == contractor), None)
    if one is None or one.quote.state is not QuoteState.OPEN:
        return None
    return _quote_card(view, one, money(prepayment(one.quote.total, policy), lang), lang)


def _quote_card(view: OrderView, one: Compared, prepaid: str, lang: Language) -> Card:
    crew = contractor_number(one.quote.contractor_id)
    title = say("quote.title", lang, crew=crew, number=order_number(view.number))
    lines = [
        quotes.about_contractor(one.name, one.rating, one.completed, lang),
        *quotes.offered_lines(view.service, one.quote.offered, lang),
        say("quote.prepayment", lang, prepayment=prepaid),
    ]
    choose = Button(say("button.choose", lang), f"{CHOOSE}{one.quote.contractor_id}")
    return Card(card_html(title, lines), ((choose,), (button("keep", lang),)))
