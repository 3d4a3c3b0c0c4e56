"""Playing a season with a policy: the product's own ranking, waves, bands, nights and points.

A discrete-event simulation. What people answer comes from the season; whom they are asked by, in
which order and when, comes from `rules.offers` and the policy, as in production.
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from local.season import JOB_MINUTES, UTC_OFFSET_MINUTES, Crew, Job, Season, answer
from rules import offers
from rules.catalog import JobClass, Service
from rules.night import is_night
from rules.offers import Candidate
from rules.points import (
    POINTS,
    POINTS_HALF_LIFE_DAYS,
    POINTS_MAX,
    POINTS_MIN,
    POINTS_START,
    RATING_PRIOR,
    RATING_PRIOR_WEIGHT,
    PointsReason,
)
from rules.policy import ClassPolicy, Policy

START = datetime(2026, 4, 1, tzinfo=UTC)
STARS_EVERY = 2  # every second client gives stars


@dataclass
class Standing:
    """What production knows of a contractor; points and stars decay without being recounted."""

    crew: Crew
    busy: int = 0
    live: dict[JobClass, int] = field(default_factory=dict)
    offers: int = 0
    accepted: int = 0
    completed: int = 0
    last_won: float | None = None
    points: float = POINTS_START
    points_at: float = 0.0
    stars_weight: float = RATING_PRIOR_WEIGHT
    stars_sum: float = RATING_PRIOR_WEIGHT * RATING_PRIOR
    income_kopecks: int = 0

    @property
    def held(self) -> int:
        """Places kept free by offers that are open."""
        return sum(self.live.values())

    def add_points(self, delta: float, minute: float) -> None:
        """An entry of the points ledger; earlier ones have halved every 60 days meanwhile."""
        self.points = self.points_now(minute) + delta
        self.points_at = minute

    def points_now(self, minute: float) -> float:
        """Decayed towards 100 and bounded, as `rules.points.points_now`."""
        days = (minute - self.points_at) / (24 * 60)
        left = float(0.5 ** (days / POINTS_HALF_LIFE_DAYS))
        value = POINTS_START + (self.points - POINTS_START) * left
        return max(POINTS_MIN, min(POINTS_MAX, value))

    def rate(self, stars: float) -> None:
        """One more review."""
        self.stars_weight += 1
        self.stars_sum += stars

    def candidate(self, km: float, minute: float) -> Candidate:
        """The facts as the candidate query would give them."""
        since = self.last_won if self.last_won is not None else self.crew.joined_minute
        return Candidate(
            contractor_id=self.crew.id,
            distance_km=km,
            rating=self.stars_sum / self.stars_weight,
            points=self.points_now(minute),
            completed=self.completed,
            offers_90d=self.offers,
            accepted_90d=self.accepted,
            idle_days=max(0.0, minute - since) / (24 * 60),
            capacity=self.crew.capacity,
            busy=self.busy,
            held=self.held,
            utc_offset_minutes=UTC_OFFSET_MINUTES,
            night_ok=self.crew.night_ok,
        )


@dataclass
class _Search:
    """One order while it looks for somebody."""

    job: Job
    clocks: ClassPolicy
    wave: int = 0
    empty: int = 0
    asked: set[int] = field(default_factory=set)
    live: set[int] = field(default_factory=set)
    winner: int | None = None
    ended: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one order."""

    job: Job
    minutes: float | None
    km: float | None
    crew_id: int | None
    offers: int
    too_late: int


@dataclass(frozen=True)
class Played:
    """A whole season's outcomes and what everybody earned."""

    season: Season
    outcomes: tuple[Outcome, ...]
    standings: dict[int, Standing]


class _Play:
    def __init__(
        self, season: Season, near: dict[str, tuple[tuple[Crew, float], ...]], policy: Policy
    ) -> None:
        self.season, self.near, self.policy = season, near, policy
        self.people = {crew.id: Standing(crew) for crew in season.crews}
        self.searches = {
            job.id: _Search(job, policy.for_class(Service(job.service).job_class))
            for job in season.jobs
        }
        self.won: dict[str, tuple[float, float, int]] = {}
        self.too_late: dict[str, int] = dict.fromkeys(self.searches, 0)
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[float], None]]] = []

    def at(self, minute: float, what: Callable[[float], None]) -> None:
        heapq.heappush(self._events, (minute, next(self._order), what))

    def run(self) -> Played:
        for search in self.searches.values():
            self.at(search.job.minute, lambda now, one=search: self.send(one, now))  # type: ignore[misc]  # a default argument binds the loop's value
        while self._events:
            minute, _, what = heapq.heappop(self._events)
            what(minute)
        return Played(
            self.season, tuple(self._outcome(one) for one in self.searches.values()), self.people
        )

    def _outcome(self, search: _Search) -> Outcome:
        minutes, km, crew = self.won.get(search.job.id, (None, None, None))
        late = self.too_late[search.job.id]
        return Outcome(search.job, minutes, km, crew, len(search.asked), late)

    def send(self, search: _Search, now: float) -> None:
        """The next wave, or the hand-over to a person, which ends what is measured here."""
        if search.ended or search.winner is not None:
            return
        self._end_silent(search, now)
        over = now >= search.job.minute + search.clocks.search_seconds / 60
        sizes = search.clocks.wave_sizes
        if over or search.wave >= len(sizes) or search.empty >= self.policy.empty_queries_max:
            search.ended = not search.live
            return
        ranked = self._ranked(search, now)
        if not ranked:
            search.empty += 1
            self.at(now + self.policy.empty_query_seconds / 60, lambda at: self.send(search, at))
            return
        search.wave, search.empty = search.wave + 1, 0
        for scored in ranked[: sizes[search.wave - 1]]:
            self._ask(search, scored.candidate, now)
        wave = search.wave
        until = now + search.clocks.offer_timeout_seconds / 60
        self.at(until, lambda at: self.send(search, at) if search.wave == wave else None)

    def _ranked(self, search: _Search, now: float) -> list[offers.Scored]:
        moment = START + timedelta(minutes=now)
        job_class = Service(search.job.service).job_class
        wave = search.wave + 1
        night = is_night(moment, UTC_OFFSET_MINUTES, self.policy)
        found = []
        for crew, km in self.near[search.job.id]:
            one = self.people[crew.id]
            sleeps = night and not (job_class is JobClass.URGENT and crew.night_ok)
            full = one.busy + one.held >= crew.capacity
            live = one.live.get(job_class, 0) >= search.clocks.max_live_offers
            if crew.id in search.asked or crew.joined_minute > now or sleeps or full or live:
                continue
            if km > offers.reach_km(crew.radius_km, wave, farther_ok=crew.farther_ok):
                continue
            facts = one.candidate(km, now)
            if offers.band_allows(facts.rating, facts.points, wave):
                found.append(facts)
        seed = f"{self.season.seed}:{search.job.id}:1:{wave}"
        explore = job_class is not JobClass.URGENT
        return offers.rank(found, seed, explore=explore, policy=self.policy)

    def _ask(self, search: _Search, candidate: Candidate, now: float) -> None:
        one = self.people[candidate.contractor_id]
        job_class = Service(search.job.service).job_class
        one.offers += 1
        one.live[job_class] = one.live.get(job_class, 0) + 1
        search.asked.add(one.crew.id)
        search.live.add(one.crew.id)
        night = is_night(START + timedelta(minutes=now), UTC_OFFSET_MINUTES, self.policy)
        said = answer(self.season, search.job, one.crew, candidate.distance_km, night=night)
        if said.accepts:
            self.at(
                now + said.minutes,
                lambda at: self._accept(search, one, candidate.distance_km, at),
            )
        elif said.speaks:
            self.at(now + said.minutes, lambda at: self._decline(search, one, at))

    def _release(self, search: _Search, one: Standing) -> bool:
        if one.crew.id not in search.live:
            return False
        search.live.discard(one.crew.id)
        one.live[Service(search.job.service).job_class] -= 1
        return True

    def _end_silent(self, search: _Search, now: float) -> None:
        for crew_id in sorted(search.live):
            one = self.people[crew_id]
            if self._release(search, one):
                one.add_points(POINTS[PointsReason.SILENCE], now)

    def _decline(self, search: _Search, one: Standing, now: float) -> None:
        was_live = self._release(search, one)
        if was_live and not search.live and search.winner is None:
            self.send(search, now)

    def _accept(self, search: _Search, one: Standing, km: float, now: float) -> None:
        was_live = self._release(search, one)
        if search.winner is not None or search.ended:
            self.too_late[search.job.id] += search.winner is not None
            return
        if not was_live and one.busy + one.held >= one.crew.capacity:
            return
        search.winner = one.crew.id
        for other in sorted(search.live):
            self._release(search, self.people[other])
        one.accepted += 1
        one.busy += 1
        one.last_won = now
        self.won[search.job.id] = (now - search.job.minute, km, one.crew.id)
        job_class = Service(search.job.service).job_class
        self.at(now + JOB_MINUTES[job_class], lambda at: self._complete(search, one, at))

    def _complete(self, search: _Search, one: Standing, now: float) -> None:
        one.busy -= 1
        one.completed += 1
        one.income_kopecks += search.job.price_kopecks
        one.add_points(POINTS[PointsReason.COMPLETED], now)
        if one.completed % STARS_EVERY == 0:
            one.rate(one.crew.quality)


def play(season: Season, near: dict[str, tuple[tuple[Crew, float], ...]], policy: Policy) -> Played:
    """Play the season once; the same arguments give the same outcome."""
    return _Play(season, near, policy).run()
