"""Who may be offered an order, and why the others may not."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from geopy.distance import geodesic
from sqlalchemy import event, text
from sqlmodel import col, select

from models.contractors import ContractorRow, ContractorStatus
from models.database import Database
from models.queries.candidates import Wanted, eligible, excluded
from models.queries.orders import contractor_jobs
from models.queries.plain import run
from rules.catalog import Service, ServiceType
from rules.geo import coverage_box
from rules.night import is_night
from rules.offers import Exclusion, reach_km
from rules.policy import POLICY_V1
from tests.models.conftest import NOON, TVER, Town

WANTED = Wanted(Service.REPAIR_PUMP, *TVER, wave=1, now=NOON, client_id=1)
# Greenwich, Kaliningrad, Tver, Norilsk, and Chukotka on both sides of 180 degrees.
PLACES = (
    (51.48, 0.0),
    (54.71, 20.45),
    TVER,
    (69.35, 88.2),
    (66.3, 179.97),
    (64.5, -179.9),
    (66.9, -179.2),
)
CROWD = text(
    """
    WITH people AS (
        INSERT INTO users (first_name, language, is_support)
        SELECT 'p', 'ru', false FROM generate_series(1, :count) RETURNING id
    ), numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM people)
    INSERT INTO contractors (user_id, name, status, online, town, region, latitude, longitude,
        radius_km, farther_ok, night_ok, utc_offset_minutes, rating, reviews, points, completed,
        offers_90d, accepted_90d, capacity, busy, held)
    SELECT id, 'c', 'active', true, 't', 'r', (CAST(:latitudes AS double precision[]))[n],
        (CAST(:longitudes AS double precision[]))[n], (CAST(:radii AS double precision[]))[n],
        n % 2 = 0, false, 180, 4.6, 0, 100, 0, 0, 0, 2, 0, 0
    FROM numbered
    """
)
SERVICES = text(
    "INSERT INTO contractor_services (contractor_id, service_type, active, latitude, longitude,"
    " radius_km, farther_ok) SELECT id, 'repair', false, 0, 0, 0, false FROM contractors"
    " ON CONFLICT DO NOTHING"
)


async def _crowd(database: Database, count: int, seed: int = 7) -> None:
    chance = random.Random(seed)
    places = [chance.choice(PLACES) for _ in range(count)]
    longitudes = [(place[1] + chance.uniform(-4, 4) + 180) % 360 - 180 for place in places]
    async with database.transaction() as session:
        await run(
            session,
            CROWD,
            {
                "count": count,
                "latitudes": [place[0] + chance.uniform(-1.2, 1.2) for place in places],
                "longitudes": longitudes,
                "radii": [chance.uniform(5, 100) for _ in range(count)],
            },
        )
        await run(session, SERVICES)


async def _ids(database: Database, wanted: Wanted = WANTED) -> list[int]:
    async with database.reading() as session:
        return [one.contractor_id for one in await eligible(session, wanted)]


async def _reasons(database: Database, wanted: Wanted = WANTED) -> dict[Exclusion, int]:
    async with database.reading() as session:
        found = await excluded(session, wanted)
    assert all(len(one.nearest) == min(one.count, 50) for one in found.values())
    return {reason: one.count for reason, one in found.items()}


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(*parts: object) -> None:
        statements.append(str(parts[2]))

    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", count)


@pytest.mark.parametrize("wave", [1, 4])
async def test_the_search_equals_measuring_everybody_on_the_ellipsoid(
    database: Database, wave: int
) -> None:
    await _crowd(database, 700)
    async with database.reading() as session:
        everybody = (await session.exec(select(ContractorRow))).all()
    by_id = {one.id: one for one in everybody}

    def is_reached(one: ContractorRow, place: tuple[float, float]) -> bool:
        reach = reach_km(one.radius_km, wave, farther_ok=one.farther_ok)
        return bool(geodesic((one.latitude, one.longitude), place).km <= reach)

    reached_in_all = 0
    for latitude, longitude in (*PLACES, (66.5, 180.0), (66.5, -180.0), (51.5, -0.4)):
        place = (latitude, longitude)
        expected = {one.id for one in everybody if is_reached(one, place)}
        wanted = replace(WANTED, latitude=latitude, longitude=longitude, wave=wave)
        found = await _ids(database, wanted)
        exact = {one for one in found if is_reached(by_id[one], place)}
        assert exact == expected, place
        # The sphere may add a few at the rim, no more.
        assert len(found) - len(exact) <= max(3, len(exact) // 20)
        reached_in_all += len(expected)
    assert reached_in_all > 100


async def test_the_nearest_come_first_and_at_most_200_of_them(database: Database) -> None:
    await _crowd(database, 2_500)
    async with database.reading() as session:
        found = await eligible(session, WANTED)
        few = await eligible(session, WANTED, at_most=5)

    distances = [one.distance_km for one in found]
    assert len(found) <= 200
    assert distances == sorted(distances)
    assert few == found[:5]


async def test_the_number_of_statements_does_not_grow_with_the_contractors(
    database: Database,
) -> None:
    counts = []
    for size in (10, 1_990):
        await _crowd(database, size)
        with _counted(database) as statements:
            await _ids(database)
            await _reasons(database)
            async with database.reading() as session:
                await contractor_jobs(session, 17)
        counts.append(len(statements))

    # Each of the two looks steers the planner before and after.
    assert counts[0] == counts[1] == 7


async def test_the_index_of_the_service_answers_the_search(database: Database) -> None:
    await _crowd(database, 2_000)
    async with database.transaction() as session:
        await run(session, text("ANALYZE"))
    with _counted(database) as statements:
        await _ids(database)
    async with database.reading() as session:
        plan = await run(
            session,
            text(
                "EXPLAIN SELECT contractor_id FROM contractor_services s WHERE s.active"
                " AND s.service_type = 'repair'"
                " AND s.cov @> box(point(35.9176, 56.8587), point(35.9176, 56.8587))"
            ),
        )
        lines = "\n".join(plan.scalars())

    assert "s.service_type = 'repair'" in statements[1]
    assert "ix_contractor_services_cov_repair" in lines


async def test_a_candidate_carries_the_facts_that_are_scored(
    database: Database, town: Town
) -> None:
    row = await town.add_contractor(
        rating=4.2,
        points=120.0,
        completed=3,
        offers_90d=9,
        accepted_90d=4,
        last_won_at=NOON - timedelta(days=3),
        capacity=3,
        busy=1,
        held=1,
        night_ok=True,
        utc_offset_minutes=300,
    )
    async with database.reading() as session:
        (found,) = await eligible(session, WANTED)

    assert found.contractor_id == row.id
    assert found.distance_km == pytest.approx(0, abs=1e-6)
    assert (found.rating, found.points, found.completed) == (4.2, 120.0, 3)
    assert (found.offers_90d, found.accepted_90d) == (9, 4)
    assert found.idle_days == pytest.approx(3)
    assert (found.capacity, found.busy, found.held) == (3, 1, 1)
    assert (found.utc_offset_minutes, found.night_ok) == (300, True)


async def test_everybody_is_eligible_or_counted_under_one_reason(
    database: Database, town: Town
) -> None:
    client = await town.add_person()
    order = await town.add_order(client)
    good = await town.add_contractor()
    asked = await town.add_contractor()
    own = await town.add_contractor()
    await town.add_contractor(services=(ServiceType.SEWAGE,))
    await town.add_contractor(online=False)
    await town.add_contractor(status=ContractorStatus.SUSPENDED)
    await town.add_contractor(busy=1, held=1)
    await town.add_contractor(place=(57.6, 39.9))
    await town.add_contractor(place=(57.6, 39.9), services=(ServiceType.SEWAGE,))
    # It is night at 12:00 in Moscow for nobody in Russia; this one lives elsewhere.
    await town.add_contractor(utc_offset_minutes=-600)
    silent = await town.add_contractor()
    async with database.transaction() as session:
        await run(
            session,
            text("UPDATE users SET blocked_at = now() WHERE id = :id"),
            {"id": silent.user_id},
        )
    loaded = await town.add_contractor(capacity=9, held=3)
    for _ in range(3):
        await town.add_offer(await town.add_order(client), loaded)
    wanted = replace(WANTED, client_id=own.user_id, asked=(asked.id,))

    assert await _ids(database, wanted) == [good.id]
    assert await _reasons(database, wanted) == {
        Exclusion.ASKED_BEFORE: 1,
        Exclusion.OWN_ORDER: 1,
        Exclusion.SERVICE: 1,
        Exclusion.OFF_LINE: 1,
        Exclusion.BLOCKED: 2,
        Exclusion.CAPACITY: 1,
        Exclusion.OUT_OF_RADIUS: 1,
        Exclusion.NIGHT: 1,
        Exclusion.OFFERS_LIVE: 1,
    }
    assert order.number == 1001


async def test_one_live_urgent_offer_is_enough_and_does_not_count_against_services(
    database: Database, town: Town
) -> None:
    contractor = await town.add_contractor(capacity=5, held=1)
    client = await town.add_person()
    await town.add_offer(await town.add_order(client, Service.REPAIR_NO_WATER), contractor)

    assert await _ids(database, replace(WANTED, service=Service.REPAIR_NO_WATER)) == []
    assert await _ids(database) == [contractor.id]


async def test_who_agreed_is_asked_farther_away_from_the_fourth_wave_on(
    database: Database, town: Town
) -> None:
    # About 40 km north of the place.
    place = (TVER[0] + 0.36, TVER[1])
    farther = await town.add_contractor(place=place, farther_ok=True)
    await town.add_contractor(place=place)

    assert await _ids(database, replace(WANTED, wave=3)) == []
    assert await _ids(database, replace(WANTED, wave=4)) == [farther.id]


@pytest.mark.parametrize("hour", range(24))
async def test_night_is_what_the_rules_say_in_the_contractors_zone(
    database: Database, town: Town, hour: int
) -> None:
    now = datetime(2026, 5, 20, hour, tzinfo=UTC)
    sleeper = await town.add_contractor(utc_offset_minutes=420)
    awake = await town.add_contractor(utc_offset_minutes=420, night_ok=True)
    night = is_night(now, 420, POLICY_V1)
    service = replace(WANTED, now=now)
    urgent = replace(service, service=Service.REPAIR_NO_WATER)
    all_day = replace(service, policy=replace(POLICY_V1, night_from_hour=0, night_to_hour=0))

    assert await _ids(database, service) == ([] if night else [sleeper.id, awake.id])
    assert await _ids(database, urgent) == ([awake.id] if night else [sleeper.id, awake.id])
    assert await _ids(database, all_day) == [sleeper.id, awake.id]


async def test_the_box_of_a_circle_is_the_one_of_the_rules(database: Database) -> None:
    await _crowd(database, 50)
    async with database.reading() as session:
        rows = (await session.exec(select(ContractorRow).order_by(col(ContractorRow.id)))).all()
        boxes = await run(
            session, text("SELECT cov::text FROM contractor_services ORDER BY contractor_id")
        )
        read = [
            tuple(map(float, box.replace("(", "").replace(")", "").split(",")))
            for box in boxes.scalars()
        ]

    for row, (east, north, west, south) in zip(rows, read, strict=True):
        reach = reach_km(row.radius_km, 4, farther_ok=row.farther_ok)
        expected = coverage_box(row.latitude, row.longitude, reach)
        assert (south, west, north, east) == pytest.approx(
            (expected.south, expected.west, expected.north, expected.east)
        )
