"""Two rounds within an hour read a contractor's place once."""

from datetime import datetime, timedelta

from sqlalchemy import event, text

from activities.circles import Circle, Circles
from activities.dispatch import _circles
from models.database import Database
from models.queries.candidates import Wanted, eligible
from models.queries.plain import run
from rules.catalog import Service
from tests.factories import NOON, TVER, contractor


async def test_two_rounds_within_an_hour_read_a_contractors_place_once(database: Database) -> None:
    ids = [await contractor(database) for _ in range(3)]
    reads: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda *told: reads.append(told[2]) if "contractors.radius_km" in told[2] else None,
    )

    async def round_at(now: datetime) -> dict[int, Circle]:
        wanted = Wanted(Service.REPAIR_PUMP, *TVER, wave=1, now=NOON, client_id=0)
        async with database.reading() as session:
            return await _circles(session, await eligible(session, wanted), now)

    first = await round_at(NOON)
    again = await round_at(NOON + timedelta(minutes=59))
    assert (sorted(first), len(reads)) == (ids, 1)
    assert again == first

    async with database.transaction() as session:
        await run(
            session, text("UPDATE contractors SET radius_km = 33 WHERE id = :i"), {"i": ids[0]}
        )
    moved = await round_at(NOON + timedelta(minutes=59))
    assert (moved[ids[0]].radius_km, len(reads)) == (33, 2), "who has changed is read again"

    await round_at(NOON + timedelta(minutes=61))
    assert len(reads) == 3, "after an hour everybody is"


def test_the_memory_is_bounded() -> None:
    known = Circles(at_most=2)
    circle = Circle(1, 56.0, 35.0, 20.0, False)
    for number in range(3):
        known.keep((number, NOON), circle, NOON)

    assert [known.get((number, NOON), NOON) for number in range(3)] == [None, circle, circle]
