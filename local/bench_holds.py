"""Many orders at one contractor: how many of them hold one of his two places."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from activities.messages import OfferTerms
from activities.offers import OfferActivities
from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.orders import OrderRequestRow, OrderRow
from models.queries.plain import run
from models.users import UserRow
from rules.catalog import Service, ServiceType
from rules.orders import OrderState
from rules.policy import POLICY_V1

NOON = datetime(2026, 6, 1, 9, tzinfo=UTC)
PLACE = (56.8587, 35.9176)
CAPACITY = 2
SERVICE = Service.REPAIR_PUMP


async def granted(database: Database, orders: int) -> int:
    """Ask him for all orders at once; the number of places that are held afterwards."""
    client_id = await _contractor(database)
    ids = await _orders(database, client_id, orders)
    offers = OfferActivities(database)
    await asyncio.gather(*(offers.send_wave(_terms(one, client_id)) for one in ids))
    async with database.reading() as session:
        held = (await run(session, text("SELECT count(*) FROM holds"))).scalar_one()
        counted = (await run(session, text("SELECT sum(held) FROM contractors"))).scalar_one()
    assert held == counted, "the count beside the contractor differs from the holds"
    return int(held)


async def _contractor(database: Database) -> int:
    """The only contractor near the place; returns the id of a client."""
    async with database.transaction() as session:
        people = [UserRow(first_name="p") for _ in range(2)]
        session.add_all(people)
        await session.flush()
        row = ContractorRow(
            user_id=people[0].id,
            name="c",
            status=ContractorStatus.ACTIVE,
            online=True,
            town="t",
            region="r",
            latitude=PLACE[0],
            longitude=PLACE[1],
            radius_km=50,
            capacity=CAPACITY,
        )
        session.add(row)
        await session.flush()
        session.add(ContractorServiceRow(contractor_id=row.id, service_type=ServiceType.REPAIR))
        return people[1].id


async def _orders(database: Database, client_id: int, count: int) -> list[str]:
    place: dict[str, Any] = {"town": "t", "region": "r"}
    place |= {"latitude": PLACE[0], "longitude": PLACE[1]}
    ids = [str(uuid4()) for _ in range(count)]
    async with database.transaction() as session:
        for order_id in ids:
            session.add(
                OrderRequestRow(
                    id=order_id, client_id=client_id, service=SERVICE, detail="pump_check", **place
                )
            )
        await session.flush()
        for order_id in ids:
            session.add(
                OrderRow(
                    id=order_id,
                    client_id=client_id,
                    request_id=order_id,
                    secret=order_id,
                    service=SERVICE,
                    service_type=SERVICE.service_type,
                    job_class=SERVICE.job_class,
                    state=OrderState.SEARCHING,
                    created_at=NOON,
                    **place,
                )
            )
    return ids


def _terms(order_id: str, client_id: int) -> OfferTerms:
    return OfferTerms(
        order_id=order_id,
        client_id=client_id,
        service=SERVICE,
        round=1,
        wave=1,
        size=1,
        visit_at=NOON + timedelta(days=1),
        until=NOON + timedelta(minutes=30),
        asked=(),
        silent=(),
        # More than his places: only the places may refuse here.
        max_live_offers=CAPACITY * 10,
        now=NOON,
        policy=POLICY_V1,
        explore=False,
        is_urgent=False,
    )
