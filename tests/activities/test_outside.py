"""What was done at the provider without us, and what an order can still divide after it."""

import pytest

from activities import break_outside, break_queue, break_records, ledger, mirror
from activities.ports import ProviderRefund
from models.database import Database
from models.orders import OrderRow
from models.queries.ledger import violations
from rules import ledger as postings
from rules import outside
from rules.money import Shares
from rules.payments import RefundState
from rules.reconciliation import Break, BreakClass, Remedy
from tests.activities.conftest import Books
from tests.activities.till import Till
from tests.factories import NOON, contractor

pytestmark = pytest.mark.money


async def test_an_order_divides_no_more_than_is_there_so_that_it_can_always_close(
    till: Till, database: Database, books: Books
) -> None:
    await till.captured()
    order_id, crew = till.order.order_id, await contractor(database)
    too_much = postings.settled(order_id, crew, Shares(till.kopecks, till.kopecks))

    async with database.transaction() as session:
        for journal in await break_outside.fitting(session, order_id, (too_much,)):
            await ledger.post(session, journal, order_id, NOON)

    kept = await books.balances()
    assert kept.get(postings.deposit(order_id), 0) == 0
    assert kept[postings.FEE_PLATFORM] + kept[postings.payable(crew)] == till.kopecks


async def test_a_contractor_who_was_paid_out_owes_no_more_than_he_had_earned(
    till: Till, database: Database, books: Books
) -> None:
    payment = str((await till.captured()).provider_id)
    order_id, crew = till.order.order_id, await contractor(database)
    fee = till.kopecks // 4
    earned = till.kopecks - fee
    journals = (
        postings.settled(order_id, crew, Shares(fee, earned)),
        postings.payout_requested("p", postings.payable(crew), earned),
        postings.payout_paid("p", postings.payable(crew), earned),
    )
    async with database.transaction() as session:
        for journal in journals:
            order = order_id if journal.kind == "settled" else None
            await ledger.post(session, journal, order, NOON)
        row = await session.get_one(OrderRow, order_id)
        row.contractor_id, row.money_closed_at = crew, NOON

    parts = (till.kopecks // 3, till.kopecks // 3, till.kopecks - 2 * (till.kopecks // 3))
    for number, part in enumerate(parts):
        async with database.transaction() as session:
            made = ProviderRefund(f"r{number}", payment, "succeeded", part)
            await break_outside.post_external(session, made, NOON)

    kept = await books.balances()
    assert kept.get(postings.FEE_PLATFORM, 0) == 0
    assert kept[postings.receivable(crew)] == earned
    assert "writeoff" not in kept


async def test_a_repair_that_cannot_be_believed_is_told_to_a_person_though_it_is_seen_again(
    database: Database, books: Books
) -> None:
    found = [Break(BreakClass.STATUS_LAG, "p-1", Remedy.APPLY, provider_id="p-1")]
    async with database.transaction() as session:
        await break_records.keep(session, found, NOON)
    (row,) = await books.rows("SELECT id FROM reconciliation_breaks")
    async with database.transaction() as session:
        await break_queue.give_to_person(session, row["id"], "the books refuse it")

    async with database.transaction() as session:
        await break_records.keep(session, found, NOON)
        assert await break_records.tell_support(session, NOON) == 1
        assert await break_queue.repairs(session) == ()


async def test_an_order_whose_payment_the_bank_took_back_owes_nothing_more_and_closes(
    till: Till, database: Database, books: Books
) -> None:
    payment, order_id = str((await till.captured()).provider_id), till.order.order_id
    async with database.transaction() as session:
        await mirror.charge_back(session, payment, till.kopecks, NOON)
        await ledger.post(session, outside.charged_back(payment, till.kopecks), order_id, NOON)

    seen = await till.refund(till.kopecks)
    async with database.transaction() as session:
        for journal in await break_outside.fitting(session, order_id, (), closes=True):
            await ledger.post(session, journal, order_id, NOON)
        row = await session.get_one(OrderRow, order_id)
        row.money_closed_at = NOON

    assert [(one.amount_kopecks, one.state) for one in seen.outside] == [
        (till.kopecks, RefundState.SUCCEEDED)
    ]
    async with database.reading() as session:
        assert await violations(session) == {}
    kept = await books.balances()
    assert not {postings.deposit(order_id), postings.CHARGEBACK} & kept.keys()
