"""What a request must look like before anything is done with it."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.simulators.yookassa.problems import invalid
from local.simulators.yookassa.terms import MAX_KOPECKS, MIN_KOPECKS

_MONEY = re.compile(r"(0|[1-9][0-9]{0,9})\.([0-9]{2})")
_MAX_DESCRIPTION = 128
_MAX_REFUND_DESCRIPTION = 250
_MAX_URL = 2048


@dataclass(frozen=True)
class PaymentAsk:
    """A checked request to create a payment."""

    amount_kopecks: int
    capture: bool
    method: str | None
    return_url: str
    locale: str
    description: str | None
    metadata: dict[str, str]


@dataclass(frozen=True)
class RefundAsk:
    """A checked request to refund."""

    payment_id: str
    amount_kopecks: int
    description: str | None
    metadata: dict[str, str]


def json_object(raw: bytes) -> dict[str, Any]:
    """The body as an object; an empty body is an empty object."""
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise invalid("Incorrect JSON body") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object")
    return body


def kopecks(value: object, parameter: str = "amount") -> int:
    """An amount object in roubles as kopecks; two digits after the point, no sign."""
    if not isinstance(value, dict):
        raise invalid("Amount is missing", parameter)
    if value.get("currency") != "RUB":
        raise invalid("Incorrect currency code", f"{parameter}.currency")
    found = _MONEY.fullmatch(value["value"]) if isinstance(value.get("value"), str) else None
    if found is None:
        raise invalid("Incorrect amount value", f"{parameter}.value")
    amount = int(found[1]) * 100 + int(found[2])
    if amount == 0:
        raise invalid("Amount value must be positive", f"{parameter}.value")
    return amount


def _text(body: dict[str, Any], name: str, longest: int) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest:
        raise invalid(f"{name} must be a string of at most {longest} characters", name)
    return value


def _metadata(body: dict[str, Any]) -> dict[str, str]:
    value = body.get("metadata")
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > 16:
        raise invalid("metadata must be an object of at most 16 keys", "metadata")
    for name, item in value.items():
        if not isinstance(item, str) or len(name) > 32 or len(item) > 512:
            raise invalid("metadata: keys to 32, string values to 512 characters", "metadata")
    return value


def _confirmation(body: dict[str, Any]) -> tuple[str, str]:
    value = body.get("confirmation")
    if not isinstance(value, dict):
        raise invalid("Confirmation is missing", "confirmation")
    if value.get("type") != "redirect":
        raise invalid("Only redirect is supported here", "confirmation.type")
    url = value.get("return_url")
    if not isinstance(url, str) or len(url) > _MAX_URL:
        raise invalid("Incorrect return_url", "confirmation.return_url")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise invalid("Incorrect return_url", "confirmation.return_url")
    locale = value.get("locale") or "ru_RU"
    if locale not in {"ru_RU", "en_US"}:
        raise invalid("Incorrect locale", "confirmation.locale")
    return url, locale


def _method(body: dict[str, Any], capture: bool, shop_methods: tuple[str, ...]) -> str | None:
    value = body.get("payment_method_data")
    kind = None
    if value is not None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in shop_methods:
            raise invalid("Payment method is not available", "payment_method_data.type")
    fitting = [name for name in shop_methods if capture or name != "sbp"]
    if (kind == "sbp" and not capture) or not fitting:
        raise invalid("SBP has no two-stage payments: capture must be true", "capture")
    return kind


def payment_ask(body: dict[str, Any], shop_methods: tuple[str, ...]) -> PaymentAsk:
    """Check a create request: amounts, limits, method, texts."""
    amount = kopecks(body.get("amount"))
    capture = body.get("capture", False)
    if not isinstance(capture, bool):
        raise invalid("capture must be a boolean", "capture")
    for name in ("payment_token", "payment_method_id"):
        if body.get(name) is not None:
            raise invalid(f"{name} is not supported here", name)
    method = _method(body, capture, shop_methods)
    largest = MAX_KOPECKS[method] if method else max(MAX_KOPECKS[name] for name in shop_methods)
    if not MIN_KOPECKS <= amount <= largest:
        raise invalid("Amount is out of the limits of the payment method", "amount.value")
    url, locale = _confirmation(body)
    return PaymentAsk(
        amount_kopecks=amount,
        capture=capture,
        method=method,
        return_url=url,
        locale=locale,
        description=_text(body, "description", _MAX_DESCRIPTION),
        metadata=_metadata(body),
    )


def refund_ask(body: dict[str, Any]) -> RefundAsk:
    """Check a refund request; what may be refunded is decided later."""
    payment_id = body.get("payment_id")
    if not isinstance(payment_id, str) or len(payment_id) != 36:
        raise invalid("Incorrect payment_id", "payment_id")
    return RefundAsk(
        payment_id=payment_id,
        amount_kopecks=kopecks(body.get("amount")),
        description=_text(body, "description", _MAX_REFUND_DESCRIPTION),
        metadata=_metadata(body),
    )
