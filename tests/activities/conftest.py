"""A fresh database for each test, and plain SQL to look into it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from models.database import Database
from tests.activities.till import Till, gateway
from tests.factories import placed
from tests.simulators.yookassa.harness import Simulator, simulating


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The migrated database of one test."""
    found = Database(database_url, pool_size=20)
    yield found
    await found.close()


_TABLES = (
    "orders",
    "order_events",
    "offers",
    "holds",
    "journals",
    "entries",
    "points_entries",
    "ratings",
    "outbox",
    "contractors",
    "payment_attempts",
    "refunds",
    "payment_operations",
    "dispatch_decisions",
    "dispatch_exclusions",
)


@dataclass(frozen=True)
class Books:
    """What the tables say."""

    database: Database

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as session:
            connection = await session.connection()
            found = await connection.execute(text(sql), values)
            return [dict(row) for row in found.mappings()]

    async def value(self, sql: str, **values: Any) -> Any:
        found = await self.rows(sql, **values)
        return next(iter(found[0].values())) if found else None

    async def balances(self) -> dict[str, int]:
        rows = await self.rows("SELECT account, posted_kopecks FROM account_balances")
        return {row["account"]: row["posted_kopecks"] for row in rows if row["posted_kopecks"]}

    async def capacity(self, contractor_id: int) -> tuple[int, int]:
        found = await self.rows("SELECT busy, held FROM contractors WHERE id = :i", i=contractor_id)
        return found[0]["busy"], found[0]["held"]

    async def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that a repeated activity must leave alone."""
        return {
            table: await self.rows(f"SELECT * FROM {table} ORDER BY {table}::text")
            for table in _TABLES
        }


@pytest.fixture
def books(database: Database) -> Books:
    """The tables of the test's database."""
    return Books(database)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The session's payment provider; it sends no notices."""
    with simulating(tmp_path_factory.mktemp("till") / "yookassa.sqlite") as found:
        yield found


@pytest.fixture
async def till(database: Database, simulator: Simulator) -> AsyncIterator[Till]:
    """A fresh order's till."""
    yield Till(database, simulator, await placed(database), gateway(simulator))
    simulator.client.delete("/sim/faults")
