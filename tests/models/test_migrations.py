"""The migrations build exactly what the models say."""

import os
import re
import subprocess
import sys
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from local.postgres import EmbeddedPostgres
from models import metadata

ROOT = Path(__file__).resolve().parents[2]
CHECKS = """
    SELECT conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 't'
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default, identity_start,
           generation_expression
    FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name <> ALL(:others)
"""
# Words that were added to a check later stand at its end; their order means nothing.
_WORDS = re.compile(r"ARRAY\[([^]]*)\]")
OTHERS = ["alembic_version", "account_balances", "order_money"]


def _alembic(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DRILLFLOW_DATABASE_URL": url},
    )


def _sorted(found: re.Match[str]) -> str:
    return ", ".join(sorted(found[1].split(", ")))


async def _schema(url: str) -> set[str]:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found: set[str] = set()
        for statement in (CHECKS, INDEXES):
            rows = await connection.execute(text(statement))
            found |= {_WORDS.sub(_sorted, str(row[0])) for row in rows}
        columns = await connection.execute(text(COLUMNS), {"others": OTHERS})
        found |= {str(tuple(row)) for row in columns}
    await engine.dispose()
    return {line for line in found if "alembic_version" not in line}


async def test_tables_made_from_the_models_equal_the_migrated_ones(
    database_url: str, postgres_server: EmbeddedPostgres
) -> None:
    url = postgres_server.create_database("from_models")
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        functions = await _geometry(database_url)
        for function in functions:
            await connection.exec_driver_sql(function)
        await connection.run_sync(metadata.create_all)
    await engine.dispose()

    assert await _schema(url) == await _schema(database_url)
    postgres_server.drop_database("from_models")


async def _geometry(url: str) -> list[str]:
    """The functions that the generated column needs, in the order they were made."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT pg_get_functiondef(oid) FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace AND provolatile = 'i' ORDER BY oid"
            )
        )
        functions = [str(row[0]) for row in found]
    await engine.dispose()
    return functions


def test_migrations_go_down_to_nothing_and_up_again_and_leave_nothing_to_add(
    database_url: str,
) -> None:
    for words in (("downgrade", "base"), ("upgrade", "head")):
        done = _alembic(database_url, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    done = _alembic(database_url, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No new upgrade operations detected" in done.stdout


def test_without_an_address_a_person_gets_one_line() -> None:
    done = _alembic("", "upgrade", "head")

    assert done.returncode == 1
    assert done.stderr.strip() == "DRILLFLOW_DATABASE_URL is not set"
