"""The application: routes, errors and the gate, put together from given services."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI

from api import problems
from api.deps import Services
from api.gate import Gate
from api.limiter import Limiter
from api.routes import (
    codec,
    docs,
    health,
    live_map,
    order_page,
    orders,
    payouts,
    receipts,
    reconciliation,
    statements,
    webhooks,
)
from api.sweep import Sweep
from runtime.health import Readiness


def create_app(services: Services) -> FastAPI:
    """The ASGI application; its lifespan runs the sweep of payment notices."""
    sweep = Sweep(services.database, services.orders, services.reconciliation)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(sweep.run())
        yield
        running.cancel()
        await asyncio.wait([running])

    app = FastAPI(
        title="DrillFlow",
        version="1",
        lifespan=lifespan,
        # FastAPI's own pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.services = services
    app.state.sweep = sweep
    app.state.readiness = Readiness(services.checks)
    app.state.bad_secrets = Limiter(*services.limits.bad_secret)
    app.state.looks = Limiter(*services.limits.look)
    problems.install(app)
    for one in (
        orders,
        statements,
        receipts,
        payouts,
        reconciliation,
        live_map,
        webhooks,
        order_page,
        health,
        docs,
        codec,
    ):
        app.include_router(one.router)
    app.add_middleware(Gate, public_url=services.site.public_url, limits=services.limits)
    return app
