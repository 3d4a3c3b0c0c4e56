"""What a receipt must look like before it is taken: customer, lines, settlements."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local.simulators.yookassa.checks import kopecks
from local.simulators.yookassa.problems import invalid

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[0-9]{11,15}")
_MOST_ITEMS = 80
_MAX_DESCRIPTION = 128
_VAT_CODES = range(1, 13)
_TAX_SYSTEMS = range(1, 7)
_MODES = {
    "full_prepayment", "partial_prepayment", "advance", "full_payment", "partial_payment",
    "credit", "credit_payment",
}  # fmt: skip
_SUBJECTS = {
    "commodity", "excise", "job", "service", "payment", "agent_commission", "composite",
    "another", "intellectual_activity",
}  # fmt: skip
_SETTLEMENTS = {"cashless", "prepayment", "postpayment", "consideration"}


@dataclass(frozen=True)
class ReceiptAsk:
    """A checked receipt; `owner_id` is its payment's or its refund's."""

    kind: str
    owner_id: str
    items: list[dict[str, Any]]
    settlements: list[dict[str, Any]]
    tax_system_code: int | None


def receipt_inside(
    body: dict[str, Any], amount_kopecks: int, *, needs_email: bool
) -> dict[str, Any] | None:
    """The receipt inside a payment's or refund's request; its lines add up to the amount."""
    said = body.get("receipt")
    if said is None:
        return None
    if not isinstance(said, dict):
        raise invalid("receipt must be an object", "receipt")
    _check_customer(said, "receipt.", needs_email=needs_email)
    if _total(said, "receipt.") != amount_kopecks:
        raise invalid("The sum of the items differs from the amount", "receipt.items")
    _tax_system(said, "receipt.")
    return said


def receipt_ask(body: dict[str, Any], *, needs_email: bool) -> ReceiptAsk:
    """A request to make a receipt alone."""
    kind = body.get("type")
    if kind not in {"payment", "refund"}:
        raise invalid("type is payment or refund", "type")
    owner, other = f"{kind}_id", "refund_id" if kind == "payment" else "payment_id"
    owner_id = body.get(owner)
    if not isinstance(owner_id, str) or body.get(other) is not None:
        raise invalid(f"{owner} is needed, and nothing else", owner)
    _check_customer(body, "", needs_email=needs_email)
    total = _total(body, "")
    if not isinstance(body.get("send"), bool):
        raise invalid("send is needed", "send")
    return ReceiptAsk(kind, owner_id, body["items"], _settled(body, total), _tax_system(body, ""))


def _check_customer(said: dict[str, Any], where: str, *, needs_email: bool) -> None:
    customer = said.get("customer")
    if not isinstance(customer, dict):
        raise invalid("The customer is missing", f"{where}customer")
    email, phone = customer.get("email"), customer.get("phone")
    if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
        raise invalid("Incorrect e-mail", f"{where}customer.email")
    if phone is not None and not (isinstance(phone, str) and _PHONE.fullmatch(phone)):
        raise invalid("Incorrect phone", f"{where}customer.phone")
    if email is None and (phone is None or needs_email):
        raise invalid("An e-mail is needed", f"{where}customer.email")


def _total(said: dict[str, Any], where: str) -> int:
    items = said.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= _MOST_ITEMS:
        raise invalid(f"items: 1..{_MOST_ITEMS}", f"{where}items")
    return sum(_line(item, f"{where}items[{at}]") for at, item in enumerate(items))


def _line(item: Any, where: str) -> int:
    if not isinstance(item, dict):
        raise invalid("An item is an object", where)
    words = item.get("description")
    if not isinstance(words, str) or not 0 < len(words) <= _MAX_DESCRIPTION:
        raise invalid("description: 1..128 characters", f"{where}.description")
    for name, known in (
        ("vat_code", _VAT_CODES),
        ("payment_mode", _MODES),
        ("payment_subject", _SUBJECTS),
    ):
        if item.get(name) not in known:
            raise invalid(f"Incorrect {name}", f"{where}.{name}")
    quantity = item.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int | float | str):
        raise invalid("quantity is missing", f"{where}.quantity")
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", str(quantity)) or Decimal(str(quantity)) == 0:
        raise invalid("Incorrect quantity", f"{where}.quantity")
    price = kopecks(item.get("amount"), f"{where}.amount")
    return int((price * Decimal(str(quantity))).to_integral_value())


def _settled(said: dict[str, Any], total: int) -> list[dict[str, Any]]:
    settlements = said.get("settlements")
    if not isinstance(settlements, list) or not settlements:
        raise invalid("settlements are missing", "settlements")
    for at, one in enumerate(settlements):
        if not isinstance(one, dict) or one.get("type") not in _SETTLEMENTS:
            raise invalid("Incorrect type of settlement", f"settlements[{at}].type")
    sums = (
        kopecks(one.get("amount"), f"settlements[{at}].amount")
        for at, one in enumerate(settlements)
    )
    if sum(sums) != total:
        raise invalid("The sum of the settlements differs from the items'", "settlements")
    return settlements


def _tax_system(said: dict[str, Any], where: str) -> int | None:
    code = said.get("tax_system_code")
    if code is not None and code not in _TAX_SYSTEMS:
        raise invalid("Incorrect tax_system_code", f"{where}tax_system_code")
    return code if isinstance(code, int) else None
