"""`make up DATA=city`: a town full of contractors to play with, the same for the same seed."""

import asyncio
import math
import random
from dataclasses import dataclass

import httpx

from local.stack import Stack
from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.users import UserRow
from rules.catalog import ServiceType
from settings import PREFIX

SEED = 1042
CONTRACTORS = 60
TOWN, REGION, LATITUDE, LONGITUDE = "Тверь", "Тверская область", 56.8584, 35.9006
SPREAD_KM = 60.0
NAMES = ("Иван", "Пётр", "Семён", "Олег", "Андрей", "Михаил", "Сергей", "Николай", "Юрий", "Денис")
KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class _Crew:
    """One contractor to be: where, how far he goes, and what he does."""

    name: str
    phone: str
    latitude: float
    longitude: float
    radius_km: float
    capacity: int
    completed: int
    services: tuple[ServiceType, ...]


def crews(count: int = CONTRACTORS, seed: int = SEED) -> list[_Crew]:
    """Contractors around the town; bases thin out with the distance."""
    chance = random.Random(seed)  # noqa: S311 - people to play with, nothing secret
    found = []
    for number in range(count):
        distance, angle = SPREAD_KM * chance.random() ** 2, chance.uniform(0, 2 * math.pi)
        north, east = distance * math.cos(angle), distance * math.sin(angle)
        stretch = math.cos(math.radians(LATITUDE))
        found.append(
            _Crew(
                name=NAMES[number % len(NAMES)],
                phone=f"+7900{2_000_000 + number}",
                latitude=round(LATITUDE + north / KM_PER_DEGREE, 4),
                longitude=round(LONGITUDE + east / KM_PER_DEGREE / stretch, 4),
                radius_km=chance.choice((25, 50, 75, 100)),
                capacity=chance.randint(1, 3),
                completed=chance.randint(0, 30),
                services=tuple(chance.sample(list(ServiceType), chance.randint(1, 3))),
            )
        )
    return found


def fill(stack: Stack) -> None:
    """Create the people in the Telegram simulator and their contractors; repeatable."""
    asyncio.run(_fill(stack))


async def _fill(stack: Stack) -> None:
    database = Database(stack.environment[f"{PREFIX}DATABASE_URL"])
    try:
        async with httpx.AsyncClient(base_url=stack.urls["telegram"], trust_env=False) as http:
            listed = (await http.get("/sim/people")).raise_for_status().json()
            there = {person.get("phone_number") for person in listed}
            for crew in crews():
                if crew.phone not in there:
                    await _settle(database, http, crew)
    finally:
        await database.close()


async def _settle(database: Database, http: httpx.AsyncClient, crew: _Crew) -> None:
    wanted = {"first_name": crew.name, "phone_number": crew.phone, "language_code": "ru"}
    person = (await http.post("/sim/people", json=wanted)).raise_for_status().json()
    async with database.transaction() as session:
        user = UserRow(telegram_id=person["id"], first_name=crew.name, phone=crew.phone)
        session.add(user)
        await session.flush()
        contractor = ContractorRow(
            user_id=user.id,
            name=crew.name,
            status=ContractorStatus.ACTIVE,
            online=True,
            town=TOWN,
            region=REGION,
            latitude=crew.latitude,
            longitude=crew.longitude,
            radius_km=crew.radius_km,
            capacity=crew.capacity,
            completed=crew.completed,
            night_ok=True,
        )
        session.add(contractor)
        await session.flush()
        for service in crew.services:
            row = ContractorServiceRow(contractor_id=contractor.id, service_type=service)
            session.add(row)
    # Only who has written to a bot may be written to by it.
    await http.post(f"/sim/people/{person['id']}/text", json={"text": "/start"})
