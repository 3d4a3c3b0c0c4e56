"""Reason codes as words, and as actions of buttons: one tap gives the reason and confirms."""

from rules.reasons import (
    CANCEL_REASONS,
    CLAIM_REASONS,
    DECLINE_REASONS,
    OBJECTION_REASONS,
    SUPPORT_REASONS,
    WITHDRAW_REASONS,
)
from texts.catalogue import has, say
from texts.language import Language

REASONS: dict[str, tuple[str, ...]] = {
    "cancel": CANCEL_REASONS,
    "decline": DECLINE_REASONS,
    "withdraw": WITHDRAW_REASONS,
    "claim": CLAIM_REASONS,
    "object": OBJECTION_REASONS,
    "support": SUPPORT_REASONS,
}
"""The codes of each kind of reason, in the order they are shown."""

_SEPARATOR = "_r"


def label(kind: str, code: str, lang: Language) -> str:
    """A reason of a kind as a button says it; the code itself if nobody knows it."""
    key = f"reason.{kind}.{code}"
    return say(key, lang) if has(key) else code


def labels(kind: str, lang: Language) -> list[tuple[str, str]]:
    """All reasons of a kind as `(code, label)`."""
    return [(code, label(kind, code, lang)) for code in REASONS[kind]]


def decline_reasons(lang: Language) -> list[tuple[str, str]]:
    """Why a contractor refuses an offer."""
    return labels("decline", lang)


def cancel_reasons(lang: Language) -> list[tuple[str, str]]:
    """Why a client cancels."""
    return labels("cancel", lang)


def withdraw_reasons(lang: Language) -> list[tuple[str, str]]:
    """Why a contractor withdraws."""
    return labels("withdraw", lang)


def claim_reasons(lang: Language) -> list[tuple[str, str]]:
    """What a contractor's costs were for."""
    return labels("claim", lang)


def support_reasons(lang: Language) -> list[tuple[str, str]]:
    """Why support acts."""
    return labels("support", lang)


def any_label(code: str, lang: Language) -> str:
    """A reason whose kind is not known, e.g. of an ended order; empty if nobody knows it."""
    for kind in (*REASONS, "system"):
        if has(f"reason.{kind}.{code}"):
            return label(kind, code, lang)
    return ""


def action(kind: str, code: str) -> str:
    """The action of a reason's button, at most 12 characters: `cancel_r3`."""
    return f"{kind}{_SEPARATOR}{REASONS[kind].index(code)}"


def parse(text: str) -> tuple[str, str] | None:
    """The kind and code of a reason's action, or None if it is another action."""
    kind, found, index = text.partition(_SEPARATOR)
    codes = REASONS.get(kind, ())
    if not found or not index.isdecimal() or int(index) >= len(codes):
        return None
    return kind, codes[int(index)]
