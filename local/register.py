"""The accountant's files of one business day, written from the database into the data directory."""

import asyncio
import json
from datetime import date
from pathlib import Path

from api.exports import balances_sheet, journals_sheet, to_csv, to_xlsx
from local.children import StartFailed
from models.database import Database
from models.queries.statements import day_register
from rules.statements import DayRegister
from settings import PREFIX, Settings
from texts.language import Language, pick


def run(settings: Settings, day: date) -> list[Path]:
    """Write a workbook and two CSV files; the same books give the same bytes.

    Raises:
        StartFailed: There is no database to read, or its books do not tie.
    """
    register = asyncio.run(_read(_database_url(settings), day))
    if not register.ties:
        raise StartFailed(f"The books of {day} do not tie; look at the invariants of money.")
    lang = pick(settings.locale)
    return _write(register, lang, settings.data_dir / "registers")


async def _read(database_url: str, day: date) -> DayRegister:
    database = Database(database_url, pool_size=1)
    try:
        async with database.reading() as session:
            return await day_register(session, day)
    finally:
        await database.close()


def _write(register: DayRegister, lang: Language, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    balances, journals = balances_sheet(register, lang), journals_sheet(register, lang)
    name = f"register-{register.day:%Y-%m-%d}"
    files = {
        f"{name}.xlsx": to_xlsx(balances, journals),
        f"{name}-balances.csv": to_csv(balances),
        f"{name}-journals.csv": to_csv(journals),
    }
    for file, content in files.items():
        (folder / file).write_bytes(content)
    return [folder / file for file in files]


def _database_url(settings: Settings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    published = settings.data_dir / "stack.json"
    if not published.exists():
        raise StartFailed(
            f"No stack has run in {settings.data_dir}. Start one with `make up`, "
            f"or set {PREFIX}DATABASE_URL."
        )
    url: str = json.loads(published.read_text())["environment"][f"{PREFIX}DATABASE_URL"]
    return url
