"""A running product with its real processes, and the two truths about it: database and provider."""

import asyncio
import itertools
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from sqlalchemy import text

from local.postgres import EmbeddedPostgres
from local.programs import Program
from local.stack import Stack
from local.temporal import TemporalOptions
from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.users import UserRow
from rules.catalog import ServiceType
from settings import Settings
from tests.e2e.people import Person, eventually, person_in
from tests.simulators.yookassa.harness import Simulator

POLICY_FILE = Path(__file__).with_name("policy.json")
PARTS = ("API", "WORKER", "BOT", "TELEGRAM", "YOOKASSA", "TEMPORAL", "TEMPORAL_UI")
# Far enough from each other that no contractor of one test meets an order of another.
TOWNS = (
    (56.86, 35.90), (55.79, 49.11), (58.01, 56.25), (54.99, 73.37), (55.03, 82.92), (56.02, 92.87),
    (52.29, 104.29), (52.03, 113.50), (48.48, 135.08), (43.12, 131.89), (62.03, 129.73),
    (45.04, 38.98), (46.35, 48.04), (48.71, 44.51), (51.53, 46.03), (53.20, 50.15), (54.74, 55.97),
    (51.77, 55.10), (57.15, 65.53), (61.25, 73.42), (64.54, 40.54), (68.97, 33.08), (59.94, 30.31),
    (54.71, 20.51), (59.22, 39.89), (58.60, 49.66), (61.67, 50.84), (53.76, 87.14), (53.35, 83.76),
    (43.02, 44.68),
)  # fmt: skip
_towns = itertools.cycle(TOWNS)
_names = itertools.count(1)
_T = TypeVar("_T")


@dataclass
class House:
    """One stack; `database` and `simulator` are what the books are checked against."""

    stack: Stack
    database: Database
    simulator: Simulator
    telegram: httpx.Client
    api: httpx.Client
    loop: asyncio.AbstractEventLoop
    reports: list[tuple[str, str]] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run what is written for a loop; one thread at a time."""
        with self._turn:
            return self.loop.run_until_complete(work)

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        """Read by SQL."""
        async with self.database.reading() as session:
            connection = await session.connection()
            return list((await connection.execute(text(sql), values)).mappings().all())

    def read(self, sql: str, **values: Any) -> list[Any]:
        """Read by SQL, waiting."""
        return self.run(self.rows(sql, **values))

    def value(self, sql: str, **values: Any) -> Any:
        """The first value of the first row, or None."""
        rows = self.read(sql, **values)
        return next(iter(rows[0].values())) if rows else None

    def places_taken(self, *crews: Person) -> int:
        """Jobs won and places held of these contractors' capacity."""
        taken = (
            "SELECT sum(busy + held) FROM contractors c JOIN users u ON u.id = c.user_id"
            " WHERE u.telegram_id = ANY(:ids)"
        )
        return int(self.value(taken, ids=[crew.id for crew in crews]))

    def tell_telegram(self, path: str, **body: Any) -> Any:
        """Turn a knob of the Telegram simulator."""
        answer = self.telegram.post(f"/sim{path}", json=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def program(self, name: str) -> Program:
        """One of the supervised processes."""
        found = [one for one in self.stack.supervisor.services if one.name == name]
        assert isinstance(found[0], Program)
        return found[0]

    def village(self) -> "Village":
        """A place of its own on the map."""
        return Village(self, *next(_towns))

    def be_kind(self, webhooks: str = "normal") -> None:
        """Deliver updates and payment notices as on a good day, or as `webhooks` says."""
        self.tell_telegram(
            "/delivery", copies=1, shuffle=False, delay_ms=0, retap=False, retry_first_seconds=0.25
        )
        self.telegram.delete("/sim/faults")
        self.simulator.client.delete("/sim/faults")
        self.simulator.sim("/webhooks", mode=webhooks)


@dataclass
class Village:
    """One test's place: its people live there."""

    house: House
    latitude: float
    longitude: float

    def stranger(self, name: str = "Анна") -> Person:
        """Somebody whom the bot does not know yet."""
        person = person_in(self.house.telegram, f"{name} {next(_names)}")
        person.latitude, person.longitude = self.latitude, self.longitude
        return person

    def client(self) -> Person:
        """Somebody who has given his number before, so that orders take fewer taps."""
        person = self.stranger("Анна")
        self.house.run(_write_user(self.house.database, person))
        return person

    def crew(self, *, capacity: int = 3) -> Person:
        """A contractor on line for everything, entered by hand; the bot may write to him."""
        return self.crews(1, capacity=capacity)[0]

    def crews(self, count: int, *, capacity: int = 3) -> list[Person]:
        """So many contractors."""
        people = [self.stranger("Иван") for _ in range(count)]
        self.house.run(_write_contractors(self.house.database, people, capacity))
        for person in people:
            person.say("/rating")
        for person in people:
            person.sees("")
        return people


async def _write_user(database: Database, person: Person) -> int:
    async with database.transaction() as session:
        row = UserRow(telegram_id=person.id, first_name=person.name, phone="+79001234567")
        session.add(row)
        await session.flush()
        return int(row.id)


async def _write_contractors(database: Database, people: list[Person], capacity: int) -> None:
    users = [await _write_user(database, person) for person in people]
    async with database.transaction() as session:
        for number, (person, user) in enumerate(zip(people, users, strict=True)):
            row = ContractorRow(
                user_id=user,
                name=person.name,
                status=ContractorStatus.ACTIVE,
                online=True,
                town="Город",
                region="Край",
                latitude=person.latitude + 0.001 * number,
                longitude=person.longitude,
                radius_km=50.0,
                capacity=capacity,
                night_ok=True,
            )
            session.add(row)
            await session.flush()
            for service in ServiceType:
                session.add(ContractorServiceRow(contractor_id=row.id, service_type=service))


@contextmanager
def open_house(
    folder: Path,
    postgres: EmbeddedPostgres,
    template: str,
    options: TemporalOptions,
    **extra: str,
) -> Iterator[House]:
    """Start the product on a database of its own; `extra` is environment of its processes."""
    name = f"e2e_{folder.name.replace('-', '_')}"
    url = postgres.create_database(name, template=template)
    settings = Settings.model_validate({"data_dir": folder / "var", "database_url": url})
    told = {"DRILLFLOW_POLICY_FILE": str(POLICY_FILE), **extra}
    reports: list[tuple[str, str]] = []
    stack = Stack(
        settings,
        report=lambda who, what: reports.append((who, what)),
        extra=told,
        temporal_options=options,
    )
    with pytest.MonkeyPatch.context() as environment:
        for part in PARTS:
            environment.setenv(f"DRILLFLOW_{part}_PORT", "0")
        stack.__enter__()
    try:
        yield from furnished(stack, url, reports)
    finally:
        stack.__exit__(None, None, None)
        postgres.drop_database(name)


def furnished(stack: Stack, url: str, reports: list[tuple[str, str]]) -> Iterator[House]:
    """What a test needs to know of a running product; all of it is closed at the end."""
    loop = asyncio.new_event_loop()
    told = stack.environment
    shop, secret = told["DRILLFLOW_YOOKASSA_SHOP_ID"], told["DRILLFLOW_YOOKASSA_SECRET_KEY"]
    database, simulator = Database(url), Simulator(stack.urls["yookassa"], shop, secret)
    token = {"Authorization": f"Bearer {stack.secrets['api_token']}"}
    api_url = stack.environment["DRILLFLOW_PUBLIC_URL"]
    with (
        httpx.Client(base_url=stack.urls["telegram"], trust_env=False, timeout=30) as telegram,
        httpx.Client(base_url=api_url, headers=token, trust_env=False, timeout=15) as api,
    ):
        house = House(stack, database, simulator, telegram, api, loop, reports)
        eventually(lambda: telegram.get("/sim/bot").json()["webhook_url"], "the bot is there")
        yield house
    simulator.client.close()
    loop.run_until_complete(database.close())
    loop.close()
