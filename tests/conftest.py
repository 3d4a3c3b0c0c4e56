"""Real services for every test: one PostgreSQL, one Temporal, one database per test."""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from xdist.scheduler.loadfile import LoadFileScheduling

from local.postgres import EmbeddedPostgres
from local.temporal import (
    NAMESPACE,
    EmbeddedTemporal,
    TemporalOptions,
    server_arguments,
    temporal_binary,
)

# Machines are shared and noisy: an example's time says nothing about the code.
hypothesis.settings.register_profile("drillflow", deadline=None)
hypothesis.settings.load_profile("drillflow")

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "template_migrated"
_database_numbers = itertools.count(1)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files are shared between processes; those that need the whole product stay in one."""
    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = _scope
    return scheduler


def _scope(nodeid: str) -> str:
    name = nodeid.partition("::")[0]
    alone = ("test_kills.py", "test_demo.py")
    return "tests/e2e" if "tests/e2e/" in name and not name.endswith(alone) else name


@pytest.fixture(scope="session")
def service_dir() -> Iterator[Path]:
    """A directory for the session's services; open to walk through, as PostgreSQL's uid needs."""
    with tempfile.TemporaryDirectory(prefix="drillflow-tests-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


@pytest.fixture(scope="session")
def postgres_server(service_dir: Path) -> Iterator[EmbeddedPostgres]:
    """One cluster for the session, without fsync."""
    server = EmbeddedPostgres(service_dir, fsync=False)
    server.start()
    yield server
    server.destroy()


@pytest.fixture(scope="session")
def migrated_template(postgres_server: EmbeddedPostgres) -> str:
    """The name of a database on which the migrations ran; copied for each test."""
    url = postgres_server.create_database(TEMPLATE)
    if (ROOT / "alembic.ini").exists():
        done = subprocess.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, "DRILLFLOW_DATABASE_URL": url},
        )
        assert done.returncode == 0, f"migrations failed:\n{done.stdout}\n{done.stderr}"
    return TEMPLATE


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """SQLAlchemy URL of a fresh database built by the migrations; dropped after the test."""
    name = f"test_{next(_database_numbers)}"
    yield postgres_server.create_database(name, template=migrated_template)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def temporal_server(service_dir: Path) -> Iterator[EmbeddedTemporal]:
    """One Temporal server for the session, able to skip time, 200 updates in flight."""
    options = TemporalOptions(in_memory=True, headless=True, time_skipping=True)
    server = EmbeddedTemporal(service_dir, options=options)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
async def temporal_client(temporal_server: EmbeddedTemporal) -> Client:
    """A client with the product's data converter; workflows started by it use the real clock."""
    return await Client.connect(
        temporal_server.address, namespace=NAMESPACE, data_converter=pydantic_data_converter
    )


@pytest.fixture(scope="session")
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    """Workflows started by its client skip every wait; each has its own virtual clock.

    Use a task queue of your own. `env.fast_forward(handle, seconds)` moves one workflow,
    `with env.with_time_skipping_disabled():` starts one on the real clock.
    """
    os.environ.setdefault("USER", "drillflow")  # the server asks for it, and not every uid has one
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(temporal_binary()),
        dev_server_extra_args=server_arguments(TemporalOptions(time_skipping=True)),
    )
    yield environment
    await environment.shutdown()
