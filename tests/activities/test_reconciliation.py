"""Every planted break is found, named rightly, and only what is safe is repaired by itself."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text
from temporalio.exceptions import ApplicationError

from activities import ledger
from activities.payments import PaymentActivities
from activities.reconciliation import Compared, Comparing, ReconciliationActivities
from local import order_books
from models.database import Database
from models.queries import breaks as decisions
from models.queries import reconciliation as queries
from models.queries.ledger import violations
from models.queries.plain import run
from rules import ledger as postings
from rules.errors import BreakClosed, SamePersonTwice
from rules.money import Shares
from rules.orders import Order
from rules.payments import Op
from rules.reconciliation import Span
from tests.activities.conftest import Books
from tests.activities.till import TERMS, Till, gateway
from tests.factories import at, contractor, placed
from tests.simulators.yookassa.harness import Simulator, simulating

DAY = timedelta(days=1)


@dataclass
class House:
    """One shop's provider, books and reconciliation; `now` is the business clock."""

    database: Database
    simulator: Simulator
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    activities: ReconciliationActivities = field(init=False)

    def __post_init__(self) -> None:
        loop, exchange = asyncio.get_running_loop(), gateway(self.simulator)
        cashier = PaymentActivities(self.database, exchange, loop, TERMS)
        self.activities = ReconciliationActivities(self.database, exchange, loop, cashier, TERMS)

    async def run(self, activity: Any, *said: Any) -> Any:
        return await asyncio.to_thread(at(self.now).run, activity, *said)

    async def reconcile(self) -> Compared:
        """One run as the workflow makes it."""
        doing, began = self.activities, self.now
        span = Span(self.now - 8 * DAY, self.now + DAY)
        await self.run(doing.observe_window, span)
        compared = await self.run(doing.compare, Comparing(began, span))
        for break_id in compared.repairs:
            await self.run(doing.repair, break_id)
        await self.run(doing.return_money)
        assert isinstance(compared, Compared)
        return compared

    async def till(self) -> Till:
        """A fresh order's till."""
        order = await placed(self.database)
        return Till(self.database, self.simulator, order, gateway(self.simulator), now=self.now)

    async def sql(self, statement: str, **values: Any) -> None:
        async with self.database.transaction() as session:
            await run(session, text(statement), values)

    async def close(self, order: Order, state: str = "cancelled") -> None:
        """The books of an order are closed."""
        await self.sql(
            "UPDATE orders SET money_closed_at = :now, state = :state WHERE id = CAST(:id AS uuid)",
            now=self.now,
            state=state,
            id=order.order_id,
        )

    def paid(self, order: Order | None, roubles: int = 700, **said: str) -> str:
        """Somebody pays at the provider; nobody here hears of it."""
        metadata = {"order": order.order_id, **said} if order is not None else {"shop": "x"}
        amount = {"value": f"{roubles}.00", "currency": "RUB"}
        payment = self.simulator.create(capture=True, metadata=metadata, amount=amount)
        self.simulator.sim(f"/pay/{payment['id']}", method="card")
        return str(payment["id"])

    def refund_in_the_cabinet(self, payment_id: str, roubles: int) -> str:
        made = self.simulator.sim("/refunds", payment_id=payment_id, amount=f"{roubles}.00")
        return str(made["id"])

    async def broken(self) -> dict[str, Any]:
        async with self.database.reading() as session:
            return await violations(session)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Simulator]:
    """A provider that knows only what this test has made."""
    with simulating(tmp_path / "yookassa.sqlite") as found:
        yield found


@pytest.fixture
async def house(database: Database, shop: Simulator) -> House:
    """Everything that reconciliation works with."""
    return House(database, shop)


async def _lost_there(house: House) -> str:
    till = await house.till()
    await house.sql(
        "INSERT INTO payment_attempts (order_id, number, method, amount_kopecks, state,"
        " provider_id, released, late, created_at, updated_at) VALUES (CAST(:id AS uuid), 1,"
        " 'card', 70000, 'pending', 'gone', false, false, :at, :at)",
        id=till.order.order_id,
        at=house.now - 2 * DAY,
    )
    return f"{till.order.order_id}:1"


async def _late_money(house: House) -> str:
    till = await house.till()
    await house.close(till.order)
    return house.paid(till.order, attempt="1")


async def _foreign_money(house: House) -> str:
    return house.paid(None)


async def _late_hold(house: House) -> str:
    till = await house.till()
    await till.run(Op.CREATE)
    await house.sql(
        "UPDATE payment_attempts SET state = 'expired', released = true"
        " WHERE order_id = CAST(:id AS uuid)",
        id=till.order.order_id,
    )
    await house.close(till.order)
    await till.pay()
    return str(till.payment()["id"])


async def _silent_notice(house: House) -> str:
    till = await house.till()
    await till.run(Op.CREATE)
    await till.pay()
    return str(till.payment()["id"])


async def _other_amount(house: House) -> str:
    till = await house.till()
    payment = house.paid(till.order, 800, attempt="1")
    await house.sql(
        "INSERT INTO payment_attempts (order_id, number, method, amount_kopecks, state,"
        " provider_id, released, late, created_at, updated_at) VALUES (CAST(:id AS uuid), 1,"
        " 'card', 70000, 'pending', :payment, false, false, :at, :at)",
        id=till.order.order_id,
        payment=payment,
        at=house.now,
    )
    return payment


async def _refund_in_the_cabinet(house: House) -> str:
    till, crew = await house.till(), await contractor(house.database)
    await till.captured()
    third = till.kopecks // 4
    async with house.database.transaction() as session:
        parts = Shares(third, till.kopecks - third)
        journal = postings.settled(till.order.order_id, crew, parts)
        await ledger.post(session, journal, till.order.order_id, house.now)
    await house.sql(
        "UPDATE orders SET contractor_id = :crew WHERE id = CAST(:id AS uuid)",
        crew=crew,
        id=till.order.order_id,
    )
    await house.close(till.order, "completed")
    return house.refund_in_the_cabinet(till.payment()["id"], 100)


async def _refund_of_a_living_order(house: House) -> str:
    till = await house.till()
    await till.captured()
    return house.refund_in_the_cabinet(till.payment()["id"], 50)


async def _paid_twice(house: House) -> str:
    till = await house.till()
    await till.captured()
    return house.paid(till.order, till.kopecks // 100, attempt="1")


async def _never_ends(house: House) -> str:
    till = await house.till()
    await till.run(Op.CREATE)
    return str(till.payment()["id"])


PLANTED = {
    _lost_there: ("missing_there", "person", "open"),
    _late_money: ("missing_here", "adopt", "repaired"),
    _foreign_money: ("missing_here", "person", "open"),
    _late_hold: ("late_success", "apply", "repaired"),
    _silent_notice: ("status_lag", "signal", "open"),
    _other_amount: ("amount_differs", "person", "open"),
    _refund_in_the_cabinet: ("external_refund", "post_external", "repaired"),
    _refund_of_a_living_order: ("external_refund", "post_external", "repaired"),
    _paid_twice: ("missing_here", "adopt", "repaired"),
    _never_ends: ("stuck", "person", "open"),
}


async def test_each_planted_break_is_named_and_exactly_the_safe_ones_are_repaired(
    house: House, books: Books
) -> None:
    planted = {await plant(house): plant for plant in PLANTED}
    # What a client has not paid for more than an hour is still open there.
    house.now += timedelta(hours=2)

    compared = await house.reconcile()
    rows = await books.rows("SELECT * FROM reconciliation_breaks ORDER BY id")
    named = {planted[row["subject"]]: (row["kind"], row["remedy"], row["state"]) for row in rows}
    assert named == PLANTED
    silent = next(row for row in rows if row["kind"] == "status_lag")
    assert compared.orders == (str(silent["order_id"]),)

    # The second run repairs nothing twice and finds one thing more: an order paid twice.
    before = await books.snapshot()
    house.now += timedelta(minutes=15)
    await house.reconcile()
    after = await books.snapshot()
    for table in ("journals", "entries", "refunds", "payment_operations", "payment_attempts"):
        assert after[table] == before[table], table
    (twice,) = await books.rows(
        "SELECT * FROM reconciliation_breaks WHERE kind = 'duplicate_capture'"
    )
    assert (twice["state"], twice["remedy"], twice["attempt"]) == ("open", "refund", 1001)
    assert len(await books.rows("SELECT * FROM reconciliation_breaks")) == len(PLANTED) + 1

    # What lay with nobody has gone back to its payer once; the hold was let go.
    objects = {one["id"]: one for one in house.simulator.listing("payments")}
    ids = {plant: subject for subject, plant in planted.items()}
    assert objects[ids[_late_money]]["refunded_amount"]["value"] == "700.00"
    assert objects[ids[_late_hold]]["status"] == "canceled"
    assert objects[ids[_paid_twice]]["refunded_amount"]["value"] == "0.00"
    assert len(house.simulator.listing("refunds")) == 3
    # Each bears its part of what the cabinet gave away: as it was shared, or from the deposit.
    lines = await books.rows(
        "SELECT e.account, e.debit_kopecks FROM journals j JOIN entries e ON e.journal_id = j.id"
        " WHERE j.source = 'external' AND e.debit_kopecks > 0"
    )
    living = next(
        row["order_id"] for row in rows if row["subject"] == ids[_refund_of_a_living_order]
    )
    borne = {line["account"]: line["debit_kopecks"] for line in lines}
    assert borne.pop(f"order:{living}:deposit") == 50_00
    assert borne.pop("fee:platform") == 25_00
    assert list(borne.values()) == [75_00]

    # Of what was left in suspense, two people and a person know.
    told = await books.rows("SELECT notice FROM outbox WHERE role = 'support'")
    assert len(told) == 6

    # The two breaks that are no bookkeeping are the only ones that the invariants see.
    broken = await house.broken()
    assert {name.partition(" ")[0] for name in broken} == {"M8", "M10"}
    (unbooked,) = [rows for name, rows in broken.items() if name.startswith("M10 ")]
    assert [row["provider_id"] for row in unbooked] == [ids[_other_amount]]


async def test_money_leaves_only_when_two_people_have_agreed(house: House, books: Books) -> None:
    payment = await _paid_twice(house)
    await house.reconcile()
    house.now += timedelta(minutes=15)
    await house.reconcile()
    (twice,) = await books.rows(
        "SELECT * FROM reconciliation_breaks WHERE kind = 'duplicate_capture'"
    )
    one, other = "tg:1", "api:bookkeeper"

    async with house.database.transaction() as session:
        with pytest.raises(BreakClosed):
            await decisions.approve(session, twice["id"], other)
        await decisions.propose(session, twice["id"], one)
        with pytest.raises(SamePersonTwice):
            await decisions.approve(session, twice["id"], one)
        await decisions.approve(session, twice["id"], other)
    for _ in range(2):
        house.now += timedelta(minutes=15)
        await house.reconcile()

    assert house.simulator.payment(payment)["refunded_amount"]["value"] != "0.00"
    assert len(house.simulator.listing("refunds")) == 1
    state = "SELECT state FROM reconciliation_breaks WHERE id = :id"
    assert await books.value(state, id=twice["id"]) == "repaired"
    assert (await books.balances()).get("suspense", 0) == 0
    assert await house.broken() == {}


async def test_a_refund_from_the_cabinet_is_no_loss_while_ours_for_the_same_money_has_no_answer(
    house: House, books: Books
) -> None:
    till = await house.till()
    await till.captured()
    till.fault("refund", "http_500")
    with pytest.raises(ApplicationError):
        await till.refund(till.kopecks - 100_00)
    house.refund_in_the_cabinet(till.payment()["id"], till.kopecks // 100)
    await house.reconcile()

    refused = await till.refund(till.kopecks - 100_00)
    house.now += timedelta(minutes=15)
    await house.reconcile()

    assert [one.amount_kopecks for one in refused.outside] == [till.kopecks]
    kept = await books.balances()
    assert kept.get("writeoff", 0) == 0
    assert kept.get(postings.deposit(till.order.order_id), 0) == 0
    assert await house.broken() == {}
    state = "SELECT state FROM reconciliation_breaks WHERE kind = 'external_refund'"
    assert await books.value(state) == "repaired"


async def test_what_a_bank_took_back_is_booked_by_two_people_and_not_refunded_again(
    house: House, books: Books
) -> None:
    till = await house.till()
    await till.captured()
    payment = till.payment()["id"]
    async with house.database.transaction() as session:
        row = await decisions.charge_back(session, payment, till.kopecks, "tg:1", house.now)
        await decisions.approve(session, row.id, "tg:2")
    for _ in range(2):
        house.now += timedelta(minutes=15)
        await house.reconcile()

    assert (await books.balances())["chargeback"] == till.kopecks
    assert await house.broken() == {}
    seen = await till.refund(100_00)
    assert seen.trouble == "too_high"
    assert till.refunds() == []


async def test_a_queued_object_is_looked_at_and_a_made_up_one_is_let_go(
    house: House, books: Books
) -> None:
    late = await _late_money(house)
    async with house.database.transaction() as session:
        for _ in range(2):
            await queries.enqueue(session, late, "payment.succeeded", house.now)
        await queries.enqueue(session, "made-up", "refund.succeeded", house.now)

    assert await house.run(house.activities.observe_queue) == 2
    assert await house.run(house.activities.observe_queue) == 0
    known = await books.rows("SELECT id FROM provider_objects")
    assert [row["id"] for row in known] == [late]


async def test_a_broken_invariant_is_told_once_and_only_when_it_lasts(
    house: House, books: Books
) -> None:
    till = await house.till()
    await till.captured()
    await house.sql("UPDATE provider_objects SET amount_kopecks = amount_kopecks + 100")
    told = "SELECT count(*) FROM outbox WHERE role = 'support'"

    for minutes, count in ((0, 0), (10, 1), (10, 1)):
        house.now += timedelta(minutes=minutes)
        broken = await house.run(house.activities.check_invariants)
        assert [name.partition(" ")[0] for name in broken] == ["M10"]
        assert await books.value(told) == count

    await house.sql("UPDATE provider_objects SET amount_kopecks = amount_kopecks - 100")
    assert await house.run(house.activities.check_invariants) == {}
    state = "SELECT state FROM reconciliation_breaks WHERE kind = 'invariant'"
    assert await books.value(state) == "repaired"


async def test_an_orders_books_are_printed_beside_its_row(
    house: House, books: Books, database_url: str
) -> None:
    till = await house.till()
    await till.captured()
    printed = Console(file=StringIO(), width=120)
    named = (f"D-{till.order.number}", till.order.order_id)

    said = [await asyncio.to_thread(order_books.run, database_url, one, printed) for one in named]
    await house.sql("""UPDATE orders SET money = money || '{"captured_kopecks": 1}'""")
    said.append(await asyncio.to_thread(order_books.run, database_url, named[0], printed))

    assert said == [0, 0, 1]
    assert "psp:clearing" in printed.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
