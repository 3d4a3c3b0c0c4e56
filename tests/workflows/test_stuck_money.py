"""Money that does not move: people are told once, nothing is given up, and it ends by itself."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from rules.catalog import Service
from rules.orders import OrderState
from rules.payments import Method
from tests.money import Money, books_balance
from tests.simulators.yookassa.harness import SECRET, SHOP
from tests.workflows.world import Placed, Town, eventually
from workflows.messages import OrderAnswer, PaymentChoice

pytestmark = pytest.mark.money

SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, prepayment 1 000, half an hour to pay


async def _accepted(town: Town) -> tuple[Placed, int]:
    contractor = await town.contractor()
    order = await town.place(SEPTIC)
    await order.offered()
    await order.accept(contractor)
    return order, contractor


async def _happened(order: Placed, event: str) -> None:
    async def there() -> bool:
        return event in await order.story()

    await eventually(there, event)


async def test_a_refund_that_is_refused_calls_support_once_and_goes_out_in_the_end(
    town: Town,
) -> None:
    town.world.simulator.sim("/faults", operation="refund", kind="refund_canceled", count=4)
    order, _ = await _accepted(town)
    await order.pay(Method.SBP)
    await order.until(OrderState.BOOKED)
    await order.cancel()
    await order.advance(minutes=8)
    await _happened(order, "money_stuck")
    assert (await order.row())["needs_attention"]

    await order.end()
    assert await order.told("money_stuck") == 1
    assert await order.told("money_recovered") == 1
    assert not (await order.row())["needs_attention"]
    assert await books_balance(town.world, order) == Money(captured=1_000_00, refunded=1_000_00)


async def test_a_capture_without_an_answer_keeps_the_order_and_takes_the_money_once(
    town: Town,
) -> None:
    order, contractor = await _accepted(town)
    await order.pay()
    await order.until(OrderState.BOOKED)
    town.world.simulator.sim("/faults", operation="capture", kind="http_500", count=1_000)
    await order.advance(minutes=22)
    await _happened(order, "money_stuck")
    row = await order.row()
    assert (row["state"], row["needs_attention"]) == (OrderState.BOOKED, True)
    assert row["money"]["confirming"]

    town.world.simulator.client.delete("/sim/faults")
    await order.advance(minutes=5)
    await _happened(order, "money_recovered")
    row = await order.row()
    assert (row["needs_attention"], row["money"]["confirming"]) == (False, False)
    assert await order.told("money_stuck") == 1
    await order.work(contractor)
    await order.accept_work()
    await order.end(days=4)
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00, platform=250_00, contractor=750_00
    )


async def test_a_payment_page_that_cannot_be_made_stops_the_clients_clock(town: Town) -> None:
    town.world.simulator.sim("/faults", operation="create", kind="http_500", count=1_000)
    order, _ = await _accepted(town)
    ends = (await order.row())["due_at"]
    tap = asyncio.create_task(_tap(order))
    await _happened(order, "accepted")
    await eventually(lambda: _asked(order), "the provider asked")
    await order.advance(minutes=40)
    assert (await tap).payment_url is None
    row = await order.row()
    assert (row["state"], row["due_at"]) == (OrderState.AWAITING_PREPAYMENT, None)
    assert await order.told("payments_down") == 1
    assert await order.told("order_unpaid") == 0

    town.world.simulator.client.delete("/sim/faults")
    await order.advance(minutes=5)
    await _happened(order, "payments_back")
    paused = (await order.row())["due_at"] - ends
    assert timedelta(minutes=39) < paused < timedelta(minutes=46)
    await order.pay()
    await order.until(OrderState.BOOKED)
    assert await order.told("payments_back") == 1
    assert await order.told("money_stuck") == 1


async def _tap(order: Placed) -> OrderAnswer:
    choice = PaymentChoice(order.client_id, Method.CARD)
    return await order.door.pay(order.order_id, choice, intent=order.intent())


async def _asked(order: Placed) -> bool:
    return bool(
        await order.world.value(
            "SELECT sends FROM payment_operations WHERE order_id = :id", id=order.order_id
        )
    )


async def test_a_hold_captured_in_part_by_a_person_settles_what_was_taken(town: Town) -> None:
    order, contractor = await _accepted(town)
    payment = await order.pay()
    await order.until(OrderState.BOOKED)
    url = f"{town.world.simulator.url}/v3"
    async with httpx.AsyncClient(base_url=url, auth=(SHOP, SECRET)) as cabinet:
        answer = await cabinet.post(
            f"/payments/{payment}/capture",
            json={"amount": {"value": "600.00", "currency": "RUB"}},
            headers={"Idempotence-Key": f"by-a-person-{payment}"},
        )
        answer.raise_for_status()
    await order.work(contractor)
    await _happened(order, "captured_in_part")

    await order.accept_work()
    await order.end(days=4)
    assert await order.told("captured_in_part") == 1
    assert await books_balance(town.world, order) == Money(
        captured=600_00, platform=150_00, contractor=450_00
    )
