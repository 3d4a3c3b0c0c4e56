"""`/sim`: journals, faults, delivery rules, limits, clock and the page's event stream."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header
from fastapi.responses import StreamingResponse
from pydantic import Field

from local.simulators.telegram.faults import FaultPlan, Rule
from local.simulators.telegram.limits import GENEROUS, TELEGRAM
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.sim_api import Body
from local.simulators.telegram.stand import Stand
from local.simulators.telegram.updates import PATIENT, QUICK

MOST_ENTRIES = 10_000


class DeliveryChange(Body):
    """Delivery rules to change; what is left out stays. `telegram`: the server's own patience."""

    preset: Literal["quick", "telegram"] | None = None
    copies: int | None = Field(default=None, ge=1, le=10)
    shuffle: bool | None = None
    delay_ms: int | None = Field(default=None, ge=0, le=600_000)
    seed: int | None = None
    retap: bool | None = None
    unheard: float | None = Field(default=None, ge=0, lt=1)
    retry_first_seconds: float | None = Field(default=None, gt=0, le=120)
    retry_longest_seconds: float | None = Field(default=None, gt=0, le=3600)


class ClockChange(Body):
    """How far to move the clock."""

    advance_seconds: float = Field(gt=-(10**9), lt=10**9)


class LimitsChange(Body):
    """Figures per second, or a named set of them."""

    preset: Literal["generous", "telegram"] | None = None
    overall_per_second: float | None = Field(default=None, gt=0)
    overall_burst: float | None = Field(default=None, ge=1)
    chat_per_second: float | None = Field(default=None, gt=0)
    chat_burst: float | None = Field(default=None, ge=1)
    group_per_second: float | None = Field(default=None, gt=0)
    group_burst: float | None = Field(default=None, ge=1)


def control_router(stand: Stand) -> APIRouter:
    """Return the routes that observe and steer the simulator."""
    router = APIRouter(prefix="/sim")
    _add_journals(router, stand)
    _add_faults(router, stand)
    _add_levers(router, stand)

    @router.get("/events")
    async def events(
        last_event_id: Annotated[str, Header()] = "", resume: str = ""
    ) -> StreamingResponse:
        return StreamingResponse(
            stand.events.stream(last_event_id or resume),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @router.get("/bot")
    async def bot() -> Json:
        webhook = stand.database.setting("webhook") or {}
        return {**stand.bot, "webhook_url": webhook.get("url"), "polls": len(stand.wake_polls)}

    return router


def _add_journals(router: APIRouter, stand: Stand) -> None:
    @router.get("/updates")
    async def updates(after: int = 0, limit: int = MOST_ENTRIES) -> list[Json]:
        return stand.updates.journal(after, min(limit, MOST_ENTRIES))

    @router.get("/calls")
    async def calls(
        after: int = 0,
        limit: int = MOST_ENTRIES,
        method: str | None = None,
        chat_id: int | None = None,
    ) -> list[Json]:
        return stand.journal.read(after, min(limit, MOST_ENTRIES), method, chat_id)


def _add_faults(router: APIRouter, stand: Stand) -> None:
    @router.post("/faults")
    async def plant(rule: Rule) -> list[Json]:
        stand.faults.plant(rule)
        return stand.faults.to_come()

    @router.put("/faults")
    async def plan(wish: FaultPlan) -> list[Json]:
        stand.faults.replace(wish)
        return stand.faults.to_come()

    @router.get("/faults")
    async def to_come() -> list[Json]:
        return stand.faults.to_come()

    @router.get("/faults/told")
    async def told() -> Json:
        return stand.faults.told()

    @router.delete("/faults")
    @router.delete("/faults/{number}")
    async def clear(number: int | None = None) -> list[Json]:
        stand.faults.clear(number)
        return stand.faults.to_come()


def _add_levers(router: APIRouter, stand: Stand) -> None:
    @router.post("/delivery")
    async def delivery(change: DeliveryChange) -> Json:
        preset = {"quick": QUICK, "telegram": PATIENT}.get(change.preset or "", {})
        changed = change.model_dump(exclude_none=True, exclude={"preset"})
        rules = stand.updates.change_rules({**preset, **changed})
        stand.wake()
        return rules

    @router.post("/clock")
    async def clock(change: ClockChange) -> Json:
        stand.clock.advance(change.advance_seconds)
        stand.wake()
        return {"now": stand.clock.now(), "offset_seconds": stand.clock.offset_seconds}

    @router.post("/limits")
    async def limits(change: LimitsChange) -> Json:
        preset = {"generous": GENEROUS, "telegram": TELEGRAM}.get(change.preset or "", {})
        figures = change.model_dump(exclude_none=True, exclude={"preset"})
        stand.limits.change({**preset, **figures})
        return stand.limits.figures
