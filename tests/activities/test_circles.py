"""A contractor's place is read once an hour, however many rounds look for him."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import event, text

from activities.circles import Circle, Circles
from activities.offers import OfferActivities
from models.database import Database
from models.queries.plain import run
from rules.policy import POLICY_V1
from tests.activities.test_offers import terms_for
from tests.factories import NOON, at, contractor, placed

# Nobody has too many offers to be asked once more.
PATIENT = replace(POLICY_V1, service=replace(POLICY_V1.service, max_live_offers=9))


def circles_read(database: Database) -> list[str]:
    """The statements that read circles, from now on."""
    reads: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda *told: reads.append(told[2]) if "contractors.radius_km" in told[2] else None,
    )
    return reads


async def test_two_rounds_within_an_hour_fetch_a_contractors_location_once(
    database: Database,
) -> None:
    ids = [await contractor(database, capacity=9) for _ in range(3)]
    offers = OfferActivities(database)

    async def round_at(now: datetime) -> list[int]:
        """A whole round of an order of its own; who is asked."""
        order = await placed(database, policy=PATIENT)
        terms = terms_for(order, size=3, now=now, until=now + timedelta(hours=1))
        wave = await at(now).run(offers.send_wave, terms)
        return sorted(one.contractor_id for one in wave.offers)

    reads = circles_read(database)
    assert await round_at(NOON) == ids
    assert len(reads) == 1
    assert await round_at(NOON + timedelta(minutes=59)) == ids
    assert len(reads) == 1, "the second round reads nobody's place"

    async with database.transaction() as session:
        moved = text("UPDATE contractors SET radius_km = 33 WHERE id = :i")
        await run(session, moved, {"i": ids[0]})
    assert await round_at(NOON + timedelta(minutes=59)) == ids
    assert len(reads) == 2, "who has changed his circle is read again"

    assert await round_at(NOON + timedelta(minutes=61)) == ids
    assert len(reads) == 3, "after an hour all others are, in one statement"


async def test_another_worker_remembers_for_itself(database: Database) -> None:
    await contractor(database, capacity=9)
    reads = circles_read(database)
    for _ in range(2):
        terms = terms_for(await placed(database))
        await at().run(OfferActivities(database).send_wave, terms)

    assert len(reads) == 2


def test_the_memory_is_bounded() -> None:
    known = Circles(at_most=2)
    circle = Circle(1, 56.0, 35.0, 20.0, False)
    for number in range(3):
        known.keep((number, NOON), circle, NOON)

    assert [known.get((number, NOON), NOON) for number in range(3)] == [None, circle, circle]
