"""The dialogue of a claim: for each cost how much and its proof, then all of it once more."""

from collections.abc import Callable
from typing import Any

from bot.amount_dialogue import read_kopecks
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
from rules.limits import CLAIM_ITEMS_MAX, CLAIM_PICTURES_MAX
from rules.orders import ClaimItem
from rules.reasons import CLAIM_REASONS

SHARES_PERCENT = (25, 50, 75, 100)
SKIP = "skip"
SEND = "send"
ADD = "add"


def begin(number: int, order_id: str, card_version: int, reason: str, **sums: int) -> Draft:
    """A claim for this order; the first reason has been chosen.

    `cap_kopecks` is the most that may be claimed, `proof_above_kopecks` what support lets pass
    without a picture.
    """
    answers = {
        "number": number,
        "order_id": order_id,
        "card_version": card_version,
        "reason": reason,
        "items": [],
        **sums,
    }
    return Draft(Flow.CLAIM, Step.AMOUNT, answers)


def items(draft: Draft) -> tuple[ClaimItem, ...]:
    """What is claimed so far, the item that is being asked about last."""
    done = draft.answers.get("items", [])
    return tuple(
        ClaimItem(one["reason"], one["kopecks"], tuple(one["files"]))
        for one in (*done, *_current(draft))
    )


def left_kopecks(draft: Draft) -> int:
    """What may still be claimed besides the finished items."""
    cap: int = draft.answers["cap_kopecks"]
    return cap - sum(int(one["kopecks"]) for one in draft.answers.get("items", []))


def may_add(draft: Draft) -> bool:
    """Whether there is room for another item."""
    listed = items(draft)
    total = sum(one.kopecks for one in listed)
    return len(listed) < CLAIM_ITEMS_MAX and total < draft.answers["cap_kopecks"]


def is_unproven(draft: Draft) -> bool:
    """Whether support will look, because there is no picture of so much."""
    listed = items(draft)
    total = sum(one.kopecks for one in listed)
    above: int = draft.answers.get("proof_above_kopecks", 0)
    return total > above and not any(one.files for one in listed)


def advance(draft: Draft, event: Event) -> Turn:
    """The next draft; FINISHED when the claim has been sent."""
    if isinstance(event, Pictured) and draft.step in (Step.PROOF, Step.CHECK):
        # An album arrives as several messages; the last may come after the next question.
        return _picture(draft, event)
    return _STEPS[draft.step](draft, event)


def _current(draft: Draft) -> list[dict[str, Any]]:
    answers = draft.answers
    if "amount_kopecks" not in answers:
        return []
    files = answers.get("files", [])
    return [{"reason": answers["reason"], "kopecks": answers["amount_kopecks"], "files": files}]


def _amount(draft: Draft, event: Event) -> Turn:
    left = left_kopecks(draft)
    if isinstance(event, Chosen):
        if event.value not in {str(share) for share in SHARES_PERCENT}:
            return not_understood(draft)
        amount: int | None = left * int(event.value) // 100
    else:
        amount = read_kopecks(event.text) if isinstance(event, Said) else None
    if amount is None:
        return not_understood(draft)
    if not 0 < amount <= left:
        return Turn(draft, Remark.OUT_OF_BOUNDS)
    return Turn(draft.answered(amount_kopecks=amount).going_to(Step.PROOF))


def _picture(draft: Draft, event: Pictured) -> Turn:
    known = [name for one in items(draft) for name in one.files]
    if "amount_kopecks" not in draft.answers or event.file_id in known:
        return Turn(draft)
    if len(known) >= CLAIM_PICTURES_MAX:
        return Turn(draft, Remark.ENOUGH_PHOTOS)
    return Turn(draft.answered(files=[*draft.answers.get("files", []), event.file_id]))


def _proof(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SKIP:
        return Turn(draft.going_to(Step.CHECK))
    return not_understood(draft)


def _item(draft: Draft, event: Event) -> Turn:
    if not isinstance(event, Chosen) or event.value not in CLAIM_REASONS:
        return not_understood(draft)
    return Turn(draft.answered(reason=event.value).going_to(Step.AMOUNT))


def _check(draft: Draft, event: Event) -> Turn:
    if isinstance(event, Chosen) and event.value == SEND and items(draft):
        return Turn(draft.going_to(Step.FINISHED))
    if isinstance(event, Chosen) and event.value == ADD and may_add(draft):
        done = [*draft.answers.get("items", []), *_current(draft)]
        kept = draft.answered(items=done).without("amount_kopecks", "files")
        # What was asked about the finished items is behind us; back leads to the summary.
        fresh = Draft(kept.flow, Step.CHECK, kept.answers, (), kept.version)
        return Turn(fresh.going_to(Step.ITEM))
    return not_understood(draft)


_STEPS: dict[Step, Callable[[Draft, Event], Turn]] = {
    Step.AMOUNT: _amount,
    Step.PROOF: _proof,
    Step.ITEM: _item,
    Step.CHECK: _check,
    Step.FINISHED: lambda draft, _: Turn(draft),
}
