"""The parts of a screen: its text, its buttons, what it asks the phone for, and the way out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bot.dialogue import BACK, CANCEL, Draft
from rules.catalog import Estimate
from texts.catalogue import say
from texts.language import Language

LABEL_MAX = 30


class Ask(StrEnum):
    """What the keyboard under the message asks the phone for."""

    NOTHING = ""
    LOCATION = "location"
    CONTACT = "contact"


@dataclass(frozen=True)
class Choice:
    """A button of a dialogue: what it says and what it answers."""

    label: str
    value: str


Rows = tuple[tuple[Choice, ...], ...]


@dataclass(frozen=True)
class Screen:
    """One question; `ask` needs a keyboard of its own, so then there are no inline buttons."""

    text: str
    rows: Rows = ()
    ask: Ask = Ask.NOTHING
    ask_label: str = ""


@dataclass(frozen=True)
class Facts:
    """What a screen tells beyond the draft: the day, the price and who is near."""

    today: date
    estimate: Estimate | None = None
    prepayment_kopecks: int = 0
    crews_near: int = 0


Show = Callable[[Draft, Facts, Language], Screen]
"""Makes the screen of one step."""


def navigation(lang: Language, *, is_first: bool = False) -> tuple[Choice, ...]:
    """Back and cancel; at the first question there is nothing to go back to."""
    cancel = Choice(say("nav.cancel", lang), CANCEL)
    return (cancel,) if is_first else (Choice(say("nav.back", lang), BACK), cancel)


def one_per_row(choices: list[Choice], lang: Language, *, is_first: bool = False) -> Rows:
    """Each choice in a row of its own, the way out below."""
    return (*((choice,) for choice in choices), navigation(lang, is_first=is_first))


def two_per_row(choices: list[Choice], lang: Language) -> Rows:
    """The choices in two columns, the way out below."""
    pairs = [tuple(choices[at : at + 2]) for at in range(0, len(choices), 2)]
    return (*pairs, navigation(lang))


def town(answers: Any, lang: Language) -> str:
    """The town's name in a language."""
    return str(answers.get("town_en") if lang is Language.EN else answers.get("town"))
