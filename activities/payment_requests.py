"""The exact bytes of requests to the payment provider, fixed before the first send.

The same arguments give the same bytes for ever: the provider refuses a repeated key with
another body, so neither a library's upgrade nor the order of a dictionary may change them.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

PAYMENTS_PATH = "/payments"
REFUNDS_PATH = "/refunds"
CANCEL_REQUEST = b""

_MAX_DESCRIPTION = 128
_MAX_REFUND_DESCRIPTION = 250
_MAX_METADATA = (16, 32, 512)  # keys, characters of a key, characters of a value
_ROUBLES = re.compile(r"([0-9]{1,12})\.([0-9]{2})")
_METHODS = {"card": "bank_card", "sbp": "sbp"}


def roubles(kopecks: int) -> str:
    """Kopecks as the provider writes roubles: 200000 is "2000.00"."""
    if kopecks < 0:
        msg = "An amount is never negative"
        raise ValueError(msg)
    return f"{kopecks // 100}.{kopecks % 100:02d}"


def kopecks(text: str) -> int:
    """The provider's roubles as kopecks, exactly; ValueError for anything but "2000.00"."""
    found = _ROUBLES.fullmatch(text)
    if found is None:
        msg = "Not an amount in roubles with two digits of kopecks"
        raise ValueError(msg)
    return int(found[1]) * 100 + int(found[2])


def capture_path(payment_id: str) -> str:
    """Where a capture is posted."""
    return f"{PAYMENTS_PATH}/{payment_id}/capture"


def cancel_path(payment_id: str) -> str:
    """Where a hold is let go; its body is `CANCEL_REQUEST`."""
    return f"{PAYMENTS_PATH}/{payment_id}/cancel"


def payment_request(
    *,
    amount_kopecks: int,
    method: Literal["card", "sbp"],
    capture: bool,
    description: str,
    return_url: str,
    metadata: Mapping[str, str],
) -> bytes:
    """Create a payment; `capture=False` holds the money, which SBP cannot.

    Raises:
        ValueError: The provider would refuse it: no amount, a text too long, SBP with a hold.
    """
    if method == "sbp" and not capture:
        msg = "SBP has no hold: capture must be true"
        raise ValueError(msg)
    _fits(description, _MAX_DESCRIPTION)
    _check_metadata(metadata)
    return canonical(
        {
            "amount": _amount(amount_kopecks),
            "capture": capture,
            "confirmation": {"type": "redirect", "return_url": return_url},
            "description": description,
            "metadata": dict(metadata),
            "payment_method_data": {"type": _METHODS[method]},
        }
    )


def capture_request(amount_kopecks: int) -> bytes:
    """Capture all or a part of a hold."""
    return canonical({"amount": _amount(amount_kopecks)})


def refund_request(payment_id: str, amount_kopecks: int, description: str) -> bytes:
    """Refund all or a part of a captured payment."""
    _fits(description, _MAX_REFUND_DESCRIPTION)
    return canonical(
        {
            "amount": _amount(amount_kopecks),
            "description": description,
            "payment_id": payment_id,
        }
    )


def _amount(amount_kopecks: int) -> dict[str, str]:
    if amount_kopecks <= 0:
        msg = "An amount must be positive"
        raise ValueError(msg)
    return {"value": roubles(amount_kopecks), "currency": "RUB"}


def _fits(text: str, longest: int) -> None:
    if len(text) > longest:
        msg = f"A description has at most {longest} characters"
        raise ValueError(msg)


def _check_metadata(metadata: Mapping[str, str]) -> None:
    most, key_length, value_length = _MAX_METADATA
    too_long = any(
        len(key) > key_length or len(value) > value_length for key, value in metadata.items()
    )
    if len(metadata) > most or too_long:
        msg = f"Metadata: {most} keys of {key_length}, values of {value_length} characters"
        raise ValueError(msg)


def canonical(body: Mapping[str, Any]) -> bytes:
    """JSON in one form only, so that the same content is the same bytes."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
