"""Rows for tests: people, contractors, requests and orders, with keyword defaults."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from temporalio.testing import ActivityEnvironment

from activities.messages import Commit, Opening, Written
from activities.orders import OrderActivities
from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.orders import OrderRequestRow
from models.users import UserRow
from rules import searching
from rules.catalog import DETAILS, Service, ServiceType
from rules.changes import Change
from rules.money import prepayment
from rules.orders import Order
from rules.payments import Money
from rules.policy import POLICY_V1, Policy
from rules.views import view

NOON = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
"""Midday in Moscow: nobody sleeps."""

TVER = (56.8587, 35.9176)


def at(now: datetime = NOON) -> ActivityEnvironment:
    """An environment in which the activity was scheduled at `now`."""
    environment = ActivityEnvironment()
    environment.info = replace(
        environment.info, current_attempt_scheduled_time=now, scheduled_time=now
    )
    return environment


async def person(database: Database, **fields: Any) -> int:
    """A user's id."""
    async with database.transaction() as session:
        row = UserRow(**{"first_name": "Анна", "phone": "+79001234567", **fields})
        session.add(row)
        await session.flush()
        return row.id


async def contractor(database: Database, *services: ServiceType, **fields: Any) -> int:
    """An active contractor in Tver, on line, for all services unless some are named."""
    user_id = fields.pop("user_id", None) or await person(database, first_name="Иван")
    async with database.transaction() as session:
        row = ContractorRow(
            **{
                "user_id": user_id,
                "name": "Иван",
                "status": ContractorStatus.ACTIVE,
                "online": True,
                "town": "Тверь",
                "region": "Тверская область",
                "latitude": TVER[0],
                "longitude": TVER[1],
                "radius_km": 50,
                "joined_at": NOON,
                **fields,
            }
        )
        session.add(row)
        await session.flush()
        for service in services or tuple(ServiceType):
            session.add(ContractorServiceRow(contractor_id=row.id, service_type=service))
        return row.id


async def crowd(database: Database, count: int) -> None:
    """Many contractors around Tver at once, all alike."""
    async with database.transaction() as session:
        connection = await session.connection()
        for statement in (
            "INSERT INTO users (first_name, language, is_support)"
            " SELECT 'Пётр', 'ru', false FROM generate_series(1, :count)",
            "INSERT INTO contractors (user_id, name, status, online, town, region, latitude,"
            " longitude, radius_km, farther_ok, night_ok, utc_offset_minutes, rating, reviews,"
            " points, completed, offers_90d, accepted_90d, capacity, busy, held, joined_at)"
            " SELECT id, 'Пётр', 'active', true, 'Тверь', 'Тверская область',"
            " 56.8587 + (id % 100) * 0.001, 35.9176, 50, false, false, 180, 4.6, 0, 100, 0, 0, 0,"
            " 1, 0, 0, now() FROM users WHERE first_name = 'Пётр'"
            " AND :count > 0 ON CONFLICT DO NOTHING",
            "INSERT INTO contractor_services (contractor_id, service_type, active, latitude,"
            " longitude, radius_km, farther_ok) SELECT id, 'repair', true, 0, 0, 0, false"
            " FROM contractors WHERE name = 'Пётр' AND :count > 0 ON CONFLICT DO NOTHING",
        ):
            await connection.execute(text(statement), {"count": count})


async def request(database: Database, client_id: int, **fields: Any) -> str:
    """A request's id; its personal fields are planted where a leak would be seen."""
    service = fields.pop("service", Service.REPAIR_PUMP)
    async with database.transaction() as session:
        row = OrderRequestRow(
            **{
                "id": str(uuid.uuid4()),
                "client_id": client_id,
                "service": service,
                "detail": DETAILS[service][0],
                "town": "Тверь",
                "region": "Тверская область",
                "latitude": TVER[0],
                "longitude": TVER[1],
                "address": "ул. Советская, 1",
                "comment": "звоните Анне",
                **fields,
            }
        )
        session.add(row)
        return row.id


def new_order(client_id: int, service: Service = Service.REPAIR_PUMP, **fields: Any) -> Order:
    """An order as its workflow begins with it; pass `order_id` to repeat one."""
    policy: Policy = fields.pop("policy", POLICY_V1)
    detail = DETAILS[service][0]
    estimate = policy.estimate(service, detail)
    return Order(
        **{
            "order_id": str(uuid.uuid4()),
            "number": 0,
            "client_id": client_id,
            "service": service,
            "detail": detail,
            "town": "Тверь",
            "region": "Тверская область",
            "utc_offset_minutes": 180,
            "estimate": estimate,
            "prepayment_kopecks": prepayment(estimate, policy),
            "created_at": NOON,
            "policy": policy,
            **fields,
        }
    )


def opening(order: Order, request_id: str) -> Opening:
    """The first write of an order."""
    return Opening(
        order_id=order.order_id,
        request_id=request_id,
        client_id=order.client_id,
        service=order.service,
        detail=order.detail,
        town=order.town,
        region=order.region,
        utc_offset_minutes=order.utc_offset_minutes,
        estimate=order.estimate,
        prepayment_kopecks=order.prepayment_kopecks,
        policy_version=order.policy.version,
        created_at=order.created_at,
        unpaid_orders_max=order.policy.client_unpaid_orders_max,
        orders_per_day=order.policy.client_orders_per_day,
    )


async def placed(database: Database, client_id: int | None = None, **fields: Any) -> Order:
    """An order that is written and searching."""
    client = client_id or await person(database)
    order = new_order(client, **fields)
    request_id = await request(database, client, service=order.service)
    opened = await at(order.created_at).run(
        OrderActivities(database).open, opening(order, request_id)
    )
    assert opened.refused is None
    return searching.placed(replace(order, number=opened.number), order.created_at).order


def written(change: Change, now: datetime = NOON, money: Money | None = None) -> Written:
    """A change as the workflow hands it to be written."""
    return Written(
        view=view(change.order, money or Money()),
        event=change.event,
        by=change.by,
        actor_id=change.actor_id,
        at=now,
        offers=change.offers,
        journals=change.journals,
        points=change.points,
        tellings=change.tellings,
        winner=change.winner,
        frees=change.frees,
        note=change.note,
        round=change.order.search.round,
    )


def commit(*changes: Change, now: datetime = NOON) -> Commit:
    """A batch of changes of one order."""
    order = changes[-1].order
    return Commit(
        order.order_id,
        order.client_id,
        order.policy.version,
        tuple(written(change, now) for change in changes),
    )
