"""Reads what a person typed as an address: region, settlement, and what cannot be resolved."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules.geo import Place

MAX_QUERY_CHARACTERS = 200

_LONGEST_REGION_WORDS = 6
_POSTCODE = re.compile(r"\d{6}")
_APOSTROPHES = re.compile(r"[’'ʼ`´\"«»]")
_NOT_WORD = re.compile(r"[\W_]+")
_DISTRICT = re.compile(
    r"\b[\w]+(?: муниципальн\w+)? (?:район|района|районе|р н|рн|district)\b"
    r"|\bмуниципальн\w+ (?:округ|район|образование)\b"
)


def _words(listed: str) -> frozenset[str]:
    """Words of a list that is read more easily as a sentence."""
    return frozenset(listed.split())


# Region words in the forms people write them; the table of regions is folded the same way.
_REGION_WORDS = {
    "обл": "область",
    "области": "область",
    "респ": "республика",
    "республики": "республика",
    "края": "край",
    "ао": "автономный округ",
    "region": "oblast",
    "obl": "oblast",
}
_SETTLEMENT_MARKERS = _words(
    "г гор город города городской округ го д дер деревня деревне с село селе п пос поселок "
    "поселке пгт рп р ст ца станица х хут хутор аул мкр микрорайон city town village of"
)
_STREET_MARKERS = _words(
    "ул улица улице просп проспект пр пркт пер переулок шоссе ш наб бульвар бул площадь пл "
    "проезд дом д кв квартира корп корпус стр строение снт днп тсн кп уч участок аллея тупик "
    "ul ulitsa street str avenue ave road house apt"
)
# Where a street sign cannot be a settlement sign, the whole part is a street.
_ONLY_STREET = _STREET_MARKERS - _SETTLEMENT_MARKERS


@dataclass(frozen=True)
class Phrase:
    """One part of an address: all of it, and what stands before its street or house."""

    full: str
    settlement: str


@dataclass(frozen=True)
class PlaceQuery:
    """An address taken apart; regions are codes, phrases are folded and in their order."""

    regions: frozenset[str]
    phrases: tuple[Phrase, ...]


def fold(text: str) -> str:
    """Bring a name to the form in which names are compared: lower case, ё as е, single spaces."""
    plain = _APOSTROPHES.sub("", text.lower().replace("ё", "е"))
    words = _NOT_WORD.sub(" ", plain).split()
    return " ".join("имени" if word == "им" else _fold_latin(word) for word in words)


def fold_region(text: str) -> str:
    """Fold a region's name so that its short and long forms are one."""
    return " ".join(_REGION_WORDS.get(word, word) for word in fold(text).split())


def parse(text: str, regions: Mapping[str, str]) -> PlaceQuery | None:
    """Take an address apart; `regions` maps folded names to codes, '' for the country.

    Returns nothing when the text is too long or has no letters.
    """
    if len(text) > MAX_QUERY_CHARACTERS or not any(letter.isalpha() for letter in text):
        return None
    codes: set[str] = set()
    phrases: list[Phrase] = []
    for part in re.split(r"[,;\n]", text):
        words = [word for word in fold(part).split() if not _POSTCODE.fullmatch(word)]
        rest = _without_regions(words, regions, codes)
        phrase = _phrase(_DISTRICT.sub(" ", " ".join(rest)).split())
        if phrase is not None:
            phrases.append(phrase)
    return PlaceQuery(frozenset(codes), tuple(phrases))


def is_named_only(text: str, places: Sequence[Place], regions: Mapping[str, str]) -> bool:
    """Tell whether the text is the names of these places and regions, with nothing left over."""
    if len(text) > MAX_QUERY_CHARACTERS or not places:
        return False
    named = {
        word
        for place in places
        for name in (place.name_ru, place.name_en)
        for word in fold(name).split()
    }
    rest: set[str] = set()
    for part in re.split(r"[,;\n]", text):
        words = [word for word in fold(part).split() if not _POSTCODE.fullmatch(word)]
        rest.update(_without_regions(words, regions, set()))
    return rest <= named | _SETTLEMENT_MARKERS


def _fold_latin(word: str) -> str:
    """One spelling for the usual romanisations: Nizhniy and Nizhny, Yelets and Elets."""
    if not word.isascii():
        return word
    return re.sub(r"y[oe]", "e", re.sub(r"(?:iy|yy|ij)$", "y", word))


def _without_regions(words: list[str], regions: Mapping[str, str], codes: set[str]) -> list[str]:
    """Take the names of regions out of the words, the longest first, and note their codes."""
    for size in range(min(_LONGEST_REGION_WORDS, len(words)), 0, -1):
        for start in range(len(words) - size + 1):
            code = regions.get(fold_region(" ".join(words[start : start + size])))
            if code is None:
                continue
            if code:
                codes.add(code)
            return _without_regions(words[:start] + words[start + size :], regions, codes)
    return words


def _phrase(words: list[str]) -> Phrase | None:
    """Strip the signs of a settlement and cut at the street; nothing if only a street is left."""
    if not words or _is_street(words):
        return None
    start = 0
    while start < len(words) - 1 and words[start] in _SETTLEMENT_MARKERS:
        start += 1
    kept = words[start:]
    if kept[0].isdigit() or _is_street(kept):
        return None
    end = next(
        (
            index
            for index, word in enumerate(kept)
            if index and (word in _STREET_MARKERS or any(sign.isdigit() for sign in word))
        ),
        len(kept),
    )
    return Phrase(full=" ".join(kept), settlement=" ".join(kept[:end]))


def _is_street(words: list[str]) -> bool:
    """A sign of a street that stands alone is a name: there is a village of Тупик."""
    return len(words) > 1 and words[0] in _ONLY_STREET
