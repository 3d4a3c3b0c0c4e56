"""Two short dialogues about one order: how much a claim is, and what the work cost in the end."""

import re

from bot.dialogue import Chosen, Draft, Event, Flow, Remark, Said, Step, Turn, not_understood

SHARES_PERCENT = (25, 50, 75, 100)
SKIP = "skip"
_ROUBLES_MAX = 100_000_000
_ROUBLES = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?")


def begin_claim(number: int, card_version: int, cap_kopecks: int, reason: str) -> Draft:
    """A claim of at most `cap_kopecks` for this order; the reason has been chosen."""
    answers = {"cap_kopecks": cap_kopecks, "reason": reason}
    return Draft(
        Flow.CLAIM, Step.AMOUNT, {"number": number, "card_version": card_version, **answers}
    )


def begin_price(number: int, card_version: int, least_kopecks: int) -> Draft:
    """The final price of this order, not below what was prepaid."""
    return Draft(
        Flow.PRICE,
        Step.PRICE,
        {"number": number, "card_version": card_version, "least_kopecks": least_kopecks},
    )


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
    if draft.step is Step.AMOUNT:
        return _amount(draft, event)
    if draft.step is Step.PRICE:
        return _price(draft, event)
    return Turn(draft)


def _amount(draft: Draft, event: Event) -> Turn:
    cap: int = draft.answers["cap_kopecks"]
    if isinstance(event, Chosen):
        if event.value not in {str(share) for share in SHARES_PERCENT}:
            return not_understood(draft)
        amount: int | None = cap * int(event.value) // 100
    else:
        amount = read_kopecks(event.text) if isinstance(event, Said) else None
    if amount is None:
        return not_understood(draft)
    if not 0 < amount <= cap:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return Turn(draft.answered(amount_kopecks=amount).going_to(Step.FINISHED))


def _price(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SKIP:
        return Turn(draft.answered(price_kopecks=None).going_to(Step.FINISHED))
    amount = read_kopecks(event.text) if isinstance(event, Said) else None
    if amount is None:
        return not_understood(draft)
    if amount < draft.answers["least_kopecks"]:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return Turn(draft.answered(price_kopecks=amount).going_to(Step.FINISHED))
