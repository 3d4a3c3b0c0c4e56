"""Payments that Telegram's integration makes: charged at once, under Telegram's own metadata."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from local.simulators.yookassa.cards import GOOD_CARD
from local.simulators.yookassa.checks import payment_ask
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.receipt_checks import receipt_inside
from local.simulators.yookassa.rest import the_desk

AtDesk = Annotated[Desk, Depends(the_desk)]
router = APIRouter(prefix="/sim")
_BACK = "https://t.me/"


class TelegramCharge(BaseModel):
    """What Telegram hands over when a person has pressed Pay; `provider_data` is the bot's."""

    amount: dict[str, Any]
    description: str = Field(default="", max_length=128)
    number: str = GOOD_CARD
    email: str | None = None
    payer: int = 0
    provider_data: dict[str, Any] = Field(default_factory=dict)


@router.post("/telegram")
async def charge_from_telegram(desk: AtDesk, wish: TelegramCharge) -> dict[str, Any]:
    """Charge a card; the bot's receipt goes along, with the e-mail that the person gave."""
    body: dict[str, Any] = {
        "amount": wish.amount,
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": _BACK},
        "description": wish.description or None,
        # Neither the bot's payload nor anything else of the shop's.
        "metadata": {"source": "telegram", "payer": str(wish.payer)},
        "payment_method_data": {"type": "bank_card"},
    }
    said = wish.provider_data.get("receipt")
    if isinstance(said, dict):
        customer = {"email": wish.email} if wish.email else {}
        body["receipt"] = {**said, "customer": {**said.get("customer", {}), **customer}}
    with desk.store.transaction():
        ask = payment_ask(body, desk.shop.terms.methods)
        receipt = receipt_inside(
            body, ask.amount_kopecks, needs_email=desk.shop.terms.receipts_need_email
        )
        payment = desk.payments.create(ask)
        desk.receipts.carry(payment, receipt)
        payment = desk.payments.find(payment.id)
        payment = desk.payments.pay(payment, "bank_card", wish.number)
    return desk.payments.shown(payment)
