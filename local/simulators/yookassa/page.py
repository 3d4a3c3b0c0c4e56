"""The payment page a person sees: plain forms, no scripts, nothing from elsewhere."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader

from local.simulators.yookassa.cards import (
    DECLINE_CARDS,
    GOOD_CARD,
    SBP_DECLINES,
    THREE_D_SECURE_CARD,
    asks_three_d_secure,
    explain,
)
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.page_texts import EN, RU, grouped, roubles, tied
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.qr import svg_path
from local.simulators.yookassa.records import Payment
from local.simulators.yookassa.rest import the_desk

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)
_templates.filters.update(roubles=roubles, grouped=grouped, tied=tied)

AtDesk = Annotated[Desk, Depends(the_desk)]
router = APIRouter()


def _words(lang: str | None, payment: Payment | None) -> dict[str, str]:
    if lang in {"ru", "en"}:
        return EN if lang == "en" else RU
    return EN if payment is not None and payment.locale == "en_US" else RU


def show_template(name: str, status: int, facts: dict[str, Any]) -> Response:
    """A page of this name with these facts."""
    return HTMLResponse(_templates.get_template(name).render(facts), status, headers=HEADERS)


def _find(desk: Desk, payment_id: str) -> Payment | None:
    try:
        return desk.payments.find(payment_id)
    except ApiProblem:
        return None


def _missing(words: dict[str, str]) -> Response:
    facts = {"t": words, "mark": "bad", "title": words["missing"], "more": words["missing_more"]}
    return show_template("result.html", 404, facts)


def _result(payment: Payment, words: dict[str, str], status: int = 200) -> Response:
    good = payment.status in {"waiting_for_capture", "succeeded"}
    title, more = words[payment.status], words.get(f"{payment.status}_more", "")
    reason = payment.cancel_reason or ""
    if reason.startswith("expired_on") or reason == "internal_timeout":
        title, more = words["expired"], words["expired_more"]
    elif reason == "canceled_by_merchant":
        title, more = words["voided"], words["voided_more"]
    elif reason:
        said = explain(reason, words["lang"], payment.paid_with)
        more = f"{said}. {words['canceled_next']}"
    facts = {
        "t": words,
        "payment": payment,
        "mark": "good" if good else "bad",
        "title": title,
        "more": more,
        "reason": reason,
    }
    return show_template("result.html", status, facts)


@router.get("/pay/{payment_id}")
async def show_page(desk: AtDesk, payment_id: str, lang: str | None = None) -> Response:
    """The form while the payment waits, else how it ended."""
    payment = _find(desk, payment_id)
    words = _words(lang, payment)
    if payment is None:
        return _missing(words)
    if payment.status != "pending":
        return _result(payment, words)
    methods = desk.payments.methods_of(payment)
    address = f"{desk.shop.public_url}/pay/{payment.id}"
    facts = {
        "t": words,
        "payment": payment,
        "methods": methods,
        "shop_id": desk.shop.shop_id,
        "card": GOOD_CARD,
        "three_d_secure_card": THREE_D_SECURE_CARD,
        "declines": DECLINE_CARDS,
        "sbp_declines": SBP_DECLINES,
        "qr": svg_path(address) if "sbp" in methods else None,
        "minutes": -(-(payment.confirm_until_ms - desk.clock.now_ms()) // 60_000),
    }
    return show_template("pay.html", 200, facts)


def _asked_by_the_bank(desk: Desk, payment: Payment, words: dict[str, str], card: str) -> Response:
    facts = {"t": words, "payment": payment, "shop_id": desk.shop.shop_id, "number": card}
    return show_template("confirm.html", 200, facts)


@router.post("/pay/{payment_id}")
async def pay_on_page(
    desk: AtDesk,
    request: Request,
    payment_id: str,
    action: Annotated[str, Form(max_length=16)],
    number: Annotated[str, Form(max_length=32)] = GOOD_CARD,
    reason: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """A button was pressed: `card`, `confirm`, `reject` or `sbp`; success leads to the shop.

    With a `reason` the bank refuses an SBP payment.
    """
    payment = _find(desk, payment_id)
    words = _words(request.query_params.get("lang"), payment)
    if payment is None:
        return _missing(words)
    digits = "".join(number.split())
    if action == "card" and payment.status == "pending" and asks_three_d_secure(digits):
        return _asked_by_the_bank(desk, payment, words, digits)
    decline = "3d_secure_failed" if action == "reject" else None
    if action == "sbp" and reason in SBP_DECLINES:
        decline = reason
    method = "sbp" if action == "sbp" else "bank_card"
    try:
        with desk.store.transaction():
            payment = desk.payments.pay(payment, method, digits, decline)
    except ApiProblem:
        return _result(payment, words, 409) if payment.status != "pending" else _missing(words)
    if payment.status == "canceled":
        return _result(payment, words)
    return RedirectResponse(payment.return_url, status_code=303, headers=HEADERS)
