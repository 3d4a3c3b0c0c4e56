"""Whether an order's money is right: the books hold, and say the same as the provider."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from activities import mirror
from activities.gateways.yookassa import YooKassaGateway
from models.database import Database
from models.queries import ledger
from models.queries.ledger import WrittenJournal
from rules.ledger import PSP_CLEARING, SUSPENSE, Phase, deposit
from tests.simulators.yookassa.harness import Simulator


class Books(Protocol):
    """Where the two truths are: the database and the provider."""

    database: Database
    simulator: Simulator

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        """Read by SQL."""
        ...


class Ordered(Protocol):
    """Anything that knows its order's id."""

    order_id: str


@dataclass(frozen=True)
class Money:
    """What became of an order's money, in kopecks."""

    captured: int = 0
    refunded: int = 0
    platform: int = 0
    contractor: int = 0
    compensation: int = 0
    penalty: int = 0
    # What of the prepayment came from the client's credit, less what went back to it.
    credit: int = 0


def kopecks(amount: dict[str, str]) -> int:
    """The provider's amount object."""
    roubles, _, rest = amount["value"].partition(".")
    return int(roubles) * 100 + int(rest)


def provider_payments(simulator: Simulator, order_id: str) -> list[dict[str, Any]]:
    """All payments that the provider knows for an order, whatever our books say."""
    listed = simulator.listing("payments")
    return [one for one in listed if one["metadata"].get("order") == order_id]


async def all_payments(world: Books, order_id: str) -> list[dict[str, Any]]:
    """These, and what was paid by the order's invoices: Telegram's metadata does not name it."""
    paid = await world.rows(
        "SELECT p.provider_charge_id AS id FROM native_payments p"
        " JOIN native_invoices n ON n.payload::text = p.payload WHERE n.order_id = :id",
        id=order_id,
    )
    ids = {one["id"] for one in paid}
    found = [one for one in world.simulator.listing("payments") if one["id"] in ids] if ids else []
    return provider_payments(world.simulator, order_id) + found


def provider_refunds(
    simulator: Simulator, payments: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """All refunds of these payments."""
    ids = {one["id"] for one in payments}
    return [one for one in simulator.listing("refunds") if one["payment_id"] in ids]


def _gateway(simulator: Simulator) -> YooKassaGateway:
    return YooKassaGateway(
        simulator.shop, simulator.secret, f"{simulator.url}/v3", read_timeout=30.0
    )


async def observe(world: Books, order_id: str) -> None:
    """Let the mirror see what the provider says of this order now, whatever our books say."""
    gateway = _gateway(world.simulator)
    payments = await all_payments(world, order_id)
    refunds = provider_refunds(world.simulator, payments)
    seen: list[mirror.Answer] = [
        await asyncio.to_thread(gateway.get_payment, one["id"]) for one in payments
    ]
    seen += [await asyncio.to_thread(gateway.get_refund, one["id"]) for one in refunds]
    async with world.database.transaction() as session:
        await mirror.see(session, seen, datetime.now(UTC))


async def books_balance(world: Books, order: Ordered) -> Money:
    """Assert that an order's books hold and equal the provider's; returns the sums.

    For a closed order nothing is left: no deposit, no suspense, no hold, nothing pending.
    """
    await observe(world, order.order_id)
    async with world.database.reading() as session:
        assert await ledger.violations(session) == {}
        trial = await ledger.trial_balance(session)
        assert trial.debit_kopecks == trial.credit_kopecks
        journals = await ledger.order_journals(session, order.order_id)
    (row,) = await world.rows("SELECT * FROM orders WHERE id = :id", id=order.order_id)
    payments = await all_payments(world, order.order_id)
    refunds = provider_refunds(world.simulator, payments)
    await _same_objects(world, order.order_id, payments, refunds)
    money = _same_sums(order.order_id, row["money"], journals, payments, refunds)
    if row["money_closed_at"] is not None:
        _nothing_left(order.order_id, journals, payments, refunds)
    return money


async def _same_objects(
    world: Books, order_id: str, payments: list[dict[str, Any]], refunds: list[dict[str, Any]]
) -> None:
    known = await world.rows(
        "SELECT provider_id FROM payment_attempts WHERE order_id = :id", id=order_id
    )
    paid = {one["id"] for one in payments if one["status"] != "canceled"}
    assert paid <= {one["provider_id"] for one in known}, "a payment nobody knows of"
    known = await world.rows("SELECT provider_id FROM refunds WHERE order_id = :id", id=order_id)
    back = {one["id"] for one in refunds if one["status"] != "canceled"}
    assert back <= {one["provider_id"] for one in known}, "a refund nobody knows of"


def _same_sums(
    order_id: str,
    shown: dict[str, Any],
    journals: list[WrittenJournal],
    payments: list[dict[str, Any]],
    refunds: list[dict[str, Any]],
) -> Money:
    taken = [one for one in payments if one["status"] == "succeeded"]
    captured = sum(kopecks(one["amount"]) for one in taken)
    fees = captured - sum(kopecks(one["income_amount"]) for one in taken)
    refunded = sum(kopecks(one["amount"]) for one in refunds if one["status"] == "succeeded")
    kinds = [one.journal.kind for one in journals]
    assert kinds.count("captured") == len(taken), "one journal per captured payment"
    succeeded = [one for one in refunds if one["status"] == "succeeded"]
    assert kinds.count("refund_succeeded") == len(succeeded), "one journal per refund"
    assert _debit(journals, PSP_CLEARING) == captured - refunded - fees
    assert shown.get("captured_kopecks", 0) == captured
    assert shown.get("refunded_kopecks", 0) == refunded
    return Money(
        captured=captured,
        refunded=refunded,
        platform=-_debit(journals, "fee:platform"),
        contractor=-_debit(journals, "contractor:", ":payable"),
        compensation=_debit(journals, "compensation"),
        penalty=-_debit(journals, "penalty"),
        credit=_credit(journals),
    )


def _credit(journals: list[WrittenJournal]) -> int:
    """What the client's credit gave to the order; one reservation at most is used at a time."""
    sums = {"credit_used": 0, "credit_returned": 0}
    for one in journals:
        if one.journal.kind in sums:
            sums[one.journal.kind] += sum(line.debit_kopecks for line in one.journal.entries)
    assert sums["credit_returned"] <= sums["credit_used"], "more went back than was used"
    return sums["credit_used"] - sums["credit_returned"]


def _debit(journals: list[WrittenJournal], account: str, ending: str = "") -> int:
    """Debits less credits of the accounts so named, in what is posted."""
    return sum(
        line.debit_kopecks - line.credit_kopecks
        for one in journals
        if one.journal.phase is Phase.POSTED
        for line in one.journal.entries
        if line.account.startswith(account) and line.account.endswith(ending)
    )


def _nothing_left(
    order_id: str,
    journals: list[WrittenJournal],
    payments: list[dict[str, Any]],
    refunds: list[dict[str, Any]],
) -> None:
    assert _debit(journals, deposit(order_id)) == 0, "something is left in the deposit"
    assert _debit(journals, SUSPENSE) == 0, "something is left in suspense"
    kinds = [one.journal.kind for one in journals]
    ended = kinds.count("credit_used") + kinds.count("credit_released")
    assert kinds.count("credit_reserved") == ended, "a credit is still reserved"
    ends = {one["status"] for one in (*payments, *refunds)}
    assert ends <= {"succeeded", "canceled"}, "something is pending at the provider"
