"""A crowd of contractors for benchmarks: written by SQL in seconds, spread like Russia's towns."""

import csv
import random
from pathlib import Path

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run

PLACES = Path(__file__).resolve().parents[1] / "activities/gateways/data/places_ru.csv"
TOWNS = 1_100

_USERS = text(
    "INSERT INTO users (first_name, language, is_support)"
    " SELECT 'p', 'ru', false FROM generate_series(1, :count)"
)
# Towns by population; bases within about 40 km of them; 70 of 100 are on line.
_CONTRACTORS = text(
    """
    INSERT INTO contractors (user_id, name, status, online, town, region, latitude, longitude,
        radius_km, farther_ok, night_ok, utc_offset_minutes, rating, reviews, points, completed,
        offers_90d, accepted_90d, capacity, busy, held)
    SELECT u.id, 'c', 'active', random() < 0.7, 't', 'r',
        least(80, (CAST(:latitudes AS double precision[]))[town] + (random() - 0.5) * 0.7),
        (((CAST(:longitudes AS double precision[]))[town] + (random() - 0.5) * 1.2 + 540)::numeric
            % 360 - 180)::double precision,
        10 + random() * 90, random() < 0.3, false, 180, 3.5 + random() * 1.5, 3,
        60 + random() * 100, (random() * 40)::int, 0, 0, 2, 0, 0
    FROM (SELECT id, (CAST(:picks AS int[]))[1 + (random() * (:picked - 1))::int] AS town
          FROM users WHERE id > :first) AS u
    """
)
_SERVICES = text(
    """
    INSERT INTO contractor_services
        (contractor_id, service_type, active, latitude, longitude, radius_km, farther_ok)
    SELECT c.id, s.name, c.status = 'active' AND c.online, c.latitude, c.longitude, c.radius_km,
        c.farther_ok
    FROM contractors c
    JOIN (VALUES ('repair', 1.0), ('drilling', 0.01)) AS s(name, share) ON random() < s.share
    """
)


def towns() -> list[tuple[float, float, int]]:
    """Latitude, longitude and population of the largest places."""
    with PLACES.open(encoding="utf-8", newline="") as file:
        plain = (line for line in file if not line.startswith("#"))
        rows = [
            (float(one["lat"]), float(one["lon"]), int(one["population"]))
            for one in csv.DictReader(plain)
        ]
    return sorted(rows, key=lambda one: -one[2])[:TOWNS]


async def fill(session: AsyncSession, count: int, seed: int) -> None:
    """Write `count` contractors; triggers rest meanwhile, so the rows repeat what they would do."""
    chance = random.Random(seed)  # noqa: S311 - a crowd, nothing secret
    places = towns()
    picks = chance.choices(range(1, len(places) + 1), [one[2] for one in places], k=10_000)
    await run(session, text("SET LOCAL session_replication_role = replica"))
    await run(session, text("SELECT setseed(:seed)"), {"seed": (seed % 1000) / 1000})
    first = (await run(session, text("SELECT coalesce(max(id), 0) FROM users"))).scalar_one()
    await run(session, _USERS, {"count": count})
    await run(
        session,
        _CONTRACTORS,
        {
            "latitudes": [one[0] for one in places],
            "longitudes": [one[1] for one in places],
            "picks": picks,
            "picked": len(picks),
            "first": first,
        },
    )
    await run(session, _SERVICES)


def points(count: int, seed: int) -> list[tuple[float, float]]:
    """Places where orders are: near towns by population, a tenth of them anywhere near."""
    chance = random.Random(seed)  # noqa: S311 - as above
    places = towns()
    chosen = chance.choices(places, [one[2] for one in places], k=count)
    return [
        (
            max(-85.0, min(80.0, one[0] + chance.gauss(0, 0.25))),
            (one[1] + chance.gauss(0, 0.4) + 540) % 360 - 180,
        )
        for one in chosen
    ]
