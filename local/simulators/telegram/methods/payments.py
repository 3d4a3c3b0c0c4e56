"""Methods of payments: invoices, and the answer to the query before a payment."""

from __future__ import annotations

import json
import re
from typing import Any

from local.simulators.telegram.content import checked_chat, publish, required
from local.simulators.telegram.errors import bad
from local.simulators.telegram.keyboards import buttons
from local.simulators.telegram.parameters import COMMON, Method, method
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

# Only tokens of this form: a real one must not be sent to a simulator.
PROVIDER_TOKEN = re.compile(r"^\d{1,15}:TEST:[\w-]{1,64}$")
LONGEST_TITLE, LONGEST_DESCRIPTION, MOST_PAYLOAD_BYTES = 32, 255, 128
# About one and ten thousand dollars, as the published table of currencies has it; kopecks.
AMOUNTS = {"RUB": (100_00, 1_000_000_00)}
START_PARAMETER = re.compile(r"^[\w-]{1,64}$")


def _checked(stand: Stand, params: Json) -> tuple[Json, Json]:
    """Return what an invoice shows, and all that has to be known to pay it."""
    title, description = required(params, "title"), required(params, "description")
    if len(title) > LONGEST_TITLE:
        raise bad("title is too long")
    if len(description) > LONGEST_DESCRIPTION:
        raise bad("description is too long")
    payload = required(params, "payload")
    if len(payload.encode()) > MOST_PAYLOAD_BYTES:
        raise bad("INVOICE_PAYLOAD_INVALID")
    token = params.get("provider_token") or ""
    if not PROVIDER_TOKEN.match(token) or stand.payments_url is None:
        raise bad("PAYMENT_PROVIDER_INVALID")
    start = params.get("start_parameter")
    if start and not START_PARAMETER.match(start):
        raise bad("START_PARAM_INVALID")
    currency = required(params, "currency")
    total = _total(params.get("prices"), currency)
    shown = {
        "title": title,
        "description": description,
        "start_parameter": start or "",
        "currency": currency,
        "total_amount": total,
    }
    hidden = present(
        payload=payload,
        provider_data=_provider_data(params.get("provider_data")),
        need_email=params.get("need_email"),
        sends_email=params.get("send_email_to_provider"),
    )
    return shown, {**shown, **hidden}


def send_invoice(stand: Stand, params: Json) -> Json:
    """Send an invoice; its first button pays."""
    checked_chat(stand, params)
    shown, whole = _checked(stand, params)
    _check_buttons(params)
    body = publish(stand, params, {"invoice": shown})
    stand.invoices.add(body["chat"]["id"], body["message_id"], whole)
    return body


def create_invoice_link(stand: Stand, params: Json) -> str:
    """Return a link by which anybody can pay, as often as he likes."""
    _, whole = _checked(stand, params)
    return f"https://t.me/${stand.invoices.add_link(whole)}"


def _total(prices: Any, currency: str) -> int:
    if not isinstance(prices, list) or not prices:
        raise bad("there must be at least one price")
    for price in prices:
        is_whole = isinstance(price, dict) and type(price.get("amount")) is int
        if not is_whole or not isinstance(price.get("label"), str) or not price["label"]:
            raise bad("can't parse prices: expected an Array of LabeledPrice")
    if currency not in AMOUNTS:
        raise bad("CURRENCY_INVALID")
    total = sum(int(price["amount"]) for price in prices)
    least, most = AMOUNTS[currency]
    if not least <= total <= most:
        raise bad("CURRENCY_TOTAL_AMOUNT_INVALID")
    return total


def _check_buttons(params: Json) -> None:
    first = next(buttons(params.get("reply_markup")), None)
    if first is not None and "pay" not in first:
        raise bad("the first button of an invoice must be a Pay button")


def _provider_data(text: str | None) -> Json:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise bad("can't parse provider_data: expected a JSON-serialized object")
    return found


def answer_pre_checkout_query(stand: Stand, params: Json) -> bool:
    """Say yes, or no with a sentence for the person; within ten seconds and once."""
    ok = bool(params.get("ok"))
    if not ok and not params.get("error_message"):
        raise bad("error_message is required when ok is False")
    answer = present(ok=ok, error_message=params.get("error_message"))
    person_id = stand.invoices.answer(required(params, "pre_checkout_query_id"), answer)
    stand.events.emit("checkout", person_id)
    return True


INVOICE = (
    "title:str description:str payload:str provider_token:str currency:str"
    " prices:json max_tip_amount:int suggested_tip_amounts:json"
    " provider_data:str photo_url:str photo_size:int photo_width:int photo_height:int"
    " need_name:bool need_phone_number:bool need_email:bool need_shipping_address:bool"
    " send_phone_number_to_provider:bool send_email_to_provider:bool is_flexible:bool"
)
METHODS: list[Method] = [
    method(
        "sendInvoice",
        f"chat_id:chat start_parameter:str {INVOICE} {COMMON}",
        send_invoice,
        is_limited=True,
    ),
    method(
        "createInvoiceLink",
        f"business_connection_id:str subscription_period:int {INVOICE}",
        create_invoice_link,
    ),
    method(
        "answerPreCheckoutQuery",
        "pre_checkout_query_id:str ok:bool error_message:str",
        answer_pre_checkout_query,
    ),
]
