"""The payment page a person sees: plain forms, no scripts, nothing from elsewhere."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from local.simulators.yookassa.cards import (
    DECLINE_CARDS,
    GOOD_CARD,
    THREE_D_SECURE_CARD,
    asks_three_d_secure,
    explain,
)
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.page_texts import EN, RU, grouped, roubles
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.records import Payment
from local.simulators.yookassa.rest import the_desk

_REJECTED_CARD = "5555555555554592"  # the published card that fails 3-D Secure
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_templates.filters.update(roubles=roubles, grouped=grouped)

AtDesk = Annotated[Desk, Depends(the_desk)]
router = APIRouter()


def _words(lang: str | None, payment: Payment | None) -> dict[str, str]:
    if lang in {"ru", "en"}:
        return EN if lang == "en" else RU
    return EN if payment is not None and payment.locale == "en_US" else RU


def _show(name: str, status: int, facts: dict[str, Any]) -> Response:
    return HTMLResponse(_templates.get_template(name).render(facts), status, headers=_HEADERS)


def _find(desk: Desk, payment_id: str) -> Payment | None:
    try:
        return desk.payments.find(payment_id)
    except ApiProblem:
        return None


def _missing(words: dict[str, str]) -> Response:
    facts = {"t": words, "mark": "bad", "title": words["missing"], "more": words["missing_more"]}
    return _show("result.html", 404, facts)


def _result(payment: Payment, words: dict[str, str], status: int = 200) -> Response:
    good = payment.status in {"waiting_for_capture", "succeeded"}
    title, more = words[payment.status], words.get(f"{payment.status}_more", "")
    reason = payment.cancel_reason or ""
    if reason.startswith("expired_on") or reason == "internal_timeout":
        title, more = words["expired"], words["expired_more"]
    elif reason == "canceled_by_merchant":
        title, more = words["voided"], words["voided_more"]
    elif reason:
        more = explain(reason, words["lang"])
    facts = {
        "t": words,
        "payment": payment,
        "mark": "good" if good else "bad",
        "title": title,
        "more": more,
        "reason": reason,
    }
    return _show("result.html", status, facts)


@router.get("/pay/{payment_id}")
async def show_page(desk: AtDesk, payment_id: str, lang: str | None = None) -> Response:
    """The form while the payment waits, else how it ended."""
    payment = _find(desk, payment_id)
    words = _words(lang, payment)
    if payment is None:
        return _missing(words)
    if payment.status != "pending":
        return _result(payment, words)
    facts = {
        "t": words,
        "payment": payment,
        "methods": desk.payments.methods_of(payment),
        "shop_id": desk.shop.shop_id,
        "card": GOOD_CARD,
        "three_d_secure_card": THREE_D_SECURE_CARD,
        "declines": DECLINE_CARDS,
    }
    return _show("pay.html", 200, facts)


@router.post("/pay/{payment_id}")
async def pay_on_page(
    desk: AtDesk,
    request: Request,
    payment_id: str,
    action: Annotated[str, Form(max_length=16)],
    number: Annotated[str, Form(max_length=32)] = GOOD_CARD,
) -> Response:
    """A button was pressed: `card`, `confirm`, `reject` or `sbp`; success leads to the shop."""
    payment = _find(desk, payment_id)
    words = _words(request.query_params.get("lang"), payment)
    if payment is None:
        return _missing(words)
    digits = "".join(number.split())
    if action == "card" and payment.status == "pending" and asks_three_d_secure(digits):
        return _show("confirm.html", 200, {"t": words, "payment": payment, "number": digits})
    if action == "reject":
        digits = _REJECTED_CARD
    method = "sbp" if action == "sbp" else "bank_card"
    try:
        with desk.store.transaction():
            payment = desk.payments.pay(payment, method, digits)
    except ApiProblem:
        return _result(payment, words, 409) if payment.status != "pending" else _missing(words)
    if payment.status == "canceled":
        return _result(payment, words)
    return RedirectResponse(payment.return_url, status_code=303, headers=_HEADERS)
