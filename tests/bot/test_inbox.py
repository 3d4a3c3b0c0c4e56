"""Every stored update is handled in order, once in effect, whoever dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.inbox import Inbox, Postponed, StoredUpdate
from models.database import Database
from models.queries.telegram import store_update
from tests.bot.conftest import Rows

BOT = 77


def update(number: int, chat: int = 1) -> dict[str, Any]:
    return {"update_id": number, "message": {"chat": {"id": chat}, "text": str(number)}}


async def store(database: Database, *updates: dict[str, Any]) -> list[bool]:
    async with database.transaction() as session:
        return [await store_update(session, BOT, one) for one in updates]


async def forgive(_: StoredUpdate) -> None:
    """Nobody is apologised to."""


async def serve_until(
    database: Database,
    serve: Callable[[StoredUpdate], Awaitable[None]],
    is_enough: Callable[[], bool],
    apologise: Callable[[StoredUpdate], Awaitable[None]] = forgive,
) -> None:
    """Run an inbox until a condition holds, then stop it in order."""
    stop = asyncio.Event()
    inbox = Inbox(database, BOT, serve, apologise)
    task = asyncio.create_task(inbox.run(stop))
    for _ in range(1000):
        if is_enough():
            break
        await asyncio.sleep(0.01)
    stop.set()
    await task
    assert is_enough(), "it never came to it"


async def test_an_update_is_stored_once_however_often_it_comes(database: Database) -> None:
    assert await store(database, update(5), update(5), update(6)) == [True, False, True]


async def test_one_persons_updates_are_handled_in_order_and_one_at_a_time(
    database: Database,
) -> None:
    await store(database, *(update(number) for number in (3, 1, 2)), update(9, chat=2))
    handled: list[int] = []
    running: list[int] = []

    async def serve(stored: StoredUpdate) -> None:
        assert stored.chat_id not in running
        running.append(stored.chat_id or 0)
        await asyncio.sleep(0.05)
        handled.append(stored.id)
        running.remove(stored.chat_id or 0)

    await serve_until(database, serve, lambda: len(handled) == 4)

    assert [one for one in handled if one != 9] == [1, 2, 3]


async def test_different_people_do_not_wait_for_each_other(database: Database) -> None:
    await store(database, *(update(number, chat=number) for number in range(1, 9)))
    waiting = 0
    together = 0
    handled = []

    async def serve(stored: StoredUpdate) -> None:
        nonlocal waiting, together
        waiting += 1
        together = max(together, waiting)
        await asyncio.sleep(0.1)
        waiting -= 1
        handled.append(stored.id)

    await serve_until(database, serve, lambda: len(handled) == 8)

    assert together == 8


async def test_an_update_that_its_process_died_with_is_handled_by_the_next(
    database: Database, rows: Rows
) -> None:
    await store(database, update(1))
    begun = asyncio.Event()

    async def hang(_: StoredUpdate) -> None:
        begun.set()
        await asyncio.sleep(60)

    dying = asyncio.create_task(Inbox(database, BOT, hang, forgive).run(asyncio.Event()))
    await begun.wait()
    for task in asyncio.all_tasks():
        if "Inbox" in repr(task.get_coro()):
            task.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    # Instead of waiting until the lease has run out.
    await rows("UPDATE telegram_updates SET next_at = NULL WHERE state = 'new'")
    handled: list[int] = []

    async def serve(stored: StoredUpdate) -> None:
        handled.append(stored.attempts)

    await serve_until(database, serve, lambda: bool(handled))

    assert handled == [2]
    assert [tuple(row) for row in await rows("SELECT state FROM telegram_updates")] == [("done",)]


async def test_a_claim_is_a_lease_that_nobody_else_takes(database: Database) -> None:
    await store(database, update(1))
    handled: list[str] = []

    async def serve_slowly(stored: StoredUpdate) -> None:
        handled.append("first")
        await asyncio.sleep(0.5)

    async def serve(stored: StoredUpdate) -> None:
        handled.append("second")

    stop = asyncio.Event()
    first = asyncio.create_task(Inbox(database, BOT, serve_slowly, forgive).run(stop))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(Inbox(database, BOT, serve, forgive).run(stop))
    await asyncio.sleep(0.6)
    stop.set()
    await asyncio.gather(first, second)

    assert handled == ["first"]


async def test_a_failing_update_is_tried_again_and_then_given_up_with_an_apology(
    database: Database, rows: Rows
) -> None:
    await store(database, update(1), update(2))
    await rows("UPDATE telegram_updates SET attempts = 6 WHERE update_id = 1")
    tried: list[int] = []
    sorry: list[int] = []

    async def serve(stored: StoredUpdate) -> None:
        tried.append(stored.id)
        # Instead of waiting for the back-off.
        if stored.id == 1:
            raise RuntimeError("a bug")

    async def apologise(stored: StoredUpdate) -> None:
        sorry.append(stored.id)

    async def hurry() -> None:
        for _ in range(200):
            await rows("UPDATE telegram_updates SET next_at = NULL WHERE error IS NOT NULL")
            await asyncio.sleep(0.05)

    hurrying = asyncio.create_task(hurry())
    await serve_until(database, serve, lambda: 2 in tried, apologise)
    hurrying.cancel()

    assert tried == [1, 1, 2]
    assert sorry == [1]
    [row] = await rows("SELECT state, error FROM telegram_updates WHERE update_id = 1")
    assert tuple(row) == ("failed", "RuntimeError")


async def test_a_postponed_update_comes_back_soon(database: Database) -> None:
    await store(database, update(1))
    tried: list[int] = []

    async def serve(stored: StoredUpdate) -> None:
        tried.append(stored.attempts)
        if stored.attempts == 1:
            raise Postponed("not known yet")

    await serve_until(database, serve, lambda: len(tried) == 2)

    assert tried == [1, 2]
