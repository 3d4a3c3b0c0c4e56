"""Reconciliation as its schedule runs it, beside living and closed orders."""

from typing import Any

from rules.payments import Method
from tests.money import books_balance, observe, provider_payments
from tests.workflows.world import Placed, Town, World, eventually
from workflows.policies import TASK_QUEUE
from workflows.reconciliation import InvariantsWorkflow, ReconciliationWorkflow
from workflows.reconciliation_door import Reconciliations


async def _cancelled(town: Town) -> Placed:
    await town.contractor()
    order = await town.place()
    await order.cancel()
    await order.closed()
    return order


def _pay_late(world: World, order: Placed) -> str:
    payment = world.simulator.create(
        capture=True, metadata={"order": order.order_id, "attempt": "1"}
    )
    world.simulator.sim(f"/pay/{payment['id']}", method="card")
    return str(payment["id"])


async def _breaks(world: World, order: Placed) -> list[Any]:
    return await world.rows(
        "SELECT kind, state FROM reconciliation_breaks WHERE order_id = :id ORDER BY id",
        id=order.order_id,
    )


async def test_money_that_comes_after_the_books_were_closed_goes_back_once(
    world: World, town: Town
) -> None:
    order = await _cancelled(town)
    payment = _pay_late(world, order)
    async with world.database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql(
            "INSERT INTO reconciliation_queue (object_id, kind, queued_at)"
            f" VALUES ('{payment}', 'payment', '2026-01-01T00:00:00Z')"
        )

    await Reconciliations(world.client).run_now()

    async def returned() -> bool:
        (one,) = provider_payments(world.simulator, order.order_id)
        return bool(one.get("refunded_amount", {}).get("value") == one["amount"]["value"])

    await eventually(returned, "the late money goes back")

    async def repaired() -> bool:
        return [tuple(one.values()) for one in await _breaks(world, order)] == [
            ("missing_here", "repaired")
        ]

    await eventually(repaired, "the break is repaired")
    await Reconciliations(world.client).run_now()
    money = await books_balance(world, order)
    assert (money.captured, money.refunded) == (2000_00, 2000_00)


async def test_a_living_order_is_told_to_look_and_keeps_its_own_books(
    world: World, town: Town
) -> None:
    await town.contractor()
    order = await town.place()
    await order.accept((await order.offered())[0])
    payment = await order.open_page(Method.CARD)
    order.pay_page(payment)
    await observe(world, order.order_id)

    await world.client.execute_workflow(
        ReconciliationWorkflow.run, id=f"reconcile-{order.order_id}", task_queue=TASK_QUEUE
    )

    async def prepaid() -> bool:
        row = await order.row()
        return bool(row["prepaid"])

    await eventually(prepaid, "the order has looked and is paid")
    await books_balance(world, order)


async def test_the_invariants_are_checked_on_their_schedule(world: World) -> None:
    broken = await world.client.execute_workflow(
        InvariantsWorkflow.run, id="invariants-test", task_queue=TASK_QUEUE
    )

    assert broken == {}
