"""Reconciliation and the invariants of money, as recurring workflows."""

import contextlib

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities.reconciliation import Comparing, ReconciliationActivities
from rules import reconciliation as rules
from rules.reconciliation import Depth, Span
from workflows.messages import PaymentNotice
from workflows.policies import (
    MONEY_HEARTBEAT,
    PAYMENTS_TASK_QUEUE,
    RECONCILE_RETRY,
    RECONCILE_TIMEOUT,
)

NOW_ID = "reconciliation-now"
"""The workflow that is started when somebody waits for a run."""


@workflow.defn
class ReconciliationWorkflow:
    """One run: see the provider, compare, repair what is safe, return what is nobody's."""

    @workflow.run
    async def run(self, depth: Depth = Depth.RECENT) -> int:
        """How many differences were found."""
        began = workflow.now()
        # What is handled at once needs no window; what a window finds, the next one repairs.
        spans = rules.spans(depth, began)
        for span in spans:
            await self._observe(span)
        await self._observe_single(depth)
        whole = Span(spans[-1].since, spans[0].until) if depth is Depth.NIGHTLY else None
        found = await self._compare(Comparing(began, whole))
        await self._return_money()
        return found

    async def _observe(self, span: Span) -> None:
        await workflow.execute_activity_method(
            ReconciliationActivities.observe_window,
            span,
            task_queue=PAYMENTS_TASK_QUEUE,
            start_to_close_timeout=RECONCILE_TIMEOUT,
            heartbeat_timeout=MONEY_HEARTBEAT,
            retry_policy=RECONCILE_RETRY,
            summary=f"Provider's lists {span.since:%d.%m %H:%M}-{span.until:%d.%m %H:%M} UTC",
        )

    async def _observe_single(self, depth: Depth) -> None:
        if depth is Depth.MONTHLY:
            await workflow.execute_activity_method(
                ReconciliationActivities.observe_open,
                task_queue=PAYMENTS_TASK_QUEUE,
                start_to_close_timeout=RECONCILE_TIMEOUT,
                heartbeat_timeout=MONEY_HEARTBEAT,
                retry_policy=RECONCILE_RETRY,
                summary="Everything that is open, one by one",
            )
            return
        await workflow.execute_activity_method(
            ReconciliationActivities.observe_queue,
            task_queue=PAYMENTS_TASK_QUEUE,
            start_to_close_timeout=RECONCILE_TIMEOUT,
            heartbeat_timeout=MONEY_HEARTBEAT,
            retry_policy=RECONCILE_RETRY,
            summary="What notices named after their orders had closed",
        )

    async def _compare(self, comparing: Comparing) -> int:
        compared = await workflow.execute_activity_method(
            ReconciliationActivities.compare,
            comparing,
            task_queue=PAYMENTS_TASK_QUEUE,
            start_to_close_timeout=RECONCILE_TIMEOUT,
            heartbeat_timeout=MONEY_HEARTBEAT,
            retry_policy=RECONCILE_RETRY,
            summary="Compare with our books",
        )
        for order_id in compared.orders:
            handle = workflow.get_external_workflow_handle(f"order-{order_id}")
            # It may have closed just now; then the next run applies the difference itself.
            with contextlib.suppress(ApplicationError):
                await handle.signal("payment_notice", PaymentNotice())
        for break_id in compared.repairs:
            await workflow.execute_activity_method(
                ReconciliationActivities.repair,
                break_id,
                task_queue=PAYMENTS_TASK_QUEUE,
                start_to_close_timeout=RECONCILE_TIMEOUT,
                heartbeat_timeout=MONEY_HEARTBEAT,
                retry_policy=RECONCILE_RETRY,
                summary=f"Repair B-{break_id}",
            )
        return compared.found

    async def _return_money(self) -> None:
        await workflow.execute_activity_method(
            ReconciliationActivities.return_money,
            task_queue=PAYMENTS_TASK_QUEUE,
            start_to_close_timeout=RECONCILE_TIMEOUT,
            heartbeat_timeout=MONEY_HEARTBEAT,
            retry_policy=RECONCILE_RETRY,
            summary="Return what nobody wants",
        )


@workflow.defn
class InvariantsWorkflow:
    """M1-M12, checked again and again."""

    @workflow.run
    async def run(self) -> dict[str, int]:
        """The broken ones with how many rows break them."""
        return await workflow.execute_activity_method(
            ReconciliationActivities.check_invariants,
            task_queue=PAYMENTS_TASK_QUEUE,
            start_to_close_timeout=RECONCILE_TIMEOUT,
            heartbeat_timeout=MONEY_HEARTBEAT,
            retry_policy=RECONCILE_RETRY,
            summary="Check M1-M12",
        )
