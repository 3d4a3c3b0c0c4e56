"""The real bot against the real Telegram simulator and PostgreSQL; only the orders are a fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from sqlalchemy import text
from telegram import Bot
from typing_extensions import override

from activities.gateways.file_store import EncryptedFileStore
from activities.gateways.offline_geocoder import gazetteer
from bot.app import BotApp, Reception, build
from bot.connection import make_bot
from bot.limits import Limits
from bot.visit import Desk
from local.simulators.telegram.app import create_app
from models.database import Database
from rules.orders import OrderState
from workflows.client import Orders
from workflows.messages import OrderAnswer, OrderInput

TOKEN = "77:local"
GENEROUS = Limits(1000, 1000, 1000, 1000)


class RecordedOrders(Orders):
    """The door to orders without a workflow behind it: keeps what it was asked, says what it must.

    `answers` maps an update's name to what happens: an exception is raised, once per entry.
    """

    asked: list[tuple[str, str, Any, str]]
    placed: list[OrderInput]
    told: list[tuple[str, str, Any]]
    answers: dict[str, list[Exception]]

    def __init__(self) -> None:
        fresh: dict[str, Any] = {"asked": [], "placed": [], "told": [], "answers": {}}
        for name, value in {**fresh, "client": None}.items():
            object.__setattr__(self, name, value)

    @override
    async def place(self, order: OrderInput, summary: str = "") -> OrderAnswer:
        self.placed.append(order)
        self._trouble("place")
        return OrderAnswer(order.order_id, 1001, OrderState.SEARCHING, 1)

    @override
    async def _update(
        self, order_id: UUID | str, update: Any, said: Any, intent: str
    ) -> OrderAnswer:
        name = update.__name__
        self.asked.append((name, str(order_id), said, intent))
        self._trouble(name)
        return OrderAnswer(str(order_id), 1001, OrderState.SEARCHING, 2)

    @override
    async def _signal(self, order_id: UUID | str, signal: Any, said: Any) -> bool:
        self.told.append((signal.__name__, str(order_id), said))
        return True

    def _trouble(self, name: str) -> None:
        waiting = self.answers.get(name)
        if waiting:
            raise waiting.pop(0)


@dataclass
class Simulator:
    """Telegram on a free port."""

    url: str
    http: httpx.AsyncClient

    async def sim(self, path: str, body: Any = None) -> Any:
        answer = await self.http.post(f"/sim{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def see(self, path: str, **params: Any) -> Any:
        answer = await self.http.get(f"/sim{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def person(self, first_name: str, **more: Any) -> Person:
        created = await self.sim("/people", {"first_name": first_name, **more})
        return Person(self, int(created["id"]))


@dataclass
class Person:
    """Somebody with a phone; counts his taps, texts and shared things."""

    simulator: Simulator
    id: int
    taps: int = 0
    typed: int = 0

    async def text(self, words: str, *, is_tap: bool = False) -> int:
        """Type words; `is_tap` when it is a button of the keyboard under the chat."""
        self.taps += is_tap
        self.typed += not is_tap
        sent = await self.simulator.sim(f"/people/{self.id}/text", {"text": words})
        return int(sent["update_id"])

    async def tap(self, label: str) -> int:
        """Tap the newest visible button whose text begins so, as soon as it is there."""
        self.taps += 1
        url = f"/sim/people/{self.id}/tap"
        visible = ""
        for _ in range(1200):
            answer = await self.simulator.http.post(url, json={"sign": label})
            if answer.status_code == 200:
                return int(answer.json()["update_id"])
            visible = answer.text
            await asyncio.sleep(0.05)
        raise AssertionError(f"no button {label!r}: {visible}")

    async def force(self, data: str) -> None:
        """Send callback data that no visible button has."""
        body = {"data": data, "force": True}
        await self.simulator.sim(f"/people/{self.id}/tap", body)

    async def location(self, latitude: float, longitude: float) -> None:
        self.taps += 1
        body = {"latitude": latitude, "longitude": longitude}
        await self.simulator.sim(f"/people/{self.id}/location", body)

    async def contact(self, **more: Any) -> None:
        self.taps += 1
        await self.simulator.sim(f"/people/{self.id}/contact", more)

    async def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.simulator.see(f"/people/{self.id}/messages")
        return found

    async def sees(self, words: str) -> dict[str, Any]:
        """Wait until a message on the screen contains these words."""
        seen: list[str] = []
        for _ in range(1200):
            found: list[dict[str, Any]] = await self.messages()
            seen = [str(one.get("text")) for one in found if one["from"] == "bot"]
            for one in reversed(found):
                if one["from"] == "bot" and words in str(one.get("text", "")):
                    return dict(one)
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} never appeared; the last: {seen[-4:]}")

    async def answered(self, words: str) -> None:
        """Wait until some tap was answered with these words."""
        answers: list[Any] = []
        for _ in range(1200):
            answers = await self.simulator.see(f"/people/{self.id}/answers")
            if any(words in str(one.get("text")) for one in answers):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{words!r} was never answered: {answers}")


@pytest.fixture
def payments_url() -> str | None:
    """Who charges for invoices; nobody unless a test says so."""
    return None


@pytest.fixture
async def simulator(tmp_path: Path, payments_url: str | None) -> AsyncIterator[Simulator]:
    app = create_app(
        data_file=tmp_path / "telegram.sqlite",
        token=TOKEN,
        public_url="http://127.0.0.1:8000",
        payments_url=payments_url,
    )
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    for _ in range(1000):
        if server.started:
            break
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=20) as http:
        yield Simulator(url, http)
    server.should_exit = True
    await serving


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, pool_size=20)
    yield opened
    await opened.close()


@pytest.fixture
async def telegram(simulator: Simulator) -> AsyncIterator[Bot]:
    async with make_bot(TOKEN, simulator.url) as bot:
        yield bot


@pytest.fixture
def orders() -> RecordedOrders:
    return RecordedOrders()


@pytest.fixture
def desk(telegram: Bot, database: Database, orders: RecordedOrders, tmp_path: Path) -> Desk:
    return Desk(
        bot=telegram,
        database=database,
        orders=orders,
        places=gazetteer(),
        files=EncryptedFileStore(database, tmp_path / "files", {"k": b"k" * 32}),
        public_url="http://127.0.0.1:8000",
        activates_at_once=True,
    )


@dataclass
class RunningBot:
    """The bot's loops in this process; they can be stopped, or dropped as by a kill."""

    app: BotApp
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self.app.run(self.stop))

    async def end(self) -> None:
        self.stop.set()
        if self.task is not None:
            with suppress(asyncio.CancelledError):
                await self.task


@pytest.fixture
async def running_bot(desk: Desk) -> AsyncIterator[RunningBot]:
    running = RunningBot(build(desk, Reception(), GENEROUS))
    running.start()
    yield running
    await running.end()


Rows = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def rows(database: Database) -> Rows:
    """Run one SQL statement and give its rows."""

    async def run(statement: str, **values: Any) -> list[Any]:
        async with database.transaction() as session:
            result = await (await session.connection()).execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    return run
