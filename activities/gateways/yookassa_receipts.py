"""YooKassa's receipts behind their port: stored bytes out, checked objects back."""

import json
import re
from typing import Any, Literal, NoReturn

from yookassa.domain.response import ReceiptResponse

from activities.gateways.yookassa_transport import YooKassaTransport
from activities.payment_requests import kopecks
from activities.ports import IntegrityBreach, ProviderReceipt, RegistrationStatus, Unknown
from activities.receipt_requests import RECEIPTS_PATH

_STATUSES: dict[str, RegistrationStatus] = {
    "pending": "pending",
    "succeeded": "succeeded",
    "canceled": "canceled",
}
_TYPES: dict[str, Literal["payment", "refund"]] = {"payment": "payment", "refund": "refund"}
_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
# The provider takes at most thirty receipts of one payment, so this is always all of them.
_LIMIT = "100"


class YooKassaReceipts:
    """One shop's receipts; synchronous, safe to share between threads."""

    def __init__(
        self, shop_id: str, secret_key: str, api_url: str, read_timeout: float = 40.0
    ) -> None:
        """The time-out is in seconds; the provider itself gives up after 30."""
        self._transport = YooKassaTransport(shop_id, secret_key, api_url, (3.05, read_timeout))

    def create_receipt(self, body: bytes, key: str) -> ProviderReceipt:
        """Send stored bytes under an idempotence key; a repeat has no second effect for 24 h."""
        asked = json.loads(body)
        said = self._transport.exchange("POST", RECEIPTS_PATH, body=body, key=key)
        receipt = _parsed(said)
        owner = f"{asked['type']}_id"
        if receipt.type != asked["type"] or getattr(receipt, owner) != asked[owner]:
            _breach(owner)
        if receipt.amount_kopecks != sum(kopecks(one["amount"]["value"]) for one in asked["items"]):
            _breach("items")
        return receipt

    def get_receipt(self, receipt_id: str) -> ProviderReceipt:
        """Fetch one receipt; an unknown one is Refused with http_status 404."""
        path = f"{RECEIPTS_PATH}/{_id(receipt_id)}"
        receipt = _parsed(self._transport.exchange("GET", path))
        if receipt.id != receipt_id:
            _breach("id")
        return receipt

    def list_receipts(
        self, *, payment_id: str | None = None, refund_id: str | None = None
    ) -> list[ProviderReceipt]:
        """All receipts of a payment, or of a refund, newest first."""
        owner = {"refund_id": _id(refund_id)} if refund_id else {"payment_id": _id(payment_id)}
        query = {**owner, "limit": _LIMIT}
        items = self._transport.exchange("GET", RECEIPTS_PATH, query=query).get("items")
        if not isinstance(items, list):
            raise Unknown(f"GET {RECEIPTS_PATH}: a list without items")
        return [_parsed(item) for item in items]


def _id(object_id: str | None) -> str:
    if object_id is None or not _ID.fullmatch(object_id):
        msg = "Not an id of the provider"
        raise ValueError(msg)
    return object_id


def _breach(what: str) -> NoReturn:
    raise IntegrityBreach(f"The provider's receipt differs in {what}")


def _parsed(answer: Any) -> ProviderReceipt:
    try:
        parsed = ReceiptResponse(answer)
        # Read from the answer itself: the package passes amounts through a float.
        lines = [kopecks(one["amount"]["value"]) for one in answer["items"]]
        return ProviderReceipt(
            id=_text(parsed.id),
            type=_TYPES[parsed.type],
            status=_STATUSES[parsed.status],
            amount_kopecks=sum(lines),
            mode=str(answer["items"][0].get("payment_mode", "")),
            payment_id=answer.get("payment_id"),
            refund_id=answer.get("refund_id"),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise Unknown(f"A receipt that cannot be read: {type(error).__name__}") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        msg = "A text is missing"
        raise TypeError(msg)
    return value
