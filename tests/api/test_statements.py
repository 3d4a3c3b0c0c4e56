"""Statements and the accountant's files: each sees his own, the books tie, no cell is a formula."""

import csv
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import httpx
import pytest

from activities import ledger
from api.deps import Caller
from api.exports import Roubles, Sheet, to_csv, to_xlsx
from models.orders import OrderRow
from models.queries import ledger as books
from models.queries.statements import day_register, standing
from rules import ledger as postings
from rules.ledger import Journal
from rules.money import Shares
from rules.outside import Payers, refunded_outside
from rules.statements import Owner, Side, Standing
from tests.api.stage import SCOPES, TOKENS, Stage, stage, write_contractor, write_order

MORNING = datetime(2026, 6, 1, 6, tzinfo=UTC)
# Half past midnight in Moscow: the next business day, though it is the same one in UTC.
NIGHT = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)


@pytest.fixture
async def accounting(database_url: str) -> AsyncIterator[Stage]:
    """The application; the caller `shop` may also read the books."""
    callers = {
        hashlib.sha256(token.encode()).hexdigest(): Caller(
            name, SCOPES | {"accounting"} if name == "shop" else SCOPES
        )
        for name, token in TOKENS.items()
    }
    async with stage(database_url, callers=callers) as ready:
        yield ready


async def post(api: Stage, order: OrderRow, at: datetime, *journals: Journal) -> None:
    async with api.database.transaction() as session:
        for journal in journals:
            await ledger.post(session, journal, order.id, at)


async def lived(api: Stage) -> tuple[OrderRow, int]:
    """An order with a compensation and a settlement, and a second one with that credit in it."""
    placed = (await api.place()).json()["id"]
    (client,) = (await api.rows("SELECT client_id FROM orders WHERE id::text = :i", i=placed))[0]
    contractor = await write_contractor(api.database)
    order, second = [await write_order(api.database, client_id=client) for _ in range(2)]
    reserved = postings.credit_reserved(second.id, 2, client, 100_00)
    await post(
        api,
        order,
        MORNING,
        postings.captured(order.id, f"{order.id}:1", 1_000_00, was_held=False),
        postings.provider_fee(f"{order.id}:1", 35_00),
        postings.compensated(order.id, 1, client, 100_00),
        postings.penalised(order.id, 1, contractor, 100_00),
        postings.settled(order.id, contractor, Shares(250_00, 750_00)),
    )
    await post(
        api,
        second,
        NIGHT,
        reserved,
        postings.credit_used(reserved),
        postings.captured(second.id, f"{second.id}:1", 900_00, was_held=False),
    )
    return order, contractor


async def get(api: Stage, path: str, name: str = "shop") -> httpx.Response:
    headers = {**api.as_caller(name), "accept-language": "ru"}
    return await api.http.get(f"/api/v1{path}", headers=headers)


async def test_a_client_s_statement_tells_every_movement_and_what_is_left(
    accounting: Stage,
) -> None:
    order, _ = await lived(accounting)

    answer = (await get(accounting, f"/statements/client/{order.client_id}")).json()

    told = [
        (one["what"], one["amount_kopecks"] // 100, one["balance_kopecks"] // 100)
        for one in answer["items"]
    ]
    assert told == [
        ("Предоплата", 900, 1_000),
        ("Компенсация пошла в предоплату", 0, 100),
        ("Предоплата учтена в цене работы", -1_000, 100),
        ("Компенсация вам", 100, 1_100),
        ("Предоплата", 1_000, 1_000),
    ]
    assert answer["items"][1]["moved_kopecks"] == 100_00
    assert answer["items"][4]["order"] == f"D-{order.number}"
    assert (answer["balance_kopecks"], answer["available_kopecks"]) == (1_000_00, 0)


async def test_a_contractor_s_debt_stands_beside_his_share(accounting: Stage) -> None:
    _, contractor = await lived(accounting)

    answer = (await get(accounting, f"/statements/contractor/{contractor}")).json()

    assert [one["amount_kopecks"] for one in answer["items"]] == [750_00, -100_00]
    assert (answer["balance_kopecks"], answer["owed_kopecks"]) == (650_00, 100_00)


async def test_a_refund_made_outside_stands_in_both_statements(accounting: Stage) -> None:
    order, contractor = await lived(accounting)
    payers = Payers(
        order.id,
        fee_kopecks=250_00,
        contractor_id=contractor,
        earned_kopecks=750_00,
        payable_kopecks=750_00,
    )
    await post(accounting, order, NIGHT, refunded_outside("r-1", 400_00, payers))

    client = (await get(accounting, f"/statements/client/{order.client_id}")).json()["items"][0]
    crew = (await get(accounting, f"/statements/contractor/{contractor}")).json()["items"][0]

    assert (client["what"], client["amount_kopecks"], client["moved_kopecks"]) == (
        "Возврат",
        0,
        400_00,
    )
    assert (crew["what"], crew["amount_kopecks"]) == ("Возврат клиенту", -300_00)


async def test_pages_follow_each_other_without_gap_or_repeat(accounting: Stage) -> None:
    order, _ = await lived(accounting)
    path = f"/statements/client/{order.client_id}?limit=2"
    whole = (await get(accounting, f"/statements/client/{order.client_id}")).json()["items"]

    pages = [(await get(accounting, path)).json()]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        pages.append((await get(accounting, f"{path}&cursor={cursor}")).json())

    assert [item for page in pages for item in page["items"]] == whole
    assert [len(page["items"]) for page in pages] == [2, 2, 1]


async def test_a_caller_reads_the_statements_of_his_own_clients_only(accounting: Stage) -> None:
    await lived(accounting)
    mine = (await accounting.place()).json()["id"]
    paths = (f"/statements/orders/{mine}", "/statements/client/1001", "/accounting/register")

    assert (await get(accounting, paths[0])).status_code == 200
    assert (await get(accounting, paths[0], "rival")).status_code == 404
    assert (await get(accounting, paths[1], "rival")).status_code == 403
    assert (await get(accounting, f"{paths[2]}?day=2026-06-01", "rival")).status_code == 403


async def test_somebody_the_books_do_not_know_has_an_empty_statement(accounting: Stage) -> None:
    async with accounting.database.reading() as session:
        assert await standing(session, Owner(Side.CLIENT, 5)) == Standing()
        assert await standing(session, Owner(Side.CONTRACTOR, 5)) == Standing()


async def test_a_day_s_register_ties_to_the_trial_balance(accounting: Stage) -> None:
    await lived(accounting)

    async with accounting.database.reading() as session:
        first = await day_register(session, date(2026, 6, 1))
        second = await day_register(session, date(2026, 6, 2))
        trial = await books.trial_balance(session)
    assert first.ties
    assert second.ties
    assert first.debit_kopecks + second.debit_kopecks == trial.debit_kopecks
    closing = {one.account: one.closing_kopecks for one in first.accounts}
    opening = {one.account: one.opening_kopecks for one in second.accounts}
    assert {name: sum_ for name, sum_ in closing.items() if sum_} == {
        name: sum_ for name, sum_ in opening.items() if sum_
    }
    assert closing["psp:clearing"] == 965_00


async def test_the_register_comes_as_csv_with_numbers_and_as_a_workbook(
    accounting: Stage,
) -> None:
    await lived(accounting)
    path = "/accounting/register?day=2026-06-01"

    balances = await get(accounting, f"{path}&part=balances")
    book, again = [await get(accounting, f"{path}&format=xlsx") for _ in range(2)]

    assert balances.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(balances.content.decode("utf-8-sig"))))
    assert rows[0][0] == "Счёт"
    assert rows[-1] == ["Итого", "0.00", "0.00", "2235.00", "2235.00", "1200.00", "1200.00"]
    assert book.content == again.content
    with zipfile.ZipFile(io.BytesIO(book.content)) as opened:
        page = opened.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>2235</v>" in page
    assert "<f>" not in page


async def test_a_statement_s_file_is_oldest_first(accounting: Stage) -> None:
    order, _ = await lived(accounting)
    path = f"/accounting/statements/client/{order.client_id}"

    found = await get(accounting, path)

    rows = list(csv.reader(io.StringIO(found.content.decode("utf-8-sig"))))
    assert rows[1][1:] == [f"D-{order.number}", "Предоплата", "1000.00", "1000.00", "1000.00"]
    assert len(rows) == 6
    assert "attachment" in found.headers["content-disposition"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    evil = f"{start}HYPERLINK(1)"
    sheet = Sheet("s", ("name", "amount"), [(evil, Roubles(-5_05)), ("fine", Roubles(7))])

    table = to_csv(sheet).decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(to_xlsx(sheet))) as opened:
        texts = opened.read("xl/sharedStrings.xml").decode()
        page = opened.read("xl/worksheets/sheet1.xml").decode()

    (_, evil_row, fine_row) = csv.reader(io.StringIO(table, newline=""))
    assert evil_row == [f"'{evil}", "-5.05"]
    assert fine_row == ["fine", "0.07"]
    assert "'" in texts
    assert "<f>" not in page
    assert "<v>-5.05</v>" in page
