"""What is made of a geocoder's answer, pure: how long it is kept, what of it is worth showing."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.geo import FAR_FROM_ANY_PLACE_KM, Place, haversine_km, is_plausible

SHOWN_MAX = 5
"""So many addresses are offered as buttons."""
COUNTRY = "ru"
LABEL_CHARACTERS_MAX = 200
NONE_KEPT = timedelta(minutes=10)
"""What was not found today may be on the map in a moment; a mistyped text is not typed again."""

_NEAR_TOWN_KM = 60.0
_SAME_SPOT_KM = 1.0
# House numbers keep their slash and hyphen: 1/2 is not 12.
_BETWEEN_WORDS = re.compile(r"[^\w/-]+")
# The Cyrillic letters io and ie: people write the second for the first.
_IO, _IE = chr(0x451), chr(0x435)


class Provider(StrEnum):
    """Whom we ask for addresses."""

    NOMINATIM = "nominatim"
    YANDEX = "yandex"


KEPT: dict[Provider, timedelta | None] = {
    Provider.NOMINATIM: None,
    # Its licence lets answers be kept for 30 days.
    Provider.YANDEX: timedelta(days=30),
}
"""How long an answer may be used; None: for ever."""


class Exactness(StrEnum):
    """How much of an address was found."""

    HOUSE = "house"
    STREET = "street"
    TOWN = "town"


@dataclass(frozen=True)
class Found:
    """One answer of a geocoder; `country` is a two-letter code, empty when it names none."""

    label: str
    latitude: float
    longitude: float
    exactness: Exactness
    country: str = ""


@dataclass(frozen=True)
class Spot:
    """A found address with the nearest known place and how far it is, in kilometres."""

    found: Found
    place: Place
    distance_km: float

    @property
    def is_doubtful(self) -> bool:
        """Far from every place that is known, or abroad: the person is asked again."""
        abroad = self.found.country not in ("", COUNTRY)
        return abroad or self.distance_km > FAR_FROM_ANY_PLACE_KM


Nearest = Callable[[float, float], tuple[Place, float]]


def normalised(text: str) -> str:
    """The form in which addresses are compared: one spelling, single spaces, no punctuation."""
    plain = text.casefold().replace(_IO, _IE)
    return _BETWEEN_WORDS.sub(" ", plain).strip()


def cache_key(provider: Provider, language: str, text: str) -> str:
    """The name of an answer, from which the address cannot be read."""
    said = f"{provider.value}\n{language}\n{normalised(text)}"
    return hashlib.sha256(said.encode()).hexdigest()


def expires_at(provider: Provider, *, is_found: bool, now: datetime) -> datetime | None:
    """Until when an answer may be used; None: for ever."""
    kept = KEPT[provider] if is_found else NONE_KEPT
    return None if kept is None else now + kept


def spots(found: Sequence[Found], towns: Sequence[Place], nearest: Nearest) -> tuple[Spot, ...]:
    """What of an answer is offered to the person, the best first.

    Streets and houses near the towns that the text names, if any are there; towns only where our
    own table knows none. The same street in pieces is one.
    """
    sound = [one for one in found if is_plausible(one.latitude, one.longitude) and one.label]
    exact = [one for one in sound if one.exactness is not Exactness.TOWN]
    near = [one for one in exact if _is_near(one, towns)]
    wanted = near or exact or ([] if towns else sound)
    kept: list[Found] = []
    for one in wanted:
        if not any(_is_same(one, other) for other in kept):
            kept.append(one)
    return tuple(_spot(one, nearest) for one in kept[:SHOWN_MAX])


def _spot(found: Found, nearest: Nearest) -> Spot:
    place, distance_km = nearest(found.latitude, found.longitude)
    return Spot(found, place, distance_km)


def _is_near(one: Found, towns: Sequence[Place]) -> bool:
    return any(
        haversine_km(one.latitude, one.longitude, town.latitude, town.longitude) <= _NEAR_TOWN_KM
        for town in towns
    )


def _is_same(one: Found, other: Found) -> bool:
    if one.label == other.label:
        return True
    apart = haversine_km(one.latitude, one.longitude, other.latitude, other.longitude)
    return apart <= _SAME_SPOT_KM and one.exactness is other.exactness is Exactness.STREET
