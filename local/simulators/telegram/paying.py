"""A person pays an invoice: the form inside the messenger, the bot's word, the provider."""

from __future__ import annotations

import time
from typing import Any

import httpx
from fastapi import APIRouter
from pydantic import Field

from local.simulators.telegram.errors import PersonRefusal
from local.simulators.telegram.invoices import ANSWER_WITHIN_SECONDS
from local.simulators.telegram.people import Person
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.sim_api import Body
from local.simulators.telegram.stand import Stand

PROVIDER_SECONDS = 30.0


class Payment(Body):
    """Which invoice (the newest unpaid one by default), the card, the e-mail if it is asked for.

    `link` pays what `createInvoiceLink` made.
    `unasked` charges without asking the bot, as a second device does that was told yes before.
    """

    message_id: int | None = None
    link: str | None = None
    number: str | None = None
    email: str | None = Field(default=None, max_length=64)
    unasked: bool = False


def paying_router(stand: Stand) -> APIRouter:
    """Return the route of the form's button."""
    router = APIRouter(prefix="/sim/people")

    @router.post("/{person_id}/pay")
    async def pay(person_id: int, wish: Payment) -> Json:
        person = stand.people.acting(person_id)
        body, content = _invoice(stand, person, wish)
        if content.get("need_email") and not wish.email:
            raise PersonRefusal(422, "this invoice asks for an e-mail address")
        said: Json = {"ok": True}
        if not wish.unasked:
            said = await _asked(stand, person, content, wish)
        if not said["ok"]:
            return said
        return {**said, **await _charged(stand, person, body, content, wish)}

    return router


def _invoice(stand: Stand, person: Person, wish: Payment) -> tuple[Json | None, Json]:
    """Return the message with the invoice (None: it was a link), and the invoice."""
    if wish.link is not None:
        linked = stand.invoices.behind_link(wish.link.rpartition("/")[2].lstrip("$"))
        if linked is None:
            raise PersonRefusal(409, "no such invoice")
        return None, linked
    body = _invoice_message(stand, person, wish)
    return body, stand.invoices.find(person.id, body["message_id"]) or {}


def _invoice_message(stand: Stand, person: Person, wish: Payment) -> Json:
    for body in stand.messages.newest_first_from_bot(person.id):
        is_it = wish.message_id in (None, body["message_id"]) and "invoice" in body
        if is_it and (wish.unasked or not body.get("is_paid")):
            return body
    raise PersonRefusal(409, "no such invoice")


async def _asked(stand: Stand, person: Person, content: Json, wish: Payment) -> Json:
    """The bot's answer; after ten seconds without one Telegram calls the payment off."""
    query_id = stand.invoices.ask(person.id)
    query = {
        "id": query_id,
        "from": person.user,
        "currency": content["currency"],
        "total_amount": content["total_amount"],
        "invoice_payload": content["payload"],
        **present(order_info={"email": wish.email} if wish.email else None),
    }
    with stand.database.transaction():
        queue = f"payment:{person.id}"
        stand.updates.append("pre_checkout_query", person.id, queue, query)
    stand.wake()
    deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
    wakeup = stand.events.subscribe()
    try:
        while True:
            answer = stand.invoices.answered(query_id)
            if answer is not None:
                return answer
            left = deadline - time.monotonic()
            if left <= 0:
                return {"ok": False, "error_message": "BOT_PRECHECKOUT_TIMEOUT"}
            await stand.events.wait(wakeup, left)
    finally:
        stand.events.unsubscribe(wakeup)


async def _charged(
    stand: Stand, person: Person, invoice: Json | None, content: Json, wish: Payment
) -> Json:
    total = content["total_amount"]
    charge = present(
        amount={"value": f"{total // 100}.{total % 100:02d}", "currency": content["currency"]},
        description=content["title"],
        number=wish.number,
        email=wish.email if content.get("sends_email") else None,
        payer=person.id,
        provider_data=content.get("provider_data", {}),
    )
    async with httpx.AsyncClient(timeout=PROVIDER_SECONDS, trust_env=False) as client:
        answer = await client.post(f"{stand.payments_url}/sim/telegram", json=charge)
    made: Any = answer.json()
    if answer.status_code != 200:
        return {"ok": False, "error_message": str(made.get("description", "PAYMENT_FAILED"))}
    if made["status"] != "succeeded":
        reason = made.get("cancellation_details", {}).get("reason", "PAYMENT_FAILED")
        return {"ok": False, "error_message": reason}
    return _succeeded(stand, person, invoice, content, made["id"])


def _succeeded(
    stand: Stand, person: Person, invoice: Json | None, content: Json, provider_id: str
) -> Json:
    paid = {
        "currency": content["currency"],
        "total_amount": content["total_amount"],
        "invoice_payload": content["payload"],
        "telegram_payment_charge_id": f"{person.id}_{stand.chance.getrandbits(48):x}",
        "provider_payment_charge_id": provider_id,
    }
    body: Json = {
        "message_id": stand.people.next_message_id(person.id),
        "from": person.user,
        "chat": person.chat(),
        "date": int(stand.clock.now()),
        "successful_payment": paid,
    }
    with stand.database.transaction():
        stand.messages.add("person", body)
        if invoice is not None:
            stand.messages.replace({**invoice, "is_paid": True})
        update_id = stand.updates.append("message", person.id, f"chat:{person.id}", body)
    if invoice is not None:
        stand.show(person.id, invoice["message_id"], "edit")
    stand.show(person.id, body["message_id"])
    stand.wake()
    return {"ok": True, "update_id": update_id, "payment": paid}
