"""The sandbox costs an order little, and the database driver lives beside it in one process."""

import subprocess
import sys
import uuid
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.worker import Worker

from local.histories import ROOT
from rules.catalog import Service
from tests.empty_workflow import EmptyWorkflow
from tests.workflows.world import Placed, Town
from workflows.runner import sandbox_runner

TRIES = 5
RATIO_MAX = 10.0
# All that the worker's queue of workflows needs, and a sandbox made of it.
IMPORTS = """
import workflows.runner
import workflows.client
assert workflows.runner.sandbox_runner()
assert "worker" not in __import__("sys").modules
"""


async def first_task(handle: WorkflowHandle[Any, Any]) -> timedelta:
    """From the worker's taking the first task to its answer, by the server's clock."""
    began = None
    async for event in handle.fetch_history_events(wait_new_event=True):
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
            began = event.event_time.ToDatetime()
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            assert began is not None
            return event.event_time.ToDatetime() - began
    raise AssertionError("the workflow has ended without a task")


async def placed(town: Town) -> Placed:
    """An order whose row the database activity of this same process has written."""
    order = await town.place(Service.SEWAGE_OVERFLOW)
    assert (await order.row())["town"] == order.said.town
    return order


async def test_an_orders_first_task_costs_at_most_ten_empty_ones(town: Town) -> None:
    """A module that is not passed through would cost 300 ms each time."""
    client, queue = town.world.client, f"empty-{uuid.uuid4()}"
    empty: list[timedelta] = []
    orders: list[timedelta] = []
    async with Worker(
        client, task_queue=queue, workflows=[EmptyWorkflow], workflow_runner=sandbox_runner()
    ):
        for number in range(TRIES):
            handle = await client.start_workflow(
                EmptyWorkflow.run, id=f"{queue}-{number}", task_queue=queue
            )
            empty.append(await first_task(handle))
            orders.append(await first_task((await placed(town)).handle))

    assert min(orders) < RATIO_MAX * min(empty), (orders, empty)


def test_a_fresh_interpreter_imports_what_the_worker_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", IMPORTS],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )

    assert done.returncode == 0, done.stderr
