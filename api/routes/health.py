"""For probes and dashboards: is it alive, is it ready, what does it count."""

from fastapi import APIRouter, Request
from prometheus_client import Gauge
from sqlalchemy import func
from sqlmodel import col, select
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.deps import Services, services_of
from api.problems import Problem
from models.orders import OrderRow
from models.payments import ProviderNoticeRow
from rules.orders import OrderState
from runtime.health import Readiness
from runtime.metrics import REGISTRY, exposition

router = APIRouter(include_in_schema=False)

ORDERS_IN_STATE = Gauge(
    "orders_in_state", "Orders by their present state", ["state"], registry=REGISTRY
)
ORDERS_NEEDING_ATTENTION = Gauge(
    "orders_needing_attention", "Orders that wait for a person", registry=REGISTRY
)
NOTICES_WAITING = Gauge(
    "payment_notices_waiting", "Payment notices not yet passed on", registry=REGISTRY
)


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """PostgreSQL and Temporal answer too; 503 otherwise, with what is missing and for how long."""
    parts: Readiness = request.app.state.readiness
    is_ready, said = await parts.look()
    return JSONResponse(said, 200 if is_ready else 503)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Prometheus' text format; gauges are counted from the tables at this moment."""
    services = services_of(request)
    if not services.site.metrics:
        raise Problem(404, "NotFound")
    await _count(services)
    body, kind = exposition()
    return Response(body, headers={"Content-Type": kind})


async def _count(services: Services) -> None:
    async with services.database.reading() as session:
        found = await session.exec(
            select(
                col(OrderRow.state),
                func.count(),
                func.count().filter(col(OrderRow.needs_attention)),
            ).group_by(col(OrderRow.state))
        )
        rows = list(found)
        waiting = await session.exec(
            select(func.count())
            .select_from(ProviderNoticeRow)
            .where(col(ProviderNoticeRow.passed_on_at).is_(None))
        )
        NOTICES_WAITING.set(waiting.one())
    counted = {state: number for state, number, _ in rows}
    for state in OrderState:
        ORDERS_IN_STATE.labels(state.value).set(counted.get(state, 0))
    ORDERS_NEEDING_ATTENTION.set(sum(waits for _, _, waits in rows))


@router.get("/local/phones")
async def phones(request: Request) -> RedirectResponse:
    """The two phones of the local Telegram simulator; elsewhere there is no such page."""
    url = services_of(request).site.phones_url
    if url is None:
        raise Problem(404, "NotFound")
    # The query may say who holds which phone.
    return RedirectResponse(f"{url}?{request.url.query}".rstrip("?"), 307)
