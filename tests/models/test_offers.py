"""Winners and places: the fences behind the workflow."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from models.database import Database
from models.offers import DispatchDecisionRow, DispatchExclusionRow
from models.queries.offers import (
    nearby_contractors_count,
    offer_view,
    open_searches_covering,
    order_offers,
)
from models.queries.plain import run
from rules.catalog import Service, ServiceType
from rules.offers import Exclusion
from rules.orders import OfferState, OrderState
from tests.models.conftest import NOON, TVER, Town

HOLD = text("UPDATE contractors SET held = held + 1 WHERE id = :id AND busy + held < capacity")
TOOK_PLACE = text(
    "INSERT INTO holds (order_id, contractor_id, until) VALUES (:order_id, :id, :until)"
)


async def test_an_order_cannot_have_two_winners(town: Town) -> None:
    order = await town.add_order(await town.add_person())
    first, second = await town.add_contractor(), await town.add_contractor()
    await town.add_offer(order, first, state=OfferState.WON)

    with pytest.raises(IntegrityError, match="uq_offers_won"):
        await town.add_offer(order, second, state=OfferState.WON, round=2)


async def test_of_twenty_winners_at_once_one_wins(database: Database, town: Town) -> None:
    order = await town.add_order(await town.add_person())
    people = [await town.add_contractor() for _ in range(20)]
    for contractor in people:
        await town.add_offer(order, contractor)

    async def win(contractor_id: int) -> bool:
        statement = text("UPDATE offers SET state = 'won' WHERE contractor_id = :id")
        async with database.transaction() as session:
            await run(session, statement, {"id": contractor_id})
        return True

    results = await asyncio.gather(*(win(one.id) for one in people), return_exceptions=True)

    assert results.count(True) == 1
    assert sum(isinstance(one, DBAPIError) for one in results) == 19


async def test_of_200_offers_at_once_to_a_contractor_with_two_places_two_are_made(
    database: Database, town: Town
) -> None:
    client = await town.add_person()
    contractor = await town.add_contractor(capacity=2)
    orders = [await town.add_order(client) for _ in range(200)]
    at_once = asyncio.Semaphore(20)

    async def offer(order_id: str) -> bool:
        fields = {"id": contractor.id, "order_id": order_id, "until": NOON}
        async with at_once, database.transaction() as session:
            if (await run(session, HOLD, {"id": contractor.id})).rowcount != 1:
                return False
            await run(session, TOOK_PLACE, fields)
            return True

    results = await asyncio.gather(*(offer(order.id) for order in orders))

    assert results.count(True) == 2
    assert results.count(False) == 198
    async with database.reading() as session:
        counted = text("SELECT (SELECT count(*) FROM holds), (SELECT held FROM contractors)")
        assert tuple((await run(session, counted)).one()) == (2, 2)


@pytest.mark.parametrize("change", ["held = 3", "busy = -1", "busy = 1, held = 2", "capacity = -1"])
async def test_a_contractor_cannot_be_overbooked(town: Town, change: str) -> None:
    await town.add_contractor(capacity=2)

    async with town.database.transaction() as session:
        with pytest.raises(IntegrityError, match="capacity_kept"):
            await run(session, text(f"UPDATE contractors SET {change}"))
        await session.rollback()


async def test_a_contractors_services_follow_him(database: Database, town: Town) -> None:
    contractor = await town.add_contractor()

    async def count(place: tuple[float, float] = TVER) -> int:
        async with database.reading() as session:
            return await nearby_contractors_count(session, *place, ServiceType.REPAIR)

    async def change(words: str) -> None:
        async with database.transaction() as session:
            await run(
                session,
                text(f"UPDATE contractors SET {words} WHERE id = :id"),
                {"id": contractor.id},
            )

    moscow = (55.7558, 37.6173)
    assert await count() == 1
    await change("online = false")
    assert await count() == 0
    await change("online = true, status = 'suspended'")
    assert await count() == 0
    await change(f"status = 'active', latitude = {moscow[0]}, longitude = {moscow[1]}")
    assert (await count(), await count(moscow)) == (0, 1)


async def test_why_shows_offers_candidates_and_exclusions(database: Database, town: Town) -> None:
    order = await town.add_order(await town.add_person())
    contractor = await town.add_contractor()
    await town.add_offer(order, contractor, state=OfferState.DECLINED, reason="busy")
    await town.add_offer(
        order, contractor, round=2, wave=2, score=0.7, terms={"priority": 0.3, "idle": 0.1}
    )
    decision = DispatchDecisionRow(
        order_id=order.id,
        round=1,
        wave=1,
        contractor_id=contractor.id,
        policy_version="v1",
        seed="s",
        rank=1,
        score=0.8,
        chosen=True,
    )
    exclusion = DispatchExclusionRow(
        order_id=order.id, round=1, wave=1, reason=Exclusion.NIGHT, count=2
    )
    async with database.transaction() as session:
        session.add_all([decision, exclusion])

    async with database.reading() as session:
        found = await order_offers(session, order.id)
        newest = await offer_view(session, order.number, contractor.id)
        unknown = await offer_view(session, "not an id", contractor.id)

    assert [(one.round, one.state) for one in found.offers] == [
        (1, OfferState.DECLINED),
        (2, OfferState.LIVE),
    ]
    assert [one.chosen for one in found.decisions] == [True]
    assert [(one.reason, one.count) for one in found.exclusions] == [(Exclusion.NIGHT, 2)]
    assert newest is not None
    assert newest.wave == 2
    assert newest.terms == (("idle", 0.1), ("priority", 0.3))
    assert unknown is None


async def test_someone_who_comes_on_line_hears_of_searches_around_him(
    database: Database, town: Town
) -> None:
    client = await town.add_person()
    near = await town.add_order(client)
    asked = await town.add_order(client)
    await town.add_order(client, latitude=55.7558, longitude=37.6173)
    await town.add_order(client, state=OrderState.BOOKED)
    await town.add_order(client, service=Service.DRILLING_WELL)
    contractor = await town.add_contractor()
    await town.add_offer(asked, contractor)

    async with database.reading() as session:
        found = await open_searches_covering(session, contractor.id)

    assert found == [near.id]
