"""Every answer of the simulator against the provider's OpenAPI description.

The description is not part of the repository: `DRILLFLOW_OPENAPI_SPEC` is the path to it, and
`make test args="-m openapi"` runs the check. A part of it in our own words is always checked.
"""

import copy
import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from local.simulators.yookassa.cards import DECLINE_CARDS, Reason
from tests.simulators.yookassa.harness import UNKNOWN_ID, Simulator, body, simulating
from tests.simulators.yookassa.openapi import Description, Exchange

PART = Path(__file__).parent / "openapi_part.yaml"


def tour(simulator: Simulator) -> list[Exchange]:
    """Go through every operation and every state; returns all that was answered."""
    seen: list[Exchange] = []

    def note(answer: httpx.Response) -> None:
        path = answer.request.url.path
        if path.startswith("/v3/"):
            answer.read()
            method, path = answer.request.method, path.removeprefix("/v3")
            seen.append(Exchange(method, path, answer.status_code, answer.json()))

    simulator.client.event_hooks["response"] = [note]
    try:
        _payments(simulator)
        _declines(simulator)
        _refunds(simulator)
        _receipts(simulator)
        _refusals(simulator)
    finally:
        simulator.client.event_hooks["response"] = []
    return seen


def _payments(simulator: Simulator) -> None:
    held = simulator.held()
    simulator.payment(held)
    amount = {"amount": {"value": "700.00", "currency": "RUB"}}
    simulator.post(f"/payments/{held}/capture", amount)
    gone = simulator.held()
    simulator.post(f"/payments/{gone}/cancel")
    for number in ("2202474301322987", "4111111111111111", "3528000700000000", "5555555555554477"):
        made = simulator.create(description=None, metadata=None)["id"]
        simulator.sim(f"/pay/{made}", method="card", number=number)
        simulator.payment(made)
    sbp = simulator.create(capture=True, payment_method_data={"type": "sbp"})["id"]
    simulator.sim(f"/pay/{sbp}", method="sbp")
    simulator.payment(sbp)
    simulator.refund(sbp, "1.00")
    simulator.get("/payments", limit="2", status="succeeded", payment_method="bank_card")
    simulator.get("/me")


def _declines(simulator: Simulator) -> None:
    for number in DECLINE_CARDS:
        made = simulator.create()["id"]
        simulator.sim(f"/pay/{made}", method="card", number=number)
    for reason in get_args(Reason):
        made = simulator.create(capture=True)["id"]
        simulator.sim(f"/pay/{made}", method="sbp", decline=reason)
    simulator.get("/payments", status="canceled", limit="100")


def _refunds(simulator: Simulator) -> None:
    payment_id = simulator.captured()
    simulator.refund(payment_id, "1.00")
    for reason in ("insufficient_funds", "rejected_by_payee", "yoo_money_account_closed"):
        simulator.sim("/faults", operation="refund", kind="refund_canceled", reason=reason)
        simulator.refund(payment_id, "2.00")
    simulator.sim("/faults", operation="refund", kind="refund_pending")
    pending = simulator.refund(payment_id, "3.00").json()["id"]
    simulator.get(f"/refunds/{pending}")
    simulator.get("/refunds", payment_id=payment_id, limit="3")


def _receipts(simulator: Simulator) -> None:
    line = {
        "description": "Работы по заказу D-1042",
        "quantity": 1,
        "amount": {"value": "2000.00", "currency": "RUB"},
        "vat_code": 1,
        "payment_mode": "full_prepayment",
        "payment_subject": "job",
    }
    said = {"customer": {"email": "a@b.ru"}, "items": [line]}
    paid = simulator.create(capture=True, receipt=said)["id"]
    simulator.sim(f"/pay/{paid}", method="card")
    second = {
        **said,
        "items": [{**line, "payment_mode": "full_payment"}],
        "type": "payment",
        "payment_id": paid,
        "send": True,
        "settlements": [{"type": "prepayment", "amount": line["amount"]}],
    }
    made = simulator.post("/receipts", second).json()["id"]
    simulator.get("/receipts", payment_id=paid)
    simulator.sim("/clock", advance_seconds=60)
    simulator.get(f"/receipts/{made}")
    simulator.get(f"/receipts/rt-{UNKNOWN_ID}")
    simulator.get("/receipts/short")
    simulator.post("/receipts", {})
    simulator.get("/receipts", payment_id=paid)


def _refusals(simulator: Simulator) -> None:
    for path in ("/payments", "/refunds"):
        simulator.get(f"{path}/{UNKNOWN_ID}")
        simulator.get(path, limit="1000")
        simulator.post(path, {})
    simulator.post("/payments", body(confirmation={"type": "embedded"}))
    simulator.post("/payments", body(payment_method_data={"type": "cash"}))
    simulator.post(f"/payments/{simulator.captured()}/cancel")
    for kind in ("http_400", "http_401", "http_403", "http_404", "http_429", "http_500"):
        simulator.sim("/faults", operation="payments.get", kind=kind)
        simulator.get(f"/payments/{UNKNOWN_ID}")
    simulator.sim("/faults", operation="me.get", kind="http_401")
    simulator.get("/me")


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Exchange]]:
    with simulating(tmp_path_factory.mktemp("openapi") / "tour.sqlite") as simulator:
        yield tour(simulator)


@pytest.fixture(scope="module")
def part() -> Description:
    return Description(PART)


def violations(description: Description, exchanges: list[Exchange]) -> list[str]:
    return [
        f"{exchange}: {wrong}"
        for exchange in exchanges
        for wrong in description.violations(exchange)
    ]


def test_every_answer_is_as_the_part_describes_it(
    part: Description, exchanges: list[Exchange]
) -> None:
    assert violations(part, exchanges) == []
    seen = {(one.method, one.path.split("/")[1], one.status) for one in exchanges}
    assert {status for _, _, status in seen} == {200, 400, 401, 403, 404, 429, 500}
    assert len(exchanges) > 70
    good = {(method, name) for method, name, status in seen if status == 200}
    assert good == {
        *itertools.product(("GET", "POST"), ("payments", "refunds", "receipts")),
        ("GET", "me"),
    }


@pytest.mark.openapi
def test_every_answer_is_as_the_provider_describes_it(exchanges: list[Exchange]) -> None:
    path = os.environ.get("DRILLFLOW_OPENAPI_SPEC")
    assert path, "DRILLFLOW_OPENAPI_SPEC is the path to yookassa-openapi-specification.yaml"

    assert violations(Description(Path(path)), exchanges) == []


def drop(*names: str) -> Callable[[dict[str, Any]], None]:
    """Take a field away, or one inside of it."""

    def change(shown: dict[str, Any]) -> None:
        for name in names[:-1]:
            shown = shown[name]
        del shown[names[-1]]

    return change


def put(value: Any, *names: str) -> Callable[[dict[str, Any]], None]:
    """Give a field another value."""

    def change(shown: dict[str, Any]) -> None:
        for name in names[:-1]:
            shown = shown[name]
        shown[names[-1]] = value

    return change


WRONG: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("pending", drop("test")),
    ("pending", drop("recipient", "gateway_id")),
    ("pending", drop("confirmation", "confirmation_url")),
    ("pending", put("qr", "confirmation", "type")),
    ("pending", put("123", "id")),
    ("pending", put("yesterday", "created_at")),
    ("pending", put({"order": 7}, "metadata")),
    ("waiting_for_capture", put("held", "status")),
    ("waiting_for_capture", put(2000.0, "amount", "value")),
    ("waiting_for_capture", put("РУБ", "amount", "currency")),
    ("waiting_for_capture", drop("payment_method", "status")),
    ("waiting_for_capture", drop("payment_method", "card", "card_type")),
    ("waiting_for_capture", put("cash", "payment_method", "type")),
    ("waiting_for_capture", drop("authorization_details", "three_d_secure")),
    ("canceled", drop("cancellation_details", "party")),
    ("canceled", put("no_reason", "cancellation_details", "reason")),
]


@pytest.mark.parametrize(("status", "change"), WRONG)
def test_a_wrong_payment_is_found_out(
    part: Description,
    exchanges: list[Exchange],
    status: str,
    change: Callable[[dict[str, Any]], None],
) -> None:
    good = next(
        one
        for one in exchanges
        if one.path.startswith("/payments")
        and one.status == 200
        and one.body.get("status") == status
        and (status == "pending" or "card" in one.body.get("payment_method", {}))
    )
    wrong = copy.deepcopy(good.body)
    change(wrong)

    assert part.violations(Exchange(good.method, good.path, 200, wrong)) != []
    listed = {"type": "list", "items": [wrong]}
    assert part.violations(Exchange("GET", "/payments", 200, listed)) != []


@pytest.mark.parametrize(
    "change",
    [put(UNKNOWN_ID, "id"), drop("items"), put("ready", "status"), put([], "settlements")],
)
def test_a_wrong_receipt_is_found_out(
    part: Description, exchanges: list[Exchange], change: Callable[[dict[str, Any]], None]
) -> None:
    good = next(one for one in exchanges if one.path == "/receipts" and one.method == "POST")
    wrong = copy.deepcopy(good.body)
    change(wrong)

    assert part.violations(good) == []
    assert part.violations(Exchange("POST", "/receipts", 200, wrong)) != []


def test_a_wrong_error_or_status_is_found_out(part: Description) -> None:
    error = {"type": "error", "id": UNKNOWN_ID, "code": "invalid_request"}
    path = f"/payments/{UNKNOWN_ID}"
    assert part.violations(Exchange("GET", path, 400, error)) == []
    assert part.violations(Exchange("GET", path, 400, {**error, "type": "problem"})) != []
    assert part.violations(Exchange("GET", path, 400, {**error, "code": "not_supported"})) != []
    assert part.violations(Exchange("GET", path, 404, error)) != []
    assert part.violations(Exchange("GET", path, 418, error)) == ["418 is not described"]
    assert part.violations(Exchange("POST", "/payments", 429, {**error, "retry_after": "1"})) != []
