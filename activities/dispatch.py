"""Choosing whom a wave may ask: the candidate query, the exact distance, the score, the reasons."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from geopy.distance import geodesic
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.circles import Circle, Circles
from activities.messages import OfferTerms, SentOffer
from models.queries import candidates
from rules import offers
from rules.geo import ellipsoid_km
from rules.limits import EXPLAINED_NAMED_MAX
from rules.night import morning
from rules.offers import Candidate, Exclusion, Scored

# Nearer to the rim of a circle than this the short formula's metres could decide.
_DOUBTFUL_KM = 0.1


@dataclass
class Exclusions:
    """How many are not asked, by reason, and who the nearest of them are."""

    counts: Counter[str] = field(default_factory=Counter)
    nearest: dict[str, list[int]] = field(default_factory=dict)

    def add(self, reason: Exclusion, contractor_ids: Collection[int], count: int) -> None:
        """Count them; the list of the nearest is bounded."""
        self.counts[reason.value] += count
        known = self.nearest.setdefault(reason.value, [])
        known.extend(list(contractor_ids)[: EXPLAINED_NAMED_MAX - len(known)])


@dataclass(frozen=True)
class Choice:
    """Everything that one look at the contractors has found out."""

    ranked: list[Scored]
    exclusions: Exclusions
    circles: dict[int, Circle]
    night_until: datetime | None = None


async def choose(
    session: AsyncSession, terms: OfferTerms, place: tuple[float, float], remembered: Circles
) -> Choice:
    """Rank everybody who may be asked near `place` (latitude, longitude) and count the others."""
    wanted = candidates.Wanted(
        service=terms.service,
        latitude=place[0],
        longitude=place[1],
        wave=terms.wave,
        now=terms.now,
        client_id=terms.client_id,
        asked=(*terms.asked, *terms.silent),
        policy=terms.policy,
        extra_km=terms.extra_km,
    )
    exclusions = Exclusions()
    for reason, found in (await candidates.excluded(session, wanted)).items():
        exclusions.add(reason, found.nearest, found.count)
    look = _Look(session, terms, remembered)
    kept, circles = await look.reachable(wanted, exclusions)
    ranked = offers.rank(kept, seed(terms), explore=terms.explore, policy=terms.policy)
    night_until = None
    if not ranked and exclusions.counts[Exclusion.NIGHT.value]:
        night_until = await look.first_waking(wanted)
    return Choice(ranked, exclusions, circles, night_until)


@dataclass(frozen=True)
class _Look:
    """One look at the contractors, for one wave."""

    session: AsyncSession
    terms: OfferTerms
    remembered: Circles

    async def first_waking(self, wanted: candidates.Wanted) -> datetime | None:
        """When the first of those wakes who could be asked but for the night."""
        terms = self.terms
        by_day = replace(terms.policy, night_from_hour=0, night_to_hour=0)
        kept, _ = await self.reachable(replace(wanted, policy=by_day), Exclusions())
        mornings = [morning(terms.now, one.utc_offset_minutes, terms.policy) for one in kept]
        return min(mornings, default=None)

    async def reachable(
        self, wanted: candidates.Wanted, exclusions: Exclusions
    ) -> tuple[list[Candidate], dict[int, Circle]]:
        """The candidates whose own circle, measured exactly, holds the place."""
        wave = self.terms.wave
        found = await candidates.eligible(self.session, wanted)
        circles = await self.remembered.of(self.session, found, wanted.now)
        kept: list[Candidate] = []
        for one in found:
            circle = circles[one.contractor_id]
            reach = offers.reach_km(
                circle.radius_km, wave, farther_ok=circle.farther_ok, extra_km=wanted.extra_km
            )
            km = _measured_km(wanted, circle, reach)
            if km > reach:
                exclusions.add(Exclusion.OUT_OF_RADIUS, [one.contractor_id], 1)
            elif not offers.band_allows(one.rating, one.points, wave):
                exclusions.add(Exclusion.BAND, [one.contractor_id], 1)
            else:
                kept.append(replace(one, distance_km=round(km, 3)))
        return kept, circles


def _measured_km(wanted: candidates.Wanted, circle: Circle, reach: float) -> float:
    """How far it is, to metres; whether that is within reach is decided by the exact formula.

    The exact one costs a quarter of a millisecond: fifty for a town's two hundred contractors.
    """
    place, base = (wanted.latitude, wanted.longitude), (circle.latitude, circle.longitude)
    km = ellipsoid_km(*place, *base)
    return float(geodesic(place, base).km) if abs(km - reach) < _DOUBTFUL_KM else km


def seed(terms: OfferTerms) -> str:
    """What ties are broken by and exploration is drawn from: the same for a repeated wave."""
    return f"{terms.order_id}:{terms.round}:{terms.wave}"


def deadline(one: Scored, terms: OfferTerms) -> datetime:
    """When this contractor's offer ends; on his own clock the night does not count."""
    seconds = (terms.until - terms.now).total_seconds()
    offset = one.candidate.utc_offset_minutes
    return offers.offer_deadline(
        terms.now, seconds, offset, terms.policy, is_urgent=terms.is_urgent
    )


def sent_offer(one: Scored, terms: OfferTerms) -> SentOffer:
    """A granted offer as the workflow hears of it."""
    who = one.candidate
    return SentOffer(
        who.contractor_id,
        who.distance_km,
        one.score,
        one.terms,
        deadline(one, terms),
        who.utc_offset_minutes,
    )
