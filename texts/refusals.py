"""Refusals in words: for the person who tapped, and as a title for the API."""

from rules.errors import BY_NAME, RuleViolation
from rules.views import OrderView
from texts.catalogue import has, say
from texts.formatting import money
from texts.language import Language

_GENERAL = RuleViolation.__name__


def _name(error: RuleViolation | str) -> str:
    name = error if isinstance(error, str) else type(error).__name__
    return name if name in BY_NAME else _GENERAL


def refusal(error: RuleViolation | str, lang: Language, view: OrderView | None = None) -> str:
    """The sentence for a refusal (or its class name); fits a callback answer of 200 characters."""
    name = _name(error)
    if name == "ClaimTooHigh" and view is not None and view.claim is not None:
        cap = money(view.claim.cap_kopecks, lang)
        return say("refusal.ClaimTooHigh_cap", lang, cap=cap)
    return say(f"refusal.{name}", lang)


def refusal_to_support(error: RuleViolation | str, lang: Language) -> str:
    """The sentence for whoever acts for support: of the order and the crew, not of 'you'."""
    key = f"refusal_support.{_name(error)}"
    return say(key, lang) if has(key) else refusal(error, lang)


def problem_title(name: str) -> tuple[str, str]:
    """A refusal's short title for problem+json, in Russian and English."""
    key = f"problem.{_name(name)}"
    return say(key, Language.RU), say(key, Language.EN)


def status_title(status: int) -> tuple[str, str]:
    """The short title of an HTTP status that is no refusal of ours, in Russian and English."""
    key = f"problem.http.{status}"
    known = key if has(key) else "problem.http.other"
    return say(known, Language.RU), say(known, Language.EN)
