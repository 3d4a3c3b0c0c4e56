"""Support's map: what lies where, roughly, and nobody's name."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from sqlalchemy import event

from activities.offers import OfferActivities
from api.deps import Caller
from models.database import Database
from rules.geo import coarse
from tests import factories
from tests.activities.test_offers import terms_for
from tests.api.stage import SCOPES, TOKENS, Stage, stage


async def _get(api: Stage, caller: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {TOKENS[caller]}"}
    return await api.http.get("/api/v1/map", headers=headers)


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*parts: object) -> None:
        seen.append(str(parts[2]))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def test_the_map_shows_orders_circles_and_offers_without_naming_a_house(
    database_url: str,
) -> None:
    callers = {
        hashlib.sha256(TOKENS["shop"].encode()).hexdigest(): Caller("shop", SCOPES | {"support"}),
        hashlib.sha256(TOKENS["rival"].encode()).hexdigest(): Caller("rival", SCOPES),
    }
    async with stage(database_url, callers=callers) as api:
        crew = await factories.contractor(api.database, radius_km=35)
        order = await factories.placed(api.database)
        sending = OfferActivities(api.database).send_wave
        await factories.at().run(sending, terms_for(order))
        await factories.crowd(api.database, 50)

        assert (await _get(api, "rival")).status_code == 403
        with _counted(api.database) as statements:
            answer = await _get(api, "shop")

        # One query each, however many there are.
        assert len([one for one in statements if "FROM" in one]) == 3
        assert answer.headers["content-type"].startswith("application/geo+json")
        found = {one["id"]: one for one in answer.json()["features"]}
        assert len(found) == 53
        assert answer.json()["truncated"] is False
        assert found[f"C-{crew}"]["properties"]["radius_km"] == 35
        line = found[f"D-{order.number}:C-{crew}"]
        assert line["geometry"]["type"] == "LineString"
        pin = found[f"D-{order.number}"]
        assert line["geometry"]["coordinates"][1] == pin["geometry"]["coordinates"]
        assert pin["geometry"]["coordinates"] == list(reversed(coarse(*factories.TVER)))
        assert (pin["properties"]["kind"], pin["properties"]["state"]) == ("order", "searching")
        for personal in ("56.8587", "Иван", "Советская", "+7900"):
            assert personal not in answer.text
