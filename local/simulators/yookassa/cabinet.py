"""The cabinet: what the shop's staff sees, and where a person also acts as the bank."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter

from local.simulators.yookassa.cabinet_texts import EN, RU
from local.simulators.yookassa.cards import explain
from local.simulators.yookassa.checks import RefundAsk, kopecks
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.faults import Kind, Operation, Rule
from local.simulators.yookassa.lists import payments_page, refunds_page
from local.simulators.yookassa.notices import Mode
from local.simulators.yookassa.page import HEADERS, show_template
from local.simulators.yookassa.page_texts import roubles
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.records import Payment
from local.simulators.yookassa.rest import the_desk
from local.simulators.yookassa.terms import income_kopecks

_ON_A_PAGE = "50"
_NOTICES = 100
_MODES: TypeAdapter[Mode] = TypeAdapter(Mode)
_HOPS = {"hour": 3600, "day": 86_400, "week": 7 * 86_400}


async def _same_site(request: Request) -> None:
    # Another site open in the same browser must not move even training money.
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise ApiProblem(403, "forbidden", "Open the cabinet itself")


AtDesk = Annotated[Desk, Depends(the_desk)]
Action = Annotated[str, Form(max_length=32)]
Text = Annotated[str, Form(max_length=64)]
router = APIRouter(prefix="/cabinet", dependencies=[Depends(_same_site)])
front = APIRouter()


def _instant(ms: int | None) -> str:
    """An instant for people, in this machine's time."""
    if ms is None:
        return ""
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%d.%m.%Y %H:%M:%S")


def _page(request: Request, name: str, status: int = 200, **facts: Any) -> Response:
    words = EN if request.query_params.get("lang") == "en" else RU
    general = {"t": words, "here": request.url.path, "instant": _instant}
    general.update(roubles=roubles, explain=explain)
    return show_template(f"cabinet_{name}.html", status, {**general, **facts})


def _back(request: Request, path: str | None = None) -> Response:
    lang = "en" if request.query_params.get("lang") == "en" else "ru"
    address = f"{path or request.url.path}?lang={lang}"
    return RedirectResponse(address, status_code=303, headers=HEADERS)


@front.get("/")
async def enter() -> Response:
    """The simulator's bare address leads to the cabinet."""
    return RedirectResponse("/cabinet", status_code=303)


@router.get("")
async def list_payments(desk: AtDesk, request: Request) -> Response:
    """Payments, newest first."""
    query = {"limit": _ON_A_PAGE, "cursor": request.query_params.get("cursor")}
    found, cursor = payments_page(desk.store, {name: text for name, text in query.items() if text})
    taken = {payment.id: desk.chargebacks.taken_kopecks(payment.id) for payment in found}
    return _page(request, "payments", payments=found, cursor=cursor, taken=taken)


@router.get("/refunds")
async def list_refunds(desk: AtDesk, request: Request) -> Response:
    """Refunds, newest first."""
    query = {"limit": _ON_A_PAGE, "cursor": request.query_params.get("cursor")}
    found, cursor = refunds_page(desk.store, {name: text for name, text in query.items() if text})
    return _page(request, "refunds", refunds=found, cursor=cursor)


@router.post("/refunds/{refund_id}")
async def end_refund(desk: AtDesk, request: Request, refund_id: str, action: Action) -> Response:
    """Let a pending refund succeed or fail; one that has ended stays as it is."""
    with desk.store.transaction():
        refund = desk.refunds.find(refund_id)
        if refund.status == "pending" and action == "succeeded":
            desk.refunds.settle(refund, "succeeded")
        elif refund.status == "pending":
            desk.refunds.settle(refund, "canceled", "rejected_by_payee")
    return _back(request, f"/cabinet/payments/{refund.payment_id}")


@router.get("/events")
async def list_events(desk: AtDesk, request: Request) -> Response:
    """Notices to the shop, newest first."""
    return _page(request, "events", notices=desk.notices.listing()[: -_NOTICES - 1 : -1])


@router.post("/events/{seq}")
async def send_again(desk: AtDesk, request: Request, seq: int) -> Response:
    """Deliver one notice once more."""
    with desk.store.transaction():
        desk.notices.send_again(seq)
    return _back(request, "/cabinet/events")


@router.get("/faults")
async def show_faults(desk: AtDesk, request: Request) -> Response:
    """The clock, the mode of notices and the planted faults."""
    return _page(
        request,
        "faults",
        now=desk.clock.now_ms(),
        mode=desk.notices.mode,
        modes=get_args(Mode),
        faults=desk.faults.listing(),
        operations=get_args(Operation),
        kinds=get_args(Kind),
    )


@router.post("/faults")
async def change_faults(
    desk: AtDesk,
    request: Request,
    action: Action,
    operation: Text = "any",
    kind: Text = "http_500",
    count: Annotated[int, Form(ge=1, le=1000)] = 1,
) -> Response:
    """Plant a fault, remove all, move the clock, or choose what happens to notices."""
    with desk.store.transaction():
        if action in _HOPS:
            desk.clock.advance(_HOPS[action])
        elif action in get_args(Mode):
            desk.notices.choose(_MODES.validate_python(action), seed=0)
        elif action == "clear":
            desk.faults.clear()
        elif operation in get_args(Operation) and kind in get_args(Kind):
            wish = {"operation": operation, "kind": kind, "count": count}
            desk.faults.plant(Rule.model_validate(wish))
    desk.catch_up()
    desk.notices.fresh.set()
    return _back(request)


@router.get("/payments/{payment_id}")
async def show_payment(desk: AtDesk, request: Request, payment_id: str) -> Response:
    """One payment, its refunds and notices, and what may be done with it."""
    return _payment_page(desk, request, payment_id)


@router.post("/payments/{payment_id}")
async def act_on_payment(
    desk: AtDesk, request: Request, payment_id: str, action: Action, amount: Text = ""
) -> Response:
    """Capture, cancel, refund as staff; drop the hold or charge back as the bank."""
    try:
        with desk.store.transaction():
            acts = _acts(desk, payment_id, amount.strip())
            if action in acts:
                acts[action]()
    except ApiProblem as problem:
        return _payment_page(desk, request, payment_id, problem)
    return _back(request)


def _acts(desk: Desk, payment_id: str, amount: str) -> dict[str, Callable[[], object]]:
    def sum_of(text: str) -> int:
        whole = text.replace(",", ".").replace("\u202f", "").replace(" ", "")
        value = whole if "." in whole else f"{whole}.00"
        return kopecks({"value": value, "currency": "RUB"})

    return {
        "capture": lambda: desk.payments.capture(payment_id, sum_of(amount) if amount else None),
        "cancel": lambda: desk.payments.drop_hold(payment_id, "canceled_by_merchant"),
        "bank_cancel": lambda: desk.payments.drop_hold(payment_id, "general_decline"),
        "refund": lambda: desk.refunds.create(
            RefundAsk(payment_id, sum_of(amount), None, {}), source="cabinet"
        ),
        "chargeback": lambda: desk.chargebacks.create(
            payment_id, sum_of(amount) if amount else None, "fraud"
        ),
    }


def _payment_page(
    desk: Desk, request: Request, payment_id: str, problem: ApiProblem | None = None
) -> Response:
    try:
        payment = desk.payments.find(payment_id)
    except ApiProblem:
        return _page(request, "payment", 404, payment=None)
    refunds, _ = refunds_page(desk.store, {"payment_id": payment.id, "limit": "100"})
    told = {payment.id, *(refund.id for refund in refunds)}
    return _page(
        request,
        "payment",
        409 if problem else 200,
        payment=payment,
        refunds=refunds,
        notices=[one for one in desk.notices.listing() if one["object_id"] in told],
        taken=desk.chargebacks.taken_kopecks(payment.id),
        left=payment.refundable_kopecks,
        income=_income(payment),
        problem=problem,
    )


def _income(payment: Payment) -> int | None:
    if payment.status != "succeeded":
        return None
    return income_kopecks(payment.amount_kopecks, payment.paid_with or "bank_card")
