"""One world per session, one town per test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from local.postgres import EmbeddedPostgres
from local.temporal import NAMESPACE, EmbeddedTemporal, TemporalOptions
from runtime.payloads import data_converter
from tests.simulators.yookassa.harness import Simulator, simulating
from tests.workflows.crew import living
from tests.workflows.outside import Outside, open_outside
from tests.workflows.people import Village, settle
from tests.workflows.world import Town, World


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The payment provider of the session; sends no notices: tests tell or the order polls."""
    with simulating(tmp_path_factory.mktemp("provider") / "yookassa.sqlite") as simulator:
        yield simulator


@pytest.fixture(scope="session")
async def world(
    postgres_server: EmbeddedPostgres,
    migrated_template: str,
    temporal_client: Client,
    provider: Simulator,
) -> AsyncIterator[World]:
    """Workers with the product's own activities and sandbox."""
    url = postgres_server.create_database("workflow_tests", template=migrated_template)
    async with living(temporal_client, url, provider) as world:
        yield world


@pytest.fixture
async def town(world: World) -> AsyncIterator[Town]:
    """A place of its own; what is open there is ended afterwards."""
    place = world.town()
    yield place
    world.simulator.client.delete("/sim/faults")
    await place.close()


@pytest.fixture
def same_clock(world: World, tmp_path: Path) -> Iterator[Simulator]:
    """A provider of its own, whose clock shows the same as a new order's.

    The session's provider is ahead of new orders by all that earlier tests have advanced.
    """
    before = world.simulator
    with simulating(tmp_path / "yookassa.sqlite") as simulator:
        world.turn_to(simulator)
        yield simulator
        world.turn_to(before)


@pytest.fixture(scope="session")
async def plain_temporal(service_dir: Path) -> AsyncIterator[Client]:
    """A second server, with the limits it comes with: 10 updates in flight per workflow."""
    folder = service_dir / "plain"
    folder.mkdir()
    options = TemporalOptions(
        in_memory=True, headless=True, time_skipping=True, max_in_flight_updates=None
    )
    server = EmbeddedTemporal(folder, options=options)
    server.start()
    yield await Client.connect(server.address, namespace=NAMESPACE, data_converter=data_converter)
    server.stop()


@pytest.fixture(scope="module")
async def outside(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    """The bot, the API and the order's page around the world."""
    async with open_outside(world, tmp_path_factory.mktemp("outside")) as doors:
        yield doors


@pytest.fixture
async def village(outside: Outside) -> AsyncIterator[Village]:
    """A real town of its own; what is open there is ended afterwards."""
    place = settle(outside)
    yield place
    outside.world.simulator.client.delete("/sim/faults")
    await place.close()
