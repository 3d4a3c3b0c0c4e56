"""Time on the simulator's own clock, and what survives a restart."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from local.simulators.yookassa.terms import Terms
from tests.simulators.yookassa.harness import (
    SECRET,
    SHOP,
    Receiver,
    Simulator,
    body,
    simulating,
    until,
)

HOUR, WEEK = 3600, 7 * 24 * 3600


def test_an_unpaid_payment_expires_after_an_hour(own: Simulator, receiver: Receiver) -> None:
    payment_id = own.create()["id"]
    own.sim("/clock", advance_seconds=HOUR - 60)
    assert own.payment(payment_id)["status"] == "pending"

    own.sim("/clock", advance_seconds=61)

    details = own.payment(payment_id)["cancellation_details"]
    assert details == {"party": "yoo_money", "reason": "expired_on_confirmation"}
    until(lambda: receiver.told(payment_id) == ["payment.canceled"])


def test_a_hold_expires_after_seven_days(own: Simulator) -> None:
    payment_id = own.held()
    own.sim("/clock", advance_seconds=WEEK - 60)
    assert own.payment(payment_id)["status"] == "waiting_for_capture"

    own.sim("/clock", advance_seconds=61)

    assert own.payment(payment_id)["cancellation_details"]["reason"] == "expired_on_capture"
    assert own.post(f"/payments/{payment_id}/capture").status_code == 400


def test_what_is_paid_does_not_expire(own: Simulator) -> None:
    payment_id = own.captured()

    own.sim("/clock", advance_seconds=WEEK * 10)

    assert own.payment(payment_id)["status"] == "succeeded"


def test_times_can_be_shortened_and_pass_by_themselves(tmp_path: Path, receiver: Receiver) -> None:
    terms = Terms(confirmation_seconds=0, hold_seconds=1)
    with simulating(tmp_path / "short.sqlite", receiver.url, terms) as simulator:
        payment_id = simulator.create()["id"]

        # Nobody asks the simulator for anything meanwhile.
        until(lambda: receiver.told(payment_id) == ["payment.canceled"])


def test_a_key_is_dead_after_24_hours(own: Simulator) -> None:
    first = own.post("/payments", body(), "day").json()["id"]
    own.sim("/clock", advance_seconds=24 * HOUR - 60)
    assert own.post("/payments", body(), "day").json()["id"] == first

    own.sim("/clock", advance_seconds=61)

    assert own.post("/payments", body(), "day").json()["id"] != first


def test_a_slow_refund_succeeds_when_its_time_comes(own: Simulator, receiver: Receiver) -> None:
    payment_id = own.captured()
    own.sim("/faults", operation="refund", kind="refund_pending", seconds=3 * 24 * HOUR)
    refund = own.refund(payment_id, "5.00").json()
    assert refund["status"] == "pending"

    own.sim("/clock", advance_seconds=3 * 24 * HOUR + 1)

    assert own.get(f"/refunds/{refund['id']}").json()["status"] == "succeeded"
    until(lambda: receiver.told(refund["id"]) == ["refund.succeeded"])


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    data_file = tmp_path / "kept.sqlite"
    with simulating(data_file) as simulator:
        held = simulator.held()
        first = simulator.post("/payments", body(), "kept").json()["id"]
        simulator.sim("/clock", advance_seconds=600)
        simulator.sim("/faults", operation="list", kind="http_500")
        simulator.sim("/webhooks", mode="fivefold", seed=1)
        before = datetime.fromisoformat(simulator.client.get("/sim/clock").json()["now"])

    with simulating(data_file) as simulator:
        assert simulator.payment(held)["status"] == "waiting_for_capture"
        assert simulator.post("/payments", body(), "kept").json()["id"] == first
        after = datetime.fromisoformat(simulator.client.get("/sim/clock").json()["now"])
        assert timedelta(0) < after - before < timedelta(seconds=60)
        assert simulator.get("/payments").status_code == 500
        assert simulator.client.get("/sim/webhooks").json()["mode"] == "fivefold"
        assert len(simulator.listing("requests")) >= 4


def test_as_a_process_it_keeps_its_file_and_leaves_with_zero(tmp_path: Path) -> None:
    data_file = tmp_path / "process.sqlite"
    with simulating(data_file) as simulator:
        held = simulator.held()
        port = int(simulator.url.rpartition(":")[2])  # free again in a moment

    program = [sys.executable, "-m", "local.simulators.yookassa", "--shop-id", SHOP]
    process = subprocess.Popen(
        [*program, "--data-file", str(data_file), "--port", str(port)],
        env={**os.environ, "YOOKASSA_SIMULATOR_SECRET_KEY": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/sim/clock").status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers, 20)
        shown = httpx.get(f"http://127.0.0.1:{port}/v3/payments/{held}", auth=(SHOP, SECRET)).json()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()

    assert shown["status"] == "waiting_for_capture"
    assert (process.returncode, SECRET in said) == (0, False)
