"""Long polling into the inbox: an update is confirmed to Telegram only after it was committed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Bot, Update
from telegram.error import TelegramError

from bot.checkout import answer_checkout
from bot.connection import Throttled
from bot.webhook import ALLOWED_UPDATES, set_commands
from models.database import Database
from models.queries.telegram import store_update
from runtime.failpoints import failpoint_async
from runtime.logs import get_logger

LEASE_SECONDS = 10
"""A leader that is not heard for so long has lost its lock: the server ends its session."""

FOLLOWER_SECONDS = 2.0
"""How often the others try the lock; a killed leader's is free at once."""

_log = get_logger(__name__)
_LOCK = 7_310_002
_WAIT_SECONDS = 20
_HOLD_SECONDS = 2.0
_RETRY_SECONDS = 1.0
_CHECKOUT_SECONDS = 3.0
_LEASE = text(f"SET idle_session_timeout = '{LEASE_SECONDS}s'")
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:lock)")
_UNLOCK = text("SELECT pg_advisory_unlock(:lock)")
_STILL_THERE = text("SELECT 1")
_AWAY = (TelegramError, SQLAlchemyError, OSError, TimeoutError)


class _Lead:
    """The lock as long as its session lives; one statement at a time."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    async def confirm(self) -> None:
        """Renew the lease; raises SQLAlchemyError or OSError when it is lost."""
        async with self._turn:
            await self._connection.execute(_STILL_THERE)

    async def hold(self) -> None:
        """Renew the lease until it is lost."""
        while True:
            await asyncio.sleep(_HOLD_SECONDS)
            await self.confirm()


async def poll(bot: Bot, database: Database, wake: Callable[[], None], stop: asyncio.Event) -> None:
    """Poll while this replica is the leader, until `stop` is set.

    The leader holds a session's advisory lock on a connection of its own. If the process dies,
    the server frees the lock at once; if it hangs or its network is silent, after the lease.
    """
    while not stop.is_set():
        try:
            async with _leadership(database) as lead:
                if lead is not None:
                    await _while_held(lead, _lead(bot, database, lead, wake, stop))
                    continue
            await asyncio.sleep(FOLLOWER_SECONDS)
        except _AWAY as error:
            wait = error.seconds if isinstance(error, Throttled) else _RETRY_SECONDS
            _log.warning("polling_interrupted", error=type(error).__name__)
            await asyncio.sleep(wait)


@asynccontextmanager
async def _leadership(database: Database) -> AsyncIterator[_Lead | None]:
    """The lock, or None while somebody else has it.

    The connection never goes back to the pool: it would keep the lock there, unused.
    """
    async with database.engine.connect() as plain:
        # No transaction: it would be ended for idling while Telegram makes us wait.
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        if not (await connection.execute(_TRY_LOCK, {"lock": _LOCK})).scalar_one():
            yield None
            return
        try:
            await connection.execute(_LEASE)
            yield _Lead(connection)
        finally:
            with suppress(*_AWAY):
                await connection.execute(_UNLOCK, {"lock": _LOCK})
            await connection.invalidate()


async def _while_held(lead: _Lead, polling: Coroutine[None, None, None]) -> None:
    """Poll until that ends by itself or the lease is lost; raises what ended it."""
    tasks = [asyncio.create_task(polling), asyncio.create_task(lead.hold())]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


async def _lead(
    bot: Bot, database: Database, lead: _Lead, wake: Callable[[], None], stop: asyncio.Event
) -> None:
    await bot.delete_webhook()
    await set_commands(bot)
    offset: int | None = None
    while not stop.is_set():
        # If this connection is gone, so is the lock: somebody else may be polling.
        await lead.confirm()
        updates = await bot.get_updates(
            offset=offset, timeout=_WAIT_SECONDS, allowed_updates=ALLOWED_UPDATES
        )
        if not updates:
            # All is confirmed. After a quiet week the next id may be lower than this offset.
            offset = None
            continue
        await _take(bot, database, updates)
        await failpoint_async("bot.polled.stored")
        offset = updates[-1].update_id + 1
        wake()


async def _take(bot: Bot, database: Database, updates: Sequence[Update]) -> None:
    """Store what was polled; queries before a payment are answered at once instead."""
    asked = [one.pre_checkout_query for one in updates if one.pre_checkout_query is not None]
    answering = [asyncio.create_task(answer_checkout(bot, database, query)) for query in asked]
    async with database.transaction() as session:
        for update in updates:
            if update.pre_checkout_query is None:
                await store_update(session, bot.id, update.to_dict())
    if answering:
        # The next poll confirms them: whoever dies before must get them again.
        await asyncio.wait(answering, timeout=_CHECKOUT_SECONDS)
