"""Unexpected failures go to Sentry when a DSN is set; expected ones and secrets never do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sentry_sdk
from sentry_sdk.transport import Transport
from sentry_sdk.types import Breadcrumb, BreadcrumbHint, Event, Hint
from temporalio import activity, workflow
from temporalio.exceptions import (
    ApplicationError,
    ApplicationErrorCategory,
    FailureError,
    is_cancelled_exception,
)
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from typing_extensions import override

from runtime.scrub import scrub, scrub_texts

# Parts of an event that hold what people and servers sent; the rest describes our own code.
_JUDGED_BY_KEY = ("extra", "breadcrumbs", "request", "user", "tags", "spans")
_NETWORK_WEATHER = {"telegram.error.NetworkError", "telegram.error.TimedOut"}
_expected_names: frozenset[str] = frozenset()


def configure_errors(
    dsn: str | None,
    *,
    process: str,
    environment: str,
    expected: tuple[type[BaseException], ...] = (),
    release: str | None = None,
    transport: Transport | None = None,
) -> None:
    """Start Sentry, or nothing without a DSN; `expected` errors are refusals, not faults."""
    global _expected_names  # noqa: PLW0603 - one per process, like Sentry's own client
    _expected_names = frozenset(kind.__name__ for kind in expected)
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release,
        transport=transport,
        server_name=f"drillflow-{process}",
        before_send=scrub_event,
        before_send_transaction=scrub_event,
        before_breadcrumb=scrub_breadcrumb,
        # Patches of client libraries would only add ways for addresses and queries to leak;
        # what fails unseen in a server is logged as an error, and that is reported.
        auto_enabling_integrations=False,
        include_local_variables=False,
        send_default_pii=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        send_client_reports=False,
    )
    sentry_sdk.get_global_scope().set_tag("process", process)


def is_expected(error: BaseException | None) -> bool:
    """Say whether a failure is part of the business: a refusal, a cancellation, a benign end."""
    if error is None:
        return False
    # By name: the workflow sandbox may hold a second copy of the same class.
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _expected_names or is_cancelled_exception(error):
        return True
    if isinstance(error, asyncio.CancelledError | workflow.ContinueAsNewError):
        return True
    if isinstance(error, ApplicationError):
        return error.category == ApplicationErrorCategory.BENIGN
    kind = type(error)
    return kind.__name__ == "_ShutdownRequested" or (
        f"{kind.__module__}.{kind.__qualname__}" in _NETWORK_WEATHER
    )


def scrub_event(event: Event, hint: Hint) -> Event | None:
    """Drop expected failures and mask the rest of the event; for Sentry's hooks."""
    raised = hint.get("exc_info")
    if raised and is_expected(raised[1]):
        return None
    clean: dict[str, Any] = {key: scrub_texts(value) for key, value in event.items()}
    for part in _JUDGED_BY_KEY:
        if part in clean:
            clean[part] = scrub(clean[part])
    for thread in clean.get("exception", {}).get("values", ()):
        for frame in (thread.get("stacktrace") or {}).get("frames", ()):
            frame.pop("vars", None)
    return clean  # type: ignore[return-value]  # the same keys as the event that came in


def scrub_breadcrumb(crumb: Breadcrumb, _hint: BreadcrumbHint) -> Breadcrumb | None:
    """Mask a breadcrumb before it is kept; for Sentry's hook."""
    return scrub(crumb)  # type: ignore[return-value]  # a mapping stays a mapping


class SentryInterceptor(Interceptor):
    """Tags and reports unexpected failures of activities, workflows and their handlers.

    The module must pass through the workflow sandbox, together with `sentry_sdk`.
    """

    @override
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap every activity."""
        return _ActivityReports(next)

    @override
    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        """Wrap every workflow."""
        return _WorkflowReports


class _ActivityReports(ActivityInboundInterceptor):
    @override
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        with sentry_sdk.isolation_scope() as scope:
            scope.set_tag("temporal.workflow.id", info.workflow_id)
            scope.set_tag("temporal.activity.type", info.activity_type)
            scope.set_tag("temporal.activity.attempt", info.attempt)
            try:
                return await super().execute_activity(input)
            except Exception as error:
                # An activity may retry for days: attempts 1, 10, 100 … tell enough.
                if not is_expected(error) and str(info.attempt).strip("0") == "1":
                    sentry_sdk.capture_exception(error)
                raise


class _WorkflowReports(WorkflowInboundInterceptor):
    @override
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        with _reported():
            return await super().execute_workflow(input)

    @override
    async def handle_signal(self, input: HandleSignalInput) -> None:
        with _reported():
            await super().handle_signal(input)

    @override
    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        with _reported():
            super().handle_update_validator(input)

    @override
    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        with _reported():
            return await super().handle_update_handler(input)


@contextmanager
def _reported() -> Iterator[None]:
    """Report what leaves workflow code, once: never while replaying, never expected failures."""
    try:
        yield
    except Exception as error:
        # A failed activity has been reported where it failed.
        seen = isinstance(error, FailureError) and not isinstance(error, ApplicationError)
        if not seen and not is_expected(error) and not workflow.unsafe.is_replaying():
            _report_from_workflow(error)
        raise


def _report_from_workflow(error: Exception) -> None:
    info = workflow.info()
    with workflow.unsafe.sandbox_unrestricted(), sentry_sdk.isolation_scope() as scope:
        scope.set_tag("temporal.workflow.id", info.workflow_id)
        scope.set_tag("temporal.workflow.type", info.workflow_type)
        scope.set_tag("temporal.workflow.run", info.run_id)
        sentry_sdk.capture_exception(error)
