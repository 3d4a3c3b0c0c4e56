"""A database per test, and a street of people to fill it with."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.offers import OfferRow
from models.orders import OrderRequestRow, OrderRow
from models.users import UserRow
from rules.catalog import Service, ServiceType
from rules.orders import OrderState

NOON = datetime(2026, 5, 20, 9, tzinfo=UTC)
TVER = (56.8587, 35.9176)
ORDER_IDS = itertools.count(1)


@dataclass
class Town:
    """Writes rows with sensible defaults, one transaction each."""

    database: Database
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def add_person(self, **fields: Any) -> UserRow:
        row = UserRow(**{"first_name": "Ann", "telegram_id": next(self.numbers), **fields})
        async with self.database.transaction() as session:
            session.add(row)
        return row

    async def add_contractor(
        self,
        place: tuple[float, float] = TVER,
        services: tuple[ServiceType, ...] = (ServiceType.REPAIR,),
        **fields: Any,
    ) -> ContractorRow:
        person = await self.add_person(phone=f"+7900{next(self.numbers):07}")
        defaults: dict[str, Any] = {
            "user_id": person.id,
            "name": "Drillers",
            "status": ContractorStatus.ACTIVE,
            "online": True,
            "town": "Tver",
            "region": "Tver oblast",
            "latitude": place[0],
            "longitude": place[1],
            "radius_km": 30.0,
            "capacity": 2,
            "joined_at": NOON - timedelta(days=30),
        }
        row = ContractorRow(**{**defaults, **fields})
        async with self.database.transaction() as session:
            session.add(row)
            await session.flush()
            for service_type in services:
                session.add(ContractorServiceRow(contractor_id=row.id, service_type=service_type))
        return row

    async def add_order(
        self, client: UserRow, service: Service = Service.REPAIR_PUMP, **fields: Any
    ) -> OrderRow:
        number = next(ORDER_IDS)
        request = OrderRequestRow(
            id=str(UUID(int=10**9 + number)),
            client_id=client.id,
            service=service,
            detail="pump_check",
            town="Tver",
            region="Tver oblast",
            latitude=TVER[0],
            longitude=TVER[1],
        )
        defaults: dict[str, Any] = {
            "id": str(UUID(int=number)),
            "client_id": client.id,
            "request_id": request.id,
            "secret": f"secret-{number}",
            "service": service,
            "service_type": service.service_type,
            "job_class": service.job_class,
            "state": OrderState.SEARCHING,
            "town": "Tver",
            "region": "Tver oblast",
            "latitude": TVER[0],
            "longitude": TVER[1],
            "address": "1 Garden lane",
            "comment": "call at the gate",
            "estimate_low_kopecks": 350_000,
            "estimate_high_kopecks": 900_000,
            "prepayment_kopecks": 70_000,
            "created_at": NOON,
            "state_since": NOON,
        }
        row = OrderRow(**{**defaults, **fields})
        async with self.database.transaction() as session:
            session.add(request)
            await session.flush()
            session.add(row)
        return row

    async def add_offer(
        self, order: OrderRow, contractor: ContractorRow, **fields: Any
    ) -> OfferRow:
        defaults: dict[str, Any] = {
            "order_id": order.id,
            "round": 1,
            "contractor_id": contractor.id,
            "wave": 1,
            "visit_at": NOON + timedelta(days=1),
            "until": NOON + timedelta(minutes=30),
            "created_at": NOON,
        }
        row = OfferRow(**{**defaults, **fields})
        async with self.database.transaction() as session:
            session.add(row)
        return row


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The engine on a fresh database."""
    opened = Database(database_url, pool_size=20)
    yield opened
    await opened.close()


@pytest.fixture
def town(database: Database) -> Town:
    """Writes people, contractors, orders and offers."""
    return Town(database)
