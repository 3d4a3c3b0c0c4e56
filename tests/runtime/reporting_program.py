"""A process with Sentry and a worker; prints every envelope it would have sent, then ends.

A process of its own, because Sentry patches libraries for good once it has started.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import timedelta

import sentry_sdk
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from typing_extensions import override

from runtime.errors import SentryInterceptor, configure_errors
from runtime.exit import hard_exit
from runtime.logs import configure_logs, get_logger

CANARIES = {
    "token": "123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc",
    "phone": "+79261234567",
    "email": "canary@example.ru",
    "address": "Лесная улица, дом 5",
    "name": "Канарейкин Пётр",
    "inn": "7707083893",
    "latitude": "55.755831",
}
ATTEMPTS = 11


class Refusal(Exception):
    """An expected answer of the business."""


def say(line: object) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=repr) + "\n")
    sys.stdout.flush()


class PrintingTransport(Transport):
    """Prints what would be sent."""

    @override
    def capture_envelope(self, envelope: Envelope) -> None:
        for item in envelope.items:
            say(item.payload.json)


@activity.defn
async def fail(how: str) -> None:
    address = CANARIES["address"]
    get_logger("activities").info("failing soon")
    if how == "benign":
        raise ApplicationError("declined", category=ApplicationErrorCategory.BENIGN)
    if how == "refusal":
        raise Refusal("taken")
    raise ConnectionError(f"activity fault, {CANARIES['phone']}, {len(address)}")


@workflow.defn(failure_exception_types=[Refusal, ZeroDivisionError])
class FailingWorkflow:
    """Fails in every way it is told to, then as a whole."""

    @workflow.run
    async def run(self, ways: list[str]) -> None:
        for way in ways:
            try:
                await workflow.execute_activity(
                    fail,
                    way,
                    start_to_close_timeout=timedelta(seconds=5),
                    retry_policy=RetryPolicy(
                        initial_interval=timedelta(milliseconds=1),
                        maximum_interval=timedelta(milliseconds=1),
                        maximum_attempts=ATTEMPTS if way == "fault" else 1,
                    ),
                    summary=way,
                )
            except Exception:  # noqa: BLE001 - the next way to fail has its turn
                await workflow.sleep(0.001)
        await workflow.wait_condition(lambda: False, timeout=0.1)

    @workflow.update
    async def divide(self) -> int:
        return 1 // len([])

    @workflow.update
    async def refuse(self) -> None:
        raise Refusal("not now")

    @divide.validator
    def check_divide(self) -> None:
        workflow.logger.info("checked")


def report_outside_temporal() -> None:
    with sentry_sdk.new_scope() as scope:
        scope.set_extra("update", {"from": CANARIES})
        scope.set_user({"id": "7", "username": CANARIES["name"], "email": CANARIES["email"]})
        sentry_sdk.add_breadcrumb(message=f"to {CANARIES['phone']}", data=dict(CANARIES))
        url = f"https://api.telegram.org/bot{CANARIES['token']}/getMe"
        sentry_sdk.add_breadcrumb(category="httplib", data={"url": url, "reason": "timed out"})
        logging.getLogger("bot").error(
            "logged fault %s", CANARIES["inn"], extra={"update": CANARIES}
        )
        try:
            secret = CANARIES["name"]
            raise ValueError(f"raised fault at {CANARIES['latitude']}, {len(secret)}")
        except ValueError:
            sentry_sdk.capture_exception()
        try:
            raise Refusal("expected fault")
        except Refusal:
            sentry_sdk.capture_exception()
        with sentry_sdk.start_transaction(name=f"GET /bot{CANARIES['token']}"):
            pass


async def report_from_temporal(address: str) -> None:
    client = await Client.connect(address)
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "runtime", "sentry_sdk", "structlog", "httpx", "tests"
    )
    async with Worker(
        client,
        task_queue="reporting",
        workflows=[FailingWorkflow],
        activities=[fail],
        interceptors=[SentryInterceptor()],
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        max_cached_workflows=0,  # every task replays, and replays must not report again
    ):
        handle = await client.start_workflow(
            FailingWorkflow.run,
            ["benign", "refusal", "fault"],
            id="order-reported",
            task_queue="reporting",
        )
        for update in (FailingWorkflow.divide, FailingWorkflow.refuse):
            try:
                await handle.execute_update(update)
            except WorkflowUpdateFailedError as error:
                say({"answered": type(error.cause).__name__})
        try:
            await handle.result()
        except WorkflowFailureError as error:
            say({"ended": type(error.cause).__name__})


def main() -> None:
    configure_logs("worker", "console")
    configure_errors(
        "https://public@sentry.invalid/1",
        process="worker",
        environment="test",
        expected=(Refusal,),
        transport=PrintingTransport(),
    )
    report_outside_temporal()
    asyncio.run(report_from_temporal(sys.argv[1]))
    hard_exit(0)


if __name__ == "__main__":
    main()
