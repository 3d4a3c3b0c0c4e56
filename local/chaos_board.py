"""What is committed, read for all people of a chaos run at once."""

import asyncio
from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database

LOOK_SECONDS = 0.3
_ORDERS = text(
    """
    SELECT CAST(o.id AS text) AS id, o.state, o.contractor_id, o.visit_at, o.money_closed_at,
           o.facts ->> 'set_off_at' IS NOT NULL AS is_on_the_way,
           EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.event = 'prepaid')
               AS was_paid
    FROM orders o WHERE NOT (o.id = ANY(CAST(:closed AS uuid[])))
    """
)
_OFFERS = text(
    """
    SELECT CAST(order_id AS text) AS order_id, contractor_id FROM offers WHERE state = 'live'
    ORDER BY round DESC, wave DESC, rank
    """
)


class Board:
    """The newest look at all orders and live offers; stale while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.orders: dict[str, dict[str, Any]] = {}
        self.offers: dict[str, list[int]] = {}

    async def watch(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            with suppress(SQLAlchemyError, OSError, TimeoutError):
                await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One look; raises when the database is away."""
        async with self._database.reading() as session:
            connection = await session.connection()
            known = {"closed": [one for one in self.orders if self._is_closed(one)]}
            orders = (await connection.execute(_ORDERS, known)).mappings().all()
            offers = (await connection.execute(_OFFERS)).mappings().all()
        self.orders |= {row["id"]: dict(row) for row in orders}
        found: dict[str, list[int]] = {}
        for row in offers:
            found.setdefault(row["order_id"], []).append(row["contractor_id"])
        self.offers = found

    @property
    def paid(self) -> int:
        """How many orders have been paid, whatever became of it."""
        return sum(1 for row in self.orders.values() if row["was_paid"])

    @property
    def closed(self) -> int:
        """How many orders have closed their books."""
        return sum(1 for one in self.orders if self._is_closed(one))

    def _is_closed(self, order_id: str) -> bool:
        return self.orders[order_id]["money_closed_at"] is not None
