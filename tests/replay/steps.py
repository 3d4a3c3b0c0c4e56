"""What several recorded paths have in common, and the list of all paths."""

from collections.abc import Awaitable, Callable

from rules.catalog import Service
from rules.orders import OrderState
from tests.workflows.world import Placed, Town, eventually

Path = Callable[[Town], Awaitable[Placed]]
PATHS: dict[str, Path] = {}
URGENT = Service.SEWAGE_OVERFLOW


def path(play: Path) -> Path:
    """A path by its name, which is the replay file's name too."""
    PATHS[play.__name__] = play
    return play


async def booked(town: Town, service: Service = URGENT) -> tuple[Placed, int]:
    """A booked order, its money held on a card, and its contractor."""
    await town.contractor()
    order = await town.place(service)
    return order, await order.book()


async def captured(order: Placed) -> None:
    """Wait until the hold has been taken."""

    async def taken() -> bool:
        row = await order.row()
        return bool(row["money"].get("captured_kopecks"))

    await eventually(taken, "the hold is captured")


async def ended(order: Placed, state: OrderState, **time: float) -> Placed:
    """Let time pass until the workflow has ended in a state."""
    await order.until(state)
    if time:
        await order.advance(**time)
    result = await order.closed()
    assert result.state is state
    return order
