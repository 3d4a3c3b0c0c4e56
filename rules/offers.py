"""Distribution: who may be offered an order, in which order, in which wave; pure and explainable.

Terms: docs/adr 0002; weights: the policy. Each term lies in [0, 1]; the score lies in [0, 1.1].
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rules.night import after_waking
from rules.orders import Offer, Order, Search
from rules.policy import POLICY_V1, Policy, ScoreWeights

PROXIMITY_SCALE_KM = 30.0
ANSWER_PRIOR_ACCEPTED = 3 * 0.55
ANSWER_PRIOR_OFFERS = 3
IDLE_FULL_DAYS = 7.0
NEWCOMER_JOBS = 5
FARTHER_FROM_WAVE = 4
FARTHER_FACTOR = 1.5
FARTHER_KM_MAX = 100.0
# Priority bands: below 40 only from wave 4 on, 40-69 from wave 2 on, below 20 nothing.
BAND_NORMAL = 70.0
BAND_LOW = 40.0
BAND_SUSPENDED = 20.0


class Exclusion(StrEnum):
    """Why a contractor was not eligible; counted for the explanation."""

    OUT_OF_RADIUS = "out_of_radius"
    OFF_LINE = "off_line"
    SERVICE = "service"
    CAPACITY = "capacity"
    NIGHT = "night"
    ASKED_BEFORE = "asked_before"
    OWN_ORDER = "own_order"
    OFFERS_LIVE = "offers_live"
    BAND = "band"
    BLOCKED = "blocked"
    PARTED = "parted"
    QUOTA = "quota"
    FRAUD = "fraud"


@dataclass(frozen=True)
class Candidate:
    """Facts about one eligible contractor, as read by the one candidate query."""

    contractor_id: int
    distance_km: float
    rating: float
    points: float
    completed: int
    offers_90d: int
    accepted_90d: int
    idle_days: float
    capacity: int
    busy: int
    held: int
    utc_offset_minutes: int = 180
    night_ok: bool = False
    # When his circle last changed.
    moved_at: datetime | None = None


@dataclass(frozen=True)
class Scored:
    """A candidate with its rank, score and the terms that explain it (already weighted)."""

    candidate: Candidate
    rank: int
    score: float
    terms: dict[str, float]
    explored: bool = False


def priority(rating: float, points: float) -> float:
    """Priority in [0, 100]: 55 % rating (1-5 stars), 45 % points (0-200)."""
    return 100 * (0.55 * (rating - 1) / 4 + 0.45 * max(0.0, min(200.0, points)) / 200)


def terms_of(candidate: Candidate, weights: ScoreWeights) -> dict[str, float]:
    """The weighted terms of the score; their sum is the score."""
    newcomer = max(0.0, 1 - candidate.completed / NEWCOMER_JOBS)
    accepted = candidate.accepted_90d + ANSWER_PRIOR_ACCEPTED
    free = 1 - (candidate.busy + candidate.held) / max(1, candidate.capacity)
    raw = {
        "priority": weights.priority * priority(candidate.rating, candidate.points) / 100,
        "proximity": weights.proximity * math.exp(-candidate.distance_km / PROXIMITY_SCALE_KM),
        "answer": weights.answer * accepted / (candidate.offers_90d + ANSWER_PRIOR_OFFERS),
        "idle": weights.idle * min(1.0, candidate.idle_days / IDLE_FULL_DAYS),
        "free": weights.free * free,
        "newcomer": weights.newcomer * newcomer,
    }
    return {name: round(value / 1000, 6) for name, value in raw.items()}


def _tie(seed: str, contractor_id: int) -> str:
    return hashlib.sha256(f"{seed}:{contractor_id}".encode()).hexdigest()


def _explores(seed: str, permille: int) -> bool:
    digest = hashlib.sha256(f"explore:{seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") * 1000 < permille * 2**64


def rank(
    candidates: list[Candidate], seed: str, *, explore: bool, policy: Policy = POLICY_V1
) -> list[Scored]:
    """All candidates by score, ties broken by a hash of the seed; the same for the same input.

    With `explore`, some waves (one in ten in policy v1) let the best newcomer come first.
    """
    scored = []
    for candidate in candidates:
        terms = terms_of(candidate, policy.score)
        scored.append((round(sum(terms.values()), 6), candidate, terms))
    scored.sort(key=lambda one: (-one[0], _tie(seed, one[1].contractor_id)))
    first = None
    if explore and _explores(seed, policy.exploration_permille):
        first = next((one for one in scored if one[1].completed < NEWCOMER_JOBS), None)
    if first is not None:
        scored = [first, *(one for one in scored if one is not first)]
    return [
        Scored(candidate, number, score, terms, first is not None and number == 1)
        for number, (score, candidate, terms) in enumerate(scored, start=1)
    ]


def offer_deadline(
    now: datetime, seconds: float, utc_offset_minutes: int, policy: Policy, *, is_urgent: bool
) -> datetime:
    """When an offer made now ends; on a contractor's own clock the night does not count.

    An urgent order does not wait for a morning: only those are asked whose time is up before
    their night, and those who agreed to be woken.
    """
    if is_urgent:
        return now + timedelta(seconds=seconds)
    return after_waking(now, seconds, utc_offset_minutes, policy)


def reach_km(radius_km: float, wave: int, *, farther_ok: bool, extra_km: float = 0) -> float:
    """How far a contractor is asked: his own circle; from wave 4 those who agreed, 1.5 times.

    `extra_km` is what support has widened this order by, for those who agreed to farther.
    """
    if not farther_ok:
        return radius_km
    if wave >= FARTHER_FROM_WAVE or extra_km:
        radius_km = min(radius_km * FARTHER_FACTOR, max(radius_km, FARTHER_KM_MAX))
    return radius_km + extra_km


def band_allows(rating: float, points: float, wave: int) -> bool:
    """Whether a contractor's priority band lets him be asked in this wave."""
    value = priority(rating, points)
    if value < BAND_SUSPENDED:
        return False
    if value < BAND_LOW:
        return wave > 3
    return value >= BAND_NORMAL or wave >= 2


def wave_size(order: Order, wave: int) -> int:
    """How many contractors wave number `wave` (from 1) addresses; 0 after the last wave."""
    sizes = order.clocks.wave_sizes
    return sizes[wave - 1] if 1 <= wave <= len(sizes) else 0


def asked(search: Search) -> tuple[int, ...]:
    """Contractors who are not asked again in this round."""
    return (*search.excluded, *(offer.contractor_id for offer in search.offers))


def next_deadline(offers: tuple[Offer, ...]) -> datetime | None:
    """When the last live offer of a wave ends."""
    return max((offer.until for offer in offers), default=None)
