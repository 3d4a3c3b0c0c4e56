"""The simulator as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from local.simulators.yookassa import cabinet, controls, page, receipts_rest, rest, telegram
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.gate import Gate
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import Shop, Terms

_LOCAL_CLIENTS = {"127.0.0.1", "::1", "testclient"}
_WEBHOOK_TIMEOUT_SECONDS = 10.0


class SimulatorApp(FastAPI):
    """Lets the gate see each API request before the framework does."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif (scope.get("client") or ("testclient", 0))[0] not in _LOCAL_CLIENTS:
            # A training payment page has no business outside this machine.
            await Response(status_code=403)(scope, receive, send)
        elif scope["path"].startswith("/v3/"):
            await Gate(self.state.desk).serve(super().__call__, scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


async def _live(desk: Desk) -> None:
    """Let time pass: expire what is due and carry notices."""
    async with httpx.AsyncClient(timeout=_WEBHOOK_TIMEOUT_SECONDS, trust_env=False) as client:
        try:
            while True:
                desk.catch_up()
                await desk.courier.run_once(client)
                await desk.courier.wait()
        finally:
            await desk.courier.stop()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    life = asyncio.create_task(_live(desk))
    try:
        yield
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        desk.store.close()


async def _show_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiProblem)
    return JSONResponse(error.body(), status_code=error.http_status)


async def _show_http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "not_found" if error.status_code == 404 else "invalid_request"
    return await _show_problem(request, ApiProblem(error.status_code, code, str(error.detail)))


def create_app(
    *,
    data_file: Path,
    shop_id: str,
    secret_key: str,
    public_url: str,
    webhook_url: str | None,
    terms: Terms | None = None,
) -> FastAPI:
    """Build the simulator of one shop.

    Args:
        data_file: Its SQLite file; created with its folder, kept over restarts.
        shop_id: User name of the API's Basic auth.
        secret_key: Password of the API's Basic auth.
        public_url: Where a person's browser reaches the payment page, without a slash at the end.
        webhook_url: Where notices go; None sends none.
        terms: Durations and methods other than the provider's own.
    """
    shop = Shop(shop_id, secret_key, public_url.rstrip("/"), webhook_url, terms or Terms())
    app = SimulatorApp(
        title="YooKassa simulator",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={ApiProblem: _show_problem, HTTPException: _show_http_problem},
    )
    app.state.desk = Desk(Store(data_file), shop)
    for part in (rest, receipts_rest, controls, telegram, page, cabinet):
        app.include_router(part.router)
    app.include_router(cabinet.front)
    return app
