"""Waves: who is asked, what is held for them, why the others are not, and at which cost."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from activities.messages import OfferTerms, Wave
from activities.offers import OfferActivities
from activities.orders import OrderActivities
from models.database import Database
from models.offers import OfferRow
from rules import cancelling
from rules.catalog import JobClass, Service, ServiceType
from rules.orders import OfferState, Order, Role
from tests.activities.conftest import Books
from tests.factories import NOON, at, commit, contractor, crowd, person, placed

MIDNIGHT = datetime(2026, 6, 1, 21, 0, tzinfo=UTC)
"""Midnight in Moscow."""


def terms_for(order: Order, size: int = 1, **fields: Any) -> OfferTerms:
    return replace(
        OfferTerms(
            order_id=order.order_id,
            client_id=order.client_id,
            service=order.service,
            round=1,
            wave=1,
            size=size,
            visit_at=NOON + timedelta(hours=72),
            until=NOON + timedelta(minutes=30),
            asked=(),
            silent=(),
            max_live_offers=order.clocks.max_live_offers,
            now=NOON,
            policy=order.policy,
            explore=False,
            is_urgent=order.job_class is JobClass.URGENT,
        ),
        **fields,
    )


async def send(database: Database, terms: OfferTerms) -> Wave:
    return await at(terms.now).run(OfferActivities(database).send_wave, terms)


@contextmanager
def counted_statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_c: Any, _u: Any, statement: str, _p: Any, _x: Any, _m: bool) -> None:
        seen.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_a_wave_twice_has_one_effect(database: Database, books: Books) -> None:
    near, far = await contractor(database), await contractor(database, latitude=57.1)
    await contractor(database, ServiceType.SEWAGE)
    order = await placed(database)

    first = await send(database, terms_for(order, size=1))
    before = await books.snapshot()
    second = await send(database, terms_for(order, size=1))

    assert first == second
    assert await books.snapshot() == before
    assert [one.contractor_id for one in first.offers] == [near]
    assert first.exclusions == {"service": 1}
    assert await books.capacity(near) == (0, 1)
    assert await books.capacity(far) == (0, 0)
    decisions = [
        (one["contractor_id"], one["rank"], one["chosen"]) for one in before["dispatch_decisions"]
    ]
    assert sorted(decisions) == [(near, 1, True), (far, 2, False)]
    facts = before["orders"][0]["facts"]
    assert (facts["wave"], facts["offered"]) == (1, 1)
    assert before["orders"][0]["due_at"] == NOON + timedelta(minutes=30)


async def test_silence_ends_the_offer_and_costs_points_once(
    database: Database, books: Books
) -> None:
    silent, next_one = await contractor(database), await contractor(database, points=50)
    order = await placed(database)
    await send(database, terms_for(order))
    later = NOON + timedelta(minutes=30)
    wave = terms_for(order, wave=2, now=later, asked=(silent,), silent=(silent,))

    sent = await send(database, wave)
    await send(database, wave)

    assert [one.contractor_id for one in sent.offers] == [next_one]
    assert await books.capacity(silent) == (0, 0)
    row = (await books.rows("SELECT points, offers_90d FROM contractors WHERE id = :i", i=silent))[
        0
    ]
    assert (row["points"], row["offers_90d"]) == (pytest.approx(97.0), 1)
    assert await books.value("SELECT count(*) FROM points_entries") == 1


async def test_silence_at_night_costs_nothing(database: Database, books: Books) -> None:
    asleep = await contractor(database)
    order = await placed(database)
    await send(database, terms_for(order))

    await send(database, terms_for(order, wave=2, now=MIDNIGHT, asked=(asleep,), silent=(asleep,)))

    assert await books.value("SELECT state FROM offers") == "expired"
    assert await books.value("SELECT count(*) FROM points_entries") == 0


async def test_when_all_sleep_the_wave_says_until_when(database: Database) -> None:
    await contractor(database)
    await contractor(database, utc_offset_minutes=300)
    order = await placed(database)

    wave = await send(database, terms_for(order, now=MIDNIGHT))

    assert wave.offers == ()
    assert wave.exclusions == {"night": 2}
    # Seven in the morning in Yekaterinburg comes two hours before Moscow's.
    assert wave.night_until == datetime(2026, 6, 2, 2, 0, tzinfo=UTC)


async def test_an_urgent_order_wakes_only_those_who_agreed(database: Database) -> None:
    awake = await contractor(database, night_ok=True)
    await contractor(database)
    order = await placed(database, service=Service.REPAIR_NO_WATER)

    wave = await send(database, terms_for(order, size=2, now=MIDNIGHT))

    assert [one.contractor_id for one in wave.offers] == [awake]
    assert (wave.exclusions, wave.night_until) == ({"night": 1}, None)


async def test_everybody_who_is_not_asked_is_counted_with_a_reason(
    database: Database, books: Books
) -> None:
    client = await person(database)
    await contractor(database, user_id=client)
    await contractor(database, latitude=57.9)
    await contractor(database, busy=1)
    await contractor(database, online=False)
    await contractor(database, rating=1.0, points=80)
    order = await placed(database, client)

    wave = await send(database, terms_for(order))
    again = await send(database, terms_for(order))

    reasons = {"own_order": 1, "out_of_radius": 1, "capacity": 1, "off_line": 1, "band": 1}
    assert wave.offers == ()
    assert wave.exclusions == again.exclusions == reasons
    stored = await books.rows("SELECT reason, count FROM dispatch_exclusions")
    assert {one["reason"]: one["count"] for one in stored} == reasons


async def test_the_circle_is_measured_on_the_ellipsoid(database: Database) -> None:
    # 0.449 degrees north: 49.93 km on a sphere, 50.01 km on the ellipsoid.
    await contractor(database, latitude=56.8587 + 0.449, radius_km=50)
    order = await placed(database)

    wave = await send(database, terms_for(order))

    assert (wave.offers, wave.exclusions) == ((), {"out_of_radius": 1})


async def test_from_the_fourth_wave_on_those_who_agreed_are_asked_farther_away(
    database: Database,
) -> None:
    willing = await contractor(database, latitude=56.8587 + 0.6, radius_km=50, farther_ok=True)
    order = await placed(database)

    third = await send(database, terms_for(order, wave=3))
    fourth = await send(database, terms_for(order, wave=4))

    assert third.offers == ()
    assert [one.contractor_id for one in fourth.offers] == [willing]


async def test_ten_waves_at_once_never_hold_more_than_there_is(
    database: Database, books: Books
) -> None:
    await contractor(database, capacity=2)
    orders = [await placed(database) for _ in range(10)]

    waves = await asyncio.gather(*(send(database, terms_for(order)) for order in orders))

    assert sum(len(one.offers) for one in waves) == 2
    assert await books.value("SELECT held FROM contractors") == 2
    assert await books.value("SELECT count(*) FROM holds") == 2


async def test_one_urgent_offer_at_a_time_whatever_the_capacity(
    database: Database, books: Books
) -> None:
    await contractor(database, capacity=5)
    orders = [await placed(database, service=Service.REPAIR_NO_WATER) for _ in range(6)]

    waves = await asyncio.gather(*(send(database, terms_for(order)) for order in orders))

    assert sum(len(one.offers) for one in waves) == 1
    assert await books.value("SELECT held FROM contractors") == 1


async def test_an_order_that_has_ended_asks_nobody(database: Database, books: Books) -> None:
    await contractor(database)
    order = await placed(database)
    change = cancelling.cancelled(order, Role.CLIENT, "mistake", NOON)
    await at().run(OrderActivities(database).commit, commit(change))

    wave = await send(database, terms_for(order))

    assert wave == Wave(())
    assert await books.value("SELECT count(*) FROM holds") == 0


async def test_a_wave_costs_as_many_statements_for_2000_contractors_as_for_10(
    database: Database,
) -> None:
    await contractor(database, busy=1)
    counts = []
    for more in (10, 1990):
        await crowd(database, more)
        order = await placed(database)
        with counted_statements(database) as seen:
            wave = await send(database, terms_for(order, size=5))
        assert len(wave.offers) == 5
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 20


async def test_a_hold_is_swept_only_when_nobody_waits_for_it_any_more(
    database: Database, books: Books
) -> None:
    one = await contractor(database)
    order = await placed(database)
    await send(database, terms_for(order))
    sweep = OfferActivities(database).sweep_holds
    deadline = NOON + timedelta(minutes=30)

    async def swept(after: timedelta) -> int:
        return await at().run(sweep, deadline + after)

    # Its workflow may be busy; an hour later it must be gone.
    assert await swept(timedelta(minutes=4)) == 0
    assert await swept(timedelta(minutes=50)) == 0
    assert await books.capacity(one) == (0, 1)
    assert await swept(timedelta(minutes=61)) == 1
    assert await books.capacity(one) == (0, 0)
    assert await books.value("SELECT state FROM offers") == "expired"
    assert await books.value("SELECT count(*) FROM points_entries") == 0
    before = await books.snapshot()
    assert await swept(timedelta(minutes=61)) == 0
    assert await books.snapshot() == before


async def test_a_hold_whose_offer_has_ended_is_swept_after_the_grace(
    database: Database, books: Books
) -> None:
    one = await contractor(database)
    order = await placed(database)
    await send(database, terms_for(order))
    async with database.transaction() as session:
        await session.exec(update(OfferRow).values(state=OfferState.LOST))
    sweep = OfferActivities(database).sweep_holds
    deadline = NOON + timedelta(minutes=30)

    assert await at().run(sweep, deadline + timedelta(minutes=4)) == 0
    assert await at().run(sweep, deadline + timedelta(minutes=6)) == 1
    assert await books.capacity(one) == (0, 0)
