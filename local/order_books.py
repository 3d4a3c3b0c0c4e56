"""`python -m local books D-1042`: an order's money rebuilt from its journals, beside its row."""

import asyncio
from dataclasses import asdict
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from local.children import StartFailed
from models.database import Database
from models.queries.ledger import WrittenJournal, order_journals
from models.queries.plain import run as ask
from rules.replay import OrderBooks, replay
from texts.formatting import money
from texts.language import Language

_ORDER = text(
    """
    SELECT id::text AS id, number, state, money, money_closed_at FROM orders
    WHERE number = CAST(:number AS bigint) OR id = CAST(:id AS uuid)
    """
)


def run(database_url: str, order: str, console: Console) -> int:
    """Print the books; 1 if they say something else than the order's row.

    Raises:
        StartFailed: There is no such order.
    """
    return asyncio.run(_run(database_url, order, console))


async def _run(database_url: str, order: str, console: Console) -> int:
    database = Database(database_url)
    try:
        async with database.reading() as session:
            found = (await ask(session, _ORDER, _named(order))).mappings().first()
            if found is None:
                raise StartFailed(f"There is no order {order}.")
            journals = await order_journals(session, found["id"])
    finally:
        await database.close()
    books = replay(found["id"], [one.journal for one in journals])
    console.print(f"D-{found['number']} {found['state']}, closed {found['money_closed_at']}")
    console.print(_journals(journals))
    return _compare(books, dict(found["money"]), console)


def _named(order: str) -> dict[str, int | str | None]:
    digits = order.upper().removeprefix("D-")
    if digits.isdecimal():
        return {"number": int(digits), "id": None}
    try:
        return {"number": None, "id": str(UUID(order.removeprefix("order-")))}
    except ValueError:
        raise StartFailed(f"{order} is neither a number nor an id.") from None


def _journals(journals: list[WrittenJournal]) -> Table:
    table = Table("When", "Journal", "Phase", "Account", "Debit", "Credit")
    for one in journals:
        journal = one.journal
        for line in journal.entries:
            table.add_row(
                f"{one.effective_at:%d.%m %H:%M:%S}",
                journal.kind,
                journal.phase.value,
                line.account,
                _shown(line.debit_kopecks),
                _shown(line.credit_kopecks),
            )
    return table


def _compare(books: OrderBooks, row: dict[str, object], console: Console) -> int:
    table = Table("From the journals", "", "In the row")
    differs = False
    for name, kopecks in asdict(books).items():
        known = row.get(name)
        # A refund that was reserved but not yet answered is not in the row.
        is_told = isinstance(known, int) and name != "refund_pending_kopecks"
        is_same = not is_told or known == kopecks
        differs = differs or not is_same
        shown = _shown(known) if isinstance(known, int) else ""
        if kopecks or shown:
            table.add_row(name.removesuffix("_kopecks"), _shown(kopecks), shown)
    console.print(table)
    console.print("The row says something else." if differs else "The row says the same.")
    return int(differs)


def _shown(kopecks: int) -> str:
    return money(kopecks, Language.EN) if kopecks else ""
