"""One order's life on real parts: from the first wave to the closed books."""

import asyncio

from sqlalchemy import text

from rules.catalog import Service
from rules.orders import OrderState, Role
from tests.workflows.world import Placed, Town, eventually
from workflows.messages import ContractorStep


async def test_order_is_found_paid_done_accepted_rated_and_settled(town: Town) -> None:
    near = await town.contractor(km=1)
    far = await town.contractor(km=40)
    order = await town.place(Service.SEWAGE_OVERFLOW)

    assert await order.offered() == [near]
    await order.decline(near)
    assert await order.offered() == [far]
    await order.book(far)
    await order.work(far)
    await order.accept_work()
    await order.rate(Role.CLIENT, order.client_id, 5)
    await order.rate(Role.CONTRACTOR, far, 4)
    await order.until(OrderState.COMPLETED)
    await order.advance(days=4)

    result = await order.closed()
    assert result.state is OrderState.COMPLETED
    assert result.captured_kopecks == result.prepayment_kopecks == 1_000_00


async def test_one_change_is_written_at_a_time_in_the_order_they_were_decided(town: Town) -> None:
    contractor = await town.contractor()
    order = await town.place(Service.REPAIR_PUMP)
    await order.book(contractor)
    step = ContractorStep(contractor)
    before = await _accepted_updates(order)

    async def decided(count: int) -> None:
        async def so() -> bool:
            return await _accepted_updates(order) == before + count

        await eventually(so, f"{count} more decisions")

    async with town.world.database.transaction() as session:
        # Somebody else holds the order's row: the first write waits, the second must not start.
        connection = await session.connection()
        held = text("SELECT 1 FROM orders WHERE id = :id FOR UPDATE")
        await connection.execute(held, {"id": order.order_id})
        first = asyncio.create_task(order.door.set_off(order.order_id, step, intent="set off"))
        await decided(1)
        second = asyncio.create_task(order.door.start(order.order_id, step, intent="start"))
        await decided(2)
        pending = (await order.handle.describe()).raw_description.pending_activities
        writes = [one for one in pending if one.activity_type.name == "commit"]
    await asyncio.gather(first, second)

    assert len(writes) == 1
    assert (await order.story())[-2:] == ["set_off", "started"]


async def _accepted_updates(order: Placed) -> int:
    events = (await order.handle.fetch_history()).events
    return sum(
        one.HasField("workflow_execution_update_accepted_event_attributes") for one in events
    )
