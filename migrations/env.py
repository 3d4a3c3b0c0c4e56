"""Runs the migrations on the database of DRILLFLOW_DATABASE_URL (or of `sqlalchemy.url`)."""

import asyncio
import os
import sys
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.schema import SchemaItem
from sqlmodel.sql.sqltypes import UTCDateTime

from models import metadata
from models.columns import Known

# Two programs that start together migrate one after the other.
MIGRATION_LOCK = 7_246_150_411


def database_url() -> str:
    """The address; a person who forgot it gets one line.

    Raises:
        SystemExit: It is not set.
    """
    url = context.config.get_main_option("sqlalchemy.url") or os.environ.get(
        "DRILLFLOW_DATABASE_URL"
    )
    if not url:
        sys.exit("DRILLFLOW_DATABASE_URL is not set")
    return url


def render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Migrations name plain SQL types, so that they outlive the models."""
    if kind == "type" and isinstance(item, Known):
        return "sa.Text()"
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def belongs_to_us(
    _: SchemaItem, name: str | None, kind: str, reflected: bool, __: SchemaItem | None
) -> bool:
    """Compare everything but tables of other programs in the same database."""
    return not (kind == "table" and reflected and name not in metadata.tables)


def offline() -> None:
    """Print the SQL instead of running it."""
    context.configure(
        url=database_url(), target_metadata=metadata, literal_binds=True, render_item=render
    )
    with context.begin_transaction():
        context.run_migrations()


def run(connection: Connection) -> None:
    """Migrate over one connection, in one transaction per migration."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_item=render,
        include_object=belongs_to_us,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def online() -> None:
    """Migrate the database."""
    engine = create_async_engine(database_url(), poolclass=pool.NullPool)
    async with engine.begin() as guard:
        await guard.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        async with engine.connect() as connection:
            await connection.run_sync(run)
    await engine.dispose()


if context.is_offline_mode():
    offline()
else:
    asyncio.run(online())
