"""Two running products for the whole session: one that nobody harms, one that is killed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.postgres import EmbeddedPostgres
from local.temporal import TemporalOptions
from tests.e2e.failpoints import failpoint_spec
from tests.e2e.house import House, Village, open_house

WEBHOOKS = os.environ.get("DRILLFLOW_TEST_WEBHOOKS", "normal")


@pytest.fixture(scope="session")
def whole_house(
    service_dir: Path, postgres_server: EmbeddedPostgres, migrated_template: str
) -> Iterator[House]:
    """The product with 200 updates in flight per order."""
    options = TemporalOptions(in_memory=True, headless=True)
    folder = service_dir / "whole"
    with open_house(folder, postgres_server, migrated_template, options) as house:
        yield house


@pytest.fixture(scope="session")
def fragile_house(
    service_dir: Path, postgres_server: EmbeddedPostgres, migrated_template: str
) -> Iterator[House]:
    """The product with the server's own limits and failpoints that wait to be armed."""
    options = TemporalOptions(in_memory=True, headless=True, max_in_flight_updates=None)
    folder, spec = service_dir / "fragile", failpoint_spec()
    with open_house(
        folder, postgres_server, migrated_template, options, DRILLFLOW_FAILPOINTS=spec
    ) as house:
        yield house


@pytest.fixture
def house(whole_house: House, request: pytest.FixtureRequest) -> Iterator[House]:
    """The unharmed product; with marked tests its payment notices may be lost or repeated."""
    is_money = request.node.get_closest_marker("money") is not None
    whole_house.be_kind(WEBHOOKS if is_money else "normal")
    yield whole_house
    whole_house.be_kind()


@pytest.fixture
def village(house: House) -> Village:
    """A place of its own on the map."""
    return house.village()
