"""A season of orders and contractors: made from a seed, or exported from a database.

Both are plain values. Nothing in a season depends on the policy that it is played with, so that
two policies meet the same people, the same jobs and the same moods.
"""

import dataclasses
import hashlib
import json
import math
import random
from dataclasses import dataclass
from pathlib import Path

from rules.catalog import JobClass, Service
from rules.errors import BadInput
from rules.geo import haversine_km
from rules.points import RATING_PRIOR

MINUTES_A_DAY = 24 * 60
CENTRE = (56.8584, 35.9006)
SPREAD_KM = 60.0
KM_PER_DEGREE = 111.2
UTC_OFFSET_MINUTES = 180
RADII_KM = (25.0, 50.0, 75.0, 100.0)
NEWCOMERS = 0.15
# Orders come when people are awake, most of them in the morning and after work.
HOURS = (6,) * 1 + (7, 8, 9, 10, 11) * 3 + (12, 13, 14, 15, 16) * 2 + (17, 18, 19, 20) * 3 + (22, 2)
JOBS: tuple[tuple[Service, int], ...] = (
    (Service.REPAIR_NO_WATER, 5_000_00),
    (Service.SEWAGE_OVERFLOW, 6_000_00),
    (Service.REPAIR_PUMP, 12_000_00),
    (Service.REPAIR_CLEANING, 9_000_00),
    (Service.SEWAGE_PUMP_OUT, 3_500_00),
)
JOB_MINUTES = {JobClass.URGENT: 5 * 60, JobClass.SERVICE: 18 * 60, JobClass.PROJECT: 5 * 24 * 60}
FAR_KM = 150.0
NIGHT_MOOD = 0.25


@dataclass(frozen=True)
class Crew:
    """A contractor; `quality` is what his stars will tend to, `mood` how often he says yes."""

    id: int
    latitude: float
    longitude: float
    radius_km: float
    capacity: int = 2
    farther_ok: bool = False
    night_ok: bool = False
    quality: float = RATING_PRIOR
    mood: float = 0.57
    joined_minute: float = 0.0
    services: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """An order: when it was placed (minutes from the season's first midnight, UTC), where, what."""

    id: str
    minute: float
    latitude: float
    longitude: float
    service: str
    price_kopecks: int


@dataclass(frozen=True)
class Season:
    """Everybody and everything of some days; `seed` decides what people answer."""

    crews: tuple[Crew, ...]
    jobs: tuple[Job, ...]
    days: int
    seed: int


@dataclass(frozen=True)
class Answer:
    """What a contractor does with an offer: yes, no, or nothing at all; after so many minutes."""

    accepts: bool
    speaks: bool
    minutes: float


def city(seed: int, days: int, crews: int, jobs_a_day: int) -> Season:
    """A synthetic town, the same for the same arguments."""
    chance = random.Random(seed)  # noqa: S311 - people who do not exist
    people = tuple(_crew(number, crews, days, chance) for number in range(crews))
    jobs = [_job(number, days, chance) for number in range(days * jobs_a_day)]
    return Season(people, tuple(sorted(jobs, key=lambda job: job.minute)), days, seed)


def _somewhere(chance: random.Random) -> tuple[float, float]:
    distance, angle = SPREAD_KM * chance.random() ** 0.8, chance.uniform(0, 2 * math.pi)
    north, east = distance * math.cos(angle), distance * math.sin(angle)
    stretch = KM_PER_DEGREE * math.cos(math.radians(CENTRE[0]))
    return CENTRE[0] + north / KM_PER_DEGREE, CENTRE[1] + east / stretch


def _crew(number: int, crews: int, days: int, chance: random.Random) -> Crew:
    latitude, longitude = _somewhere(chance)
    is_newcomer = number >= crews * (1 - NEWCOMERS)
    return Crew(
        id=number + 1,
        latitude=latitude,
        longitude=longitude,
        radius_km=chance.choice(RADII_KM),
        capacity=chance.randint(1, 3),
        farther_ok=chance.random() < 0.3,
        night_ok=chance.random() < 0.4,
        quality=min(5.0, max(2.5, chance.gauss(4.4, 0.4))),
        mood=chance.betavariate(4, 3),
        joined_minute=chance.uniform(0, days * MINUTES_A_DAY / 2) if is_newcomer else 0.0,
    )


def _job(number: int, days: int, chance: random.Random) -> Job:
    latitude, longitude = _somewhere(chance)
    local = chance.choice(HOURS) * 60 + chance.uniform(0, 60) - UTC_OFFSET_MINUTES
    service, price = chance.choice(JOBS)
    minute = max(0.0, chance.randrange(days) * MINUTES_A_DAY + local)
    return Job(f"job-{number}", minute, latitude, longitude, service.value, price)


def answer(season: Season, job: Job, crew: Crew, km: float, *, night: bool) -> Answer:
    """What this contractor says to this job, whichever policy asks him."""
    digest = hashlib.blake2b(f"{season.seed}:{job.id}:{crew.id}".encode(), digest_size=24).digest()
    mood, speaks, speed = (int.from_bytes(digest[at : at + 8], "big") / 2**64 for at in (0, 8, 16))
    chance = crew.mood * math.exp(-km / FAR_KM) * (NIGHT_MOOD if night else 1.0)
    is_urgent = Service(job.service).job_class is JobClass.URGENT
    pace = 2.5 if is_urgent else 8.0
    accepts = mood < chance
    return Answer(accepts, accepts or speaks < 0.6, -pace * math.log(1 - speed))


def reached(season: Season) -> dict[str, tuple[tuple[Crew, float], ...]]:
    """For each job the contractors who may be near enough, with the distance in km."""
    return {
        job.id: tuple(
            (crew, km)
            for crew in season.crews
            if not crew.services or job.service.split(".")[0] in crew.services
            for km in (haversine_km(job.latitude, job.longitude, crew.latitude, crew.longitude),)
            if km <= crew.radius_km * 1.5
        )
        for job in season.jobs
    }


def to_json(season: Season) -> str:
    """A season as text; `from_json` reads it back."""
    return json.dumps(dataclasses.asdict(season), ensure_ascii=False)


def from_json(path: Path, seed: int) -> Season:
    """A season exported before; the seed decides the answers.

    Raises:
        BadInput: It cannot be read as one; says why.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        crews = tuple(
            Crew(**{**one, "services": tuple(one.get("services", ()))}) for one in said["crews"]
        )
        jobs = tuple(Job(**one) for one in said["jobs"])
        days = int(said["days"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} is not an exported season: {error}") from error
    if not crews or not jobs:
        raise BadInput(f"{path} holds no contractors or no orders")
    return Season(crews, jobs, days, seed)
