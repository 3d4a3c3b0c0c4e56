"""The worker as a process: ready when it can work, drained by SIGTERM, plain about bad settings."""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.worker import Worker

from local.ports import free_port
from local.temporal import EmbeddedTemporal, TemporalOptions
from rules.catalog import DETAILS, Service
from tests.empty_workflow import EmptyWorkflow
from workflows.messages import OrderInput
from workflows.order import OrderWorkflow
from workflows.runner import WORKFLOWS, sandbox_runner

ROOT = Path(__file__).resolve().parent.parent


def environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DRILLFLOW_")}
    return {**kept, **{f"DRILLFLOW_{name}": value for name, value in settings.items()}}


@contextmanager
def running(**settings: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "worker.py"],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(url: str, process: subprocess.Popen[str]) -> int:
    """The status of a GET once somebody answers it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return httpx.get(url, timeout=5, trust_env=False).status_code
        except httpx.TransportError:
            time.sleep(0.05)
    return 0


@pytest.fixture(scope="module")
def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    """A server whose queues nobody else serves."""
    options = TemporalOptions(in_memory=True, headless=True)
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal"), options=options)
    server.start()
    yield server
    server.stop()


async def test_the_worker_gets_ready_and_drains(
    database_url: str, own_temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    port = free_port()
    settings = {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": own_temporal.address,
        "YOOKASSA_SHOP_ID": "1",
        "YOOKASSA_SECRET_KEY": "test_1",
        "YOOKASSA_API_URL": "http://127.0.0.1:9/v3",
        "WORKER_PORT": str(port),
        "DATA_DIR": str(tmp_path),
    }
    with running(**settings) as process:
        url = f"http://127.0.0.1:{port}"
        assert await asyncio.to_thread(answers, f"{url}/readyz", process) == 200
        metrics = (await asyncio.to_thread(httpx.get, f"{url}/metrics", trust_env=False)).text
        assert "orders_total" in metrics
        assert "order_distribution_seconds" in metrics

        process.terminate()
        output, _ = await asyncio.to_thread(process.communicate, timeout=20)

    assert process.returncode == 0, output


def test_a_missing_setting_is_one_clear_line(tmp_path: Path) -> None:
    with running(DATA_DIR=str(tmp_path)) as process:
        output, _ = process.communicate(timeout=20)

    assert process.returncode == 2
    assert output.splitlines() == [
        "drillflow: bad setting: DRILLFLOW_DATABASE_URL is not set. Set it, or let `make up` "
        "start the embedded parts and set it for you."
    ]


async def first_task_seconds(client: Client, queue: str, run: Any, *said: Any) -> float:
    """From the start until the worker has answered the first task."""
    name = f"{queue}-{uuid.uuid4()}"
    started = time.perf_counter()
    handle = await client.start_workflow(run, args=said, id=name, task_queue=queue)
    while True:
        async for one in handle.fetch_history_events(wait_new_event=True):
            if one.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                seconds = time.perf_counter() - started
                if run is OrderWorkflow.run:
                    await handle.terminate()
                return seconds


async def test_an_order_starts_nearly_as_fast_as_an_empty_workflow(
    temporal_client: Client,
) -> None:
    """In the product's sandbox; a module that is not passed through costs 300 ms per order."""
    queue = f"sandbox-{uuid.uuid4()}"
    client_id, detail = 1001, DETAILS[Service.REPAIR_PUMP][0]
    said = OrderInput(
        str(uuid.uuid4()), str(uuid.uuid4()), client_id, Service.REPAIR_PUMP, detail, "", "", 180
    )
    async with Worker(
        temporal_client,
        task_queue=queue,
        workflows=[EmptyWorkflow, *WORKFLOWS],
        workflow_runner=sandbox_runner(),
    ):
        empty, order = [], []
        for _ in range(5):
            empty.append(await first_task_seconds(temporal_client, queue, EmptyWorkflow.run))
            order.append(await first_task_seconds(temporal_client, queue, OrderWorkflow.run, said))

    assert min(order) < 10 * min(empty), (order, empty)
