"""Long polling into the inbox: an update is confirmed to Telegram only after it was committed."""

import asyncio
from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from telegram import Bot
from telegram.error import TelegramError

from bot.checkout import answer_checkout
from bot.connection import Throttled
from bot.webhook import ALLOWED_UPDATES, set_commands
from models.database import Database
from models.queries.telegram import store_update
from runtime.logs import get_logger

_log = get_logger(__name__)
_LOCK = 7_310_002
_WAIT_SECONDS = 20
_RETRY_SECONDS = 1.0
_FOLLOWER_SECONDS = 5.0
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:lock)")
_STILL_THERE = text("SELECT 1")


async def poll(bot: Bot, database: Database, wake: Callable[[], None], stop: asyncio.Event) -> None:
    """Poll while this replica is the leader, until `stop` is set.

    The leader holds a session's advisory lock on a connection of its own: if it dies, the
    server frees the lock and another replica goes on.
    """
    while not stop.is_set():
        try:
            async with database.engine.connect() as plain:
                # No transaction: it would be ended for idling while Telegram makes us wait.
                leading = await plain.execution_options(isolation_level="AUTOCOMMIT")
                if (await leading.execute(_TRY_LOCK, {"lock": _LOCK})).scalar_one():
                    await _lead(bot, database, leading, wake, stop)
                    continue
            await asyncio.sleep(_FOLLOWER_SECONDS)
        except (TelegramError, SQLAlchemyError, OSError, TimeoutError) as error:
            wait = error.seconds if isinstance(error, Throttled) else _RETRY_SECONDS
            _log.warning("polling_interrupted", error=type(error).__name__)
            await asyncio.sleep(wait)


async def _lead(
    bot: Bot,
    database: Database,
    leading: AsyncConnection,
    wake: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    await bot.delete_webhook()
    await set_commands(bot)
    offset: int | None = None
    answering: set[asyncio.Task[None]] = set()
    while not stop.is_set():
        # If this connection is gone, so is the lock: somebody else may be polling.
        await leading.execute(_STILL_THERE)
        updates = await bot.get_updates(
            offset=offset, timeout=_WAIT_SECONDS, allowed_updates=ALLOWED_UPDATES
        )
        if not updates:
            continue
        for update in updates:
            if update.pre_checkout_query is not None:
                task = asyncio.create_task(
                    answer_checkout(bot, database, update.pre_checkout_query)
                )
                answering.add(task)
                task.add_done_callback(answering.discard)
        async with database.transaction() as session:
            for update in updates:
                if update.pre_checkout_query is None:
                    await store_update(session, bot.id, update.to_dict())
        offset = updates[-1].update_id + 1
        wake()
