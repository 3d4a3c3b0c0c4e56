"""The outside of the product around a world's real workflows: the bot, the API, the order's page.

Telegram is the simulator, its updates arrive over HTTP at the API, the bot's loops run in this
process. Who stands before these doors is in `people`.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.testing import TimeSkipper
from typing_extensions import override

from activities.gateways.file_store import EncryptedFileStore
from activities.gateways.offline_geocoder import gazetteer
from api.app import create_app as create_api
from api.deps import Caller, Limits, Places, Services, Site, TelegramHook
from bot.app import Reception, build
from bot.connection import make_bot
from bot.limits import Limits as ChatLimits
from bot.visit import Desk
from local.simulators.telegram.app import create_app as create_telegram
from local.simulators.telegram.stand import Stand
from rules.policy import Policy
from tests.workflows.world import DAYLIGHT, World, eventually
from workflows.client import Orders
from workflows.geocoding_door import AddressFinder
from workflows.messages import OrderAnswer, OrderInput

BOT_ID = 78
TOKEN, HOOK_SECRET, API_TOKEN = f"{BOT_ID}:local", "a-secret-of-the-webhook", "token-of-the-shop"
SUPPORT_ID = 699_000_001
PAGE_EVERY = {"api": (10_000, 1_000.0), "page": (10_000, 1_000.0), "hook": (10_000, 1_000.0)}
_keys = itertools.count(1)


@dataclass(frozen=True)
class SkippingOrders(Orders):
    """The door through which people order, on clocks that a test may move."""

    skipper: TimeSkipper
    placed: list[OrderInput] = field(default_factory=list)

    @override
    async def place(self, order: OrderInput, summary: str = "") -> OrderAnswer:
        self.placed.append(order)
        with self.skipper.with_time_skipping_disabled():
            return await Orders(self.skipper.client).place(order, summary)


@dataclass
class Outside:
    """All doors of the product, and the truths behind them."""

    world: World
    orders: SkippingOrders
    stand: Stand
    api: FastAPI
    http: httpx.AsyncClient
    looking: AsyncConnection
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sees(self, sql: str, **values: Any) -> bool:
        """Whether a query has a row; without a transaction, because it is asked again and again."""
        async with self._turn:
            return (await self.looking.execute(text(sql), values)).first() is not None

    async def run(self, sql: str, **values: Any) -> list[Any]:
        """One statement; its rows."""
        async with self.world.database.transaction() as session:
            result = await (await session.connection()).execute(text(sql), values)
            return list(result.mappings().all()) if result.returns_rows else []

    def calls_to(self, person: int, after: int = 0) -> list[dict[str, Any]]:
        """What the bot sent into a chat, each with Telegram's verdict."""
        return self.stand.journal.read(after, 10_000, None, person)

    async def api_post(self, path: str, body: Any, key: str = "", **headers: str) -> httpx.Response:
        """A program's POST; a body that is bytes is sent as it is."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {
            "Authorization": f"Bearer {API_TOKEN}",
            "Idempotency-Key": key or f"key-{next(_keys)}",
            "Content-Type": "application/json",
            **headers,
        }
        return await self.http.post(f"/api/v1{path}", content=sent, headers=given)


@asynccontextmanager
async def open_outside(
    world: World,
    folder: Path,
    policy: Policy = DAYLIGHT,
    addresses: AddressFinder | None = None,
) -> AsyncIterator[Outside]:
    """Run the doors until the end; each server on a free port of the loopback."""
    telegram = create_telegram(
        data_file=folder / "telegram.sqlite", token=TOKEN, public_url="http://127.0.0.1:8000"
    )
    stand: Stand = telegram.state.stand
    orders = SkippingOrders(world.client, world.skipper)
    places = gazetteer()
    services = Services(
        database=world.database,
        orders=orders,
        places=Places(places.find, places.nearest, places.is_town_only),
        site=Site("http://127.0.0.1:8000"),
        telegram=TelegramHook(BOT_ID, HOOK_SECRET),
        callers={
            hashlib.sha256(API_TOKEN.encode()).hexdigest(): Caller(
                "shop", frozenset({"orders:read", "orders:write", "orders:cancel"})
            )
        },
        policy=policy,
        limits=Limits(**PAGE_EVERY),
    )
    api = create_api(services)
    async with (
        serving(telegram) as telegram_url,
        serving(api) as url,
        make_bot(TOKEN, telegram_url) as bot,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http,
        world.database.engine.connect() as looking,
    ):
        desk = Desk(
            bot=bot,
            database=world.database,
            orders=orders,
            places=places,
            files=EncryptedFileStore(world.database, folder / "files", {"k": b"k" * 32}),
            policy=policy,
            public_url=url,
            activates_at_once=True,
            support_ids=frozenset({SUPPORT_ID}),
            addresses=addresses,
        )
        hook = Reception(f"{url}/webhooks/telegram", HOOK_SECRET)
        app = build(desk, hook, ChatLimits(10_000, 10_000, 10_000, 10_000))
        stop = asyncio.Event()
        look = await looking.execution_options(isolation_level="AUTOCOMMIT")
        outside = Outside(world, orders, stand, api, http, look)
        # What earlier tests owe to people without a phone is nobody's concern.
        await outside.run("UPDATE outbox SET state = 'skipped' WHERE state = 'pending'")
        running = asyncio.create_task(app.run(stop))
        yield outside
        stop.set()
        await running


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """A server on a free port of the loopback; its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, "a server is there")
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task
