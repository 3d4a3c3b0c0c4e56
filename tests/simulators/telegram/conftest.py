"""A running Telegram simulator and the real python-telegram-bot that talks to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from telegram import Bot

from local.simulators.telegram.app import create_app

TOKEN = "77:local"


async def _started(server: uvicorn.Server) -> None:
    for _ in range(1000):
        if server.started:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the server did not start")


@dataclass
class RunningStand:
    """One simulator process's worth: it can be stopped and started on the same file."""

    data_file: Path
    server: uvicorn.Server | None = None
    task: asyncio.Task[None] | None = None
    url: str = ""
    port: int = 0
    http: httpx.AsyncClient = field(init=False)

    async def start(self) -> None:
        app = create_app(data_file=self.data_file, token=TOKEN, public_url="http://127.0.0.1:8000")
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_level="error", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.task = asyncio.create_task(self.server.serve())
        await _started(self.server)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=20)

    async def stop(self) -> None:
        await self.http.aclose()
        if self.server and self.task:
            self.server.should_exit = True
            await self.task

    async def sim(self, path: str, body: Any = None, status: int = 200, **more: Any) -> Any:
        answer = await self.http.post(f"/sim{path}", json=body, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def see(self, path: str) -> Any:
        answer = await self.http.get(f"/sim{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, method: str, **params: Any) -> Any:
        """Call a method as plain JSON and return the whole answer."""
        answer = await self.http.post(f"/bot{TOKEN}/{method}", json=params)
        body = answer.json()
        assert body.get("error_code", 200) == answer.status_code
        return body

    async def error(self, method: str, **params: Any) -> str:
        body = await self.call(method, **params)
        assert body["ok"] is False
        return str(body["description"])

    async def person(self, first_name: str = "Анна", *, started: bool = True, **more: Any) -> int:
        created = await self.sim("/people", {"first_name": first_name, **more})
        if started:
            await self.sim(f"/people/{created['id']}/text", {"text": "/start"})
        return int(created["id"])

    async def updates(self, offset: int = 0, **more: Any) -> list[dict[str, Any]]:
        body = await self.call("getUpdates", offset=offset, **more)
        assert body["ok"], body
        found: list[dict[str, Any]] = body["result"]
        return found


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[RunningStand]:
    running = RunningStand(tmp_path / "telegram.sqlite")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture(scope="session")
async def shared_stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningStand]:
    """For tests that change nothing but their own person's chat."""
    running = RunningStand(tmp_path_factory.mktemp("shared") / "telegram.sqlite")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def bot(stand: RunningStand) -> AsyncIterator[Bot]:
    made = Bot(TOKEN, base_url=f"{stand.url}/bot", base_file_url=f"{stand.url}/file/bot")
    async with made:
        yield made


@dataclass
class Hook:
    """A webhook of a bot: it records what came and answers what the test says."""

    url: str
    bodies: list[dict[str, Any]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    # A method to call in the answer to a query before a payment; its id is filled in.
    reply: dict[str, Any] | None = None

    def answer(self) -> bytes:
        """What is said back to the newest update."""
        asked = self.bodies[-1].get("pre_checkout_query")
        if self.reply is None or asked is None:
            return b""
        return json.dumps({**self.reply, "pre_checkout_query_id": asked["id"]}).encode()

    @property
    def ids(self) -> list[int]:
        return [body["update_id"] for body in self.bodies]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        body = (await receive())["body"]
        state.bodies.append(json.loads(body))
        given = dict(scope["headers"])
        state.secrets.append(given.get(b"x-telegram-bot-api-secret-token", b"").decode())
        status = state.statuses.pop(0) if state.statuses else 200
        extra = [(name.encode(), value.encode()) for name, value in state.headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": state.answer()})

    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await _started(server)
    port = server.servers[0].sockets[0].getsockname()[1]
    state = Hook(f"http://127.0.0.1:{port}/hook")
    yield state
    server.should_exit = True
    await task


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Awaitable[Any]]:
    """Wait up to 10 s until a condition holds, and return its value."""

    async def wait(condition: Callable[[], Any]) -> Any:
        for _ in range(1000):
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.01)
        raise AssertionError("it never happened")

    return wait
