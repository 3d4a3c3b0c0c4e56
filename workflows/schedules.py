"""Recurring work as Temporal Schedules: one of each, made or brought up to date by any worker."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from rules.reconciliation import Depth
from workflows import holds, receipts
from workflows.holds import HoldSweepWorkflow
from workflows.policies import TASK_QUEUE
from workflows.receipts import ReceiptsWorkflow
from workflows.reconciliation import InvariantsWorkflow, ReconciliationWorkflow


@dataclass(frozen=True)
class Recurring:
    """A workflow that runs again and again, never twice at once.

    Give `every` or `cron` (UTC). Runs missed for longer than `catch_up` are left out.
    """

    schedule_id: str
    workflow: type
    every: timedelta | None = None
    cron: str = ""
    catch_up: timedelta = timedelta(minutes=1)
    args: tuple[Any, ...] = ()
    note: str = field(default="")


RECURRING: tuple[Recurring, ...] = (
    Recurring(
        holds.SCHEDULE_ID,
        HoldSweepWorkflow,
        every=holds.EVERY,
        note="Releases held slots that nobody waits for",
    ),
    Recurring(
        receipts.SCHEDULE_ID,
        ReceiptsWorkflow,
        every=receipts.EVERY,
        note="Makes receipts and watches their registration",
    ),
    Recurring(
        "reconciliation",
        ReconciliationWorkflow,
        every=timedelta(minutes=15),
        args=(Depth.RECENT,),
        note="Compares the last two hours with the payment provider",
    ),
    Recurring(
        "reconciliation-nightly",
        ReconciliationWorkflow,
        cron="20 1 * * *",
        args=(Depth.NIGHTLY,),
        catch_up=timedelta(hours=12),
        note="Compares the last eight days",
    ),
    Recurring(
        "reconciliation-monthly",
        ReconciliationWorkflow,
        cron="40 2 1 * *",
        args=(Depth.MONTHLY,),
        catch_up=timedelta(days=3),
        note="Looks at everything that is still open",
    ),
    Recurring(
        "money-invariants",
        InvariantsWorkflow,
        every=timedelta(minutes=10),
        note="Checks M1-M12",
    ),
)


async def ensure(client: Client, recurring: Iterable[Recurring] = RECURRING) -> None:
    """Make the schedules, or bring those that exist up to date; safe from several workers."""
    for one in recurring:
        schedule = _schedule(one)
        try:
            await client.create_schedule(one.schedule_id, schedule)
        except ScheduleAlreadyRunningError:
            handle = client.get_schedule_handle(one.schedule_id)
            await handle.update(_renewed(schedule))


def _schedule(one: Recurring) -> Schedule:
    intervals = [ScheduleIntervalSpec(every=one.every)] if one.every is not None else []
    return Schedule(
        action=ScheduleActionStartWorkflow(
            one.workflow.__name__, args=one.args, id=one.schedule_id, task_queue=TASK_QUEUE
        ),
        spec=ScheduleSpec(intervals=intervals, cron_expressions=[one.cron] if one.cron else []),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=max(one.catch_up, _LEAST_CATCH_UP)
        ),
        state=ScheduleState(note=one.note),
    )


_LEAST_CATCH_UP = timedelta(seconds=10)
"""The server refuses less."""


def _renewed(schedule: Schedule) -> Any:
    def update(known: ScheduleUpdateInput) -> ScheduleUpdate:
        # Whether a person has paused it is his business, and so is what he wrote about it.
        schedule.state = known.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    return update
