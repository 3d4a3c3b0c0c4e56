"""Dialogues as pure state: a draft and an event give the next draft and what to say about it.

Nothing here knows of Telegram or the database. A draft is a row between two messages, so it
survives days and restarts, and any replica can go on with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from rules.geo import Place
from rules.geocoding import Exactness, Spot

BACK = "back"
CANCEL = "cancel"


class Flow(StrEnum):
    """What a dialogue is for; a person is in at most one."""

    ORDER = "order"
    WORK = "work"
    CLAIM = "claim"
    PRICE = "price"
    SUPPORT = "support"
    EMAIL = "email"
    QUOTE = "quote"
    METRES = "metres"


class Step(StrEnum):
    """One question; a screen shows one."""

    TYPE = "type"
    SERVICE = "service"
    DETAIL = "detail"
    PLACE = "place"
    WHICH_PLACE = "which_place"
    PIN = "pin"
    FAR_PIN = "far_pin"
    FOUND = "found"
    WISH = "wish"
    COMMENT = "comment"
    PHONE = "phone"
    CHECK = "check"
    NAME = "name"
    SERVICES = "services"
    RADIUS = "radius"
    AMOUNT = "amount"
    PROOF = "proof"
    ITEM = "item"
    QUESTION = "question"
    PRICE = "price"
    EMAIL = "email"
    QUOTE_RANGE = "quote_range"
    QUOTE_1 = "quote_1"
    QUOTE_2 = "quote_2"
    QUOTE_3 = "quote_3"
    QUOTE_4 = "quote_4"
    INCLUDED = "included"
    START_DAY = "start_day"
    SURVEYED = "surveyed"
    METRES = "metres"
    METRE_PRICE = "metre_price"
    FINISHED = "finished"


class Remark(StrEnum):
    """What is said above the next question."""

    NONE = ""
    NOT_UNDERSTOOD = "not_understood"
    PLACE_UNKNOWN = "place_unknown"
    BAD_PIN = "bad_pin"
    FOREIGN_CONTACT = "foreign_contact"
    TOO_LONG = "too_long"
    OUT_OF_BOUNDS = "out_of_bounds"
    CHOOSE_ONE = "choose_one"
    BAD_EMAIL = "bad_email"
    ENOUGH_PHOTOS = "enough_photos"


@dataclass(frozen=True)
class Draft:
    """A dialogue between two messages; answers are JSON, `trail` is the way back."""

    flow: Flow
    step: Step
    answers: Mapping[str, Any] = field(default_factory=dict)
    trail: tuple[Step, ...] = ()
    version: int = 0

    def answered(self, **answers: Any) -> "Draft":
        """The draft with these answers set."""
        return replace(self, answers={**self.answers, **answers})

    def without(self, *names: str) -> "Draft":
        """The draft with these answers taken back."""
        kept = {name: value for name, value in self.answers.items() if name not in names}
        return replace(self, answers=kept)

    def going_to(self, step: Step) -> "Draft":
        """The draft at another step, with the way back kept."""
        return replace(self, step=step, trail=(*self.trail, self.step))


@dataclass(frozen=True)
class Turn:
    """The answer to one event: the next draft and a remark on what was said."""

    draft: Draft
    remark: Remark = Remark.NONE


@dataclass(frozen=True)
class Chosen:
    """A button of the dialogue."""

    value: str
    today: date


@dataclass(frozen=True)
class Said:
    """A typed text, with the towns and the addresses that it may mean, if a place was asked for."""

    text: str
    places: tuple[Place, ...] = ()
    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True)
class Pinned:
    """A shared location, with the nearest known place and how far it is, in kilometres."""

    latitude: float
    longitude: float
    place: Place
    distance_km: float


@dataclass(frozen=True)
class Shared:
    """A contact card; only the person's own counts."""

    is_own: bool


@dataclass(frozen=True)
class Pictured:
    """A photo or a paper by its id in our store, perhaps with words."""

    file_id: str
    caption: str = ""


Event = Chosen | Said | Pinned | Shared | Pictured


def back(draft: Draft) -> Draft | None:
    """The draft one question earlier; None when there is none: the dialogue ends."""
    if not draft.trail:
        return None
    return replace(draft, step=draft.trail[-1], trail=draft.trail[:-1])


def place_answers(place: Place) -> dict[str, Any]:
    """What is kept of a town; its centre stands for the spot until there is a pin."""
    return {
        "town": place.name_ru,
        "town_en": place.name_en,
        "region": place.region_ru,
        "timezone": place.timezone,
        "utc_offset_minutes": None,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "exact": False,
        "is_address": False,
    }


def spot_answers(spot: Spot) -> dict[str, Any]:
    """What is kept of a found address until it is confirmed; `far_km` if it is doubtful."""
    found = spot.found
    return {
        **place_answers(spot.place),
        "latitude": found.latitude,
        "longitude": found.longitude,
        "is_address": found.exactness is not Exactness.TOWN,
        "label": found.label,
        "exactness": found.exactness.value,
        "far_km": round(spot.distance_km) if spot.is_doubtful else None,
    }


def without_finding(spot: Mapping[str, Any]) -> dict[str, Any]:
    """A found address without what was only said of the finding."""
    said = ("label", "exactness", "far_km")
    return {name: value for name, value in spot.items() if name not in said}


def not_understood(draft: Draft) -> Turn:
    """The event does not fit the step: say so and ask again."""
    return Turn(draft, Remark.NOT_UNDERSTOOD)
