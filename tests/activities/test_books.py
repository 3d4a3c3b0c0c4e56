"""The books take an entry once, even from a caller that has lost its memory of asking before."""

from activities import ledger, standing
from models.database import Database
from rules.ledger import captured, deposit
from rules.points import PointsReason, change
from tests.activities.conftest import Books
from tests.factories import NOON, contractor, placed


async def test_a_journal_asked_for_twice_is_posted_once(database: Database, books: Books) -> None:
    order = await placed(database)
    journal = captured(order.order_id, f"{order.order_id}:1", 700_00, was_held=False)
    posted = []
    for _ in range(2):
        async with database.transaction() as session:
            posted.append(await ledger.post(session, journal, order.order_id, NOON))

    assert posted == [True, False]
    assert (await books.balances())[deposit(order.order_id)] == 700_00


async def test_points_of_one_reason_are_awarded_once_a_round(
    database: Database, books: Books
) -> None:
    order, one = await placed(database), await contractor(database)
    for number in (1, 1, 2):
        silence = change(one, PointsReason.SILENCE, number)
        async with database.transaction() as session:
            await standing.award(session, order.order_id, [silence], "v1", NOON)

    deltas = await books.rows("SELECT delta FROM points_entries")
    assert [row["delta"] for row in deltas] == [-3, -3]
