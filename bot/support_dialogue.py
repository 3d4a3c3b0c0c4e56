"""One question to support, perhaps about an order."""

from bot.dialogue import Draft, Event, Flow, Pictured, Remark, Said, Step, Turn, not_understood
from rules.limits import COMMENT_CHARACTERS_MAX


def begin(number: int | None) -> Draft:
    """A question; about order `number` if given."""
    return Draft(Flow.SUPPORT, Step.QUESTION, {"number": number})


def advance(draft: Draft, event: Event) -> Turn:
    """FINISHED with the person's words."""
    words = event.text if isinstance(event, Said) else ""
    if isinstance(event, Pictured):
        words = event.caption
    if not words or draft.step is not Step.QUESTION:
        return not_understood(draft)
    if len(words) > COMMENT_CHARACTERS_MAX:
        return Turn(draft, Remark.TOO_LONG)
    return Turn(draft.answered(words=words).going_to(Step.FINISHED))
