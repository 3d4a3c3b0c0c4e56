"""How much sooner a kept address is found than one that is asked for on the network."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

from activities.gateways.online_geocoders import OnlineGeocoder
from activities.geocoding import GeocodingActivities
from activities.geocoding_book import AddressBook
from local.simulators.geocoder.server import KEY, GeocoderSimulator, simulating
from models.database import Database
from models.queries.plain import run
from rules.geocoding import Provider
from workflows.geocoding_door import Addresses

ADDRESS = "Тверь, Садовая 5"
_FORGET = text("DELETE FROM geocoding_answers")


async def looks(database: Database, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds of the same look through the product's door: kept, and asked for.

    The geocoder is on this machine and Temporal's queue, which lets one question a second pass,
    is left out: it is the least that keeping an answer saves.
    """
    kept: list[float] = []
    asked: list[float] = []
    with simulating() as simulator:
        door = _door(database, simulator)
        for _ in range(times):
            async with database.transaction() as session:
                await run(session, _FORGET)
            asked.append(await _timed(door))
            kept.append(await _timed(door))
        if len(simulator.asked) != times:
            raise RuntimeError("a kept address was asked for, or the geocoder was left alone")
    return kept, asked


async def _timed(door: Addresses) -> float:
    began = time.perf_counter()
    found = await door.find(ADDRESS, "ru", datetime.now(UTC))
    took = (time.perf_counter() - began) * 1000
    if len(found) != 1:
        raise RuntimeError("the address was not found")
    return took


def _door(database: Database, simulator: GeocoderSimulator) -> Addresses:
    online = OnlineGeocoder(Provider.NOMINATIM, url=simulator.url, key=KEY)
    asking = GeocodingActivities(database, online)

    async def ask(question: str) -> object:
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, current_attempt_scheduled_time=datetime.now(UTC)
        )
        return await environment.run(asking.ask_geocoder, question)

    return Addresses(AddressBook(database, Provider.NOMINATIM), ask)
