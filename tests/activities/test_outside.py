"""What was done at the provider without us, and what an order can still divide after it."""

import pytest

from activities import break_outside, ledger
from models.database import Database
from rules import ledger as postings
from rules.money import Shares
from tests.activities.conftest import Books
from tests.activities.till import Till
from tests.factories import NOON, contractor

pytestmark = pytest.mark.money


async def test_an_order_divides_no_more_than_is_there_so_that_it_can_always_close(
    till: Till, database: Database, books: Books
) -> None:
    await till.captured()
    order_id, crew = till.order.order_id, await contractor(database)
    too_much = postings.settled(order_id, crew, Shares(till.kopecks, till.kopecks))

    async with database.transaction() as session:
        for journal in await break_outside.fitting(session, order_id, (too_much,)):
            await ledger.post(session, journal, order_id, NOON)

    kept = await books.balances()
    assert kept.get(postings.deposit(order_id), 0) == 0
    assert kept[postings.FEE_PLATFORM] + kept[postings.payable(crew)] == till.kopecks
