"""YooKassa behind the payment port: stored bytes out, checked objects back."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal, NoReturn, TypeVar

from yookassa.domain.response import PaymentResponse, RefundResponse

from activities.gateways.yookassa_transport import YooKassaTransport
from activities.payment_requests import kopecks
from activities.ports import (
    IntegrityBreach,
    PaymentStatus,
    ProviderPayment,
    ProviderRefund,
    RefundStatus,
    Unknown,
)

_PAYMENT_STATUSES: dict[str, PaymentStatus] = {
    "pending": "pending",
    "waiting_for_capture": "waiting_for_capture",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
_REFUND_STATUSES: dict[str, RefundStatus] = {
    "pending": "pending",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_POST = re.compile(r"/payments|/refunds|/payments/([0-9a-zA-Z-]{1,64})/(?:capture|cancel)")
_PAGE = 100
_MOST_REFUNDS = 1000
# Of one window of reconciliation; a bound against a list that never ends.
_MOST_LISTED = 100_000
_T = TypeVar("_T")


class YooKassaGateway:
    """One shop at YooKassa; synchronous, safe to share between threads.

    A key that starts with `live_` accepts only real objects, one that starts with `test_` only
    test objects, so that a training payment can never count as money.
    """

    def __init__(
        self,
        shop_id: str,
        secret_key: str,
        api_url: str,
        connect_timeout: float = 3.05,
        read_timeout: float = 40.0,
    ) -> None:
        """Timeouts are in seconds; the provider itself gives up after 30."""
        self._shop_id = shop_id
        self._transport = YooKassaTransport(
            shop_id, secret_key, api_url, (connect_timeout, read_timeout)
        )
        modes = {"live": False, "test": True}
        self._test = modes.get(secret_key.partition("_")[0])

    def post(self, path: str, body: bytes, key: str) -> ProviderPayment | ProviderRefund:
        """Send stored bytes under an idempotence key; a repeat has no second effect for 24 h."""
        found = _POST.fullmatch(path)
        if found is None:
            msg = f"Nothing is posted to {path}"
            raise ValueError(msg)
        asked = json.loads(body) if body else {}
        answer = self._transport.exchange("POST", path, body=body, key=key)
        if path == "/refunds":
            return self._created_refund(answer, asked)
        payment = self._payment(answer)
        if found[1] is not None and payment.id != found[1]:
            _breach("id")
        if "amount" in asked and payment.status != "canceled":
            _same_amount(payment.amount_kopecks, asked)
        sent = asked.get("metadata", {})
        if any(payment.metadata.get(name) != value for name, value in sent.items()):
            _breach("metadata")
        return payment

    def get_payment(self, payment_id: str) -> ProviderPayment:
        """Fetch one payment; an unknown one is Refused with http_status 404."""
        payment = self._payment(self._transport.exchange("GET", f"/payments/{_id(payment_id)}"))
        if payment.id != payment_id:
            _breach("id")
        return payment

    def get_refund(self, refund_id: str) -> ProviderRefund:
        """Fetch one refund; an unknown one is Refused with http_status 404."""
        refund = _refund(self._transport.exchange("GET", f"/refunds/{_id(refund_id)}"))
        if refund.id != refund_id:
            _breach("id")
        return refund

    def list_payments(self, created_after: datetime, limit: int = 100) -> list[ProviderPayment]:
        """At most `limit` payments created after an instant, newest first, over all pages."""
        query = {"created_at.gt": _moment(created_after)}
        return [self._payment(item) for item in self._items("/payments", query, limit)]

    def list_refunds(self, payment_id: str) -> list[ProviderRefund]:
        """All refunds of a payment, newest first, also those made in the cabinet."""
        query = {"payment_id": _id(payment_id)}
        refunds = [_refund(item) for item in self._items("/refunds", query, _MOST_REFUNDS)]
        if any(refund.payment_id != payment_id for refund in refunds):
            _breach("payment_id")
        return refunds

    def payments_between(
        self, since: datetime, until: datetime, *, by: Literal["created_at", "captured_at"]
    ) -> list[ProviderPayment]:
        """All payments that were made (or captured) from `since` to `until`, over all pages.

        A payment of the other mode (live or test) is in the list as it is: whoever compares
        must see it.
        """
        query = {f"{by}.gte": _moment(since), f"{by}.lte": _moment(until)}
        items = self._items("/payments", query, _MOST_LISTED)
        return [self._payment(item, any_mode=True) for item in items]

    def refunds_between(self, since: datetime, until: datetime) -> list[ProviderRefund]:
        """All refunds that were made from `since` to `until`, over all pages."""
        query = {"created_at.gte": _moment(since), "created_at.lte": _moment(until)}
        return [_refund(item) for item in self._items("/refunds", query, _MOST_LISTED)]

    def _items(self, path: str, query: dict[str, str], limit: int) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        query = {**query, "limit": str(min(limit, _PAGE))}
        while True:
            page = self._transport.exchange("GET", path, query=query)
            found = page.get("items")
            if not isinstance(found, list):
                raise Unknown(f"GET {path}: a list without items")
            items += found
            cursor = page.get("next_cursor")
            # An empty page with a cursor would otherwise turn for ever.
            if not cursor or not found or len(items) >= limit:
                return items[:limit]
            query["cursor"] = str(cursor)

    def _payment(self, answer: dict[str, Any], *, any_mode: bool = False) -> ProviderPayment:
        payment = _parsed(_read_payment, answer)
        if _parsed(_read_shop, answer) != self._shop_id:
            _breach("recipient.account_id")
        if not any_mode and self._test is not None and payment.test is not self._test:
            _breach("test")
        return payment

    @staticmethod
    def _created_refund(answer: dict[str, Any], asked: dict[str, Any]) -> ProviderRefund:
        refund = _refund(answer)
        if refund.payment_id != asked["payment_id"]:
            _breach("payment_id")
        _same_amount(refund.amount_kopecks, asked)
        return refund


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _instant(answer: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(answer[name]) if answer.get(name) else None


def _id(object_id: str) -> str:
    if not _ID.fullmatch(object_id):
        msg = "Not an id of the provider"
        raise ValueError(msg)
    return object_id


def _breach(what: str) -> NoReturn:
    raise IntegrityBreach(f"The provider's answer differs in {what}")


def _same_amount(amount_kopecks: int, asked: dict[str, Any]) -> None:
    if amount_kopecks != kopecks(asked["amount"]["value"]):
        _breach("amount")


def _parsed(read: Callable[[dict[str, Any]], _T], answer: dict[str, Any]) -> _T:
    try:
        return read(answer)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Unknown(f"A 200 that cannot be read: {type(error).__name__}") from None


def _amount_of(answer: dict[str, Any], name: str) -> int:
    # Read from the answer itself: the package passes amounts through a float.
    amount = answer[name]
    if amount["currency"] != "RUB":
        _breach(f"{name}.currency")
    return kopecks(amount["value"])


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        msg = "A text is missing"
        raise TypeError(msg)
    return value


def _reason(parsed: Any) -> str | None:
    details = parsed.cancellation_details
    return None if details is None else str(details.reason)


def _read_payment(answer: dict[str, Any]) -> ProviderPayment:
    income = _amount_of(answer, "income_amount") if "income_amount" in answer else None
    refunded = _amount_of(answer, "refunded_amount") if "refunded_amount" in answer else 0
    parsed = PaymentResponse(answer)
    confirmation = parsed.confirmation
    return ProviderPayment(
        id=_text(parsed.id),
        status=_PAYMENT_STATUSES[parsed.status],
        amount_kopecks=_amount_of(answer, "amount"),
        income_kopecks=income,
        refunded_kopecks=refunded,
        confirmation_url=getattr(confirmation, "confirmation_url", None),
        expires_at=datetime.fromisoformat(parsed.expires_at) if parsed.expires_at else None,
        created_at=_instant(answer, "created_at"),
        captured_at=_instant(answer, "captured_at"),
        cancellation_reason=_reason(parsed),
        metadata={str(name): str(value) for name, value in (parsed.metadata or {}).items()},
        test=answer["test"] is True,
    )


def _read_shop(answer: dict[str, Any]) -> str:
    return _text(answer["recipient"]["account_id"])


def _refund(answer: dict[str, Any]) -> ProviderRefund:
    return _parsed(_read_refund, answer)


def _read_refund(answer: dict[str, Any]) -> ProviderRefund:
    amount_kopecks = _amount_of(answer, "amount")
    parsed = RefundResponse(answer)
    return ProviderRefund(
        id=_text(parsed.id),
        payment_id=_text(parsed.payment_id),
        status=_REFUND_STATUSES[parsed.status],
        amount_kopecks=amount_kopecks,
        cancellation_reason=_reason(parsed),
        created_at=_instant(answer, "created_at"),
    )
