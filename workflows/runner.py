"""The workers' make-up in one place: what runs, on which queue, inside which sandbox."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Interceptor, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.geocoding import GeocodingActivities
from activities.offers import OfferActivities
from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.payouts import PayoutActivities
from activities.receipts import ReceiptActivities
from activities.reconciliation import ReconciliationActivities
from runtime.heartbeats import BEAT_SECONDS, Heartbeats
from workflows.geocoding import GeocodingWorkflow
from workflows.holds import HoldSweepWorkflow
from workflows.order import OrderWorkflow
from workflows.payouts import PayoutWorkflow
from workflows.policies import (
    GEOCODE_PER_SECOND,
    GEOCODE_TASK_QUEUE,
    PAYMENTS_TASK_QUEUE,
    TASK_QUEUE,
)
from workflows.receipts import ReceiptsWorkflow
from workflows.reconciliation import InvariantsWorkflow, ReconciliationWorkflow

# Imported once per process and shared with the sandbox. Our own rooms and the database stack go
# together: a second copy of asyncpg crashes the process, one of sqlmodel costs 300 ms per order,
# and a class that exists twice is not equal to itself.
PASSED_THROUGH = (
    "rules",
    "texts",
    "models",
    "runtime",
    "activities",
    "workflows.attributes",
    "workflows.decisions",
    "workflows.messages",
    "workflows.policies",
    "workflows.search_messages",
    "sqlmodel",
    "sqlalchemy",
    "asyncpg",
    "greenlet",
    "geopy",
    "geographiclib",
    "structlog",
    "sentry_sdk",
    "prometheus_client",
)

WORKFLOWS: tuple[type, ...] = (
    OrderWorkflow,
    HoldSweepWorkflow,
    ReceiptsWorkflow,
    PayoutWorkflow,
    ReconciliationWorkflow,
    InvariantsWorkflow,
    GeocodingWorkflow,
)

GRACE = timedelta(seconds=10)
# How long tasks wait for a worker that has died before another one takes them.
STICKY_TIMEOUT = timedelta(seconds=3)
ACTIVITIES_MAX = 50
PAYMENTS_MAX = 8
GEOCODE_MAX = 4


def sandbox_runner() -> SandboxedWorkflowRunner:
    """The sandbox in which all workflows run, in production and in tests."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxedWorkflowRunner(restrictions=restrictions)


@dataclass(frozen=True)
class Crew:
    """All activities of a process."""

    orders: OrderActivities
    offers: OfferActivities
    payments: PaymentActivities
    receipts: ReceiptActivities
    payouts: PayoutActivities
    reconciliation: ReconciliationActivities
    # None where only our own table of places is asked.
    geocoding: GeocodingActivities | None = None


def main_worker(
    client: Client, crew: Crew, interceptors: tuple[Interceptor, ...] = (), **options: Any
) -> Worker:
    """Workflows and the activities that live on the event loop; `options` go to the Worker."""
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[
            crew.orders.open,
            crew.orders.commit,
            crew.offers.send_wave,
            crew.offers.sweep_holds,
            crew.payouts.decide_payout,
            crew.payouts.send_payouts,
        ],
        workflow_runner=sandbox_runner(),
        interceptors=interceptors,
        max_concurrent_activities=ACTIVITIES_MAX,
        sticky_queue_schedule_to_start_timeout=STICKY_TIMEOUT,
        **{"graceful_shutdown_timeout": GRACE, **options},
    )


def payments_worker(
    client: Client,
    crew: Crew,
    threads: ThreadPoolExecutor,
    interceptors: tuple[Interceptor, ...] = (),
    **options: Any,
) -> Worker:
    """The blocking calls to the payment provider; `threads` has at least PAYMENTS_MAX workers."""
    payments, reconciliation = crew.payments, crew.reconciliation
    return Worker(
        client,
        task_queue=PAYMENTS_TASK_QUEUE,
        activities=[
            payments.create_payment,
            payments.get_payment,
            payments.capture_payment,
            payments.void_payment,
            payments.create_refund,
            payments.get_refund,
            crew.receipts.drain_receipts,
            reconciliation.observe_window,
            reconciliation.observe_open,
            reconciliation.observe_queue,
            reconciliation.compare,
            reconciliation.repair,
            reconciliation.return_money,
            reconciliation.check_invariants,
        ],
        activity_executor=threads,
        interceptors=(*interceptors, Heartbeats()),
        max_concurrent_activities=PAYMENTS_MAX,
        max_heartbeat_throttle_interval=timedelta(seconds=BEAT_SECONDS),
        **{"graceful_shutdown_timeout": GRACE, **options},
    )


def geocode_worker(
    client: Client,
    geocoding: GeocodingActivities,
    interceptors: tuple[Interceptor, ...] = (),
    **options: Any,
) -> Worker:
    """Questions to a geocoder; the server keeps the pace over all workers together."""
    return Worker(
        client,
        task_queue=GEOCODE_TASK_QUEUE,
        activities=[geocoding.ask_geocoder],
        interceptors=interceptors,
        **{
            "max_task_queue_activities_per_second": GEOCODE_PER_SECOND,
            "max_concurrent_activities": GEOCODE_MAX,
            "graceful_shutdown_timeout": GRACE,
            **options,
        },
    )
