"""Notices: one short new message when a person must know or act."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape

from rules.changes import Notice
from rules.orders import OrderState, Role
from rules.views import OrderView, to_pay
from texts.catalogue import has, say
from texts.describe import headline
from texts.describe_claims import claim_items, claim_line
from texts.describe_money import declined_words, ended_money
from texts.formatting import clock, deadline, money, order_number, when
from texts.language import Language

_PAID: dict[Notice, Callable[[OrderView], bool]] = {
    Notice.PERSON_SEARCHES: lambda view: view.redispatch_since is not None,
    Notice.NO_CONTRACTOR: lambda view: view.refund_kopecks > 0,
    Notice.CONTRACTOR_WITHDREW: lambda view: view.redispatch_since is not None,
    Notice.YOU_WON: lambda view: view.prepaid,
}


# A notice is rendered when it is sent; the order may have gone on since. These ask for something
# that only makes sense in their state, so afterwards they only point to the card.
_ONLY_IN = {
    Notice.CONTRACTOR_FOUND: (OrderState.AWAITING_PREPAYMENT,),
    Notice.PAY_REMINDER: (OrderState.AWAITING_PREPAYMENT,),
    Notice.PAYMENT_DECLINED: (OrderState.AWAITING_PREPAYMENT,),
    Notice.PERSON_SEARCHES: (OrderState.SEARCHING,),
    Notice.CONTRACTOR_WITHDREW: (OrderState.SEARCHING,),
    Notice.START_OVERDUE: (OrderState.BOOKED,),
    Notice.VISIT_SOON: (OrderState.BOOKED,),
    Notice.WORK_DONE: (OrderState.AWAITING_ACCEPTANCE,),
    Notice.CLAIM_INVITED: (OrderState.CANCELLED,),
    Notice.CLAIM_MADE: (OrderState.CANCELLED,),
    Notice.CLIENT_PAID: (OrderState.BOOKED,),
    Notice.YOU_WON: (OrderState.AWAITING_PREPAYMENT, OrderState.BOOKED),
    Notice.QUOTE_FIRST: (OrderState.SEARCHING,),
    Notice.QUOTES_IN: (OrderState.SEARCHING,),
    Notice.CHOICE_REMINDER: (OrderState.SEARCHING,),
    Notice.QUOTE_UNAVAILABLE: (OrderState.SEARCHING,),
    Notice.METRES_ASKED: (OrderState.IN_PROGRESS,),
}
_OTHER = "notice.other"


def notice(
    notice: Notice,
    view: OrderView,
    role: Role,
    lang: Language,
    params: Mapping[str, object] | None = None,
    *,
    now: datetime | None = None,
) -> str:
    """The message of a notice for a role, as Telegram HTML without tags.

    `params` may carry `kopecks` (of the refund or late payment it tells of), `declined` (the
    provider's reason) and `until` (an ISO instant); what is missing is taken from the view. With
    `now`, the time of sending, near days are called today and tomorrow.
    """
    values = {
        "number": order_number(view.number),
        "town": view.town,
        "headline": headline(view, role, lang),
        **_instants(view, lang, params or {}, now),
        **_amounts(view, lang, params or {}),
    }
    if notice is Notice.ORDER_CANCELLED:
        told = claim_line(view, role, lang)
        values["money"] = f"{ended_money(view, lang)} {told}".strip()
    try:
        words = say(_key(notice, view, role), lang, **values)
    except KeyError:
        # Something it tells of is gone already, e.g. the proposal has been answered.
        words = say(_OTHER, lang, **values)
    return escape(words, quote=False)


def _key(notice: Notice, view: OrderView, role: Role) -> str:
    name = notice.value
    if view.state not in _ONLY_IN.get(notice, (view.state,)):
        return _OTHER
    paid = _PAID.get(notice)
    if paid is not None and paid(view):
        name = f"{name}_paid"
    if notice is Notice.CLAIM_SETTLED and (view.claim is None or not view.claim.amount_kopecks):
        name = "claim_nothing"
    if notice is Notice.CLAIM_SETTLED and view.claim and view.claim.decided_by is Role.SUPPORT:
        name = "claim_decided"
    key = f"notice.{name}.{role.value}"
    return key if has(key) else _OTHER


def _instants(
    view: OrderView, lang: Language, params: Mapping[str, object], now: datetime | None
) -> dict[str, str]:
    """The times that are known; a notice that needs another one says less."""
    offset = view.utc_offset_minutes
    due = view.due_at
    if view.state is OrderState.CANCELLED and view.claim is not None:
        due = view.claim.until
    until = _instant(params.get("until")) or due
    known = {
        "until": deadline(until, view.state_since, offset, lang)
        if until
        else say("time.see_card", lang),
        "morning": _morning(params, offset, lang),
    }
    if view.visit_at is not None:
        known["visit"] = when(view.visit_at, offset, lang, now)
    if view.proposal is not None:
        known["proposed"] = when(view.proposal.visit_at, offset, lang, now)
    return known


def _amounts(view: OrderView, lang: Language, params: Mapping[str, object]) -> dict[str, str]:
    sums = view.money
    kopecks = params.get("kopecks")
    amount = kopecks if isinstance(kopecks, int) else sums.refunded_kopecks or view.refund_kopecks
    declined = str(params.get("declined") or sums.decline_reason or "other")
    known = {
        "prepayment": money(view.prepayment_kopecks, lang),
        "to_pay": money(to_pay(view), lang),
        "refund": money(view.refund_kopecks, lang),
        "amount": money(amount, lang),
        "declined": declined_words(declined, lang),
        "operation": _named("operation", params.get("operation"), lang),
        "trouble": _named("trouble", params.get("trouble"), lang),
    }
    if view.claim is not None:
        known["claim"] = money(view.claim.amount_kopecks, lang)
        known["claim_cap"] = money(view.claim.cap_kopecks, lang)
        known["claim_asked"] = money(view.claim.asked_kopecks, lang)
        known["claim_reason"] = claim_items(view.claim, lang)
    return known


def _named(kind: str, value: object, lang: Language) -> str:
    """The words for a code of the payment provider's side, or those for any other code."""
    key = f"{kind}.{value}"
    return say(key if has(key) else f"{kind}.other", lang)


def _morning(params: Mapping[str, object], offset: int, lang: Language) -> str:
    until = _instant(params.get("until"))
    if until is None:
        return say("notice.morning", lang)
    return say("notice.morning_at", lang, clock=clock(until, offset))


def _instant(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return None
