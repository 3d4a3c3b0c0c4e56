"""Plain SQL against the books: what the database refuses to its owner and to the application.

`drillflow_app` is the role whose member a deployment's login is: it can add to the books only.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no type information
import pytest

from activities.messages import Committed
from models.database import Database
from models.queries.ledger import violations
from rules import booking, cancelling
from rules import ledger as postings
from rules.orders import Role
from tests.activities.test_credit import accept, credited
from tests.activities.test_orders import write
from tests.factories import NOON, contractor, person, placed

CHANGES = [
    "UPDATE journals SET kind = 'other'",
    "UPDATE journals SET effective_at = now() WHERE false",
    "DELETE FROM journals",
    "TRUNCATE journals CASCADE",
    "UPDATE entries SET debit_kopecks = debit_kopecks + 1 WHERE debit_kopecks > 0",
    "DELETE FROM entries",
    "TRUNCATE entries",
]
JOURNAL = """
    INSERT INTO journals (kind, source, source_id, phase, effective_at)
    VALUES ('captured', 'attempt', $1, 'posted', now()) RETURNING id
"""
ENTRY = """
    INSERT INTO entries (journal_id, account, debit_kopecks, credit_kopecks)
    VALUES ($1, $2, $3, $4)
"""


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Any]:
    """A connection of the tables' owner, as psql would open it."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    yield connection
    await connection.close()


@pytest.fixture
async def application(database_url: str) -> AsyncIterator[Any]:
    """A connection with the application's rights only."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await connection.execute("SET ROLE drillflow_app")
    yield connection
    await connection.close()


async def posted(connection: Any, name: str, *lines: tuple[str, int, int]) -> None:
    """Write one journal, line by line, in one transaction."""
    async with connection.transaction():
        journal = await connection.fetchval(JOURNAL, name)
        for account, debit, credit in lines:
            await connection.execute(ENTRY, journal, account, debit, credit)


@pytest.mark.parametrize("statement", CHANGES)
async def test_the_application_may_not_even_try_to_change_the_books(
    application: Any, statement: str
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied"):
        await application.execute(statement)


@pytest.mark.parametrize("statement", [one for one in CHANGES if "WHERE false" not in one])
async def test_their_owner_is_refused_too(owner: Any, statement: str) -> None:
    await posted(owner, "a1", ("psp:clearing", 100, 0), ("order:x:deposit", 0, 100))

    with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
        await owner.execute(statement)

    assert await owner.fetchval("SELECT sum(debit_kopecks) FROM entries") == 100


@pytest.mark.parametrize(
    "lines",
    [
        (("bank", 100, 0),),
        (("bank", 100, 0), ("vat", 0, 99)),
        (("bank", 100, 0), ("vat", 100, 0)),
        (),
    ],
    ids=["one side only", "a kopeck short", "two debits", "no lines"],
)
async def test_a_journal_that_does_not_balance_cannot_be_committed(
    application: Any, lines: tuple[tuple[str, int, int], ...]
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await posted(application, "a1", *lines)

    assert await application.fetchval("SELECT count(*) FROM journals") == 0


async def test_a_balanced_journal_can_and_nothing_is_added_to_it_later(application: Any) -> None:
    await posted(application, "a1", ("bank", 100, 0), ("vat", 0, 100))
    journal = await application.fetchval("SELECT id FROM journals")

    with pytest.raises(asyncpg.RestrictViolationError, match="is complete"):
        await application.execute(ENTRY, journal, "bank", 1, 0)


async def test_a_credit_cannot_be_spent_twice_at_the_same_time(
    owner: Any, application: Any
) -> None:
    account = "client:1:credit"
    await posted(owner, "given", ("compensation", 300, 0), (account, 0, 300))

    results = await asyncio.gather(
        posted(owner, "one", (account, 200, 0), ("order:x:deposit", 0, 200)),
        posted(application, "two", (account, 200, 0), ("order:y:deposit", 0, 200)),
        return_exceptions=True,
    )

    assert [str(one).partition(" would")[0] for one in results if one] == [f"account {account}"]
    assert await owner.fetchval("SELECT available_kopecks($1)", account) == 100


@pytest.fixture
async def restricted(owner: Any, database_url: str) -> AsyncIterator[Database]:
    """The product's own way to the database, with the application's rights only."""
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f'ALTER DATABASE "{name}" SET role = drillflow_app')
    database = Database(database_url, pool_size=4)
    yield database
    await database.close()
    # The next test that gets this database is its owner again.
    await owner.execute(f'ALTER DATABASE "{name}" RESET role')


async def test_the_product_needs_no_more_rights_than_that(owner: Any, restricted: Database) -> None:
    client, winner = await person(restricted), await contractor(restricted)

    await credited(restricted, client, 300)
    order, accepted = await accept(restricted, await placed(restricted, client), winner)
    paid = booking.prepaid(order, NOON)
    await write(restricted, paid)
    await write(restricted, cancelling.cancelled(paid.order, Role.CLIENT, "price", NOON))

    assert accepted == Committed(credit_kopecks=300_00)
    assert await owner.fetchval("SELECT available_kopecks($1)", postings.credit(client)) == 300_00
    async with restricted.reading() as session:
        user = await (await session.connection()).exec_driver_sql("SELECT current_user")
        assert user.scalar_one() == "drillflow_app"
        assert await violations(session) == {}
