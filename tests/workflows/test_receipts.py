"""Receipts of whole orders: right to the kopeck, beside the order and never in its way."""

from typing import Any

from sqlalchemy import text

from rules.catalog import Service
from rules.orders import OrderState
from rules.payments import Method
from tests.money import books_balance
from tests.receipts import NEEDS_PERSON, drained, made, registered, rows
from tests.workflows.world import Placed, Town
from workflows import messages

PAID, EARNED = "full_prepayment", "full_payment"


async def reachable(town: Town) -> int:
    """A client whose e-mail address is known."""
    client = await town.person()
    async with town.world.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text("UPDATE users SET email = 'anna@mail.ru' WHERE id = :id"), {"id": client}
        )
    return client


async def states(order: Placed) -> list[tuple[str, str, int]]:
    """The order's receipts as its rows say."""
    found = await rows(order.world, order.order_id)
    return [(row["kind"], row["state"], row["amount_kopecks"]) for row in found]


async def completed(town: Town, order: Placed, contractor: int, method: Method) -> Any:
    """Paid, done, accepted, closed; the payment's id."""
    await order.accept((await order.offered())[0])
    payment = await order.pay(method)
    await order.until(OrderState.BOOKED)
    await order.work(contractor)
    await order.accept_work()
    await order.end()
    return payment


async def test_a_completed_order_has_two_receipts(town: Town) -> None:
    contractor, client = await town.contractor(), await reachable(town)
    order = await town.place(client_id=client)
    payment = await completed(town, order, contractor, Method.SBP)
    paid = (await order.row())["prepayment_kopecks"]
    assert await states(order) == [("prepayment", "pending", paid), ("settlement", "due", paid)]

    await registered(town.world, order.order_id)
    await registered(town.world, order.order_id)

    expected = [("payment", PAID, paid), ("payment", EARNED, paid)]
    assert made(town.world.simulator, payment) == expected
    assert [state for _, state, _ in await states(order)] == ["registered"] * 2
    before = town.world.simulator.listing("receipts")
    assert (await drained(town.world, order.order_id)).moved == 0
    assert town.world.simulator.listing("receipts") == before
    money = await books_balance(town.world, order)
    assert (money.captured, money.platform + money.contractor) == (paid, paid)


async def test_kept_costs_and_what_goes_back_have_a_receipt_each(town: Town) -> None:
    contractor, client = await town.contractor(), await reachable(town)
    order = await town.place(Service.SEWAGE_OVERFLOW, client_id=client)
    await order.accept((await order.offered())[0])
    payment = await order.pay()
    await order.until(OrderState.BOOKED)
    step = messages.ContractorStep(contractor)
    await order.door.set_off(order.order_id, step, intent=order.intent())
    await order.cancel()
    claim = messages.CostClaim(contractor, 100_01, "travel")
    await order.door.claim(order.order_id, claim, intent=order.intent())
    await order.end()
    await registered(town.world, order.order_id)
    await registered(town.world, order.order_id)

    paid = (await order.row())["prepayment_kopecks"]
    receipts = made(town.world.simulator, payment)
    assert receipts[0] == ("payment", PAID, paid)
    assert receipts[-1] == ("payment", EARNED, 100_01)
    returned = [kopecks for kind, _, kopecks in receipts if kind == "refund"]
    assert sum(returned) + 100_01 == paid
    assert {state for _, state, _ in await states(order)} == {"registered"}
    assert (await books_balance(town.world, order)).contractor == 100_01


async def test_a_canceled_registration_leaves_the_order_alone_and_calls_a_person(
    town: Town,
) -> None:
    contractor, client = await town.contractor(), await reachable(town)
    order = await town.place(client_id=client)
    world = town.world
    world.simulator.sim("/faults", operation="receipts.create", kind="receipt_canceled")
    await completed(town, order, contractor, Method.SBP)
    await registered(world, order.order_id)
    await registered(world, order.order_id)

    paid = (await order.row())["prepayment_kopecks"]
    assert await states(order) == [
        ("prepayment", "needs_person", paid),
        ("settlement", "registered", paid),
    ]
    assert await order.told(NEEDS_PERSON) == 1
    row = await order.row()
    assert (row["state"], row["needs_attention"]) == (OrderState.COMPLETED, False)
    await books_balance(world, order)


async def test_a_hold_that_is_let_go_needs_no_receipt(town: Town) -> None:
    await town.contractor()
    order = await town.place(client_id=await reachable(town))
    await order.accept((await order.offered())[0])
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.cancel()
    await order.end()
    await drained(town.world, order.order_id)

    assert [state for _, state, _ in await states(order)] == ["planned"]
