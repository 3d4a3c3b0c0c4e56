"""The inbox: stored updates are handled in order per person, several people at once.

An update stays `new` until its handler has returned. A claim is a short lease that is renewed
while the handler runs, so the work of a killed process is taken up by the next one within
seconds, and a handler may see the same update twice: it must be harmless.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from models.database import Database
from models.queries.plain import run
from runtime.failpoints import failpoint_async
from runtime.logs import get_logger
from runtime.metrics import INBOX_PENDING, UPDATES
from runtime.signals import drain

CHANNEL = "telegram_updates"
LEASE_SECONDS = 8.0
RENEW_SECONDS = 2.0
SWEEP_SECONDS = 1.0
DRAIN_SECONDS = 10.0
ATTEMPTS_MAX = 8
POSTPONED_MAX = 40
POSTPONED_SECONDS = 5.0
BACKOFF_MAX_SECONDS = 60.0

_log = get_logger(__name__)

_CLAIM = text("""
    UPDATE telegram_updates SET next_at = :until, attempts = attempts + 1
    WHERE (bot_id, update_id) IN (
        SELECT u.bot_id, u.update_id FROM telegram_updates u
        WHERE u.bot_id = :bot AND u.state = 'new' AND (u.next_at IS NULL OR u.next_at <= :now)
          AND NOT EXISTS (
              SELECT 1 FROM telegram_updates e
              WHERE e.bot_id = u.bot_id AND e.chat_id = u.chat_id AND e.state = 'new'
                AND e.update_id < u.update_id)
        ORDER BY u.update_id FOR UPDATE SKIP LOCKED LIMIT :room)
    RETURNING update_id, chat_id, kind, payload, attempts
""")
_RENEW = text("""
    UPDATE telegram_updates SET next_at = :until
    WHERE bot_id = :bot AND update_id = ANY(:ids) AND state = 'new'
""")
_FINISH = text("""
    UPDATE telegram_updates SET state = :state, done_at = :now, error = :error, next_at = NULL
    WHERE bot_id = :bot AND update_id = :id
""")
_POSTPONE = text("""
    UPDATE telegram_updates SET next_at = :until, error = :error
    WHERE bot_id = :bot AND update_id = :id AND state = 'new'
""")
_WAITING = text("SELECT count(*) FROM telegram_updates WHERE bot_id = :bot AND state = 'new'")


class Postponed(Exception):
    """The outcome is not known yet: handle the same update again a little later.

    `wait_seconds`: not before, because Telegram has asked for it.
    """

    def __init__(self, reason: str = "", wait_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True)
class StoredUpdate:
    """One update as it was received; `attempts` counts this try too."""

    id: int
    chat_id: int | None
    kind: str
    payload: dict[str, Any]
    attempts: int


Serve = Callable[[StoredUpdate], Awaitable[None]]


class Inbox:
    """Handles stored updates with `serve` until it is stopped.

    `apologise` is called once for an update that is given up.
    """

    def __init__(
        self,
        database: Database,
        bot_id: int,
        serve: Serve,
        apologise: Serve,
        *,
        concurrency: int = 16,
    ) -> None:
        self._database = database
        self._bot_id = bot_id
        self._serve = serve
        self._apologise = apologise
        self._concurrency = concurrency
        self._running: dict[int, asyncio.Task[None]] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look at the table now."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then let what is running finish."""
        renewing = asyncio.create_task(self._renew())
        try:
            while not stop.is_set():
                await self._look()
                await self._pause(stop)
        finally:
            await drain(self._running.values(), within_seconds=DRAIN_SECONDS)
            renewing.cancel()

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (self._wake, stop)]
        await asyncio.wait(waits, timeout=SWEEP_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._wake.clear()

    async def _look(self) -> None:
        try:
            for update in await self._claim():
                task = asyncio.create_task(self._handle(update))
                self._running[update.id] = task
        except Exception as error:  # noqa: BLE001 - the database may be away; the loop goes on
            _log.warning("inbox_unavailable", error=type(error).__name__)

    async def _claim(self) -> list[StoredUpdate]:
        room = self._concurrency - len(self._running)
        if room <= 0:
            return []
        now = datetime.now(UTC)
        values = {
            "bot": self._bot_id,
            "now": now,
            "until": now + timedelta(seconds=LEASE_SECONDS),
            "room": room,
        }
        async with self._database.transaction() as session:
            rows = (await run(session, _CLAIM, values)).all()
            waiting = (await run(session, _WAITING, {"bot": self._bot_id})).scalar_one()
        INBOX_PENDING.set(waiting)
        return [StoredUpdate(*row) for row in rows]

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if not self._running:
                continue
            until = datetime.now(UTC) + timedelta(seconds=LEASE_SECONDS)
            values = {"bot": self._bot_id, "ids": list(self._running), "until": until}
            try:
                async with self._database.transaction() as session:
                    await run(session, _RENEW, values)
            except Exception as error:  # noqa: BLE001 - a lapsed lease only repeats a handler
                _log.warning("lease_not_renewed", error=type(error).__name__)

    async def _handle(self, update: StoredUpdate) -> None:
        try:
            await self._try(update)
        except Exception as error:  # noqa: BLE001 - the row stays new; the lease brings it back
            _log.warning("update_not_marked", update_id=update.id, error=type(error).__name__)
        finally:
            self._running.pop(update.id, None)
            # The next update of this person may go now.
            self.wake()

    async def _try(self, update: StoredUpdate) -> None:
        try:
            await self._serve(update)
            await failpoint_async("bot.handled.before_done")
        except Postponed as later:
            why = str(later) or "postponed"
            await self._again(update, POSTPONED_MAX, POSTPONED_SECONDS, why, later.wait_seconds)
        except Exception as error:  # noqa: BLE001 - it is logged, counted and tried again
            _log.exception("update_failed", update_id=update.id, kind=update.kind)
            await self._again(update, ATTEMPTS_MAX, BACKOFF_MAX_SECONDS, type(error).__name__)
        else:
            await self._finish(update, "done", None)

    async def _again(
        self,
        update: StoredUpdate,
        most: int,
        longest: float,
        why: str,
        least: float = 0.0,
    ) -> None:
        if update.attempts >= most:
            await self._finish(update, "failed", why)
            await self._apologise(update)
            return
        wait = max(least, min(longest, 0.5 * 2 ** min(update.attempts, 10)))
        until = datetime.now(UTC) + timedelta(seconds=wait)
        values = {"bot": self._bot_id, "id": update.id, "until": until, "error": why}
        async with self._database.transaction() as session:
            await run(session, _POSTPONE, values)
        UPDATES.labels(kind=update.kind, outcome="retried").inc()

    async def _finish(self, update: StoredUpdate, state: str, error: str | None) -> None:
        values = {
            "bot": self._bot_id,
            "id": update.id,
            "state": state,
            "now": datetime.now(UTC),
            "error": error,
        }
        async with self._database.transaction() as session:
            await run(session, _FINISH, values)
        UPDATES.labels(kind=update.kind, outcome=state).inc()
