"""Receipts, every minute: drains their queue until nothing moves any more."""

from datetime import timedelta

from temporalio import workflow

from activities.receipts import Draining, ReceiptActivities
from workflows.policies import MONEY_HEARTBEAT, PAYMENTS_TASK_QUEUE, WRITE_RETRY

SCHEDULE_ID = "receipts"
EVERY = timedelta(minutes=1)
# Each round takes a batch; what is still due then waits for the next minute.
ROUNDS_MAX = 10
# A batch of slow answers; the provider's absence ends a batch at once.
BATCH_TIMEOUT = timedelta(minutes=5)


@workflow.defn
class ReceiptsWorkflow:
    """One run of the schedule; no order knows of it."""

    @workflow.run
    async def run(self, order_id: str | None = None) -> int:
        """How many receipts came further; `order_id` takes only that order's, due or not."""
        moved = 0
        for number in range(1, ROUNDS_MAX + 1):
            drained = await workflow.execute_activity_method(
                ReceiptActivities.drain_receipts,
                Draining(order_id),
                task_queue=PAYMENTS_TASK_QUEUE,
                start_to_close_timeout=BATCH_TIMEOUT,
                heartbeat_timeout=MONEY_HEARTBEAT,
                retry_policy=WRITE_RETRY,
                summary=f"Receipts: batch {number}",
            )
            moved += drained.moved
            if not drained.moved:
                break
        return moved
