"""The ASGI application: Bot API, people, levers and the two phones, on the loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.simulators.telegram.bot_api import bot_api_router
from local.simulators.telegram.errors import PersonRefusal, Refusal
from local.simulators.telegram.page import page_router
from local.simulators.telegram.paying import paying_router
from local.simulators.telegram.sim_api import files_router, people_router
from local.simulators.telegram.sim_control import control_router
from local.simulators.telegram.sim_groups import groups_router
from local.simulators.telegram.sim_sharing import sharing_router
from local.simulators.telegram.stand import Stand, open_stand
from local.simulators.telegram.webhook import WebhookPump


class LoopbackOnly:
    """Answers this machine only, under a loopback name (a foreign name would be rebinding)."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse with 403 what comes from elsewhere."""
        if scope["type"] == "http" and not (_is_near(scope) and _is_local_name(scope)):
            refusal = JSONResponse({"error": "this stand answers its own machine only"}, 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_near(scope: Scope) -> bool:
    client = scope.get("client")
    try:
        return client is None or ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _is_local_name(scope: Scope) -> bool:
    host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
    return is_loopback_name(urlsplit(f"//{host}").hostname or "")


def is_loopback_name(name: str) -> bool:
    """Say whether a host name can only mean this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def create_app(
    *, data_file: Path, token: str, public_url: str, payments_url: str | None = None
) -> FastAPI:
    """Build the simulator; its whole state lives in `data_file` and survives restarts.

    `payments_url` is where the payment provider's simulator charges for invoices.

    Raises:
        RealTokenRefused: The token has the form of a real bot's token.
        ValueError: An address is not of this machine.
    """
    for url in filter(None, (public_url, payments_url)):
        if not is_loopback_name(urlsplit(url).hostname or ""):
            raise ValueError("the simulator binds to the loopback only")
    stand = open_stand(data_file, token, payments_url)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        pump = asyncio.create_task(WebhookPump(stand).run())
        try:
            yield
        finally:
            stand.events.close()
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            stand.database.close()

    app = FastAPI(title="Telegram simulator", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.stand = stand
    app.add_middleware(LoopbackOnly)
    routers = (
        *(bot_api_router, people_router, sharing_router, groups_router, paying_router),
        *(files_router, control_router),
    )
    for router in routers:
        app.include_router(router(stand))
    app.include_router(page_router(public_url))
    _add_refusals(app)
    _add_health(app, stand)
    return app


def _add_refusals(app: FastAPI) -> None:
    @app.exception_handler(PersonRefusal)
    async def person_refused(_: Request, refusal: PersonRefusal) -> JSONResponse:
        return JSONResponse(refusal.body, refusal.status)

    @app.exception_handler(Refusal)
    async def refused(_: Request, refusal: Refusal) -> JSONResponse:
        # Outside the Bot API only an uploaded file can be refused this way.
        return JSONResponse({"error": refusal.description}, 422)


def _add_health(app: FastAPI, stand: Stand) -> None:
    @app.get("/healthz")
    async def health() -> dict[str, object]:
        return {"ok": True, "pending_updates": stand.updates.pending_count()}
