"""`/api/v1/orders`: place, read, pay and cancel orders for other programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse

from api import idempotency
from api.deps import Caller, services_of
from api.idempotency import Attempt, idempotency_key, json_only, order_id_of, short
from api.placing import check_wish, client_of, order_input, resolve, utc_now, write_request
from api.reading import order_out, owner_of, read_order, read_page, read_story
from api.schemas import CancelIn, OrderIn, OrderOut, OrderPage, PayIn, PaymentOut, Story
from api.security import may
from rules.errors import BY_NAME, OrderClosed, RuleViolation
from rules.orders import OrderState, Role
from runtime.logs import order_context
from texts.language import Language, pick
from workflows import messages
from workflows.client import intent

PAGE_MAX = 100
Key = Annotated[str, Depends(idempotency_key)]
Reader = Annotated[Caller, Depends(may("orders:read"))]
Writer = Annotated[Caller, Depends(may("orders:write"))]
Canceller = Annotated[Caller, Depends(may("orders:cancel"))]
router = APIRouter(prefix="/api/v1/orders", tags=["orders"])


def _language(request: Request) -> Language:
    return pick(request.headers.get("accept-language"))


@router.post("", status_code=201, response_model=OrderOut, dependencies=[Depends(json_only)])
async def create(request: Request, caller: Writer, key: Key, order: OrderIn) -> JSONResponse:
    """Place an order; it is answered when the order's row is written. Repeat safely."""
    services = services_of(request)
    now = utc_now()
    spot = await resolve(order.place, services.places, now)
    check_wish(order, spot, now)
    attempt = Attempt(caller, key, "orders", order)
    order_id = order_id_of(caller, key)
    with order_context(order_id):
        async with services.database.transaction() as session:
            is_first, before = await idempotency.remember(session, attempt)
            if is_first:
                client_id = await client_of(session, caller, order.contact)
                await write_request(session, order_id, client_id, order, spot)
            start = await order_input(session, order_id, services.policy)
        if "body" in before:
            return _created(before["body"], replayed=True)
        if "refused" in before:
            raise BY_NAME[before["refused"]]()
        return await _place(request, attempt, start)


async def _place(request: Request, attempt: Attempt, start: messages.OrderInput) -> JSONResponse:
    services = services_of(request)
    try:
        await services.orders.place(start)
    except RuleViolation as refusal:
        # The order id is used up: the same key will get the same refusal.
        async with services.database.transaction() as session:
            await idempotency.remember_answer(session, attempt, refused=type(refusal).__name__)
        raise
    async with services.database.transaction() as session:
        url = services.site.public_url
        view = await read_order(session, start.order_id, start.client_id, url)
        body = order_out(view, _language(request)).model_dump(mode="json")
        await idempotency.remember_answer(session, attempt, body=body)
    return _created(body, replayed=False)


def _created(body: dict[str, object], *, replayed: bool) -> JSONResponse:
    headers = {"Location": f"/api/v1/orders/{body['id']}"}
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return JSONResponse(body, 201, headers)


@router.get("")
async def listing(
    request: Request,
    caller: Reader,
    state: OrderState | None = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
) -> OrderPage:
    """The caller's orders, newest first."""
    async with services_of(request).database.reading() as session:
        return await read_page(session, caller, state, cursor, limit)


@router.get("/{order_id}")
async def one(request: Request, caller: Reader, order_id: UUID) -> OrderOut:
    """One of the caller's orders; 404 for all others."""
    return await _read(request, caller, order_id)


async def _read(request: Request, caller: Caller, order_id: UUID) -> OrderOut:
    services = services_of(request)
    async with services.database.reading() as session:
        client_id = await owner_of(session, caller, order_id)
        view = await read_order(session, order_id, client_id, services.site.public_url)
    return order_out(view, _language(request))


@router.get("/{order_id}/events")
async def events(request: Request, caller: Reader, order_id: UUID) -> Story:
    """The order's story."""
    async with services_of(request).database.reading() as session:
        await owner_of(session, caller, order_id)
        return Story(items=await read_story(session, order_id))


async def _noted(request: Request, order_id: UUID, attempt: Attempt) -> tuple[bool, int]:
    """Whether this is the key's first use, and the order's client."""
    async with services_of(request).database.transaction() as session:
        client_id = await owner_of(session, attempt.caller, order_id)
        is_first, _ = await idempotency.remember(session, attempt)
    return is_first, client_id


@router.post("/{order_id}/cancel", dependencies=[Depends(json_only)])
async def cancel(
    request: Request, caller: Canceller, key: Key, order_id: UUID, said: CancelIn
) -> OrderOut:
    """End an order; `money.cancel_claim_cap_kopecks` tells beforehand what it may cost."""
    attempt = Attempt(caller, key, f"orders/{order_id}/cancel", said)
    with order_context(order_id):
        is_first, client_id = await _noted(request, order_id, attempt)
        wish = messages.Cancellation(Role.CLIENT, client_id, said.reason)
        action = intent(order_id, f"cancel-{short(key)}", 0, client_id)
        try:
            await services_of(request).orders.cancel(order_id, wish, intent=action)
        except OrderClosed:
            order = await _read(request, caller, order_id)
            if is_first or order.state is not OrderState.CANCELLED:
                raise
            return order
        return await _read(request, caller, order_id)


@router.post("/{order_id}/pay", dependencies=[Depends(json_only)])
async def pay(
    request: Request, caller: Writer, key: Key, order_id: UUID, said: PayIn
) -> PaymentOut:
    """Start the prepayment; the client pays on the page whose address is returned."""
    attempt = Attempt(caller, key, f"orders/{order_id}/pay", said)
    with order_context(order_id):
        _, client_id = await _noted(request, order_id, attempt)
        wish = messages.PaymentChoice(client_id, said.method)
        action = intent(order_id, f"pay-{short(key)}", 0, client_id)
        answer = await services_of(request).orders.pay(order_id, wish, intent=action)
    return PaymentOut(order_id=str(order_id), state=answer.state, payment_url=answer.payment_url)
