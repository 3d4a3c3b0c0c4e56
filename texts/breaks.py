"""Differences from the payment provider in one line each, for support and the API."""

from rules.reconciliation import BreakClass, BreakState
from texts.catalogue import say
from texts.formatting import money, order_number
from texts.language import Language


def break_number(break_id: int) -> str:
    """What people call it."""
    return f"B-{break_id}"


def subject_words(subject: str, number: int | None) -> str:
    """The order's public number, or the provider's id of what it is about."""
    return order_number(number) if number is not None else subject


def break_line(
    named: tuple[int, BreakClass, BreakState],
    subject: str,
    kopecks: tuple[int, int],
    lang: Language,
) -> str:
    """One break: its number, class, subject, both amounts and how far it has come."""
    break_id, kind, state = named
    return say(
        "breaks.line",
        lang,
        number=break_number(break_id),
        kind=say(f"break.{kind.value}", lang),
        subject=subject,
        ours=money(kopecks[0], lang),
        theirs=money(kopecks[1], lang),
        state=say(f"break_state.{state.value}", lang),
    )
