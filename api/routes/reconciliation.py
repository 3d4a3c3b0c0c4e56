"""`/api/v1/reconciliation`: what differs from the payment provider, and who repairs it."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field

from api.deps import Caller, services_of
from api.idempotency import json_only
from api.security import may
from models.queries import breaks as decisions
from models.queries import reconciliation as queries
from models.reconciliation import ReconciliationBreakRow
from rules.reconciliation import BreakClass, BreakState, Remedy
from texts.breaks import break_number
from workflows.client import Unavailable

Bookkeeper = Annotated[Caller, Depends(may("money"))]
Number = Annotated[int, Path(ge=1, lt=2**62)]
router = APIRouter(prefix="/api/v1/reconciliation", tags=["reconciliation"])


class BreakOut(BaseModel):
    """One difference; amounts in kopecks."""

    id: int
    number: str
    kind: BreakClass
    subject: str
    remedy: Remedy
    state: BreakState
    order_id: str | None
    ours_kopecks: int
    theirs_kopecks: int
    first_seen: datetime
    proposed_by: str | None
    approved_by: str | None
    note: str


class DismissIn(BaseModel):
    """Why nothing is to be done."""

    note: str = Field(min_length=1, max_length=160)


@router.get("/breaks")
async def listing(request: Request, _: Bookkeeper) -> list[BreakOut]:
    """What waits for a person or for the next run, the oldest first."""
    async with services_of(request).database.reading() as session:
        return [_out(row) for row in await queries.open_breaks(session)]


@router.post("/breaks/{number}/repair", dependencies=[Depends(json_only)])
async def repair(request: Request, caller: Bookkeeper, number: Number) -> BreakOut:
    """Propose a repair that moves money; somebody else has to approve it. Repeat safely."""
    async with services_of(request).database.transaction() as session:
        return _out(await decisions.propose(session, number, caller.person))


@router.post("/breaks/{number}/approve", dependencies=[Depends(json_only)])
async def approve(request: Request, caller: Bookkeeper, number: Number) -> BreakOut:
    """The second person's word; it is repaired at once. Repeat safely."""
    services = services_of(request)
    async with services.database.transaction() as session:
        found = _out(await decisions.approve(session, number, caller.person))
    if services.reconciliation is not None:
        # If it cannot be started now, the next regular run repairs it.
        with contextlib.suppress(Unavailable):
            await services.reconciliation.run_now()
    return found


@router.post("/breaks/{number}/dismiss", dependencies=[Depends(json_only)])
async def dismiss(
    request: Request, caller: Bookkeeper, number: Number, said: DismissIn
) -> BreakOut:
    """Nothing is to be done about it."""
    now = datetime.now(UTC)
    async with services_of(request).database.transaction() as session:
        return _out(await decisions.dismiss(session, number, caller.person, said.note, now))


def _out(row: ReconciliationBreakRow) -> BreakOut:
    return BreakOut(
        id=row.id,
        number=break_number(row.id),
        kind=row.kind,
        subject=row.subject,
        remedy=row.remedy,
        state=row.state,
        order_id=row.order_id,
        ours_kopecks=row.ours_kopecks,
        theirs_kopecks=row.theirs_kopecks,
        first_seen=row.first_seen,
        proposed_by=row.proposed_by,
        approved_by=row.approved_by,
        note=row.note,
    )
