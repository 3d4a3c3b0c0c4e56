"""The database keeps the books: what it refuses, whoever asks."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col, select

from models.database import Database
from models.ledger import EntryRow, JournalRow
from models.orders import OrderRow
from models.payments import PaymentAttemptRow
from models.queries.ledger import balances, order_journals, trial_balance, violations
from models.queries.plain import run
from models.reconciliation import ProviderObjectRow
from rules import ledger
from rules.ledger import Entry, Journal, Phase
from rules.money import Shares
from rules.payments import AttemptState, Method
from rules.reconciliation import ObjectKind
from tests.models.conftest import NOON, Town

ORDER = "00000000-0000-0000-0000-0000000000aa"
DEPOSIT = ledger.deposit(ORDER)
ROUBLE = 100


@dataclass(frozen=True)
class Books:
    """Writes journals line by line, as any program with a connection could."""

    database: Database

    async def write(self, *journals: Journal, order_id: str | None = None) -> None:
        async with self.database.transaction() as session:
            for journal in journals:
                resolved = await session.exec(
                    select(JournalRow.id).where(
                        col(JournalRow.kind) == journal.resolves_kind,
                        col(JournalRow.source_id) == journal.resolves_source_id,
                    )
                )
                row = JournalRow(
                    kind=journal.kind,
                    source=journal.source,
                    source_id=journal.source_id,
                    order_id=order_id,
                    phase=journal.phase,
                    resolves_id=resolved.one_or_none(),
                    effective_at=NOON,
                )
                session.add(row)
                await session.flush()
                for line in journal.entries:
                    session.add(EntryRow(journal_id=row.id, **vars(line)))
                await session.flush()

    async def balance(self, account: str) -> tuple[int, int]:
        """Posted, and what may still leave."""
        async with self.database.reading() as session:
            found = await balances(session, account)
        return (found[0].posted_kopecks, found[0].available_kopecks) if found else (0, 0)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def _paid(attempt: str = "a1", roubles: int = 700) -> Journal:
    return ledger.captured(ORDER, attempt, roubles * ROUBLE, was_held=False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journals SET kind = 'other'",
        "DELETE FROM journals",
        "TRUNCATE journals CASCADE",
        "UPDATE entries SET debit_kopecks = debit_kopecks + 1 WHERE debit_kopecks > 0",
        "DELETE FROM entries",
        "TRUNCATE entries",
    ],
)
async def test_written_books_cannot_be_changed(books: Books, statement: str) -> None:
    await books.write(_paid())

    async with books.database.transaction() as session:
        with pytest.raises(DBAPIError, match="append-only"):
            await run(session, text(statement))
        await session.rollback()

    assert await books.balance(DEPOSIT) == (70_000, 70_000)


async def test_a_journal_that_does_not_balance_cannot_be_committed(books: Books) -> None:
    crooked = _paid()
    object.__setattr__(crooked, "entries", (Entry("bank", debit_kopecks=100),))

    with pytest.raises(IntegrityError, match="does not balance"):
        await books.write(crooked)


async def test_a_journal_without_lines_cannot_be_committed(books: Books) -> None:
    with pytest.raises(IntegrityError, match="does not balance"):
        await books.write(Journal("captured", "attempt", "a1", ()))


@pytest.mark.parametrize("line", [(0, 0), (5, 5), (-5, 0), (0, -5)])
async def test_a_line_is_either_a_debit_or_a_credit_above_zero(
    books: Books, line: tuple[int, int]
) -> None:
    journal = Journal("k", "s", "1", (Entry("bank", *line), Entry("vat", line[1], line[0])))

    with pytest.raises(IntegrityError, match="one_side"):
        await books.write(journal)


async def test_lines_cannot_be_added_to_a_journal_of_the_past(books: Books) -> None:
    await books.write(_paid())

    async with books.database.transaction() as session:
        journal_id = (await session.exec(select(JournalRow.id))).one()
        session.add(EntryRow(journal_id=journal_id, account="bank", debit_kopecks=1))
        with pytest.raises(IntegrityError, match="is complete"):
            await session.flush()
        await session.rollback()


async def test_an_event_is_posted_once(books: Books) -> None:
    await books.write(_paid())

    with pytest.raises(IntegrityError, match="uq_journals_source_source_id_kind"):
        await books.write(_paid())


async def test_a_deposit_cannot_go_below_zero(books: Books) -> None:
    await books.write(_paid(roubles=700))

    with pytest.raises(IntegrityError, match="overdrawn"):
        await books.write(ledger.settled(ORDER, 17, Shares(200 * ROUBLE, 501 * ROUBLE)))

    await books.write(ledger.settled(ORDER, 17, Shares(175 * ROUBLE, 525 * ROUBLE)))
    assert await books.balance(DEPOSIT) == (0, 0)
    assert await books.balance("contractor:17:payable") == (52_500, 52_500)


async def test_a_hold_is_not_money_that_can_be_settled(books: Books) -> None:
    await books.write(ledger.held(ORDER, "a1", 70_000))

    with pytest.raises(IntegrityError, match="overdrawn"):
        await books.write(ledger.costs_kept(ORDER, 17, 100))


async def test_a_requested_refund_reserves_its_sum(books: Books) -> None:
    await books.write(_paid(roubles=700))
    await books.write(ledger.refund_requested(ORDER, "r1", 60_000))

    assert await books.balance(DEPOSIT) == (70_000, 10_000)
    with pytest.raises(IntegrityError, match="overdrawn"):
        await books.write(ledger.refund_requested(ORDER, "r2", 10_001))

    await books.write(ledger.refund_failed(ORDER, "r1", 60_000))
    assert await books.balance(DEPOSIT) == (70_000, 70_000)
    await books.write(ledger.refund_requested(ORDER, "r3", 70_000))
    await books.write(ledger.refund_succeeded(ORDER, "r3", 70_000))
    assert await books.balance(DEPOSIT) == (0, 0)


async def test_two_refunds_at_the_same_time_cannot_both_take_the_last_money(books: Books) -> None:
    await books.write(_paid(roubles=700))

    results = await asyncio.gather(
        *(books.write(ledger.refund_requested(ORDER, f"r{n}", 50_000)) for n in range(8)),
        return_exceptions=True,
    )

    assert [result for result in results if result is None] == [None]
    assert all(isinstance(one, IntegrityError) for one in results if one is not None)
    assert await books.balance(DEPOSIT) == (70_000, 20_000)


async def test_late_money_in_suspense_cannot_be_returned_twice(books: Books) -> None:
    await books.write(ledger.captured(ORDER, "a1", 70_000, was_held=False, late=True))
    await books.write(ledger.refund_requested(ORDER, "r1", 70_000, late=True))

    with pytest.raises(IntegrityError, match="overdrawn"):
        await books.write(ledger.refund_requested(ORDER, "r2", 1, late=True))


async def test_a_reservation_is_resolved_once(books: Books) -> None:
    await books.write(ledger.held(ORDER, "a1", 70_000))
    await books.write(ledger.captured(ORDER, "a1", 70_000, was_held=True))

    with pytest.raises(IntegrityError, match="uq_journals_resolves_id"):
        await books.write(ledger.voided(ORDER, "a1", 70_000))


@pytest.mark.parametrize(
    ("captured", "problem"),
    [
        (ledger.captured(ORDER, "a1", 70_001, was_held=True), "does not fit"),
        (ledger.captured(ORDER, "a1", 70_000, was_held=True, late=True), "does not fit"),
    ],
)
async def test_what_resolves_a_reservation_has_its_accounts_and_not_more(
    books: Books, captured: Journal, problem: str
) -> None:
    await books.write(ledger.held(ORDER, "a1", 70_000))

    with pytest.raises(IntegrityError, match=problem):
        await books.write(captured)

    await books.write(ledger.captured(ORDER, "a1", 50_000, was_held=True))
    assert await books.balance(DEPOSIT) == (50_000, 50_000)
    assert await books.balance(ledger.PSP_CLEARING) == (50_000, -50_000)


async def test_only_a_reservation_can_be_resolved(books: Books) -> None:
    await books.write(_paid("a1"))
    again = Journal("again", "attempt", "a1", _paid().entries, Phase.POSTED, "captured", "a1")

    with pytest.raises(IntegrityError, match="which is not pending"):
        await books.write(again)


async def test_a_void_of_nothing_is_refused(books: Books) -> None:
    with pytest.raises(IntegrityError, match="void_resolves"):
        await books.write(ledger.voided(ORDER, "a1", 70_000))


async def _order(town: Town) -> OrderRow:
    return await town.add_order(await town.add_person(), id=ORDER)


async def test_a_whole_order_leaves_balanced_books_and_breaks_no_invariant(
    books: Books, town: Town
) -> None:
    client = await town.add_person()
    order = await town.add_order(client, id=ORDER, money={"captured_kopecks": 70_000})
    name = f"{ORDER}:1"
    attempt = PaymentAttemptRow(
        order_id=ORDER,
        number=1,
        method=Method.CARD,
        amount_kopecks=70_000,
        state=AttemptState.CAPTURED,
        provider_id="p1",
        created_at=NOON,
        updated_at=NOON,
    )
    seen = ProviderObjectRow(
        id="p1",
        kind=ObjectKind.PAYMENT,
        status="succeeded",
        amount_kopecks=70_000,
        income_kopecks=67_550,
        seen_at=NOON,
    )
    async with books.database.transaction() as session:
        session.add_all([attempt, seen])
    journals = [
        ledger.held(ORDER, name, 70_000),
        ledger.captured(ORDER, name, 70_000, was_held=True),
        ledger.provider_fee(name, 2_450),
        ledger.settled(ORDER, 17, Shares(17_500, 52_500)),
        ledger.compensated(ORDER, 1, order.client_id, 3_500),
        ledger.penalised(ORDER, 1, 17, 3_500),
    ]
    for journal in journals:
        await books.write(journal, order_id=ORDER)

    async with books.database.reading() as session:
        assert await violations(session) == {}
        sums = await trial_balance(session)
        assert sums.debit_kopecks == sums.credit_kopecks == 149_450
        written = await order_journals(session, ORDER)
        assert [one.journal.kind for one in written] == [one.kind for one in journals]
        assert written[3].journal.entries == journals[3].entries
        money = (await run(session, text("SELECT * FROM order_money"))).mappings().one()
    assert money["captured_kopecks"] == 70_000
    assert money["deposit_kopecks"] == 0
    assert money["platform_kopecks"] == 17_500
    assert money["contractor_kopecks"] == 52_500
    assert money["compensation_kopecks"] == 3_500
    assert await books.balance("client:1001:credit") == (3_500, 3_500)
    assert await books.balance("psp:clearing") == (67_550, -67_550)


async def test_a_closed_order_with_money_left_is_found(books: Books, town: Town) -> None:
    await town.add_order(await town.add_person(), id=ORDER, money_closed_at=NOON)
    await books.write(_paid(), order_id=ORDER)

    async with books.database.reading() as session:
        found = await violations(session)

    assert set(found) == {
        "M7 a closed order holds nothing",
        "M8 the clearing account is what the provider owes us",
        "M10 what the provider captured is captured once in the books",
        "M12 an order's books give its money",
    }


async def test_refunds_above_what_was_captured_are_found(books: Books, town: Town) -> None:
    await _order(town)
    # Money of another order in suspense pays the refund: the account's bound does not see it.
    await books.write(ledger.captured("x", "a9", 70_000, was_held=False, late=True))
    await books.write(ledger.refund_requested(ORDER, "r1", 100, late=True), order_id=ORDER)

    async with books.database.reading() as session:
        found = await violations(session)

    assert "M6 refunds do not exceed what was captured" in found
