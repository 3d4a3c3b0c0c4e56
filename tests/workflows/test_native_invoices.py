"""Orders that are paid inside Telegram: whole lives through the real workflow, to the kopeck."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from models.invoices import NativePaymentRow
from models.queries.invoices import Query, judge, order_of, store_payment
from rules.native import Paid, Verdict
from rules.orders import OrderState
from rules.payments import Method
from tests.money import Money, all_payments, books_balance
from tests.workflows.world import Placed, Town, eventually
from workflows import messages

pytestmark = pytest.mark.money
_people = itertools.count(990_001)


@dataclass
class Chat:
    """The client's chat: invoices come into it, and are paid there."""

    order: Placed
    person: int

    async def invoice(self) -> str:
        """The client chooses Telegram; the invoice's payload."""
        choice = messages.PaymentChoice(self.order.client_id, Method.TELEGRAM)
        order = self.order
        answer = await order.door.pay(order.order_id, choice, intent=order.intent())
        assert answer.payment_url is None
        return str(
            await order.world.value(
                "SELECT params->>'payload' FROM outbox WHERE order_id = :id AND kind = 'invoice'"
                " ORDER BY id DESC LIMIT 1",
                id=order.order_id,
            )
        )

    async def may_pay(self, payload: str) -> Verdict:
        """What the bot says before the payment."""
        kopecks = (await self.order.row())["prepayment_kopecks"]
        query = Query(f"q-{next(_people)}", self.person, payload, kopecks, "RUB")
        async with self.order.world.database.transaction() as session:
            return (await judge(session, query, datetime.now(UTC)))[0]

    async def pays(self, payload: str) -> str:
        """Telegram charges the client and tells the bot; the provider's id."""
        world, kopecks = self.order.world, (await self.order.row())["prepayment_kopecks"]
        amount = {"value": f"{kopecks // 100}.{kopecks % 100:02d}", "currency": "RUB"}
        content = await world.value(
            "SELECT convert_from(request_bytes, 'UTF8')::json->>'provider_data' AS data"
            " FROM payment_operations WHERE key = CAST(:key AS uuid)",
            key=payload,
        )
        assert "receipt" in content
        payment = str(world.simulator.sim("/telegram", amount=amount)["id"])
        row = NativePaymentRow(
            telegram_charge_id=f"t-{payment}",
            provider_charge_id=payment,
            payload=payload,
            amount_kopecks=kopecks,
            currency="RUB",
            payer_telegram_id=self.person,
        )
        async with world.database.transaction() as session:
            await store_payment(session, row)
            found = await order_of(session, payload)
        assert found is not None
        hint = Paid(found.attempt, payment, kopecks)
        for _ in range(2):
            await self.order.door.tell_payment_notice(self.order.order_id, paid=hint)
        return payment

    async def returned(self, *payments: str) -> None:
        """Wait until these payments have gone back in full."""

        async def are_back() -> bool:
            found = await all_payments(self.order.world, self.order.order_id)
            back = {one["id"] for one in found if one["amount"] == one.get("refunded_amount")}
            return back == set(payments)

        await eventually(are_back, f"{payments} returned")


async def accepted(town: Town) -> tuple[Chat, int]:
    """An order that waits for its prepayment, and the contractor."""
    person, client = next(_people), await town.person()
    async with town.world.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text("UPDATE users SET telegram_id = :t WHERE id = :id"), {"t": person, "id": client}
        )
    contractor = await town.contractor()
    order = await town.place(client_id=client)
    await order.offered()
    await order.accept(contractor)
    return Chat(order, person), contractor


async def test_an_order_paid_inside_telegram_is_charged_at_once_and_settled(town: Town) -> None:
    chat, contractor = await accepted(town)
    order = chat.order
    payload = await chat.invoice()
    assert await chat.invoice() == payload
    assert await chat.may_pay(payload) is Verdict.OK
    assert await chat.may_pay(payload) is Verdict.TWICE

    payment = await chat.pays(payload)
    await order.until(OrderState.BOOKED)

    assert await chat.may_pay(payload) is Verdict.PAID
    await order.work(contractor)
    await order.accept_work()
    await order.end()
    paid = (await order.row())["prepayment_kopecks"]
    money = await books_balance(town.world, order)
    assert (money.captured, money.refunded) == (paid, 0)
    assert money.platform + money.contractor == paid
    assert [one["id"] for one in await all_payments(town.world, order.order_id)] == [payment]


async def test_a_cancelled_order_sends_each_payment_of_its_invoice_back_once(town: Town) -> None:
    chat, _ = await accepted(town)
    order = chat.order
    payload = await chat.invoice()
    wanted = await chat.pays(payload)
    await order.until(OrderState.BOOKED)
    twice = await chat.pays(payload)
    await chat.returned(twice)
    assert (await order.row())["state"] == OrderState.BOOKED

    await order.cancel()
    await order.end()

    await chat.returned(wanted, twice)
    paid = (await order.row())["prepayment_kopecks"]
    assert await books_balance(town.world, order) == Money(captured=2 * paid, refunded=2 * paid)
    assert await order.told("late_money_returned") == 1


async def test_a_superseded_invoice_that_is_paid_all_the_same_goes_back(town: Town) -> None:
    chat, _ = await accepted(town)
    order = chat.order
    payload = await chat.invoice()
    assert await chat.may_pay(payload) is Verdict.OK
    page = await order.open_page(Method.SBP)
    assert await chat.may_pay(payload) is Verdict.SUPERSEDED
    late = await chat.pays(payload)
    await chat.returned(late)

    order.pay_page(page, Method.SBP)
    await order.tell_notice()
    await order.until(OrderState.BOOKED)
    await order.cancel()
    await order.end()

    paid = (await order.row())["prepayment_kopecks"]
    assert await books_balance(town.world, order) == Money(captured=2 * paid, refunded=2 * paid)
    assert await chat.may_pay(payload) is not Verdict.OK


async def test_an_unpaid_invoice_ends_with_its_order_and_is_taken_away(town: Town) -> None:
    chat, _ = await accepted(town)
    order = chat.order
    payload = await chat.invoice()
    await order.cancel()
    assert await chat.may_pay(payload) is Verdict.CLOSED
    await order.end()

    gone = await order.world.value(
        "SELECT count(*) FROM outbox WHERE order_id = :id AND params->>'gone' = 'true'",
        id=order.order_id,
    )
    assert gone == 1
    assert await books_balance(town.world, order) == Money()
