"""Why a contractor was asked, and why others were not; the words behind `/why`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.explaining import Place
from rules.offers import Exclusion
from texts.catalogue import has, say
from texts.formatting import contractor_number, counted, decimal, distance
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


@dataclass(frozen=True)
class Ranked:
    """One eligible contractor of a wave; `became` is his offer's state, '' if he had none."""

    contractor_id: int
    rank: int
    score: float
    distance_km: float
    terms: Mapping[str, float]
    explored: bool
    became: str


@dataclass(frozen=True)
class WaveTold:
    """One wave as support reads it: its rules, who was ranked, and why others were not."""

    round: int
    wave: int
    policy: str
    seed: str
    ranked: tuple[Ranked, ...]
    exclusions: Mapping[str, int]


def wave_lines(told: WaveTold, lang: Language, *, at_most: int = 8) -> list[str]:
    """A wave in full: policy, seed, each candidate with rank, terms and fate, and the others."""
    if not told.ranked:
        head = say("why.empty", lang, wave=told.wave, round=told.round)
        return [head, exclusions_line(told.exclusions, lang)]
    head = say(
        "why.wave", lang, wave=told.wave, round=told.round, policy=told.policy, seed=told.seed
    )
    lines = [head, *(_ranked_line(one, lang) for one in told.ranked[:at_most])]
    if len(told.ranked) > at_most:
        lines.append(say("why.more", lang, count=len(told.ranked) - at_most))
    return [*lines, exclusions_line(told.exclusions, lang)]


def _ranked_line(one: Ranked, lang: Language) -> str:
    return say(
        "why.line",
        lang,
        crew=contractor_number(one.contractor_id),
        became=say(f"offer_state.{one.became}", lang) if one.became else "–",
        distance=distance(one.distance_km, lang),
        why=why_chosen(one.terms, one.rank, one.score, lang, explored=one.explored),
    )


def why_not_lines(place: Place, lang: Language) -> list[str]:
    """Why a contractor was asked or not, for himself: nobody else is named."""
    if place.rank == 0:
        radius = distance(place.radius_km, lang)
        return [say(f"why_not.{place.reason or 'unknown'}", lang, radius=radius)]
    why = why_chosen(place.terms, place.rank, place.score, lang, explored=place.explored)
    lines = [_ranked_words(place, why, lang)]
    bonus = place.terms.get("newcomer", 0)
    if bonus > 0:
        lines.append(say("why_not.newcomer", lang, points=decimal(bonus, lang, 2)))
    if place.other_explored:
        lines.append(say("why_not.explored", lang))
    return lines


def _ranked_words(place: Place, why: str, lang: Language) -> str:
    if not place.chosen:
        return say(
            "why_not.ranked_lower",
            lang,
            rank=place.rank,
            count=place.ranked,
            asked=counted(place.asked, "crew", lang),
            why=why,
        )
    key = place.became if place.became in ("won", "lost") else "offered"
    return say(f"why_not.{key}", lang, why=why)
