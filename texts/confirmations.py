"""Cards that ask before they act: they state what it costs, and every one has a way back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from rules.catalog import JobClass
from rules.orders import Role
from rules.points import POINTS, PointsReason
from rules.views import OrderView
from texts import reasons
from texts.cards import Button, Card, button, card_html
from texts.catalogue import say
from texts.describe_claims import claim_line
from texts.describe_money import cancel_cost
from texts.formatting import counted, money, order_number, when
from texts.language import Language
from texts.signs import REFUSE

SURE = "sure_"
"""Before the action of a yes: what it leads to cannot be taken back."""

_SLOT = "slot_"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_CHOICES_MAX = 6
_FROM_HOUR, _TO_HOUR = 7, 21


def _reason_rows(kind: str, sign: str, lang: Language) -> tuple[tuple[Button, ...], ...]:
    """Reason buttons in two columns; a tap gives the reason and confirms."""
    buttons = [
        Button(f"{sign} {label}".strip(), reasons.action(kind, code))
        for code, label in reasons.labels(kind, lang)
    ]
    rows = [tuple(buttons[i : i + 2]) for i in range(0, len(buttons), 2)]
    return (*rows, (button("keep", lang),))


def _title(key: str, view: OrderView, lang: Language) -> str:
    return say(f"confirm.{key}.title", lang, number=order_number(view.number))


def confirm_cancel_card(view: OrderView, lang: Language) -> Card:
    """What a cancellation costs the client now, and why he wants it."""
    title = _title("refund" if view.redispatch_since is not None else "cancel", view, lang)
    lines = [cancel_cost(view, lang), say("confirm.cancel.how", lang)]
    return Card(card_html(title, lines), _reason_rows("cancel", REFUSE, lang))


def decline_card(view: OrderView, lang: Language) -> Card:
    """Why a contractor does not take an offer."""
    lines = [say("confirm.decline.how", lang)]
    title = _title("decline", view, lang)
    return Card(card_html(title, lines), _reason_rows("decline", REFUSE, lang))


def withdraw_card(view: OrderView, lang: Language) -> Card:
    """What a withdrawal costs the contractor, and why he wants it."""
    reason = PointsReason.WITHDREW_PAID if view.prepaid else PointsReason.WITHDREW_UNPAID
    points = counted(abs(POINTS[reason]), "point", lang)
    cost = say(f"confirm.withdraw.{'paid' if view.prepaid else 'unpaid'}", lang, points=points)
    lines = [cost, say("confirm.withdraw.how", lang)]
    title = _title("withdraw", view, lang)
    return Card(card_html(title, lines), _reason_rows("withdraw", REFUSE, lang))


def claim_card(view: OrderView, lang: Language) -> Card:
    """What the contractor's costs were for; the amount is asked next."""
    cap = money(view.claim.cap_kopecks if view.claim is not None else 0, lang)
    lines = [say("confirm.claim.how", lang, cap=cap)]
    return Card(card_html(_title("claim", view, lang), lines), _reason_rows("claim", "🧾", lang))


def object_card(view: OrderView, lang: Language) -> Card:
    """What the client objects to in a claim; then support decides."""
    lines = [claim_line(view, Role.CLIENT, lang), say("confirm.object.how", lang)]
    return Card(card_html(_title("object", view, lang), lines), _reason_rows("object", "⚠️", lang))


def no_show_card(view: OrderView, lang: Language) -> Card:
    """Whether the crew really did not come; the action is `no_show_yes`."""
    lines = [say("confirm.no_show.how", lang)]
    yes = Button(say("confirm.no_show.yes", lang), "no_show_yes")
    title = _title("no_show", view, lang)
    return Card(card_html(title, lines), ((yes,), (button("keep", lang),)))


def sure_card(view: OrderView, action: str, lang: Language) -> Card:
    """Whether a tap was meant that nobody can take back: a waiver, a consent, a bad rating."""
    stars = int(action[4:]) if action.startswith("rate") else 0
    key = "rate" if stars else action
    asked = money(view.claim.amount_kopecks, lang) if view.claim is not None else ""
    title = say(
        f"confirm.{key}.title", lang, number=order_number(view.number), stars=stars, amount=asked
    )
    yes = Button(say(f"confirm.{key}.yes", lang, stars=stars, amount=asked), f"{SURE}{action}")
    lines = [say(f"confirm.{key}.how", lang)]
    return Card(card_html(title, lines), ((yes,), (button("keep", lang),)))


def slot_choices_card(
    view: OrderView,
    choices: Sequence[datetime],
    lang: Language,
    role: Role = Role.CLIENT,
    *,
    asked_at: datetime | None = None,
) -> Card:
    """Other times to choose from; each button's action carries its instant."""
    offset = view.utc_offset_minutes
    now = when(view.visit_at, offset, lang) if view.visit_at is not None else "–"
    rows = [
        (
            Button(
                say("button.other_day", lang, when=when(at, offset, lang, asked_at)),
                slot_action(at),
            ),
        )
        for at in choices
    ]
    lines = [say(f"confirm.slot.how_{role.value}", lang, when=now)]
    text = card_html(_title("slot", view, lang), lines)
    return Card(text, (*rows, (button("keep", lang),)))


def slot_choices(view: OrderView, now: datetime) -> list[datetime]:
    """Times worth proposing: the next hours for an urgent job, half-days for the others."""
    offset = timedelta(minutes=view.utc_offset_minutes)
    local = (now + offset).replace(minute=0, second=0, microsecond=0)
    if view.service.job_class is JobClass.URGENT:
        found = [local + timedelta(hours=hours) for hours in (2, 3, 5, 8)]
        found.append(local.replace(hour=9) + timedelta(days=1))
    else:
        days = [local + timedelta(days=n) for n in range(8)]
        found = [day.replace(hour=hour) for day in days for hour in (9, 14)]
    soonest = now + timedelta(hours=1)
    usable = [at - offset for at in found if at - offset >= soonest]
    by_day = [at for at in usable if _FROM_HOUR <= (at + offset).hour <= _TO_HOUR]
    return [at for at in by_day if not _is_about(at, view.visit_at)][:_CHOICES_MAX]


def _is_about(at: datetime, visit_at: datetime | None) -> bool:
    return visit_at is not None and abs(at - visit_at) < timedelta(minutes=30)


def slot_action(instant: datetime) -> str:
    """An instant (whole minutes) as an action of at most 12 characters."""
    minutes, text = int(instant.timestamp()) // 60, ""
    while minutes:
        minutes, rest = divmod(minutes, 36)
        text = _DIGITS[rest] + text
    return f"{_SLOT}{text}"


def slot_instant(action: str) -> datetime | None:
    """The instant of an action of `slot_action`; None for any other action."""
    code = action.removeprefix(_SLOT)
    if code == action or not 4 <= len(code) <= 6 or any(one not in _DIGITS for one in code):
        return None
    return datetime.fromtimestamp(int(code, 36) * 60, UTC)
