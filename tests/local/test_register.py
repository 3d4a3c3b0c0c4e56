"""`make register`: the accountant's files of a day, the same bytes for the same books."""

import asyncio
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from activities import ledger
from local.children import StartFailed
from local.register import run
from models.database import Database
from rules import ledger as postings
from settings import Settings
from tests.factories import NOON


async def _written(database_url: str) -> None:
    database = Database(database_url, pool_size=1)
    async with database.transaction() as session:
        await ledger.post(session, postings.compensated("x", 1, 7, 300_00), None, NOON)
    await database.close()


def test_a_day_is_written_as_a_workbook_and_two_tables(database_url: str, tmp_path: Path) -> None:
    asyncio.run(_written(database_url))
    settings = Settings(database_url=SecretStr(database_url), data_dir=tmp_path)

    files = run(settings, date(2026, 6, 1))
    first = [file.read_bytes() for file in files]

    assert [file.name for file in files] == [
        "register-2026-06-01.xlsx",
        "register-2026-06-01-balances.csv",
        "register-2026-06-01-journals.csv",
    ]
    assert "client:7:credit,0.00,300.00" in first[2].decode("utf-8-sig")
    assert [file.read_bytes() for file in run(settings, date(2026, 6, 1))] == first


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="No stack has run"):
        run(Settings(data_dir=tmp_path), date(2026, 6, 1))
