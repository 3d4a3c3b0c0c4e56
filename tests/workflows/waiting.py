"""Waiting for what an order's workflow has heard, beside what its rows say."""

from tests.workflows.world import Placed, eventually


async def idle(order: Placed) -> None:
    """Wait until the workflow has heard of what its activities wrote."""

    async def nothing_pends() -> bool:
        description = await order.handle.describe()
        return not description.raw_description.pending_activities

    await eventually(nothing_pends, "no activity pends")
