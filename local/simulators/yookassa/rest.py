"""The provider's REST API under `/v3`."""

import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from local.simulators.yookassa.checks import json_object, kopecks, payment_ask, refund_ask
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.keys import fingerprint_of
from local.simulators.yookassa.lists import payments_page, refunds_page
from local.simulators.yookassa.receipt_checks import receipt_inside

Action = Callable[[dict[str, Any]], dict[str, Any]]


async def the_desk(request: Request) -> Desk:
    """The simulator this request came to, after letting due things happen."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    desk.catch_up()
    return desk


async def the_shop(request: Request) -> Desk:
    """The same, for the shop only: 401 without its credentials."""
    desk = await the_desk(request)
    desk.check_credentials(request.headers.get("Authorization"))
    return desk


AtShop = Annotated[Desk, Depends(the_shop)]
router = APIRouter(prefix="/v3")


async def once(desk: Desk, request: Request, action: Action) -> Response:
    """Act once per key: the same bytes get the first answer, other bytes get 400."""
    key = desk.keys.check(request.headers.get("Idempotence-Key"))
    raw = await request.body()
    fingerprint = fingerprint_of(request.method, request.url.path, raw)
    with desk.store.transaction():
        body = desk.keys.first_answer(key, fingerprint)
        if body is None:
            body = json.dumps(action(json_object(raw)), ensure_ascii=False)
            desk.keys.keep(key, fingerprint, body)
    return Response(body, media_type="application/json")


@router.post("/payments")
async def create_payment(desk: AtShop, request: Request) -> Response:
    """Create a payment."""

    def create(body: dict[str, Any]) -> dict[str, Any]:
        ask = payment_ask(body, desk.shop.terms.methods)
        said = receipt_inside(
            body, ask.amount_kopecks, needs_email=desk.shop.terms.receipts_need_email
        )
        payment = desk.payments.create(ask)
        desk.receipts.carry(payment, said)
        return desk.payments.shown(desk.payments.find(payment.id))

    return await once(desk, request, create)


@router.post("/payments/{payment_id}/capture")
async def capture_payment(desk: AtShop, request: Request, payment_id: str) -> Response:
    """Capture all or a part of the held money."""

    def capture(body: dict[str, Any]) -> dict[str, Any]:
        amount = None if body.get("amount") is None else kopecks(body["amount"])
        return desk.payments.shown(desk.payments.capture(payment_id, amount))

    return await once(desk, request, capture)


@router.post("/payments/{payment_id}/cancel")
async def cancel_payment(desk: AtShop, request: Request, payment_id: str) -> Response:
    """Cancel a payment that is held."""

    def cancel(_: dict[str, Any]) -> dict[str, Any]:
        return desk.payments.shown(desk.payments.cancel(payment_id))

    return await once(desk, request, cancel)


@router.get("/payments/{payment_id}")
async def get_payment(desk: AtShop, payment_id: str) -> dict[str, Any]:
    """One payment."""
    return desk.payments.shown(desk.payments.find(payment_id))


@router.get("/payments")
async def list_payments(desk: AtShop, request: Request) -> dict[str, Any]:
    """A page of payments, newest first."""
    found, cursor = payments_page(desk.store, request.query_params)
    return _listing([desk.payments.shown(payment) for payment in found], cursor)


@router.post("/refunds")
async def create_refund(desk: AtShop, request: Request) -> Response:
    """Create a refund."""

    def create(body: dict[str, Any]) -> dict[str, Any]:
        ask = refund_ask(body)
        said = receipt_inside(
            body, ask.amount_kopecks, needs_email=desk.shop.terms.receipts_need_email
        )
        refund = desk.refunds.create(ask)
        desk.receipts.carry(refund, said)
        return desk.refunds.shown(desk.refunds.find(refund.id))

    return await once(desk, request, create)


@router.get("/refunds/{refund_id}")
async def get_refund(desk: AtShop, refund_id: str) -> dict[str, Any]:
    """One refund."""
    return desk.refunds.shown(desk.refunds.find(refund_id))


@router.get("/refunds")
async def list_refunds(desk: AtShop, request: Request) -> dict[str, Any]:
    """A page of refunds, newest first."""
    found, cursor = refunds_page(desk.store, request.query_params)
    return _listing([desk.refunds.shown(refund) for refund in found], cursor)


@router.get("/me")
async def get_me(desk: AtShop) -> dict[str, Any]:
    """The shop's settings."""
    return {
        "account_id": desk.shop.shop_id,
        "status": "enabled",
        "test": True,
        "fiscalization_enabled": False,
        "payment_methods": list(desk.shop.terms.methods),
        "itn": "0000000000",
    }


def _listing(items: list[dict[str, Any]], cursor: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": "list", "items": items}
    if cursor is not None:
        shown["next_cursor"] = cursor
    return shown
