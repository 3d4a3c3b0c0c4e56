"""Notices to the shop: when, how often, lost or repeated."""

import random
from datetime import datetime
from pathlib import Path

from local.simulators.yookassa.notices import Weather
from local.simulators.yookassa.terms import Terms
from tests.simulators.yookassa.harness import Receiver, Simulator, simulating, until


def test_each_change_is_told_once_with_the_object(own: Simulator, receiver: Receiver) -> None:
    held = own.held()
    until(lambda: len(receiver.notices) == 1)
    own.post(f"/payments/{held}/capture")
    until(lambda: len(receiver.notices) == 2)
    refund = own.refund(held, "5.00").json()["id"]
    gone = own.held()
    own.post(f"/payments/{gone}/cancel")
    until(lambda: len(receiver.notices) == 5)

    assert receiver.told(held) == ["payment.waiting_for_capture", "payment.succeeded"]
    assert receiver.told(refund) == ["refund.succeeded"]
    assert sorted(receiver.told(gone)) == ["payment.canceled", "payment.waiting_for_capture"]
    first = receiver.notices[0]
    assert first["type"] == "notification"
    assert first["object"]["status"] == "waiting_for_capture"


def test_a_failed_refund_and_a_new_payment_have_no_notice(
    own: Simulator, receiver: Receiver
) -> None:
    payment_id = own.captured()
    own.sim("/faults", operation="refund", kind="refund_canceled")
    refund = own.refund(payment_id, "5.00").json()["id"]
    own.create()

    last = own.refund(payment_id, "6.00").json()["id"]

    until(lambda: receiver.told(last) == ["refund.succeeded"])
    assert receiver.told(refund) == []
    assert len(receiver.notices) == 2


def test_a_refund_in_the_cabinet_is_told(own: Simulator, receiver: Receiver) -> None:
    refund = own.sim("/refunds", payment_id=own.captured(), amount="5.00")["id"]

    until(lambda: receiver.told(refund) == ["refund.succeeded"])


def wait_seconds(own: Simulator, attempts: int) -> float:
    """How long the first notice waits for its next delivery after so many."""
    until(lambda: own.listing("webhooks")[0]["attempts"] == attempts)
    now = datetime.fromisoformat(own.client.get("/sim/clock").json()["now"]).timestamp()
    return float(own.listing("webhooks")[0]["next_ms"]) / 1000 - now


def test_only_200_stops_the_repetition_and_the_delay_grows(
    own: Simulator, receiver: Receiver
) -> None:
    receiver.status = 202
    payment_id = own.captured()

    assert 3 < wait_seconds(own, attempts=1) <= 5
    own.sim("/clock", advance_seconds=5)
    assert 8 < wait_seconds(own, attempts=2) <= 10
    own.sim("/clock", advance_seconds=10)
    assert 18 < wait_seconds(own, attempts=3) <= 20
    receiver.status = 200
    own.sim("/clock", advance_seconds=20)
    until(lambda: own.listing("webhooks")[0]["state"] == "delivered")
    assert receiver.told(payment_id) == ["payment.succeeded"] * 4


def test_after_a_day_the_provider_gives_up(own: Simulator, receiver: Receiver) -> None:
    receiver.status = 500
    own.captured()
    until(lambda: own.listing("webhooks")[0]["attempts"] == 1)

    own.sim("/clock", advance_seconds=24 * 3600 + 1)

    until(lambda: own.listing("webhooks")[0]["state"] == "given_up")


def test_dropped_notices_never_arrive(own: Simulator, receiver: Receiver) -> None:
    own.sim("/webhooks", mode="dropped")
    lost = own.captured()
    own.sim("/webhooks", mode="normal")
    told = own.captured()

    until(lambda: receiver.told(told) == ["payment.succeeded"])
    own.sim("/clock", advance_seconds=7200)
    assert receiver.told(lost) == []
    assert own.listing("webhooks")[0]["state"] == "dropped"


def test_fivefold_notices_come_five_times_out_of_order(own: Simulator, receiver: Receiver) -> None:
    own.sim("/webhooks", mode="fivefold", seed=7)
    payment_id = own.held()
    own.post(f"/payments/{payment_id}/capture")
    own.sim("/clock", advance_seconds=2)

    until(lambda: len(receiver.told(payment_id)) == 10)
    told = receiver.told(payment_id)
    assert sorted(told) == ["payment.succeeded"] * 5 + ["payment.waiting_for_capture"] * 5
    # The simulator writes the fate of the last one after it has the answer.
    until(lambda: all(row["state"] == "delivered" for row in own.listing("webhooks")))


def fates(seed: int, **chances: float) -> list[tuple[bool, int, bool]]:
    chance = random.Random(seed)
    return [Weather(**chances).fate(chance) for _ in range(300)]


def test_each_chance_strikes_its_own_share_and_the_seed_decides_which() -> None:
    everything = {"lose": 0.2, "duplicate": 0.3, "delay": 0.5, "reorder": 0.5}
    course = fates(4, **everything)

    assert course == fates(4, **everything) != fates(5, **everything)
    assert 30 <= sum(lost for lost, _, _ in course) <= 90
    assert 60 <= sum(twice for _, _, twice in course) <= 120
    assert 180 <= sum(wait > 0 for _, wait, _ in course) <= 260
    # One knob does not shift another's choice.
    assert [lost for lost, _, _ in course] == [lost for lost, _, _ in fates(4, lose=0.2)]
    assert max(wait for _, wait, _ in fates(4, delay=1, delay_seconds=10)) <= 10_000


def test_chances_lose_and_repeat_notices(own: Simulator, receiver: Receiver) -> None:
    own.sim("/webhooks", lose=1)
    lost = own.captured()
    own.sim("/webhooks", duplicate=1)
    twice = own.captured()
    own.sim("/webhooks", delay=1, delay_seconds=3600, seed=3)
    late = own.captured()

    until(lambda: receiver.told(twice) == ["payment.succeeded"] * 2)
    assert receiver.told(late) == []
    own.sim("/clock", advance_seconds=3600)
    until(lambda: receiver.told(late) == ["payment.succeeded"])
    assert receiver.told(lost) == []
    assert own.listing("webhooks")[0]["state"] == "dropped"

    own.client.post(f"/sim/webhooks/{own.listing('webhooks')[0]['seq']}/again")
    until(lambda: receiver.told(lost) == ["payment.succeeded"])


def test_undelivered_notices_survive_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    data_file = tmp_path / "again.sqlite"
    terms = Terms(redelivery_first_seconds=0.1)
    receiver.status = 503
    with simulating(data_file, receiver.url, terms) as simulator:
        payment_id = simulator.captured()
        until(lambda: len(receiver.told(payment_id)) >= 1)
    receiver.status = 200

    with simulating(data_file, receiver.url, terms) as simulator:
        until(lambda: simulator.listing("webhooks")[0]["state"] == "delivered")
        assert simulator.payment(payment_id)["status"] == "succeeded"
