"""A short dialogue about one order: what the work cost in the end, and how it looks."""

import re

from bot.dialogue import (
    Chosen,
    Draft,
    Event,
    Flow,
    Pictured,
    Remark,
    Said,
    Step,
    Turn,
    not_understood,
)

SKIP = "skip"
_ROUBLES_MAX = 100_000_000
_ROUBLES = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


def begin_price(number: int, order_id: str, card_version: int, least_kopecks: int) -> Draft:
    """The final price of this order, not below what was prepaid."""
    answers = {
        "number": number,
        "order_id": order_id,
        "card_version": card_version,
        "least_kopecks": least_kopecks,
    }
    return Draft(Flow.PRICE, Step.PRICE, answers)


def read_kopecks(text: str) -> int | None:
    """An amount typed in roubles, as kopecks; None for anything else."""
    plain = re.sub(r"(?i)руб\w*\.?|[\s\u00a0\u202f₽]|р\.?$", "", text.strip())
    found = _ROUBLES.fullmatch(plain)
    if found is None:
        return None
    roubles, cents = int(found[1]), (found[2] or "").ljust(2, "0")
    kopecks = roubles * 100 + int(cents)
    return kopecks if 0 < roubles <= _ROUBLES_MAX else None


def advance(draft: Draft, event: Event) -> Turn:
    """The next draft; FINISHED when everything is known."""
    return _price(draft, event) if draft.step is Step.PRICE else Turn(draft)


def _price(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SKIP:
        return Turn(draft.answered(price_kopecks=None).going_to(Step.FINISHED))
    if isinstance(event, Pictured):
        photos = [*draft.answers.get("photos", []), event.file_id]
        return Turn(draft.answered(photos=sorted(set(photos))))
    amount = read_kopecks(event.text) if isinstance(event, Said) else None
    if amount is None:
        return not_understood(draft)
    if amount < draft.answers["least_kopecks"]:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return Turn(draft.answered(price_kopecks=amount).going_to(Step.FINISHED))
