"""Paying inside Telegram through the real bot: an invoice, a yes in time, a hint kept once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from activities.payments import PaymentActivities
from bot.visit import Desk
from models.database import Database
from rules.native import Paid
from rules.payments import AttemptState, Method, Op
from tests import factories
from tests.activities.till import TERMS, Till, gateway
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator
from tests.simulators.yookassa.harness import Simulator as Provider
from tests.simulators.yookassa.harness import simulating

pytestmark = pytest.mark.money


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with simulating(tmp_path / "yookassa.sqlite") as found:
        yield found


@pytest.fixture
def payments_url(provider: Provider) -> str:
    return provider.url


@pytest.fixture
def desk(desk: Desk) -> Desk:
    return replace(desk, provider_token="1:TEST:local")


@dataclass
class Chat:
    """A client with an invoice in his chat."""

    person: Person
    till: Till
    orders: RecordedOrders
    rows: Rows

    async def invoice(self) -> dict[str, Any]:
        """Wait for it."""
        for _ in range(3000):
            for one in await self.person.messages():
                if "invoice" in one:
                    return one
            await asyncio.sleep(0.02)
        raise AssertionError("no invoice came")

    async def pay(self, **wish: Any) -> Any:
        return await self.person.simulator.sim(f"/people/{self.person.id}/pay", wish)

    async def told(self, count: int) -> list[Any]:
        """What the order was told, once it was told so often."""
        for _ in range(3000):
            if len(self.orders.told) >= count:
                break
            await asyncio.sleep(0.02)
        return [said.paid for name, _, said in self.orders.told if name == "payment_notice"]


@pytest.fixture
async def chat(
    running_bot: RunningBot,
    simulator: Simulator,
    database: Database,
    orders: RecordedOrders,
    rows: Rows,
    provider: Provider,
) -> Chat:
    anna = await simulator.person("Анна")
    client = await factories.person(database, telegram_id=anna.id)
    await anna.text("/help")
    await anna.sees("Как это работает")
    order = await factories.placed(database, client)
    await rows("UPDATE orders SET state = 'awaiting_prepayment'")
    till = Till(database, provider, order, gateway(provider), method=Method.TELEGRAM)
    terms = replace(TERMS, invoices=True)
    till.activities = PaymentActivities(database, till.gateway, asyncio.get_running_loop(), terms)
    await till.run(Op.CREATE)
    return Chat(anna, till, orders, rows)


async def test_a_client_pays_inside_telegram_and_the_order_is_told_to_look(chat: Chat) -> None:
    invoice = await chat.invoice()
    assert invoice["invoice"]["total_amount"] == chat.till.kopecks
    # However often Telegram repeats itself, the hint is kept once.
    await chat.person.simulator.sim("/delivery", {"copies": 3})

    said = await chat.pay()

    assert (said["ok"], said["seconds"] < 10) == (True, True)
    payment = said["payment"]["provider_payment_charge_id"]
    assert await chat.told(1) == [Paid(1, payment, chat.till.kopecks)]
    kept = await chat.rows("SELECT provider_charge_id FROM native_payments")
    assert [one.provider_charge_id for one in kept] == [payment]
    seen = await chat.till.run(Op.GET)
    assert (seen.state, seen.provider_id) == (AttemptState.CAPTURED, payment)
    assert await chat.rows("SELECT 1 FROM telegram_updates WHERE kind = 'pre_checkout_query'") == []
    # A second device that was told yes before: another payment of the same invoice.
    double = await chat.pay(unasked=True)
    assert Paid(1, double["payment"]["provider_payment_charge_id"], chat.till.kopecks) in (
        await chat.told(2)
    )


async def test_an_invoice_that_has_ended_is_refused_in_words_and_taken_away(chat: Chat) -> None:
    invoice = await chat.invoice()
    await chat.rows("UPDATE orders SET state = 'cancelled'")

    said = await chat.pay()

    assert said == {**said, "ok": False}
    assert said["error_message"].startswith("Заказ больше не ждёт оплаты")
    assert chat.till.provider.listing("payments") == []
    await chat.till.run(Op.GET, released=True)
    shown = [invoice["message_id"]]
    for _ in range(3000):
        shown = [one["message_id"] for one in await chat.person.messages()]
        if invoice["message_id"] not in shown:
            break
        await asyncio.sleep(0.02)
    assert invoice["message_id"] not in shown


async def test_without_the_database_nothing_is_charged(chat: Chat) -> None:
    await chat.invoice()
    await chat.rows("ALTER TABLE native_invoices RENAME TO away")
    said = await chat.pay()
    await chat.rows("ALTER TABLE away RENAME TO native_invoices")

    assert said["ok"] is False
    assert said["error_message"].startswith("Не смогли проверить заказ")
    assert chat.till.provider.listing("payments") == []
