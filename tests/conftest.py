"""Real services for every test: one PostgreSQL, one Temporal, one database per test."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from alembic import command
from alembic.config import Config
from temporalio.client import Client
from xdist.scheduler.loadfile import LoadFileScheduling

from local.postgres import EmbeddedPostgres
from local.temporal import (
    NAMESPACE,
    EmbeddedTemporal,
    TemporalOptions,
)
from runtime.payloads import data_converter
from tests.databases import Databases

# Machines are shared and noisy: an example's time says nothing about the code.
hypothesis.settings.register_profile("drillflow", deadline=None)
hypothesis.settings.load_profile("drillflow")

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "template_migrated"
# The product with the server's own limits: who harms it and who only needs it share one process.
ON_THE_FRAGILE_HOUSE = ("test_kills.py", "own_limit_of_ten")

# Compiled modules are kept, whatever the shell says: without them a process costs a second more.
sys.dont_write_bytecode = False
os.environ["PYTHONDONTWRITEBYTECODE"] = ""
# Several Temporal servers share the cores; one thread each saves them a tenth of their work.
os.environ.setdefault("GOMAXPROCS", "1")
# What is imported is kept: looking through it for garbage while it grows is in vain.
gc.disable()
# A shell's background job ignores Ctrl-C, and its children would do so for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What is loaded by now stays; looking through it for garbage again and again is in vain."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 20, 20)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Files are shared between processes; those that need the whole product stay in one."""
    scheduler = LoadFileScheduling(config, log)
    scheduler._split_scope = _scope
    return scheduler


def _scope(nodeid: str) -> str:
    name = nodeid.partition("::")[0]
    if "tests/e2e/" not in name or name.endswith("test_demo.py"):
        return name
    return "fragile" if any(one in nodeid for one in ON_THE_FRAGILE_HOUSE) else "tests/e2e"


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
    """The name of a database on which the migrations ran; copied for the tests."""
    url = postgres_server.create_database(TEMPLATE)
    # In a thread of their own, because they run an event loop; a process would cost a second more.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(command.upgrade, alembic_config(url), "head").result()
    return TEMPLATE


def alembic_config(url: str) -> Config:
    """Alembic's settings for one database, without its way of logging."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


@pytest.fixture(scope="session")
def databases(postgres_server: EmbeddedPostgres, migrated_template: str) -> Databases:
    """Copies of the template, each for one test at a time."""
    return Databases(postgres_server, migrated_template)


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres, databases: Databases) -> Iterator[str]:
    """SQLAlchemy URL of a database that is as the migrations left it."""
    name = databases.take()
    yield postgres_server.url(name)
    databases.give_back(name)


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
        temporal_server.address, namespace=NAMESPACE, data_converter=data_converter
    )
