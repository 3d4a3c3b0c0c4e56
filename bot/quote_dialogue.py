"""A contractor's quote, and his question about more metres: few taps, numbers with clear bounds."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bot.amount_dialogue import read_kopecks
from bot.dialogue import Chosen, Draft, Event, Flow, Remark, Said, Step, Turn, not_understood
from rules.catalog import Service
from rules.errors import BadInput
from rules.quotes import (
    EXTRA_METRES_MAX,
    INCLUSIONS,
    ITEMS,
    QUANTITY_MAX,
    START_DAYS_MAX,
    Item,
    Offered,
    QuoteLine,
    Unit,
    check_extra,
)

NONE = "none"
READY = "ready"
SEND = "send"
SAME = "same"
SEEN, UNSEEN = "seen", "unseen"
PICK, UNPICK = "+", "-"
EXTRA_METRES = (3, 5, 10, 20)
_DIGITS_MAX = 9
_ITEM_STEPS = (Step.QUOTE_1, Step.QUOTE_2, Step.QUOTE_3, Step.QUOTE_4)
_STEPS = (Step.QUOTE_RANGE, *_ITEM_STEPS, Step.INCLUDED, Step.START_DAY, Step.SURVEYED, Step.CHECK)
_RANGE = re.compile(r"(\d{1,9})(?:\s*(?:-|–|—|до|\s)\s*(\d{1,9}))?\s*(?:м|m)?\.?")


def begin(number: int, service: Service, utc_offset_minutes: int) -> Draft:
    """A new quote for an order."""
    answers: dict[str, Any] = {"number": number, "service": service.value, "included": []}
    answers["utc_offset_minutes"] = utc_offset_minutes
    return Draft(Flow.QUOTE, Step.QUOTE_RANGE, answers)


def begin_metres(number: int, depth_m: int, metre_kopecks: int) -> Draft:
    """A question about metres beyond `depth_m`, which cost `metre_kopecks` each in the quote."""
    answers = {"number": number, "depth_m": depth_m, "metre_kopecks": metre_kopecks}
    return Draft(Flow.METRES, Step.METRES, answers)


def item_of(draft: Draft) -> Item:
    """The line that the present step asks for."""
    return ITEMS[Service(draft.answers["service"])][_ITEM_STEPS.index(draft.step)]


def counted_item(draft: Draft) -> Item:
    """The first line whose quantity is known only by working."""
    items = ITEMS[Service(draft.answers["service"])]
    return next(one for one in items if one.unit is not Unit.JOB)


def offered(draft: Draft) -> Offered:
    """The quote of a finished dialogue."""
    answers = draft.answers
    service = Service(answers["service"])
    low, high = answers["low"], answers["high"]
    lines = []
    for item in ITEMS[service]:
        kopecks = answers.get(item.code)
        if kopecks and item.unit is Unit.JOB:
            lines.append(QuoteLine(item.code, item.unit, kopecks))
        elif kopecks:
            lines.append(QuoteLine(item.code, item.unit, kopecks, low, high))
    has_metres = any(one.unit is Unit.METRE for one in lines)
    return Offered(
        tuple(lines),
        tuple(one for one in INCLUSIONS[service] if one in answers["included"]),
        date.fromisoformat(answers["start_day"]),
        high if has_metres else None,
        surveyed=bool(answers["surveyed"]),
    )


def advance(draft: Draft, event: Event) -> Turn:
    """The next draft; FINISHED when the contractor has sent it."""
    if draft.step in _ITEM_STEPS:
        return _price(draft, event)
    return _BY_STEP[draft.step](draft, event)


def _on(draft: Draft) -> Turn:
    return Turn(draft.going_to(_STEPS[_STEPS.index(draft.step) + 1]))


def _range(draft: Draft, event: Event) -> Turn:
    found = _RANGE.fullmatch(event.text.strip().lower()) if isinstance(event, Said) else None
    if found is None:
        return not_understood(draft)
    low, high = int(found[1]), int(found[2] or found[1])
    if not 1 <= low <= high <= QUANTITY_MAX:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return _on(draft.answered(low=low, high=high))


def _price(draft: Draft, event: Event) -> Turn:
    item = item_of(draft)
    if isinstance(event, Chosen) and event.value == NONE and not item.required:
        return _on(draft.answered(**{item.code: 0}))
    kopecks = read_kopecks(event.text) if isinstance(event, Said) else None
    if kopecks is None:
        return not_understood(draft)
    if not item.least_kopecks <= kopecks <= item.most_kopecks:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return _on(draft.answered(**{item.code: kopecks}))


def _included(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen):
        return not_understood(draft)
    if event.value == READY:
        return _on(draft)
    code, sign = event.value[:-1], event.value[-1:]
    known = INCLUSIONS[Service(draft.answers["service"])]
    if code not in known or sign not in (PICK, UNPICK):
        return not_understood(draft)
    kept = [one for one in draft.answers["included"] if one != code]
    return Turn(draft.answered(included=[*kept, code] if sign == PICK else kept))


def _start(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen):
        return not_understood(draft)
    try:
        day = date.fromisoformat(event.value)
    except ValueError:
        return not_understood(draft)
    # A day's slack for the difference between the place's day and UTC's.
    if not event.today < day <= event.today + timedelta(days=START_DAYS_MAX - 1):
        return Turn(draft, Remark.NOT_UNDERSTOOD)
    return _on(draft.answered(start_day=day.isoformat()))


def _surveyed(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen) or event.value not in (SEEN, UNSEEN):
        return not_understood(draft)
    return _on(draft.answered(surveyed=event.value == SEEN))


def _check(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SEND:
        return Turn(draft.going_to(Step.FINISHED))
    return not_understood(draft)


def _metres(draft: Draft, event: Event) -> Turn:
    typed = event.value if isinstance(event, Chosen) else ""
    if isinstance(event, Said):
        typed = event.text.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= _DIGITS_MAX):
        return not_understood(draft)
    if not 1 <= int(typed) <= EXTRA_METRES_MAX:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return Turn(draft.answered(metres=int(typed)).going_to(Step.METRE_PRICE))


def _metre_price(draft: Draft, event: Event) -> Turn:
    kopecks: int | None = None
    if isinstance(event, Chosen) and event.value == SAME:
        kopecks = draft.answers["metre_kopecks"]
    elif isinstance(event, Said):
        kopecks = read_kopecks(event.text)
    if kopecks is None:
        return not_understood(draft)
    try:
        check_extra(draft.answers["metres"], kopecks)
    except BadInput:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return Turn(draft.answered(price_kopecks=kopecks).going_to(Step.FINISHED))


_BY_STEP: dict[Step, Callable[[Draft, Event], Turn]] = {
    Step.QUOTE_RANGE: _range,
    Step.INCLUDED: _included,
    Step.START_DAY: _start,
    Step.SURVEYED: _surveyed,
    Step.CHECK: _check,
    Step.METRES: _metres,
    Step.METRE_PRICE: _metre_price,
    Step.FINISHED: lambda draft, _: Turn(draft),
}
