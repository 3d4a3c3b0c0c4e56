"""Each invariant of money sees the breach that is planted for it; none of them is decoration."""

from typing import Any

import pytest
from sqlalchemy import text

from models.database import Database
from models.payments import PaymentAttemptRow, RefundRow
from models.queries.invariants import INVARIANTS, violations
from models.queries.plain import run
from models.reconciliation import ProviderObjectRow
from rules import ledger
from rules.payments import AttemptState, Method, RefundState
from rules.reconciliation import ObjectKind
from tests.models.conftest import NOON, Town
from tests.models.test_ledger import DEPOSIT, ORDER, Books

PAID, BACK = 70_000, 10_000
NAME = f"{ORDER}:1"

# What the database itself would refuse is planted behind its back; nothing of it is committed.
BREACHES = {
    "M1 one side of a journal": "UPDATE entries SET debit_kopecks = debit_kopecks + 1"
    " WHERE debit_kopecks > 0 AND account = 'psp:clearing'",
    "M1 no lines": "INSERT INTO journals (kind, source, source_id, phase, effective_at)"
    " VALUES ('settled', 'order', 'x', 'posted', now())",
    "M2 one line is gone": f"DELETE FROM entries WHERE account = '{DEPOSIT}' AND id ="
    f" (SELECT max(id) FROM entries WHERE account = '{DEPOSIT}')",
    "M3 the books can be changed": "ALTER TABLE entries DISABLE TRIGGER refuse_change",
    "M4 the same twice": "ALTER TABLE journals DROP CONSTRAINT uq_journals_source_source_id_kind;"
    "INSERT INTO journals (kind, source, source_id, phase, effective_at)"
    " SELECT kind, source, source_id, phase, effective_at FROM journals WHERE kind = 'captured'",
    "M5 overdrawn": f"UPDATE entries SET debit_kopecks = 70001 WHERE account = '{DEPOSIT}'"
    " AND debit_kopecks > 0",
    "M6 more goes back than the order took": "UPDATE entries SET credit_kopecks = 70001"
    " WHERE account = 'psp:clearing' AND credit_kopecks > 0",
    "M6 more goes back than one payment took": "INSERT INTO payment_attempts (order_id, number,"
    " method, amount_kopecks, state, provider_id, released, late, created_at, updated_at)"
    " SELECT order_id, 2, method, 5000, state, 'p2', released, late, created_at, updated_at"
    " FROM payment_attempts; UPDATE refunds SET attempt = 2",
    "M7 closed with money": "UPDATE orders SET money_closed_at = now()",
    "M8 we think that we have more": "UPDATE provider_objects SET income_kopecks = 60000"
    " WHERE kind = 'payment'",
    "M9 more is posted than was reserved": "UPDATE entries SET debit_kopecks = 1"
    " WHERE debit_kopecks > 0 AND journal_id = (SELECT id FROM journals WHERE phase = 'pending')",
    "M9 what it resolves was no reservation": "UPDATE journals SET phase = 'posted'"
    " WHERE phase = 'pending'",
    "M10 another amount there": "UPDATE provider_objects SET amount_kopecks = 70100"
    " WHERE kind = 'payment'",
    "M10 paid there and unknown here": "INSERT INTO provider_objects (id, kind, status,"
    " amount_kopecks, refunded_kopecks, seen_at)"
    " VALUES ('p9', 'payment', 'succeeded', 100, 0, now())",
    "M10 never paid there": "UPDATE provider_objects SET status = 'canceled'"
    " WHERE kind = 'payment'",
    "M11 returned there and not here": "UPDATE provider_objects SET refunded_kopecks = 20000"
    " WHERE kind = 'payment'",
    "M11 returned here and not there": "UPDATE provider_objects SET status = 'canceled'"
    " WHERE kind = 'refund'",
    "M12 the card says something else": "UPDATE orders SET"
    """ money = money || '{"refunded_kopecks": 0}'""",
    "M12 an attempt says something else": "UPDATE payment_attempts SET amount_kopecks = 70001",
    "M12 a refund says something else": "UPDATE refunds SET state = 'failed'",
}


async def _paid_and_refunded_in_part(books: Books, town: Town) -> None:
    money: dict[str, Any] = {"captured_kopecks": PAID, "refunded_kopecks": BACK}
    await town.add_order(await town.add_person(), id=ORDER, money=money)
    moments: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    common: dict[str, Any] = {
        "method": Method.CARD,
        "state": AttemptState.CAPTURED,
        "provider_id": "p1",
    }
    attempt = PaymentAttemptRow(order_id=ORDER, number=1, amount_kopecks=PAID, **common, **moments)
    refund = RefundRow(
        order_id=ORDER,
        attempt=1,
        seq=1,
        amount_kopecks=BACK,
        state=RefundState.SUCCEEDED,
        provider_id="r1",
        **moments,
    )
    seen: dict[str, Any] = {"status": "succeeded", "refunded_kopecks": 0, "seen_at": NOON}
    paid = ProviderObjectRow(id="p1", kind=ObjectKind.PAYMENT, amount_kopecks=PAID, **seen)
    back = ProviderObjectRow(
        id="r1", kind=ObjectKind.REFUND, payment_id="p1", amount_kopecks=BACK, **seen
    )
    async with books.database.transaction() as session:
        session.add_all([attempt, paid, back])
        await session.flush()
        session.add(refund)
    journals = (
        ledger.captured(ORDER, NAME, PAID, was_held=False),
        ledger.refund_requested(ORDER, f"{NAME}:1", BACK),
        ledger.refund_succeeded(ORDER, f"{NAME}:1", BACK),
    )
    for journal in journals:
        await books.write(journal, order_id=ORDER)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


async def test_every_breach_is_seen_by_its_invariant(books: Books, town: Town) -> None:
    await _paid_and_refunded_in_part(books, town)
    seen: dict[str, set[str]] = {}
    for breach, statements in BREACHES.items():
        async with books.database.transaction() as session:
            assert await violations(session) == {}, f"before {breach}"
            await run(session, text("SET LOCAL session_replication_role = replica"))
            for statement in statements.split(";"):
                await run(session, text(statement.replace(":", r"\:")))
            seen[breach] = {name.partition(" ")[0] for name in await violations(session)}
            await session.rollback()

    assert {breach for breach, found in seen.items() if breach.split()[0] not in found} == set()
    assert {breach.split()[0] for breach in BREACHES} == {one.split()[0] for one in INVARIANTS}
