"""The engine: what it waits for, what it commits, what it refuses."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import func, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import col, select

from models import metadata
from models.database import Database
from models.queries.plain import run
from models.users import UserRow


async def _count_people(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.exec(select(func.count(col(UserRow.id))))).one())


async def test_the_server_gives_up_before_the_client_does(database: Database) -> None:
    async with database.reading() as session:
        shown = {
            name: (await run(session, text(f"SHOW {name}"))).scalar_one()
            for name in (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "transaction_isolation",
            )
        }

    assert shown == {
        "statement_timeout": "4s",
        "lock_timeout": "1s",
        "idle_in_transaction_session_timeout": "10s",
        "transaction_isolation": "read committed",
    }


async def test_a_silent_statement_ends_after_the_command_time_out(database: Database) -> None:
    async with database.reading() as session:
        # The server's own limit is lifted, as if the network had gone silent.
        await run(session, text("SET LOCAL statement_timeout = 0"))
        began = asyncio.get_running_loop().time()
        with pytest.raises((TimeoutError, DBAPIError)):
            await run(session, text("SELECT pg_sleep(30)"))

    assert asyncio.get_running_loop().time() - began < 9


async def test_a_row_that_is_locked_elsewhere_is_not_waited_for_long(database: Database) -> None:
    async with database.transaction() as session:
        session.add(UserRow(id=5))
    async with database.transaction() as holder:
        await run(holder, text("UPDATE users SET first_name = 'a' WHERE id = 5"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            async with database.transaction() as waiter:
                await run(waiter, text("UPDATE users SET first_name = 'b' WHERE id = 5"))


async def test_a_transaction_is_committed_once_or_not_at_all(database: Database) -> None:
    async with database.transaction() as session:
        session.add(UserRow(telegram_id=1))

    async def change_my_mind() -> None:
        async with database.transaction() as session:
            session.add(UserRow(telegram_id=2))
            await session.flush()
            raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        await change_my_mind()

    assert await _count_people(database) == 1


async def test_a_reading_session_cannot_write(database: Database) -> None:
    async with database.reading() as session:
        session.add(UserRow(telegram_id=1))
        with pytest.raises(DBAPIError, match="read-only transaction"):
            await session.flush()


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime.fromisoformat("2026-05-20T09:00:00")

    with pytest.raises(StatementError, match="timezone"):
        async with database.transaction() as session:
            session.add(UserRow(telegram_id=1, blocked_at=naive))


async def test_people_are_numbered_from_1001(database: Database) -> None:
    person = UserRow(telegram_id=1)
    async with database.transaction() as session:
        session.add(person)

    assert person.id == 1001


async def test_a_listener_hears_what_is_stored_and_survives_a_cut(database: Database) -> None:
    heard = database.listen("provider_notices")
    async with asyncio.timeout(20):
        assert await anext(heard) == ""
        await _store_notice(database, "first")
        assert await anext(heard) == ""
        waiting = asyncio.ensure_future(anext(heard))
        async with database.transaction() as session:
            await run(
                session,
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'LISTEN%' AND datname = current_database()"
                ),
            )
        # Connected again: an empty payload says that something may have been missed.
        assert await waiting == ""
        await _store_notice(database, "second")
        assert await anext(heard) == ""
    await heard.aclose()


async def _store_notice(database: Database, body_hash: str) -> None:
    async with database.transaction() as session:
        await run(
            session,
            text(
                "INSERT INTO provider_notices (event, object_id, status, body_hash)"
                " VALUES ('payment.succeeded', 'p-1', 'succeeded', :body_hash)"
            ),
            {"body_hash": body_hash},
        )


async def test_every_table_and_view_exists(database: Database) -> None:
    async with database.reading() as session:
        found = await run(
            session,
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"),
        )
        names = set(found.scalars())

    assert names == {*metadata.tables, "alembic_version", "account_balances", "order_money"}
