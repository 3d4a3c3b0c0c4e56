"""`make bench`: figures as ratios to a floor that is measured in the same run.

A machine is noisy and nobody else's is like it: what can be believed is how much better a thing
is than the plain way of doing it, beside it, a moment later.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from local import bench_data
from local.migrations import upgrade
from local.postgres import EmbeddedPostgres
from models.database import Database
from models.queries import candidates
from models.queries.candidates import Wanted
from models.queries.plain import run as run_sql
from rules.catalog import Service

NOON = datetime(2026, 6, 1, 9, tzinfo=UTC)
WANTED = Wanted(Service.REPAIR_PUMP, 0.0, 0.0, wave=1, now=NOON, client_id=0)
SMALL, LARGE = 5_000, 1_000_000
SEED = 7
# The plain way: everybody with this service, measured, sorted; one statement, as fast as SQL can.
_SCAN = text(
    """
    SELECT s.contractor_id, haversine_km(s.latitude, s.longitude, :latitude, :longitude) AS km
    FROM contractor_services s
    WHERE s.active AND s.service_type = 'repair'
        AND haversine_km(s.latitude, s.longitude, :latitude, :longitude) <= 1.006 * s.radius_km
    ORDER BY km, s.contractor_id LIMIT 200
    """
)


@dataclass(frozen=True)
class Measured:
    """One line: the value with its unit, the floor it is held against, and floor : value."""

    name: str
    value: float
    unit: str
    floor: float
    ratio: float


def measured(name: str, value: float, unit: str, floor: float) -> Measured:
    """A line; the ratio says how many times better than the floor (for times: shorter)."""
    ratio = floor / value if value else float("inf")
    return Measured(name, round(value, 4), unit, round(floor, 4), round(ratio, 2))


def quantile(values: Sequence[float], share: float) -> float:
    """A value of the list, nearest from below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


@asynccontextmanager
async def crowd(count: int) -> AsyncIterator[tuple[Database, AsyncEngine]]:
    """A database of its own with so many contractors; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="drillflow-bench-") as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o711)
        server = EmbeddedPostgres(folder, fsync=False)
        try:
            url = server.start()
            await asyncio.to_thread(upgrade, url, folder / "migrations.log")
            plain = create_async_engine(url)
            async with plain.begin() as connection:
                await bench_data.fill(AsyncSession(connection), count, SEED)
            async with plain.connect() as connection:
                alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await alone.execute(text("VACUUM ANALYZE"))
            database = Database(url, pool_size=8)
            yield database, plain
            await database.close()
            await plain.dispose()
        finally:
            server.destroy()


async def _looks(database: Database, points: Sequence[tuple[float, float]]) -> list[float]:
    times = []
    for latitude, longitude in points:
        wanted = replace(WANTED, latitude=latitude, longitude=longitude)
        async with database.reading() as session:
            await session.connection()
            times.append(await _timed(lambda s=session, w=wanted: candidates.eligible(s, w)))  # type: ignore[misc]  # bound in the loop
    return times


async def _scans(plain: AsyncEngine, points: Sequence[tuple[float, float]]) -> list[float]:
    times = []
    async with AsyncSession(plain) as session:
        await session.connection()
        for latitude, longitude in points:
            place = {"latitude": latitude, "longitude": longitude}
            times.append(await _timed(lambda p=place: run_sql(session, _SCAN, p)))  # type: ignore[misc]  # as above
    return times


async def _recall(
    database: Database, plain: AsyncEngine, points: Sequence[tuple[float, float]]
) -> float:
    """Of the nearest 200 whom measuring everybody finds, how many the search finds."""
    found = wanted_in_all = 0
    for latitude, longitude in points:
        async with AsyncSession(plain) as session:
            place = {"latitude": latitude, "longitude": longitude}
            truth = {row[0] for row in await run_sql(session, _SCAN, place)}
        wanted = replace(WANTED, latitude=latitude, longitude=longitude)
        async with database.reading() as session:
            ours = {one.contractor_id for one in await candidates.eligible(session, wanted)}
        found += len(truth & ours)
        wanted_in_all += len(truth)
    return found / max(1, wanted_in_all)


async def candidate_figures(count: int, looks: int, scans: int) -> list[Measured]:
    """The search among `count` contractors against a scan of the same table."""
    short = f"{count // 1000}k" if count < LARGE else "1m"
    async with crowd(count) as (database, plain):
        points = bench_data.points(looks, SEED)
        # A search of a minute ago has read the index's upper pages.
        await _looks(database, bench_data.points(looks // 2, SEED + 1))
        ours = await _looks(database, points)
        floor = await _scans(plain, points[:scans])
        lines = [
            measured(f"candidates_{short}_{name}_vs_full_scan", value, "ms", quantile(floor, share))
            for name, share in (("p50", 0.5), ("p99", 0.99))
            for value in (quantile(ours, share),)
        ]
        recall = await _recall(database, plain, points[:scans])
    if count < LARGE:
        p99 = quantile(ours, 0.99)
        return [measured(f"candidates_{short}_p99_ms", p99, "ms", quantile(floor, 0.99)), *lines]
    return [*lines, Measured(f"candidates_{short}_recall", recall, "share", 1.0, recall)]


async def holds_contention(orders: int = 200) -> list[Measured]:
    """So many orders ask one contractor with two places at once: exactly two may hold one."""
    from local.bench_holds import granted  # noqa: PLC0415 - needs the whole product's imports

    async with crowd(1) as (database, _):
        count = await granted(database, orders)
    return [Measured("holds_contention", count, f"holds of {orders} orders", 2, count / 2)]


async def geocode_cached_vs_uncached(times: int = 200) -> list[Measured]:
    """The median look at a kept address, against asking a geocoder of this machine for it."""
    from local.bench_geocoding import looks  # noqa: PLC0415 - needs the whole product's imports

    async with crowd(1) as (database, _):
        kept, asked = await looks(database, times)
    value, floor = quantile(kept, 0.5), quantile(asked, 0.5)
    return [measured("geocode_cached_vs_uncached", value, "ms", floor)]


async def _all(console: Console, large: int) -> list[Measured]:
    lines: list[Measured] = []
    console.print(f"{SMALL} contractors …")
    lines += await candidate_figures(SMALL, looks=300, scans=100)
    console.print(f"{large} contractors (a minute to write them) …")
    lines += await candidate_figures(large, looks=200, scans=30)
    console.print("holds …")
    lines += await holds_contention()
    console.print("addresses …")
    lines += await geocode_cached_vs_uncached()
    return lines


def run(data_dir: Path, console: Console, large: int = LARGE) -> int:
    """Measure everything, print it, write `bench.json`."""
    lines = asyncio.run(_all(console, large))
    table = Table("name", "value", "unit", "floor", "ratio")
    for one in lines:
        table.add_row(
            one.name, f"{one.value:.3g}", one.unit, f"{one.floor:.3g}", f"{one.ratio:.3g}"
        )
    console.print(table)
    data_dir.mkdir(parents=True, exist_ok=True)
    said = json.dumps([asdict(one) for one in lines], indent=1)
    (data_dir / "bench.json").write_text(said, encoding="utf-8")
    return 0
