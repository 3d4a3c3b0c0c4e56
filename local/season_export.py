"""A past season out of the database: places rounded to a kilometre, nobody's name."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import text

from local.season import Crew, Job, Season, to_json
from models.database import Database
from models.queries.plain import run as run_sql
from rules.geo import coarse
from rules.offers import ANSWER_PRIOR_ACCEPTED, ANSWER_PRIOR_OFFERS

_CREWS = text(
    """
    SELECT c.id, c.latitude, c.longitude, c.radius_km, c.capacity, c.farther_ok, c.night_ok,
           c.rating, c.offers_90d, c.accepted_90d, c.joined_at,
           coalesce(array_agg(s.service_type) FILTER (WHERE s.service_type IS NOT NULL), '{}')
               AS services
    FROM contractors c LEFT JOIN contractor_services s ON s.contractor_id = c.id
    WHERE c.status = 'active' GROUP BY c.id ORDER BY c.id
    """
)
_JOBS = text(
    """
    SELECT id::text AS id, latitude, longitude, service, created_at, prepayment_kopecks
    FROM orders WHERE created_at >= :since ORDER BY created_at, number
    """
)
PREPAYMENT_SHARE = 5  # the prepayment is a fifth of the price


def run(database_url: str, out: Path, days: int, console: Console) -> int:
    """Write the file; 1 if there is nothing to write."""
    season = asyncio.run(_read(database_url, days))
    if not season.jobs or not season.crews:
        console.print("There are no orders or no contractors in that time.")
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(to_json(season), encoding="utf-8")
    console.print(f"{len(season.jobs)} orders, {len(season.crews)} contractors -> {out}")
    console.print(f"Play it: make simulate HISTORY={out}", soft_wrap=True)
    return 0


async def _read(database_url: str, days: int) -> Season:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days)
    database = Database(database_url)
    try:
        async with database.reading() as session:
            crews = [dict(one) for one in (await run_sql(session, _CREWS)).mappings()]
            found = await run_sql(session, _JOBS, {"since": since})
            jobs = [dict(one) for one in found.mappings()]
    finally:
        await database.close()
    # Ids say who somebody is: a season counts from one.
    return Season(
        tuple(_crew(number, one, since) for number, one in enumerate(crews, start=1)),
        tuple(_job(number, one, since) for number, one in enumerate(jobs, start=1)),
        days + 1,
        seed=1,
    )


def _crew(number: int, row: dict[str, Any], since: datetime) -> Crew:
    latitude, longitude = coarse(row["latitude"], row["longitude"])
    said_yes = row["accepted_90d"] + ANSWER_PRIOR_ACCEPTED
    return Crew(
        id=number,
        latitude=latitude,
        longitude=longitude,
        radius_km=row["radius_km"],
        capacity=row["capacity"],
        farther_ok=row["farther_ok"],
        night_ok=row["night_ok"],
        quality=row["rating"],
        mood=min(0.95, said_yes / (row["offers_90d"] + ANSWER_PRIOR_OFFERS)),
        joined_minute=max(0.0, _minutes(row["joined_at"], since)),
        services=tuple(sorted(row["services"])),
    )


def _job(number: int, row: dict[str, Any], since: datetime) -> Job:
    latitude, longitude = coarse(row["latitude"], row["longitude"])
    price = PREPAYMENT_SHARE * int(row["prepayment_kopecks"])
    minute = _minutes(row["created_at"], since)
    return Job(f"job-{number}", minute, latitude, longitude, row["service"], price)


def _minutes(at: datetime, since: datetime) -> float:
    return (at - since).total_seconds() / 60
