"""Payments and refunds as the simulator keeps them, and as the API shows them."""

import re
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from local.simulators.yookassa.cards import card_type
from local.simulators.yookassa.terms import income_kopecks

_SAID_BY_THE_BANK = {"rejected_by_payee", "rejected_by_timeout", "yoo_money_account_closed"}
ID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id(now_ms: int) -> str:
    """36 characters like the provider's own: seconds, a fixed kind, then chance."""
    return (
        f"{now_ms // 1000 & 0xFFFFFFFF:08x}-000f-5000-"
        f"8{secrets.token_hex(2)[1:]}-{secrets.token_hex(6)}"
    )


def iso(ms: int) -> str:
    """Milliseconds since 1970 as the API writes instants."""
    moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def money(kopecks: int) -> dict[str, str]:
    """Kopecks as the API's amount object."""
    return {"value": f"{kopecks // 100}.{kopecks % 100:02d}", "currency": "RUB"}


@dataclass
class Payment:
    """One payment. `amount_kopecks` becomes the captured sum when a part is captured."""

    id: str
    amount_kopecks: int
    capture: bool
    created_ms: int
    confirm_until_ms: int
    method: str | None = None  # what the shop asked for; None lets the person choose
    return_url: str = ""
    locale: str = "ru_RU"
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    status: str = "pending"
    refunded_kopecks: int = 0
    refunding_kopecks: int = 0
    hold_until_ms: int | None = None
    captured_ms: int | None = None
    paid_with: str | None = None
    card_first6: str = ""
    card_last4: str = ""
    cancel_party: str | None = None
    cancel_reason: str | None = None
    receipt_registration: str | None = None
    held_kopecks: int | None = None  # what was held; a capture of a part lets the rest go
    three_d_secure: bool = False

    @property
    def due_ms(self) -> int | None:
        """When it expires by itself; None when it is final."""
        if self.status == "pending":
            return self.confirm_until_ms
        return self.hold_until_ms if self.status == "waiting_for_capture" else None

    @property
    def refundable_kopecks(self) -> int:
        """What a new refund may still take; refunds on their way are already taken."""
        if self.status != "succeeded":
            return 0
        return self.amount_kopecks - self.refunded_kopecks - self.refunding_kopecks

    def row(self) -> dict[str, Any]:
        """Everything there is to keep."""
        return asdict(self)


@dataclass
class Refund:
    """One refund; `source` tells the API from the merchant's cabinet."""

    id: str
    payment_id: str
    amount_kopecks: int
    created_ms: int
    status: str = "succeeded"
    source: str = "api"
    description: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    cancel_reason: str | None = None
    due_ms: int | None = None
    ends: Literal["succeeded", "canceled"] = "succeeded"  # how it ends at `due_ms`
    method: str | None = None  # how the payment was paid
    receipt_registration: str | None = None

    def row(self) -> dict[str, Any]:
        """Everything there is to keep."""
        return asdict(self)


def _method_object(payment: Payment) -> dict[str, Any] | None:
    kind = payment.paid_with or payment.method
    if kind is None:
        return None
    shown: dict[str, Any] = {
        "type": kind,
        "id": payment.id,
        "saved": False,
        "status": "inactive",
    }
    if kind == "bank_card" and payment.card_last4:
        shown["title"] = f"Bank card *{payment.card_last4}"
        shown["card"] = {
            "first6": payment.card_first6,
            "last4": payment.card_last4,
            "expiry_year": "2030",
            "expiry_month": "12",
            "card_type": card_type(payment.card_first6),
            "issuer_country": "RU",
        }
    if kind == "sbp" and payment.paid_with:
        shown["sbp_operation_id"] = payment.id.replace("-", "").upper()
        shown["payer_bank_details"] = {"bank_id": "100000000111", "bic": "044525225"}
    return shown


def payment_object(payment: Payment, shop_id: str, public_url: str) -> dict[str, Any]:
    """The payment as the API description wants it; absent facts are absent fields."""
    paid = payment.status in {"waiting_for_capture", "succeeded"}
    shown: dict[str, Any] = {
        "id": payment.id,
        "status": payment.status,
        "amount": money(payment.amount_kopecks),
        "recipient": {"account_id": shop_id, "gateway_id": "1"},
        "created_at": iso(payment.created_ms),
        "test": True,
        "paid": paid,
        "refundable": payment.refundable_kopecks > 0,
        "metadata": payment.metadata,
    }
    if payment.description:
        shown["description"] = payment.description
    method = _method_object(payment)
    if method is not None:
        shown["payment_method"] = method
    if payment.status == "pending":
        shown["confirmation"] = {
            "type": "redirect",
            "return_url": payment.return_url,
            "confirmation_url": f"{public_url}/pay/{payment.id}",
        }
    if payment.status == "waiting_for_capture" and payment.hold_until_ms is not None:
        shown["expires_at"] = iso(payment.hold_until_ms)
    if paid and payment.paid_with == "bank_card":
        shown["authorization_details"] = {
            "rrn": str(payment.created_ms)[-12:],
            "auth_code": payment.card_last4.zfill(6),
            "three_d_secure": {"applied": payment.three_d_secure},
        }
    if payment.receipt_registration is not None:
        shown["receipt_registration"] = payment.receipt_registration
    shown.update(_final_fields(payment))
    return shown


def _final_fields(payment: Payment) -> dict[str, Any]:
    if payment.status == "canceled":
        return {
            "cancellation_details": {
                "party": payment.cancel_party or "yoo_money",
                "reason": payment.cancel_reason or "general_decline",
            }
        }
    if payment.status != "succeeded" or payment.captured_ms is None:
        return {}
    income = income_kopecks(payment.amount_kopecks, payment.paid_with or "bank_card")
    return {
        "captured_at": iso(payment.captured_ms),
        "income_amount": money(income),
        "refunded_amount": money(payment.refunded_kopecks),
    }


def refund_object(refund: Refund) -> dict[str, Any]:
    """The refund as the API description wants it."""
    shown: dict[str, Any] = {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "created_at": iso(refund.created_ms),
        "amount": money(refund.amount_kopecks),
    }
    if refund.receipt_registration is not None:
        shown["receipt_registration"] = refund.receipt_registration
    if refund.method == "sbp":
        shown["refund_method"] = {"type": "sbp"}
        if refund.status == "succeeded":
            shown["refund_method"]["sbp_operation_id"] = refund.id.replace("-", "").upper()
    if refund.metadata:
        shown["metadata"] = refund.metadata
    if refund.description:
        shown["description"] = refund.description
    if refund.status == "canceled":
        reason = refund.cancel_reason or "general_decline"
        shown["cancellation_details"] = {
            "party": "refund_network" if reason in _SAID_BY_THE_BANK else "yoo_money",
            "reason": reason,
        }
    return shown
