"""One order's life on real parts: from the first wave to the closed books."""

from rules.catalog import Service
from rules.orders import OrderState, Role
from tests.workflows.world import Town


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
