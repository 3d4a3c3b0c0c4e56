"""Invoices inside Telegram at the till: asked once, approved once, believed when it is there."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from activities import ledger, mirror
from activities.break_records import compare
from activities.native_invoices import APPROVAL_LIFE, OFF
from activities.payments import PaymentActivities
from models.invoices import NativePaymentRow
from models.queries.invoices import Query, judge, query_of, store_payment
from rules.native import Verdict
from rules.outside import foreign_captured
from rules.payments import AttemptState, Method, Op, RefundState
from rules.receipts import Tax
from rules.reconciliation import BreakClass, Remedy
from rules.troubles import BREACH, NOT_FOUND
from tests.activities.conftest import Books
from tests.activities.till import TERMS, Till

pytestmark = pytest.mark.money
ANNA, BORIS = 700_001, 700_002
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
async def invoiced(till: Till) -> Till:
    """A till that takes invoices; its order waits for its prepayment."""
    till.method = Method.TELEGRAM
    terms = replace(TERMS, invoices=True, tax=Tax())
    loop = asyncio.get_running_loop()
    till.activities = PaymentActivities(till.database, till.gateway, loop, terms)
    await say(till, "UPDATE users SET telegram_id = :t WHERE id = :c", t=ANNA)
    await say(till, "UPDATE orders SET state = 'awaiting_prepayment' WHERE client_id = :c")
    return till


async def say(till: Till, statement: str, **values: Any) -> None:
    async with till.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text(statement), {"c": till.order.client_id, **values})


async def payload_of(books: Books) -> str:
    return str(await books.value("SELECT payload FROM native_invoices ORDER BY attempt DESC"))


async def asked(till: Till, books: Books, now: datetime = NOW, **changes: Any) -> Verdict:
    query = Query("q-1", ANNA, await payload_of(books), till.kopecks, "RUB")
    async with till.database.transaction() as session:
        return (await judge(session, replace(query, **changes), now))[0]


async def charged(till: Till, books: Books, kopecks: int | None = None) -> str:
    """The bot hears of it, three times."""
    payment = await charge(till, till.kopecks if kopecks is None else kopecks)
    await heard(till, books, payment)
    return payment


async def charge(till: Till, kopecks: int) -> str:
    """Telegram's integration charges the card."""
    amount = {"value": f"{kopecks // 100}.{kopecks % 100:02d}", "currency": "RUB"}
    payment = await asyncio.to_thread(till.provider.sim, "/telegram", amount=amount)
    return str(payment["id"])


async def heard(till: Till, books: Books, provider_id: str) -> None:
    row = NativePaymentRow(
        telegram_charge_id=f"t-{provider_id}",
        provider_charge_id=provider_id,
        payload=await payload_of(books),
        amount_kopecks=till.kopecks,
        currency="RUB",
        payer_telegram_id=ANNA,
    )
    stored = []
    for _ in range(3):
        async with till.database.transaction() as session:
            stored.append(await store_payment(session, row))
    assert stored == [True, False, False]


async def test_an_invoice_is_owed_once_and_nothing_is_asked_of_the_provider(
    invoiced: Till, books: Books
) -> None:
    requests = len(invoiced.provider.listing("requests"))
    first = await invoiced.run(Op.CREATE)
    before = await books.snapshot()
    second = await invoiced.run(Op.CREATE)

    assert first == second
    assert await books.snapshot() == before
    assert (first.state, first.provider_id) == (AttemptState.PENDING, None)
    assert len(invoiced.provider.listing("requests")) == requests
    (operation,) = before["payment_operations"]
    content = json.loads(operation["request_bytes"])
    assert content["payload"] == str(operation["key"]) == await payload_of(books)
    assert [one["amount"] for one in content["prices"]] == [invoiced.kopecks]
    assert json.loads(content["provider_data"])["receipt"]["items"][0]["payment_mode"]
    assert (content["need_email"], content["send_email_to_provider"]) == (True, True)
    owed = [one for one in before["outbox"] if one["kind"] == "invoice"]
    assert [one["params"]["payload"] for one in owed] == [content["payload"]]
    receipts = await books.rows("SELECT kind, state, inside FROM receipts")
    assert receipts == [{"kind": "prepayment", "state": "planned", "inside": True}]


@pytest.mark.parametrize("why", ["no token", "not in Telegram", "too little"])
async def test_no_invoice_where_telegram_would_take_none(
    invoiced: Till, books: Books, why: str
) -> None:
    fields = {"attempt_kopecks": 1_00} if why == "too little" else {}
    if why == "not in Telegram":
        await say(invoiced, "UPDATE users SET telegram_id = NULL WHERE id = :c")
    if why == "no token":
        loop = asyncio.get_running_loop()
        invoiced.activities = PaymentActivities(invoiced.database, invoiced.gateway, loop, TERMS)

    seen = await invoiced.run(Op.CREATE, **fields)

    assert (seen.state, seen.decline_reason) == (AttemptState.FAILED, OFF)
    assert await books.value("SELECT count(*) FROM outbox WHERE kind = 'invoice'") == 0


_ROW = "UPDATE payment_attempts SET state = 'captured' WHERE number = 1"
_NEWER = """INSERT INTO payment_attempts (order_id, number, method, amount_kopecks, state, released,
    late, created_at, updated_at) SELECT order_id, 2, 'card', amount_kopecks, 'requested', false,
    false, now(), now() FROM payment_attempts"""


@pytest.mark.parametrize(
    ("verdict", "statement", "changes"),
    [
        (Verdict.OK, None, {}),
        (Verdict.AMOUNT, None, {"kopecks": 1_00}),
        (Verdict.AMOUNT, None, {"currency": "USD"}),
        (Verdict.FOREIGN, None, {"payer": BORIS}),
        (Verdict.UNKNOWN, None, {"payload": "6b04c463-0000-5000-80a5-1f5eb0766514"}),
        (Verdict.UNKNOWN, None, {"payload": "не наш"}),
        (Verdict.PAID, _ROW, {}),
        (Verdict.SUPERSEDED, _NEWER, {}),
        (Verdict.SUPERSEDED, "UPDATE payment_attempts SET released = true", {}),
        (Verdict.CLOSED, "UPDATE orders SET state = 'cancelled'", {}),
        (Verdict.TWICE, "UPDATE native_invoices SET withdrawn_at = now()", {}),
    ],
)
async def test_before_a_payment_one_statement_says_whether_it_may_be(
    invoiced: Till,
    books: Books,
    verdict: Verdict,
    statement: str | None,
    changes: dict[str, Any],
) -> None:
    await invoiced.run(Op.CREATE)
    if statement is not None:
        await say(invoiced, statement)
    payload = changes.get("payload") or await payload_of(books)
    query = replace(Query("q-1", ANNA, payload, invoiced.kopecks, "RUB"), **changes)
    sent: list[str] = []
    engine = invoiced.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *said: sent.append(said[2]))

    async with invoiced.database.transaction() as session:
        found = await judge(session, query, NOW)

    assert found[0] is verdict
    assert len(sent) == int(payload != "не наш")


async def test_a_second_tap_is_refused_and_a_repeated_query_is_not(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    both = await asyncio.gather(asked(invoiced, books, id="q-1"), asked(invoiced, books, id="q-2"))
    assert sorted(both) == [Verdict.OK, Verdict.TWICE]
    winner = "q-1" if both[0] is Verdict.OK else "q-2"

    soon, later = NOW + timedelta(seconds=20), NOW + timedelta(seconds=40)
    assert await asked(invoiced, books, soon, id=winner) is Verdict.OK
    assert await asked(invoiced, books, soon, id="q-3") is Verdict.TWICE
    assert await asked(invoiced, books, later + timedelta(seconds=20), id="q-3") is Verdict.OK


async def test_what_was_paid_counts_when_the_provider_says_the_same(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    assert (await invoiced.run(Op.GET)).state is AttemptState.PENDING
    payment = await charged(invoiced, books)

    first = await invoiced.run(Op.GET)
    before = await books.snapshot()
    assert await invoiced.run(Op.GET) == first
    assert await books.snapshot() == before

    assert (first.state, first.provider_id) == (AttemptState.CAPTURED, payment)
    assert await asked(invoiced, books) is Verdict.PAID
    assert (await books.balances())[f"order:{invoiced.order.order_id}:deposit"] == invoiced.kopecks
    back = await invoiced.refund(invoiced.kopecks)
    assert back.refund is not None
    assert back.refund.state is RefundState.SUCCEEDED
    refunds = invoiced.provider.listing("refunds")
    assert [one["payment_id"] for one in refunds].count(payment) == 1


async def test_what_the_provider_does_not_confirm_is_not_believed(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    await heard(invoiced, books, "6b04c463-000f-5000-80a5-1f5eb0766514")

    seen = await invoiced.run(Op.GET)

    assert (seen.state, seen.trouble) == (AttemptState.PENDING, NOT_FOUND)
    assert await books.balances() == {}


async def test_another_sum_than_the_invoices_freezes_the_attempt(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    await charged(invoiced, books, kopecks=invoiced.kopecks - 1_00)

    seen = await invoiced.run(Op.GET)

    assert (seen.state, seen.trouble) == (AttemptState.PENDING, BREACH)
    assert await books.balances() == {}


async def test_an_unwanted_invoice_ends_unless_somebody_may_be_paying_it(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    assert await asked(invoiced, books) is Verdict.OK
    invoiced.now = NOW + APPROVAL_LIFE / 2
    assert (await invoiced.run(Op.GET, released=True)).state is AttemptState.PENDING

    invoiced.now = NOW + APPROVAL_LIFE * 2
    ended = await invoiced.run(Op.GET, released=True)
    before = await books.snapshot()
    assert await invoiced.run(Op.GET, released=True) == ended

    assert await books.snapshot() == before
    assert ended.state is AttemptState.EXPIRED
    gone = [one for one in before["outbox"] if one["params"].get("gone")]
    assert [one["kind"] for one in gone] == ["invoice"]
    assert await asked(invoiced, books, NOW + APPROVAL_LIFE * 2) is Verdict.SUPERSEDED


async def test_money_that_comes_after_the_end_is_taken_late_and_sent_back(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    await invoiced.run(Op.GET, released=True)
    payment = await charged(invoiced, books)
    invoiced.attempt, invoiced.released = 2, True

    seen = await invoiced.run(Op.GET, provider_id=payment)
    again = await invoiced.run(Op.GET, provider_id=payment)

    assert seen == again
    assert seen.state is AttemptState.CAPTURED
    assert (await books.balances())["suspense"] == invoiced.kopecks
    await invoiced.run(Op.REFUND, refund_seq=1, late=True)
    assert "suspense" not in await books.balances()
    kinds = await books.rows("SELECT attempt, kind FROM receipts WHERE attempt = 2 ORDER BY id")
    assert [one["kind"] for one in kinds] == ["prepayment", "refund"]


@pytest.mark.parametrize("said", [{}, {"id": "1", "from": None}, {"id": "1", "from": {}}])
def test_what_is_no_query_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not a query"):
        query_of(said)


async def compared(till: Till, payment_id: str) -> list[tuple[BreakClass, Remedy, str | None]]:
    """What reconciliation finds about a payment that it read in the provider's list."""
    now = datetime.now(UTC)
    payment = await asyncio.to_thread(till.gateway.get_payment, payment_id)
    async with till.database.transaction() as session:
        await mirror.see(session, [payment], now, listed=True)
        since = now - timedelta(hours=1)
        found = (await compare(session, since, None, now, expect_test=True)).found
    return [(one.kind, one.remedy, one.order_id) for one in found if one.subject == payment_id]


async def test_reconciliation_tells_the_order_of_a_payment_whose_hint_has_not_come(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    assert await asked(invoiced, books, datetime.now(UTC)) is Verdict.OK
    payment = await charge(invoiced, invoiced.kopecks)
    waits = [(BreakClass.MISSING_HERE, Remedy.SIGNAL, invoiced.order.order_id)]
    assert await compared(invoiced, payment) == waits

    await heard(invoiced, books, payment)
    other = await charge(invoiced, invoiced.kopecks)
    assert await compared(invoiced, payment) == waits
    # Beside what Telegram has told us of the same sum is nobody's.
    assert await compared(invoiced, other) == [(BreakClass.MISSING_HERE, Remedy.ADOPT, None)]
    await invoiced.run(Op.GET)
    assert await compared(invoiced, payment) == []


async def test_what_is_in_the_books_as_nobodys_is_not_taken_a_second_time(
    invoiced: Till, books: Books
) -> None:
    await invoiced.run(Op.CREATE)
    payment = await charge(invoiced, invoiced.kopecks)
    async with invoiced.database.transaction() as session:
        await ledger.post(session, foreign_captured(payment, invoiced.kopecks), None, NOW)
    await heard(invoiced, books, payment)

    seen = await invoiced.run(Op.GET)

    assert (seen.state, seen.trouble) == (AttemptState.PENDING, BREACH)
    assert len(await books.rows("SELECT 1 FROM journals WHERE kind = 'captured'")) == 1
