"""Choosing whom a wave may ask: the candidate query, the exact distance, the score, the reasons."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from geopy.distance import geodesic
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.circles import Circle, Circles
from activities.messages import OfferTerms, SentOffer
from models.contractors import ContractorRow
from models.queries import candidates
from rules import offers
from rules.limits import EXPLAINED_NAMED_MAX
from rules.night import morning
from rules.offers import Candidate, Exclusion, Scored

_remembered = Circles()


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


async def choose(session: AsyncSession, terms: OfferTerms, place: tuple[float, float]) -> Choice:
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
    kept, circles = await _reachable(session, terms, wanted, exclusions)
    ranked = offers.rank(kept, seed(terms), explore=terms.explore, policy=terms.policy)
    night_until = None
    if not ranked and exclusions.counts[Exclusion.NIGHT.value]:
        night_until = await _first_waking(session, terms, wanted)
    return Choice(ranked, exclusions, circles, night_until)


async def _first_waking(
    session: AsyncSession, terms: OfferTerms, wanted: candidates.Wanted
) -> datetime | None:
    """When the first of those wakes who could be asked but for the night."""
    by_day = replace(terms.policy, night_from_hour=0, night_to_hour=0)
    kept, _ = await _reachable(session, terms, replace(wanted, policy=by_day), Exclusions())
    mornings = [morning(terms.now, one.utc_offset_minutes, terms.policy) for one in kept]
    return min(mornings, default=None)


async def _reachable(
    session: AsyncSession,
    terms: OfferTerms,
    wanted: candidates.Wanted,
    exclusions: Exclusions,
) -> tuple[list[Candidate], dict[int, Circle]]:
    """The candidates whose own circle, measured exactly, holds the place."""
    found = await candidates.eligible(session, wanted)
    circles = await _circles(session, found, wanted.now)
    kept: list[Candidate] = []
    for one in found:
        circle = circles[one.contractor_id]
        km = geodesic((wanted.latitude, wanted.longitude), (circle.latitude, circle.longitude)).km
        reach = offers.reach_km(
            circle.radius_km, terms.wave, farther_ok=circle.farther_ok, extra_km=terms.extra_km
        )
        if km > reach:
            exclusions.add(Exclusion.OUT_OF_RADIUS, [one.contractor_id], 1)
        elif not offers.band_allows(one.rating, one.points, terms.wave):
            exclusions.add(Exclusion.BAND, [one.contractor_id], 1)
        else:
            kept.append(replace(one, distance_km=round(km, 3)))
    return kept, circles


async def _circles(
    session: AsyncSession, found: list[Candidate], now: datetime
) -> dict[int, Circle]:
    """Everybody's circle; only those are read that nobody has read within the hour."""
    known = {
        one.contractor_id: circle
        for one in found
        if one.moved_at is not None
        and (circle := _remembered.get((one.contractor_id, one.moved_at), now)) is not None
    }
    unread = [one.contractor_id for one in found if one.contractor_id not in known]
    if not unread:
        return known
    rows = await session.exec(select(ContractorRow).where(col(ContractorRow.id).in_(unread)))
    for row in rows:
        circle = Circle(row.user_id, row.latitude, row.longitude, row.radius_km, row.farther_ok)
        known[row.id] = circle
        _remembered.keep((row.id, row.moved_at), circle, now)
    return known


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
