"""Receipts over HTTP: the provider's `/v3/receipts`, and what the tax service would say."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.lists import receipts_page
from local.simulators.yookassa.problems import invalid
from local.simulators.yookassa.receipt_checks import receipt_ask
from local.simulators.yookassa.receipts import Receipt
from local.simulators.yookassa.rest import AtShop, once, the_desk

AtDesk = Annotated[Desk, Depends(the_desk)]
router = APIRouter()


class ReceiptEnd(BaseModel):
    """How the registration of a pending receipt ends."""

    status: Literal["succeeded", "canceled"]


@router.post("/v3/receipts")
async def create_receipt(desk: AtShop, request: Request) -> Response:
    """Make a receipt alone."""

    def create(body: dict[str, Any]) -> dict[str, Any]:
        ask = receipt_ask(body, needs_email=desk.shop.terms.receipts_need_email)
        return desk.receipts.shown(desk.receipts.create(ask))

    return await once(desk, request, create)


@router.get("/v3/receipts/{receipt_id}")
async def get_receipt(desk: AtShop, receipt_id: str) -> dict[str, Any]:
    """One receipt."""
    return desk.receipts.shown(desk.receipts.find(receipt_id))


@router.get("/v3/receipts")
async def list_receipts(desk: AtShop, request: Request) -> dict[str, Any]:
    """A page of receipts, newest first; of a payment or of a refund, not of both."""
    if {"payment_id", "refund_id"} <= set(request.query_params):
        raise invalid("payment_id or refund_id", "payment_id")
    rows, cursor = receipts_page(desk.store, request.query_params)
    shown: dict[str, Any] = {
        "type": "list",
        "items": [desk.receipts.shown(Receipt(**row)) for row in rows],
    }
    if cursor is not None:
        shown["next_cursor"] = cursor
    return shown


@router.get("/sim/receipts")
async def all_receipts(desk: AtDesk) -> dict[str, Any]:
    """Every receipt, newest first; `inside` tells whether it came in a payment or refund."""
    items = [
        {**desk.receipts.shown(one), "inside": one.inside, "of_payment": one.of_payment}
        for one in desk.receipts.every()
    ]
    return {"items": items}


@router.post("/sim/receipts/{receipt_id}/end")
async def end_receipt(desk: AtDesk, receipt_id: str, wish: ReceiptEnd) -> dict[str, Any]:
    """Let the registration of a pending receipt succeed or fail."""
    with desk.store.transaction():
        receipt = desk.receipts.settle(desk.receipts.find(receipt_id), wish.status)
    return desk.receipts.shown(receipt)
