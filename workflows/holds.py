"""Held slots, every five minutes: those that nobody waits for any more come free."""

from datetime import datetime, timedelta

from temporalio import workflow

from activities.offers import OfferActivities
from workflows.policies import WRITE_RETRY, WRITE_TIMEOUT

SCHEDULE_ID = "holds"
EVERY = timedelta(minutes=5)
# What is left after so many batches waits for the next run.
ROUNDS_MAX = 20


@workflow.defn
class HoldSweepWorkflow:
    """One run of the schedule; no order knows of it."""

    @workflow.run
    async def run(self, now: datetime | None = None) -> int:
        """How many slots came free; `now` is the run's own time unless it is given."""
        freed = 0
        for number in range(1, ROUNDS_MAX + 1):
            count = await workflow.execute_activity_method(
                OfferActivities.sweep_holds,
                now or workflow.now(),
                start_to_close_timeout=WRITE_TIMEOUT,
                retry_policy=WRITE_RETRY,
                summary=f"Held slots: batch {number}",
            )
            freed += count
            if not count:
                break
        return freed
