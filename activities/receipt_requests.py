"""Receipts as the payment provider reads them; the same receipt gives the same bytes for ever."""

import json
from typing import Any

from activities.payment_requests import canonical, roubles
from rules.receipts import Contact, Item, Receipt

RECEIPTS_PATH = "/receipts"
_ABOUT_THE_CUSTOMER = "customer"
_ABOUT_THE_RECEIPT = "receipt"


def carried(body: bytes, receipt: Receipt, contact: Contact) -> bytes:
    """A payment's or refund's request with its receipt inside."""
    return canonical({**json.loads(body), "receipt": _content(receipt, contact)})


def receipt_request(receipt: Receipt, contact: Contact, object_id: str) -> bytes:
    """A receipt alone; `object_id` is the provider's id of its payment or, for a refund, its."""
    total = _amount(receipt.total_kopecks)
    return canonical(
        {
            **_content(receipt, contact),
            "type": receipt.type,
            f"{receipt.type}_id": object_id,
            "send": True,
            "settlements": [{"type": receipt.settled_by, "amount": total}],
        }
    )


def invoiced(receipt: Receipt, contact: Contact | None) -> str:
    """What an invoice inside Telegram tells the provider; without a contact the payer is asked."""
    content = _content(receipt, contact or Contact())
    if contact is None:
        del content["customer"]
    return canonical({_ABOUT_THE_RECEIPT: content}).decode()


def is_about_a_receipt(parameter: str | None) -> bool:
    """Whether a payment or refund was refused for the receipt inside it."""
    return (parameter or "").partition(".")[0] == _ABOUT_THE_RECEIPT


def is_about_the_customer(parameter: str | None) -> bool:
    """Whether a receipt was refused for where it should go."""
    return _ABOUT_THE_CUSTOMER in (parameter or "").split(".")


def _content(receipt: Receipt, contact: Contact) -> dict[str, Any]:
    customer = {"email": contact.email} if contact.email else {"phone": contact.phone}
    said: dict[str, Any] = {"customer": customer, "items": [_line(one) for one in receipt.items]}
    if receipt.tax_system is not None:
        said["tax_system_code"] = receipt.tax_system
    return said


def _line(item: Item) -> dict[str, Any]:
    return {
        "description": item.description,
        "quantity": 1,
        "amount": _amount(item.amount_kopecks),
        "vat_code": item.vat_code,
        "payment_mode": item.mode,
        "payment_subject": item.subject,
    }


def _amount(kopecks: int) -> dict[str, str]:
    return {"value": roubles(kopecks), "currency": "RUB"}
