"""Of several polling replicas one leads; whatever interrupts it, somebody polls soon again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from telegram import Bot

from bot import polling
from models.database import Database
from tests.bot.conftest import Rows, Simulator


@asynccontextmanager
async def polled(telegram: Bot, database: Database) -> AsyncIterator[asyncio.Task[None]]:
    """A replica that polls; gone afterwards."""
    task = asyncio.create_task(polling.poll(telegram, database, lambda: None, asyncio.Event()))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def stored(rows: Rows, update_id: int) -> None:
    """Wait until an update is in the inbox."""
    for _ in range(1500):
        if await rows("SELECT 1 FROM telegram_updates WHERE update_id = :id", id=update_id):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the update never came")


async def pollers(rows: Rows) -> list[Any]:
    """Who holds the leader's lock."""
    return await rows("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")


async def test_the_leader_goes_on_after_telegram_was_away(
    simulator: Simulator, telegram: Bot, database: Database, rows: Rows
) -> None:
    anna = await simulator.person("Анна")
    # Many idle connections: a lock that stayed on one of them would be out of reach.
    await asyncio.gather(*(rows("SELECT pg_sleep(0.05)") for _ in range(16)))
    await simulator.sim("/faults", {"kind": "500", "count": 2, "method": "getUpdates"})
    async with polled(telegram, database):
        await stored(rows, await anna.text("/start"))
        await simulator.sim("/faults", {"kind": "429", "count": 1, "method": "getUpdates"})
        await stored(rows, await anna.text("/help"))
        await stored(rows, await anna.text("/lang"))

        assert len(await pollers(rows)) == 1


async def test_a_second_replica_waits_and_takes_over_when_the_first_is_gone(
    simulator: Simulator, telegram: Bot, database: Database, rows: Rows
) -> None:
    anna = await simulator.person("Анна")
    second = Database(str(database.engine.url.render_as_string(hide_password=False)))
    async with polled(telegram, second) as successor:
        async with polled(telegram, database):
            await stored(rows, await anna.text("/start"))
            assert len(await pollers(rows)) == 1
        await stored(rows, await anna.text("/help"))
        assert len(await pollers(rows)) == 1
        assert not successor.done()
    await second.close()
    conflicts = [
        call for call in await simulator.see("/calls", method="getUpdates") if call["status"] == 409
    ]
    assert len(conflicts) <= 1
