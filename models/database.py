"""The engine and its sessions; the only place that commits."""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # asyncpg ships no type information
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

COMMAND_SECONDS = 5.0
CONNECT_SECONDS = 3.0
POOL_SECONDS = 5.0
SERVER_SETTINGS = {
    "application_name": "drillflow",
    "statement_timeout": "4000",
    "lock_timeout": "1000",
    "idle_in_transaction_session_timeout": "10000",
}
"""Milliseconds. The server gives up before the client does, so that errors name their cause."""

HEARTBEAT_SECONDS = 15.0
RECONNECT_SECONDS = 0.5
NOTICES_WAITING_MAX = 1_000
# What SQLAlchemy adds for itself; asyncpg's own connect() does not know it.
_DIALECT_ONLY = (
    "async_fallback",
    "async_creator_fn",
    "prepared_statement_cache_size",
    "prepared_statement_name_func",
)

# The server's DETAIL names the row's values, the driver's complaint the argument itself.
_VALUES = re.compile(r"\nDETAIL:.*|(?<=invalid input for query argument ).*", re.DOTALL)
_CAUSES_MAX = 5


def _without_values(context: ExceptionContext) -> None:
    """Keep of a database error what failed and which constraint, never the values of the row."""
    error: BaseException | None = context.sqlalchemy_exception or context.original_exception
    seen = 0
    while error is not None and seen < _CAUSES_MAX:
        if isinstance(error, asyncpg.PostgresError):
            # Its text is made of these anew each time it is asked for.
            error.detail = None
        error.args = tuple(
            _VALUES.sub("", one) if isinstance(one, str) else one for one in error.args
        )
        error = getattr(error, "orig", None) or error.__cause__
        seen += 1


class Database:
    """One process's connections to PostgreSQL.

    READ COMMITTED throughout: what must not happen twice is fenced by constraints, versions and
    conditional updates. A lost COMMIT answer may hide a success, so every write is idempotent and
    retries are the caller's.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """`url` is `postgresql+asyncpg://…`; a socket folder goes into `?host=`."""
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            # Finds connections that died while idle; a silent network needs the time-outs too.
            pool_pre_ping=True,
            # Rows hold what is personal, and errors go into logs and workflow histories.
            hide_parameters=True,
            connect_args={
                "command_timeout": COMMAND_SECONDS,
                "timeout": CONNECT_SECONDS,
                "server_settings": SERVER_SETTINGS,
            },
        )
        event.listen(self.engine.sync_engine, "handle_error", _without_values)
        self._sessions = async_sessionmaker(
            self.engine, class_=AsyncSession, expire_on_commit=False
        )

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed once, at the end, or not at all."""
        async with self._sessions() as session:
            yield session
            await session.commit()

    @contextlib.asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that cannot write; nothing is committed."""
        async with self._sessions() as session:
            await session.connection(execution_options={"postgresql_readonly": True})
            yield session

    async def listen(self, channel: str) -> AsyncGenerator[str, None]:
        """Payloads of NOTIFY on a channel, for ever, over a connection of its own.

        Notices are hints: an empty payload comes after every (re)connection, because notices of
        the time without one are lost; when too many wait, further ones are dropped.
        """
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                async with contextlib.aclosing(self._listen_once(channel)) as payloads:
                    async for payload in payloads:
                        yield payload
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self, channel: str) -> AsyncGenerator[str, None]:
        waiting: asyncio.Queue[str | None] = asyncio.Queue(NOTICES_WAITING_MAX)

        def received(_: object, __: int, ___: str, payload: object) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                waiting.put_nowait(str(payload))

        def ended(_: object) -> None:
            with contextlib.suppress(asyncio.QueueFull):
                waiting.put_nowait(None)

        connection = await asyncpg.connect(**self._connect_options())
        try:
            connection.add_termination_listener(ended)
            await connection.add_listener(channel, received)
            yield ""
            while True:
                try:
                    payload = await asyncio.wait_for(waiting.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    await connection.execute("SELECT 1")
                    continue
                if payload is None:
                    return
                yield payload
        finally:
            # Not close(): it would wait for a server that may be gone.
            connection.terminate()

    def _connect_options(self) -> dict[str, Any]:
        _, options = self.engine.dialect.create_connect_args(self.engine.url)
        wanted = {key: value for key, value in options.items() if key not in _DIALECT_ONLY}
        settings = {"application_name": SERVER_SETTINGS["application_name"]}
        return {
            **wanted,
            "command_timeout": COMMAND_SECONDS,
            "timeout": CONNECT_SECONDS,
            "server_settings": settings,
        }

    async def close(self) -> None:
        """Close all pooled connections; repeatable."""
        await self.engine.dispose()
