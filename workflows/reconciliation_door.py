"""The typed door to reconciliation for the bot and the API."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from rules.reconciliation import Depth
from workflows.client import Unavailable
from workflows.policies import TASK_QUEUE
from workflows.reconciliation import NOW_ID, ReconciliationWorkflow

START_SECONDS = 5.0


class ReconciliationDoor(Protocol):
    """What is asked of reconciliation; `Reconciliations` is the real one."""

    async def run_now(self) -> None:
        """Have a run made now, of what is queued and of what may be repaired."""
        ...


@dataclass(frozen=True)
class Reconciliations:
    """Starts a run out of turn; whatever is missed is taken up by the next regular one."""

    client: Client

    async def run_now(self) -> None:
        """Start a run, unless one has been asked for that is still under way.

        Raises:
            Unavailable: Not known; the next regular run does it.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                await self.client.start_workflow(
                    ReconciliationWorkflow.run,
                    Depth.QUEUE,
                    id=NOW_ID,
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    static_summary="Reconciliation: what is waiting",
                )
        except (TimeoutError, RPCError) as error:
            raise Unavailable("reconciliation") from error
