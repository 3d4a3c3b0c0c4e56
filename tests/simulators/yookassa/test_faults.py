"""Every planted fault: what the shop sees, and what the provider has done meanwhile."""

import time

import httpx
import pytest

from tests.simulators.yookassa.harness import Receiver, Simulator, body, until


@pytest.fixture(autouse=True)
def no_faults_left(shared: Simulator) -> None:
    shared.client.delete("/sim/faults")


# kind, the status the shop sees (None: the connection is cut), payments made by the attempt
SEEN = [
    ("refuse_before", None, 0),
    ("commit_then_drop", None, 1),
    ("http_500", 500, 0),
    ("commit_then_500", 500, 1),
    ("undo_then_500", 500, 1),
    ("429", 429, 0),
    ("202", 202, 1),
    ("html_502", 502, 0),
    ("http_400", 400, 0),
    ("http_401", 401, 0),
    ("http_403", 403, 0),
    ("http_404", 404, 0),
    ("http_429", 429, 0),
    ("http_202", 202, 1),
    ("redirect_302", 302, 0),
    ("truncated_json", 200, 1),
    ("wrong_amount", 200, 1),
]


@pytest.mark.parametrize(("kind", "status", "made"), SEEN)
def test_a_fault_shows_one_thing_and_does_another(
    shared: Simulator, kind: str, status: int | None, made: int
) -> None:
    order, key = {"order": f"seen-{kind}"}, f"seen-{kind}"
    shared.sim("/faults", operation="create", kind=kind)

    if status is None:
        with pytest.raises(httpx.RemoteProtocolError):
            shared.post("/payments", body(metadata=order), key)
    else:
        assert shared.post("/payments", body(metadata=order), key).status_code == status
    assert len([p for p in shared.listing("payments") if p["metadata"] == order]) == made

    again = shared.post("/payments", body(metadata=order), key)
    assert again.status_code == 200
    pending = [
        p["id"]
        for p in shared.listing("payments")
        if p["metadata"] == order and p["status"] == "pending"
    ]
    assert pending == [again.json()["id"]]


def test_an_undone_payment_stays_in_the_list_as_canceled(shared: Simulator) -> None:
    order = {"order": "undone"}
    shared.sim("/faults", operation="create", kind="undo_then_500")
    shared.post("/payments", body(metadata=order))

    undone = next(p for p in shared.listing("payments") if p["metadata"] == order)

    assert undone["cancellation_details"]["reason"] == "internal_timeout"


@pytest.mark.parametrize("action", ["capture", "cancel"])
def test_an_undone_capture_or_cancel_leaves_the_hold_and_no_notice(
    own: Simulator, receiver: Receiver, action: str
) -> None:
    payment_id = own.held()
    own.sim("/faults", operation=action, kind="undo_then_500")

    assert own.post(f"/payments/{payment_id}/{action}", key="again").status_code == 500
    assert own.payment(payment_id)["status"] == "waiting_for_capture"
    done = own.post(f"/payments/{payment_id}/{action}", key="again").json()["status"]

    until(lambda: len(receiver.told(payment_id)) == 2)
    assert receiver.told(payment_id) == ["payment.waiting_for_capture", f"payment.{done}"]


def test_an_undone_refund_gives_the_money_back_to_the_payment(shared: Simulator) -> None:
    payment_id = shared.captured()
    shared.sim("/faults", operation="refund", kind="undo_then_500")

    assert shared.refund(payment_id, "2000.00", "undone-refund").status_code == 500

    assert shared.payment(payment_id)["refunded_amount"]["value"] == "0.00"
    assert shared.refund(payment_id, "2000.00", "undone-refund").json()["status"] == "succeeded"
    listed = shared.get("/refunds", payment_id=payment_id).json()["items"]
    assert sorted(item["status"] for item in listed) == ["canceled", "succeeded"]


def test_a_slow_answer_comes_late_but_has_happened(shared: Simulator) -> None:
    shared.sim("/faults", operation="create", kind="slow", seconds=0.4)
    started = time.monotonic()

    answer = shared.post("/payments", body(), "slow-key")

    assert time.monotonic() - started >= 0.4
    assert shared.post("/payments", body(), "slow-key").content == answer.content


def test_a_busy_answer_says_when_to_come_back(shared: Simulator) -> None:
    shared.sim("/faults", operation="list", kind="429", seconds=3)

    assert shared.get("/payments").json()["retry_after"] == 3000


@pytest.mark.parametrize("operation", ["capture", "cancel", "refund", "get", "list"])
def test_a_fault_meets_its_own_operation_only(shared: Simulator, operation: str) -> None:
    held, captured = shared.held(), shared.captured()
    calls = {
        "capture": lambda: shared.post(f"/payments/{held}/capture"),
        "cancel": lambda: shared.post(f"/payments/{held}/cancel"),
        "refund": lambda: shared.refund(captured, "1.00"),
        "get": lambda: shared.get(f"/payments/{held}"),
        "list": lambda: shared.get("/refunds"),
    }
    shared.sim("/faults", operation=operation, kind="html_502")

    assert shared.post("/payments", body()).status_code == 200
    assert calls[operation]().status_code == 502
    assert calls[operation]().status_code == 200


def test_faults_are_counted_skipped_and_cleared(shared: Simulator) -> None:
    shared.sim("/faults", operation="any", kind="http_500", count=2, skip=1)
    seen = [shared.get("/me").status_code for _ in range(4)]
    shared.sim("/faults", operation="any", kind="http_500", count=100)
    assert len(shared.client.get("/sim/faults").json()["items"]) == 1
    shared.client.delete("/sim/faults")

    assert seen == [200, 500, 500, 200]
    assert shared.get("/me").status_code == 200


def test_the_journal_keeps_every_request_without_credentials(shared: Simulator) -> None:
    shared.sim("/faults", operation="create", kind="commit_then_drop")
    with pytest.raises(httpx.RemoteProtocolError):
        shared.post("/payments", body(), "journal-key")
    shared.post("/payments", body(), "journal-key")

    answer = shared.client.get("/sim/requests", params={"limit": 10_000})
    rows = [row for row in answer.json()["items"] if row["key"] == "journal-key"]

    assert [(row["method"], row["path"]) for row in rows] == [("POST", "/v3/payments")] * 2
    assert [(row["status"], row["fault"]) for row in rows] == [
        (None, "commit_then_drop"),
        (200, None),
    ]
    assert rows[0]["body"] == rows[1]["body"]
    assert "test_of_the_simulator" not in answer.text
    assert "Basic" not in answer.text
