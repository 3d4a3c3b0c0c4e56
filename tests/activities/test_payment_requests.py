"""Request bytes are fixed for ever; amounts are exact."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.payment_requests import (
    capture_request,
    kopecks,
    payment_request,
    refund_request,
    roubles,
)

FACTS: dict[str, Any] = {
    "amount_kopecks": 200_050,
    "method": "card",
    "capture": False,
    "description": "Заказ D-1",
    "return_url": "http://127.0.0.1:8000/o/s",
    "metadata": {"order": "o", "attempt": "1"},
}


def test_a_payment_request_is_these_bytes_in_any_order_of_metadata() -> None:
    expected = (
        '{"amount":{"currency":"RUB","value":"2000.50"},"capture":false,'
        '"confirmation":{"return_url":"http://127.0.0.1:8000/o/s","type":"redirect"},'
        '"description":"Заказ D-1","metadata":{"attempt":"1","order":"o"},'
        '"payment_method_data":{"type":"bank_card"}}'
    ).encode()

    assert payment_request(**FACTS) == expected
    assert payment_request(**{**FACTS, "metadata": {"attempt": "1", "order": "o"}}) == expected


def test_capture_and_refund_requests_are_these_bytes() -> None:
    assert capture_request(1) == b'{"amount":{"currency":"RUB","value":"0.01"}}'
    assert refund_request("p-1", 70_000, "r") == (
        b'{"amount":{"currency":"RUB","value":"700.00"},"description":"r","payment_id":"p-1"}'
    )


@pytest.mark.parametrize(
    "change",
    [
        {"method": "sbp"},
        {"amount_kopecks": 0},
        {"description": "x" * 129},
        {"metadata": {"k" * 33: "v"}},
        {"metadata": {"k": "v" * 513}},
        {"metadata": {str(number): "" for number in range(17)}},
    ],
)
def test_what_the_provider_would_refuse_is_never_built(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own
        payment_request(**{**FACTS, **change})


@given(st.integers(min_value=0, max_value=10**14 - 1))
def test_kopecks_survive_the_way_through_roubles(amount: int) -> None:
    assert kopecks(roubles(amount)) == amount


@pytest.mark.parametrize("text", ["2000", "2000.0", "2000.001", "-1.00", "1e3", " 1.00", "1,00"])
def test_other_spellings_of_money_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="roubles"):
        kopecks(text)
