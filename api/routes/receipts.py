"""`/api/v1/accounting/receipts`: the receipts that a person must look at."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from api.deps import Caller, services_of
from api.security import may
from models.queries.receipts import LISTED_MAX, TroubledReceipt, needing_person
from rules.receipts import ReceiptKind, ReceiptState
from texts.formatting import order_number

Accountant = Annotated[Caller, Depends(may("accounting"))]
router = APIRouter(prefix="/api/v1/accounting", tags=["statements"])


class ReceiptOut(BaseModel):
    """A receipt under 54-FZ that was not made by itself; amount in kopecks."""

    id: int
    number: str
    order_id: str
    order_number: str
    kind: ReceiptKind
    state: ReceiptState
    amount_kopecks: int
    reason: str
    since: datetime


class ReceiptPage(BaseModel):
    """The oldest first; `next_after` asks for the next page."""

    items: list[ReceiptOut]
    next_after: int | None = None


@router.get("/receipts")
async def troubled(
    request: Request,
    _: Accountant,
    after: Annotated[int, Query(ge=0, lt=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = LISTED_MAX,
) -> ReceiptPage:
    """Refused, canceled, without an address, or not registered for a day."""
    async with services_of(request).database.reading() as session:
        found = await needing_person(session, after_id=after, limit=limit + 1)
    more = found[limit - 1].id if len(found) > limit else None
    return ReceiptPage(items=[_shown(one) for one in found[:limit]], next_after=more)


def _shown(one: TroubledReceipt) -> ReceiptOut:
    return ReceiptOut(
        id=one.id,
        number=f"R-{one.id}",
        order_id=one.order_id,
        order_number=order_number(one.order_number),
        kind=one.kind,
        state=one.state,
        amount_kopecks=one.amount_kopecks,
        reason=one.reason,
        since=one.since,
    )
