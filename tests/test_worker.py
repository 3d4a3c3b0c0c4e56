"""The worker as a process: ready when it can work, drained by SIGTERM, plain about bad settings."""

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from local.ports import free_port
from local.temporal import EmbeddedTemporal, TemporalOptions
from tests.empty_workflow import EmptyWorkflow
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


async def test_the_orders_workflow_is_loaded_as_fast_as_an_empty_one() -> None:
    """In the real sandbox; without the passed-through modules it would take 300 times as long."""
    seconds = {}
    for kind in (EmptyWorkflow, *WORKFLOWS):
        definition = workflow._Definition.must_from_class(kind)
        runner = sandbox_runner()
        runner.prepare_workflow(definition)
        started = time.perf_counter()
        for _ in range(5):
            runner.prepare_workflow(definition)
        seconds[kind.__name__] = time.perf_counter() - started

    assert seconds["OrderWorkflow"] < 10 * seconds["EmptyWorkflow"], seconds


async def test_an_empty_workflow_runs_in_the_products_sandbox(temporal_client: Client) -> None:
    queue = f"sandbox-{uuid.uuid4()}"
    async with Worker(
        temporal_client,
        task_queue=queue,
        workflows=[EmptyWorkflow],
        workflow_runner=sandbox_runner(),
    ):
        await temporal_client.execute_workflow(
            EmptyWorkflow.run, id=queue, task_queue=queue, run_timeout=timedelta(seconds=20)
        )
