"""Receipts in tests: the till's clerk, and what the provider and the rows say of one order.

To see a canceled registration: plant `receipt_canceled` on `receipts.create`, let the order be
paid, `await drained(world, order.order_id)`, then look at `rows(world, order.order_id)`:
`state` is `needs_person`, `reason` is `canceled`, and support was told once (`NEEDS_PERSON`).
"""

import itertools
from dataclasses import dataclass
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHandle

from activities.receipt_notices import ASK_FOR_EMAIL, NEEDS_PERSON
from tests.money import kopecks
from tests.simulators.yookassa.harness import Simulator
from workflows.policies import TASK_QUEUE
from workflows.receipts import ReceiptsWorkflow

__all__ = ["ASK_FOR_EMAIL", "NEEDS_PERSON", "Drain", "drained", "made", "registered", "rows"]
REGISTERING_SECONDS = 3
_runs = itertools.count()


class Tables(Protocol):
    """Anything that reads by SQL."""

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        """Read by SQL."""
        ...


class Running(Tables, Protocol):
    """A world with workers."""

    client: Client
    simulator: Simulator


@dataclass(frozen=True)
class Drain:
    """One run of the receipts' workflow, and how many receipts came further."""

    handle: WorkflowHandle[Any, int]
    moved: int


async def drained(world: Running, order_id: str) -> Drain:
    """Run the receipts' workflow for one order, as the schedule does for all that are due."""
    run = f"receipts-of-{order_id}-{next(_runs)}"
    handle: WorkflowHandle[Any, int] = await world.client.start_workflow(
        ReceiptsWorkflow.run, order_id, id=run, task_queue=TASK_QUEUE
    )
    return Drain(handle, await handle.result())


async def registered(world: Running, order_id: str) -> Drain:
    """Send what is due, let the tax service answer, and look again."""
    await drained(world, order_id)
    world.simulator.sim("/clock", advance_seconds=REGISTERING_SECONDS)
    return await drained(world, order_id)


async def rows(tables: Tables, order_id: str) -> list[Any]:
    """The order's receipts, in the order in which they were owed."""
    return await tables.rows("SELECT * FROM receipts WHERE order_id = :id ORDER BY id", id=order_id)


def made(simulator: Simulator, payment_id: str) -> list[tuple[str, str, int]]:
    """What the provider has of a payment, oldest first: type, mode and kopecks of each receipt."""
    listed = [one for one in simulator.listing("receipts") if one["of_payment"] == payment_id]
    return [
        (
            one["type"],
            one["items"][0]["payment_mode"],
            sum(kopecks(line["amount"]) for line in one["items"]),
        )
        for one in reversed(listed)
        if one["status"] != "canceled"
    ]
