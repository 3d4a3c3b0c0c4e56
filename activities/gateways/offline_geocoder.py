"""Geocoder without a network: about 5,300 Russian places in memory, behind geopy's interface.

It knows settlements, not streets: every answer has the precision of a town, so whoever needs
the plot itself asks for a pin. Names and coordinates: GeoNames, CC BY 4.0 (see NOTICE).
"""

import csv
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from geopy.geocoders.base import DEFAULT_SENTINEL, Geocoder
from geopy.location import Location
from geopy.point import Point

from activities.gateways import place_query
from activities.gateways.place_query import Phrase, PlaceQuery, fold, fold_region, parse
from rules.geo import EARTH_RADIUS_KM, Place, haversine_km

MAX_RESULTS = 8
"""An ambiguous name is offered as at most so many buttons."""

_TABLES = Path(__file__).parent / "data"
# A settlement named with another region is still meant if it lies so near to that region:
# people mistake the region beside a border. Two parts so near name one place.
_NEAR_KM = 60.0
# A typing mistake is forgiven only in words in which it cannot make another short name.
_SHORTEST_MISTYPED_WORD = 5
# 'Новый Афон' does not mean the village of Новый: half a name is no name.
_ADJECTIVE = re.compile(r"(?:ый|ий|ой|ая|яя|ое|ее|ые|ие|y|aya|oe)$")
_COUNTRY = ("россия", "рф", "российская федерация", "russia", "russian federation")
_CITY_REGIONS = {"48": "москва", "66": "санкт петербург"}
_ALSO_CALLED = {
    "мск": ("москва",),
    "moskva": ("москва",),
    "питер": ("санкт петербург",),
    "спб": ("санкт петербург",),
    "петербург": ("санкт петербург",),
    "spb": ("санкт петербург",),
    "st petersburg": ("санкт петербург",),
    "sankt peterburg": ("санкт петербург",),
    "екб": ("екатеринбург",),
    "челны": ("набережные челны",),
    "новгород": ("нижний новгород", "великий новгород"),
    "ростов": ("ростов на дону", "ростов великий"),
    "rostov": ("ростов на дону", "ростов великий"),
    "rostov na donu": ("ростов на дону",),
    "komsomolsk na amure": ("комсомольск на амуре",),
}

Vector = tuple[float, float, float]


class Gazetteer:
    """The table of places with its indexes; immutable after it was built."""

    def __init__(self, places: Sequence[tuple[str, Place]], regions: dict[str, str]) -> None:
        self.places = tuple(place for _, place in places)
        self._codes = tuple(code for code, _ in places)
        self._regions = regions
        self._vectors = tuple(_vector(place.latitude, place.longitude) for place in self.places)
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for index, place in enumerate(self.places):
            for name in {fold(place.name_ru), fold(place.name_en)}:
                self._by_name[name].append(index)
        for other, names in _ALSO_CALLED.items():
            self._by_name[other] = [index for name in names for index in self._by_name[name]]
        # One mistake cannot spoil both ends of a name, so either end finds the candidates.
        self._by_end: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name in self._by_name:
            self._by_end["starts", name[:2]].append(name)
            self._by_end["ends", name[-2:]].append(name)

    def find(self, text: str, limit: int = MAX_RESULTS) -> list[Place]:
        """Places that the text may mean, the largest first; empty when none is known."""
        query = parse(text, self._regions)
        if query is None:
            return []
        found = self._settle(query, self._exact) or self._city_of_region(query)
        if not found:
            found = self._settle(query, self._mistyped)
        return [self.places[index] for index in found[: max(0, min(limit, MAX_RESULTS))]]

    def nearest(self, latitude: float, longitude: float) -> tuple[Place, float]:
        """The nearest place and its distance in kilometres, anywhere on the globe."""
        # All 5,300 products take under a millisecond and, unlike a grid in degrees, need no
        # care at 180° and at the poles.
        x, y, z = _vector(latitude, longitude)
        closeness = [a * x + b * y + c * z for a, b, c in self._vectors]
        place = self.places[max(range(len(closeness)), key=closeness.__getitem__)]
        return place, haversine_km(latitude, longitude, place.latitude, place.longitude)

    def is_town_only(self, text: str) -> bool:
        """Tell whether the text names a known town and nothing besides."""
        return place_query.is_named_only(text, self.find(text), self._regions)

    def _settle(self, query: PlaceQuery, match: Callable[[Phrase], list[int]]) -> list[int]:
        """Match the parts of an address; two parts near each other name the smaller place."""
        found: list[int] = []
        for phrase in query.phrases:
            hits = self._narrow(match(phrase), query.regions)
            if not found:
                found = hits
                continue
            # A village and its district centre, in either order.
            inner = self._near(hits, found)
            outer = self._near(found, hits)
            if inner and outer:
                found = min(inner, outer, key=lambda group: self.places[group[0]].population)
        return found

    def _exact(self, phrase: Phrase) -> list[int]:
        """Places of exactly this name, or of the name with which the phrase begins."""
        for name in (phrase.full, phrase.settlement):
            if name in self._by_name:
                return self._by_name[name]
        words = phrase.settlement.split()
        for size in range(len(words) - 1, 0, -1):
            name = " ".join(words[:size])
            if name in self._by_name and not _ADJECTIVE.search(name):
                return self._by_name[name]
        return []

    def _mistyped(self, phrase: Phrase) -> list[int]:
        """Places whose name differs by one letter: changed, left out, put in or swapped."""
        typed = phrase.settlement
        if len(typed) < _SHORTEST_MISTYPED_WORD - 1:
            return []
        candidates = {*self._by_end["starts", typed[:2]], *self._by_end["ends", typed[-2:]]}
        names = [
            name
            for name in candidates
            if abs(len(name) - len(typed)) <= 1
            and _one_letter_apart(typed, name)
            and _mistake_is_in_long_word(typed, name)
        ]
        return sorted({index for name in names for index in self._by_name[name]})

    def _narrow(self, hits: list[int], regions: frozenset[str]) -> list[int]:
        """Keep the places of the named regions; failing that, those just across the border."""
        if not regions:
            return hits
        inside = [index for index in hits if self._codes[index] in regions]
        if inside:
            return inside
        belonging = [index for index, code in enumerate(self._codes) if code in regions]
        return self._near(hits[: 2 * MAX_RESULTS], belonging)

    def _city_of_region(self, query: PlaceQuery) -> list[int]:
        """Moscow and Saint Petersburg are regions themselves: a street there names the city."""
        names = [_CITY_REGIONS[code] for code in sorted(query.regions & _CITY_REGIONS.keys())]
        return [self._by_name[name][0] for name in names]

    def _near(self, hits: Iterable[int], others: Sequence[int]) -> list[int]:
        """Those of the hits which lie near to any of the other places."""
        floor = math.cos(_NEAR_KM / EARTH_RADIUS_KM)
        vectors = [self._vectors[other] for other in others]

        def is_near(hit: int) -> bool:
            x, y, z = self._vectors[hit]
            return any(a * x + b * y + c * z >= floor for a, b, c in vectors)

        return [hit for hit in hits if is_near(hit)]


class OfflineGeocoder(Geocoder):  # type: ignore[misc]  # geopy is untyped
    """geopy's geocoder over the table of places; never waits and never fails for a network."""

    def geocode(
        self,
        query: str,
        *,
        exactly_one: bool = True,
        timeout: object = DEFAULT_SENTINEL,
        limit: int = MAX_RESULTS,
    ) -> Location | list[Location] | None:
        """Places of this name, the largest first; nothing when none is known."""
        del timeout  # part of geopy's interface; there is nothing to wait for
        found = [_location(place) for place in find(query, 1 if exactly_one else limit)]
        if not found:
            return None
        return found[0] if exactly_one else found

    def reverse(
        self,
        query: Point | tuple[float, float] | str,
        *,
        exactly_one: bool = True,
        timeout: object = DEFAULT_SENTINEL,
    ) -> Location | list[Location]:
        """The nearest place, however far; `raw["distance_km"]` tells how far.

        Raises:
            ValueError: The point is not a pair of coordinates.
        """
        del timeout  # part of geopy's interface; there is nothing to wait for
        point = Point(query)
        place, distance_km = nearest(point.latitude, point.longitude)
        location = _location(place, distance_km=round(distance_km, 3))
        return location if exactly_one else [location]


def find(text: str, limit: int = MAX_RESULTS) -> list[Place]:
    """Places that the text may mean, the largest first, at most eight."""
    return gazetteer().find(text, limit)


def nearest(latitude: float, longitude: float) -> tuple[Place, float]:
    """The nearest place and its distance in kilometres."""
    return gazetteer().nearest(latitude, longitude)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The table of places, read once per process when it is first needed."""
    regions = {row["code"]: row for row in _rows("regions_ru.csv")}
    places = []
    for row in _rows("places_ru.csv"):
        region = regions[row["region"]]
        place = Place(
            name_ru=row["name_ru"],
            name_en=row["name_en"],
            region_ru=region["name_ru"],
            region_en=region["name_en"],
            latitude=float(row["lat"]),
            longitude=float(row["lon"]),
            population=int(row["population"]),
            timezone=row["timezone"],
        )
        places.append((row["region"], place))
    names = {fold_region(name): "" for name in _COUNTRY}
    for code, region in regions.items():
        also = region["also"].split("|") if region["also"] else []
        for name in (region["name_ru"], region["name_en"], *also):
            names[fold_region(name)] = code
            names[_in_genitive(fold_region(name))] = code
    return Gazetteer(places, names)


def _rows(file_name: str) -> list[dict[str, str]]:
    """Rows of a table without the attribution above its header."""
    with (_TABLES / file_name).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(line for line in table if not line.startswith("#")))


def _in_genitive(region: str) -> str:
    """'Клин Московской области': the adjective bends, the noun is folded already."""
    bent = re.sub(r"ая (?=область$)", "ой ", region)
    return re.sub(r"(?:ий|ый) (?=край$)", "ого ", bent)


def _vector(latitude: float, longitude: float) -> Vector:
    phi, lambda_ = math.radians(latitude), math.radians(longitude)
    return (math.cos(phi) * math.cos(lambda_), math.cos(phi) * math.sin(lambda_), math.sin(phi))


def _location(place: Place, **more: float) -> Location:
    """A geopy location that says only what is known: the town."""
    parts = dict.fromkeys((place.name_ru, place.region_ru))
    raw = {
        "name_ru": place.name_ru,
        "name_en": place.name_en,
        "region_ru": place.region_ru,
        "region_en": place.region_en,
        "population": place.population,
        "timezone": place.timezone,
        "precision": "town",
        **more,
    }
    return Location(", ".join(parts), Point(place.latitude, place.longitude), raw)


def _one_letter_apart(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    start = next(
        (i for i, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]),
        len(short),
    )
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1]
    return short[start + 1 :] == long[start + 1 :] or (
        swapped and short[start + 2 :] == long[start + 2 :]
    )


def _mistake_is_in_long_word(typed: str, name: str) -> bool:
    typed_words, name_words = typed.split(), name.split()
    if len(typed_words) != len(name_words):
        return True  # a space or hyphen was forgotten
    return all(
        max(len(word), len(right)) >= _SHORTEST_MISTYPED_WORD
        for word, right in zip(typed_words, name_words, strict=True)
        if word != right
    )
