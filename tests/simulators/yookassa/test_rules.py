"""What the provider allows, refuses and shows."""

import re
from typing import Any

import pytest

from local.simulators.yookassa.terms import Terms
from tests.simulators.yookassa.harness import (
    RETURN_URL,
    UNKNOWN_ID,
    Simulator,
    body,
    simulating,
)


def amount(value: Any, currency: str = "RUB") -> dict[str, Any]:
    return {"amount": {"value": value, "currency": currency}}


def confirmation(url: str, kind: str = "redirect") -> dict[str, Any]:
    return {"confirmation": {"type": kind, "return_url": url}}


SBP = {"payment_method_data": {"type": "sbp"}}
CARD = {"payment_method_data": {"type": "bank_card"}}
REFUSED = [
    ({"amount": None}, "amount"),
    (amount("0.99"), "amount.value"),
    (amount("0.00"), "amount.value"),
    (amount("-5.00"), "amount.value"),
    (amount("2000"), "amount.value"),
    (amount("2000.001"), "amount.value"),
    (amount(2000.0), "amount.value"),
    (amount("2000.00", "USD"), "amount.currency"),
    ({**CARD, **amount("350000.01")}, "amount.value"),
    ({**SBP, "capture": True, **amount("700000.01")}, "amount.value"),
    ({"capture": "yes"}, "capture"),
    ({**SBP, "capture": False}, "capture"),
    (SBP, "capture"),
    ({"payment_method_data": {"type": "cash"}}, "payment_method_data.type"),
    ({"payment_token": "x"}, "payment_token"),
    ({"confirmation": None}, "confirmation"),
    (confirmation("javascript:alert(1)"), "confirmation.return_url"),
    (confirmation(RETURN_URL, "embedded"), "confirmation.type"),
    ({"description": "x" * 129}, "description"),
    ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
    ({"metadata": {"k" * 33: "v"}}, "metadata"),
    ({"metadata": {"k": "v" * 513}}, "metadata"),
    ({"metadata": {"k": 1}}, "metadata"),
]


@pytest.mark.parametrize(("change", "parameter"), REFUSED)
def test_a_wrong_payment_is_refused_by_name(
    shared: Simulator, change: dict[str, Any], parameter: str
) -> None:
    answer = shared.post("/payments", body(**change))

    assert answer.status_code == 400
    problem = answer.json()
    assert problem["type"] == "error"
    assert problem["code"] in {"invalid_request", "not_supported"}
    assert problem["parameter"] == parameter
    assert len(problem["id"]) == 36


@pytest.mark.parametrize(
    "change",
    [
        amount("1.00"),
        {**CARD, **amount("350000.00")},
        {**SBP, "capture": True, **amount("700000.00")},
        {"description": "x" * 128, "metadata": {"k" * 32: "v" * 512}},
    ],
)
def test_the_limits_themselves_are_allowed(shared: Simulator, change: dict[str, Any]) -> None:
    assert shared.create(**change)["status"] == "pending"


def test_a_payment_shows_what_the_description_requires(shared: Simulator) -> None:
    payment = shared.create()
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", payment["id"])
    assert payment["amount"] == {"value": "2000.00", "currency": "RUB"}
    assert (payment["paid"], payment["refundable"], payment["test"]) == (False, False, True)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", payment["created_at"])
    assert payment["recipient"]["account_id"] == "506751"
    assert not {"expires_at", "captured_at", "income_amount", "payment_method"} & set(payment)

    shared.sim(f"/pay/{payment['id']}", method="card")
    held = shared.payment(payment["id"])
    assert (held["status"], held["paid"]) == ("waiting_for_capture", True)
    assert not {"confirmation", "captured_at", "income_amount"} & set(held)
    method = held["payment_method"]
    assert (method["type"], method["saved"], method["status"]) == ("bank_card", False, "inactive")

    done = shared.post(f"/payments/{payment['id']}/capture").json()
    assert done["refunded_amount"] == {"value": "0.00", "currency": "RUB"}
    assert {"captured_at", "income_amount"} <= set(done)
    assert (done["refundable"], "expires_at" in done) == (True, False)


def test_without_capture_the_money_is_only_held(shared: Simulator) -> None:
    payment = shared.create()

    assert shared.sim(f"/pay/{payment['id']}", method="card")["status"] == "waiting_for_capture"


def test_sbp_is_not_offered_for_a_hold(shared: Simulator) -> None:
    payment = shared.create()

    answer = shared.client.post(f"/sim/pay/{payment['id']}", json={"method": "sbp"})

    assert answer.status_code == 409


def test_a_shop_with_sbp_only_cannot_hold(tmp_path: Any) -> None:
    with simulating(tmp_path / "sbp.sqlite", terms=Terms(methods=("sbp",))) as simulator:
        assert simulator.post("/payments", body()).json()["parameter"] == "capture"
        assert simulator.post("/payments", body(capture=True)).status_code == 200


def test_a_pending_payment_can_be_neither_captured_nor_cancelled(shared: Simulator) -> None:
    payment_id = shared.create()["id"]

    for action in ("capture", "cancel"):
        assert shared.post(f"/payments/{payment_id}/{action}").status_code == 400
    assert shared.payment(payment_id)["status"] == "pending"


def test_final_payments_stay_as_they_are(shared: Simulator) -> None:
    taken, gone = shared.captured(), shared.held()
    shared.post(f"/payments/{gone}/cancel")

    for payment_id in (taken, gone):
        for action in ("capture", "cancel"):
            assert shared.post(f"/payments/{payment_id}/{action}").status_code == 400
        again = shared.client.post(f"/sim/pay/{payment_id}", json={"method": "card"})
        assert again.status_code == 409
    assert shared.payment(taken)["status"] == "succeeded"
    assert shared.payment(gone)["status"] == "canceled"


def test_a_capture_takes_at_most_what_is_held(shared: Simulator) -> None:
    payment_id = shared.held()
    too_much = shared.post(f"/payments/{payment_id}/capture", amount("2000.01"))
    assert too_much.json()["parameter"] == "amount.value"

    part = shared.post(f"/payments/{payment_id}/capture", amount("700.50")).json()

    assert part["amount"]["value"] == "700.50"
    assert shared.refund(payment_id, "700.51").status_code == 400
    assert shared.refund(payment_id, "700.50").status_code == 200


def test_refunds_never_exceed_what_was_paid(shared: Simulator) -> None:
    payment_id = shared.captured()

    assert shared.refund(payment_id, "1500.00").json()["status"] == "succeeded"
    assert shared.refund(payment_id, "500.01").json()["parameter"] == "amount.value"
    assert shared.refund(payment_id, "500.00").json()["status"] == "succeeded"
    assert shared.refund(payment_id, "0.01").status_code == 400
    shown = shared.payment(payment_id)
    assert (shown["refunded_amount"]["value"], shown["refundable"]) == ("2000.00", False)


def test_only_a_succeeded_payment_can_be_refunded(shared: Simulator) -> None:
    for payment_id in (shared.create()["id"], shared.held()):
        assert shared.refund(payment_id, "1.00").json()["parameter"] == "payment_id"


def test_a_refund_on_its_way_reserves_the_money(shared: Simulator) -> None:
    payment_id = shared.captured()
    shared.sim("/faults", operation="refund", kind="refund_pending")

    refund = shared.refund(payment_id, "1500.00").json()

    assert refund["status"] == "pending"
    assert shared.payment(payment_id)["refunded_amount"]["value"] == "0.00"
    assert shared.refund(payment_id, "500.01").status_code == 400
    shared.sim(f"/refunds/{refund['id']}/end", status="canceled", reason="rejected_by_payee")
    ended = shared.get(f"/refunds/{refund['id']}").json()
    assert ended["cancellation_details"]["reason"] == "rejected_by_payee"
    assert shared.refund(payment_id, "2000.00").json()["status"] == "succeeded"


def test_a_refund_may_be_canceled_by_the_provider(shared: Simulator) -> None:
    payment_id = shared.captured()
    shared.sim("/faults", operation="refund", kind="refund_canceled")

    refund = shared.refund(payment_id, "100.00").json()

    assert refund["status"] == "canceled"
    assert refund["cancellation_details"]["reason"] == "insufficient_funds"
    assert shared.payment(payment_id)["refunded_amount"]["value"] == "0.00"


def test_staff_can_refund_in_the_cabinet(shared: Simulator) -> None:
    payment_id = shared.captured()

    refund = shared.sim("/refunds", payment_id=payment_id, amount="300.00")

    assert shared.get("/refunds", payment_id=payment_id).json()["items"] == [refund]
    sources = {row["id"]: row["source"] for row in shared.listing("refunds")}
    assert sources[refund["id"]] == "cabinet"
    assert shared.refund(payment_id, "1700.01").status_code == 400


@pytest.mark.parametrize("path", ["payments", "refunds"])
def test_ids_are_strict(shared: Simulator, path: str) -> None:
    assert shared.get(f"/{path}/short").status_code == 400
    absent = shared.get(f"/{path}/{UNKNOWN_ID}")
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")


def test_lists_filter_and_page(shared: Simulator) -> None:
    first = shared.captured()
    moment = shared.payment(first)["created_at"]
    later = [shared.create()["id"] for _ in range(3)]

    after = shared.get("/payments", **{"created_at.gt": moment, "limit": "100"}).json()
    assert [item["id"] for item in after["items"]] == later[::-1]
    assert "next_cursor" not in after
    since = shared.get("/payments", **{"created_at.gte": moment, "status": "succeeded"}).json()
    assert [item["id"] for item in since["items"]] == [first]
    captured = shared.get("/payments", **{"captured_at.gte": moment}).json()
    assert [item["id"] for item in captured["items"]] == [first]
    for wrong in ({"limit": "101"}, {"limit": "0"}, {"cursor": "x"}, {"metadata": "x"}):
        assert shared.get("/payments", **wrong).status_code == 400
    assert shared.get("/payments", **{"created_at.gt": "yesterday"}).status_code == 400


def test_the_first_answer_is_repeated_for_the_same_key_and_bytes(shared: Simulator) -> None:
    first = shared.post("/payments", body(), "same-key-1")
    again = shared.post("/payments", body(), "same-key-1")
    other = shared.post("/payments", body(description="Другое"), "same-key-1")
    elsewhere = shared.post("/refunds", body(), "same-key-1")

    assert again.content == first.content
    for answer in (other, elsewhere):
        problem = answer.json()
        assert (answer.status_code, problem["parameter"]) == (400, "Idempotence-Key")
        assert problem["description"] == "Idempotence key duplicated"


def test_a_refused_request_leaves_its_key_free(shared: Simulator) -> None:
    assert shared.post("/payments", body(amount=None), "free-key").status_code == 400
    assert shared.post("/payments", body(), "free-key").status_code == 200


@pytest.mark.parametrize(("key", "status"), [("k" * 64, 200), ("k" * 65, 400), ("a b", 400)])
def test_a_key_has_at_most_64_plain_characters(shared: Simulator, key: str, status: int) -> None:
    assert shared.post("/payments", body(), key).status_code == status


def test_a_key_is_needed_and_so_are_credentials(shared: Simulator) -> None:
    auth = ("506751", "test_of_the_simulator")
    no_key = shared.client.post("/v3/payments", json=body(), auth=auth)
    no_shop = shared.client.get("/v3/payments")
    wrong_shop = shared.client.get("/v3/payments", auth=("506751", "guess"))

    assert (no_key.status_code, no_key.json()["parameter"]) == (400, "Idempotence-Key")
    for answer in (no_shop, wrong_shop):
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


def test_garbage_gets_an_error_object(shared: Simulator) -> None:
    headers = {"Idempotence-Key": "garbage"}
    auth = ("506751", "test_of_the_simulator")
    for content in (b"{", b"[]", b"\xff", b"x" * 300_000):
        answer = shared.client.post("/v3/payments", content=content, headers=headers, auth=auth)
        assert (answer.status_code, answer.json()["type"]) == (400, "error")
    assert shared.get("/payouts").json()["code"] == "not_found"
