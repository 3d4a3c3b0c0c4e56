"""Sixty contractors hold a live offer of one wave and accept in the same moment."""

import sys
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from local.postgres import EmbeddedPostgres
from tests.simulators.yookassa.harness import Simulator
from tests.workflows.crew import living
from tests.workflows.rush import RUSH, all_at_once, everybody_asked, one_won
from tests.workflows.world import Town


@pytest.fixture
async def plain_town(
    postgres_server: EmbeddedPostgres,
    migrated_template: str,
    plain_temporal: Client,
    provider: Simulator,
) -> AsyncIterator[Town]:
    """A place whose server lets only its default of 10 updates be in flight per order."""
    url = postgres_server.create_database("plain_limits", template=migrated_template)
    async with living(plain_temporal, url, provider) as world:
        place = world.town()
        yield place
        await place.close()


async def _sixty_rush(town: Town) -> None:
    order, asked = await everybody_asked(town)
    assert len(asked) == RUSH
    rush = await all_at_once(asked, order.accept)
    sys.stdout.write(f"{rush.latencies()}\n")

    assert len(rush.refusals) == RUSH - 1
    assert set(rush.refusals) <= {"OrderTaken"}
    await one_won(town, order, rush)


async def test_one_of_sixty_wins_with_room_for_all_updates(town: Town) -> None:
    await _sixty_rush(town)


async def test_one_of_sixty_wins_with_the_servers_own_limit(plain_town: Town) -> None:
    await _sixty_rush(plain_town)
