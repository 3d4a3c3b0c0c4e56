"""Notices: one short new message when a person must know or act."""

from collections.abc import Callable, Mapping
from datetime import datetime
from html import escape

from rules.changes import Notice
from rules.orders import OrderState, Role
from rules.views import OrderView
from texts.catalogue import has, say
from texts.describe import headline
from texts.describe_money import claim_line, declined_words, ended_money
from texts.formatting import clock, deadline, lower_first, money, order_number, when
from texts.language import Language
from texts.reasons import label

_PAID: dict[Notice, Callable[[OrderView], bool]] = {
    Notice.PERSON_SEARCHES: lambda view: view.redispatch_since is not None,
    Notice.NO_CONTRACTOR: lambda view: view.refund_kopecks > 0,
    Notice.CONTRACTOR_WITHDREW: lambda view: view.redispatch_since is not None,
    Notice.YOU_WON: lambda view: view.prepaid,
}


def notice(
    notice: Notice,
    view: OrderView,
    role: Role,
    lang: Language,
    params: Mapping[str, object] | None = None,
) -> str:
    """The message of a notice for a role, as Telegram HTML without tags.

    `params` may carry `kopecks` (of the refund or late payment it tells of), `declined` (the
    provider's reason) and `until` (an ISO instant); what is missing is taken from the view.
    """
    values = _values(view, role, lang, params or {})
    return escape(say(_key(notice, view, role), lang, **values), quote=False)


def _key(notice: Notice, view: OrderView, role: Role) -> str:
    name = notice.value
    paid = _PAID.get(notice)
    if paid is not None and paid(view):
        name = f"{name}_paid"
    if notice is Notice.CLAIM_SETTLED and (view.claim is None or not view.claim.amount_kopecks):
        name = "claim_nothing"
    key = f"notice.{name}.{role.value}"
    return key if has(key) else "notice.other"


def _values(
    view: OrderView, role: Role, lang: Language, params: Mapping[str, object]
) -> dict[str, object]:
    offset = view.utc_offset_minutes
    unknown = say("time.see_card", lang)
    claim = view.claim
    until = _instant(params.get("until")) or view.due_at
    visit, proposal = view.visit_at, view.proposal
    sums = view.money
    kopecks = params.get("kopecks")
    amount = kopecks if isinstance(kopecks, int) else sums.refunded_kopecks or view.refund_kopecks
    told = claim_line(view, role, lang) if view.state is OrderState.CANCELLED else ""
    return {
        "number": order_number(view.number),
        "town": view.town,
        "headline": headline(view, role, lang),
        "prepayment": money(view.prepayment_kopecks, lang),
        "refund": money(view.refund_kopecks, lang),
        "amount": money(amount, lang),
        "until": deadline(until, view.state_since, offset, lang) if until else unknown,
        "visit": when(visit, offset, lang) if visit else unknown,
        "proposed": when(proposal.visit_at, offset, lang) if proposal else unknown,
        "claim": money(claim.amount_kopecks if claim else 0, lang),
        "claim_cap": money(claim.cap_kopecks if claim else 0, lang),
        "claim_reason": lower_first(label("claim", claim.reason, lang)) if claim else "",
        "declined": declined_words(
            str(params.get("declined") or sums.decline_reason or "other"), lang
        ),
        "money": f"{ended_money(view, lang)} {told}".strip(),
        "morning": _morning(params, offset, lang),
    }


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
