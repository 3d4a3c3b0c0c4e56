"""Where receipts go: one question, an e-mail address."""

from bot.dialogue import Draft, Event, Flow, Remark, Said, Step, Turn, not_understood
from rules.errors import BadEmail
from rules.receipts import read_email


def begin() -> Draft:
    """Ask for the address."""
    return Draft(Flow.EMAIL, Step.EMAIL)


def advance(draft: Draft, event: Event) -> Turn:
    """FINISHED with an address that can be written to."""
    if not isinstance(event, Said) or draft.step is not Step.EMAIL:
        return not_understood(draft)
    try:
        email = read_email(event.text)
    except BadEmail:
        return Turn(draft, Remark.BAD_EMAIL)
    return Turn(draft.answered(email=email).going_to(Step.FINISHED))
