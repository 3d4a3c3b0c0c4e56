"""A geocoder that is down for an hour, through the real queue and the bot: nobody fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.gateways.online_geocoders import OnlineGeocoder
from activities.geocoding import GeocodingActivities
from activities.geocoding_book import AddressBook
from local.simulators.geocoder.server import KEY, Fault, GeocoderSimulator, simulating
from rules.geocoding import Provider
from tests.workflows.afterwards import (
    nothing_lost_nothing_doubled_the_books_balance_and_the_person_was_told as all_is_well,
)
from tests.workflows.outside import Outside, open_outside
from tests.workflows.people import Someone, Village, settle
from tests.workflows.world import World, eventually
from texts.language import Language
from workflows.geocoding_door import addresses
from workflows.runner import geocode_worker

GRACE = timedelta(seconds=2)
MINUTE, HOUR = timedelta(seconds=61), timedelta(hours=1)


@pytest.fixture
def geocoder() -> Iterator[GeocoderSimulator]:
    with simulating() as running:
        yield running


@pytest.fixture
async def village(
    world: World, geocoder: GeocoderSimulator, tmp_path: Path
) -> AsyncIterator[Village]:
    """A town whose bot asks that geocoder by the product's own workflow and queue."""
    online = OnlineGeocoder(Provider.NOMINATIM, url=geocoder.url, key=KEY, seconds=5)
    asking = GeocodingActivities(world.database, online)
    door = addresses(world.client, AddressBook(world.database, Provider.NOMINATIM))
    assert door is not None
    # A busy machine may be slow; how long a person waits has a test of its own.
    door = replace(door, patience_seconds=30)
    async with (
        geocode_worker(world.client, asking, graceful_shutdown_timeout=GRACE),
        open_outside(world, tmp_path, addresses=door) as outside,
    ):
        village = settle(outside)
        yield village
        await village.close()


async def asks(person: Someone, address: str) -> Any:
    """A client types where the plot is; the step that he is at then."""
    if await person.draft() is None:
        await person.say("/new")
        await person.choose("repair", "repair.pump", "pump_check")
    await person.say(address)
    return (await person.draft())[1]


async def pass_by(outside: Outside, span: timedelta) -> None:
    """So much time goes by for the breaker: its past moves back."""
    await outside.run(
        "UPDATE geocoder_health SET opened_at = opened_at - CAST(:span AS interval),"
        " probed_at = probed_at - CAST(:span AS interval)",
        span=span,
    )


async def nobody_waits(outside: Outside) -> None:
    """Every question has come to its end."""

    async def over() -> bool:
        return not await outside.run("SELECT 1 FROM geocoding_requests")

    await eventually(over, "no question is under way")


async def test_a_geocoder_that_is_down_for_an_hour_costs_nobody_his_order(
    village: Village, geocoder: GeocoderSimulator
) -> None:
    outside, ru = village.outside, Language.RU
    anna, boris, vera, galina = [
        await village.someone(ru, name) for name in ("Анна", "Борис", "Вера", "Галина")
    ]
    geocoder.fault = Fault(500)

    # The town is known by our own table, and a pin is asked for; nobody sees a failure.
    assert await asks(anna, "Тверь, Садовая 5") == "pin"
    await nobody_waits(outside)
    assert await asks(boris, "Тверь, Советская 2") == "pin"
    await nobody_waits(outside)
    assert len(geocoder.asked) == 5, "five failures open the breaker"

    assert await asks(vera, "Тверь, Новая 1") == "pin"
    village.town.latitude, village.town.longitude = 56.86, 35.90
    shared = await galina.orders_a_pump()
    assert (await shared.row())["state"] == "searching", "a shared place needs no geocoder"
    assert len(geocoder.asked) == 5, "it is left alone"

    for probes in (1, 2):
        await pass_by(outside, MINUTE)
        assert await asks(vera, f"Тверь, Новая {probes + 1}") == "pin"
        assert await asks(vera, f"Тверь, Старая {probes + 1}") == "pin"
        await nobody_waits(outside)
        assert len(geocoder.asked) == 5 + probes, "one probe a minute"

    geocoder.fault = None
    await pass_by(outside, HOUR)
    assert await asks(anna, "Тверь, Садовая 5") == "found", "a probe closes it"
    assert await asks(vera, "Тверь, Луговая 1") == "which_place", "and everybody may ask"

    await all_is_well(anna, told="ask.place_is_house", values={"place": "Тверь, Садовая улица, 5"})
    await all_is_well(boris, vera, told="ask.place_pin", values={"town": "Тверь"})
    await all_is_well(galina)
    failed = "WorkflowType = 'GeocodingWorkflow' AND ExecutionStatus = 'Failed'"
    assert (await outside.world.client.count_workflows(failed)).count == 0
