"""Why a contractor was asked, and why others were not; the words behind `/why`."""

from collections.abc import Iterable, Mapping

from rules.offers import Exclusion
from texts.catalogue import has, say
from texts.formatting import decimal
from texts.language import Language


def term_name(term: str, lang: Language) -> str:
    """A term of the score in words."""
    key = f"term.{term}"
    return say(key, lang) if has(key) else term


def terms_line(terms: Iterable[tuple[str, float]], lang: Language) -> str:
    """The weighted terms, largest first, without the zero ones: `близость 0,21 + ...`."""
    shown = sorted((one for one in terms if one[1] > 0), key=lambda one: -one[1])
    return " + ".join(f"{term_name(name, lang)} {decimal(value, lang, 2)}" for name, value in shown)


def why_chosen(
    terms: Mapping[str, float] | Iterable[tuple[str, float]],
    rank: int,
    score: float,
    lang: Language,
    *,
    explored: bool = False,
) -> str:
    """Why a contractor stood where he stood among the eligible ones."""
    pairs = list(terms.items()) if isinstance(terms, Mapping) else list(terms)
    parts = terms_line(pairs, lang)
    words = say("why.chosen", lang, rank=rank, score=decimal(score, lang, 2), parts=parts)
    return f"{words} {say('why.explored', lang)}" if explored else words


def exclusion_name(exclusion: Exclusion | str, lang: Language) -> str:
    """Why a contractor was not eligible, in words."""
    value = exclusion.value if isinstance(exclusion, Exclusion) else exclusion
    key = f"exclusion.{value}"
    return say(key, lang) if has(key) else value


def exclusions_line(counts: Mapping[str, int], lang: Language) -> str:
    """How many contractors were not eligible and why, most frequent first."""
    found = sorted((one for one in counts.items() if one[1]), key=lambda one: (-one[1], one[0]))
    if not found:
        return say("exclusion.nobody", lang)
    parts = ", ".join(f"{exclusion_name(name, lang)} – {count}" for name, count in found)
    return say("exclusion.line", lang, parts=parts)
