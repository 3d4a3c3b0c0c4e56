"""What staff in the cabinet and a bank may do: part of a hold, refusals, chargebacks."""

from typing import get_args

import pytest

from local.simulators.yookassa.cards import Reason
from tests.simulators.yookassa.harness import Receiver, Simulator, body, until


def test_a_captured_part_lets_the_rest_go(own: Simulator, receiver: Receiver) -> None:
    payment_id = own.held()

    part = own.sim(f"/payments/{payment_id}/capture", amount="700.50")

    assert (part["status"], part["amount"]["value"]) == ("succeeded", "700.50")
    assert part["refundable"] is True
    # 2.80 % of 700.50 and 22 % VAT on it: 19.61 + 4.31
    assert part["income_amount"]["value"] == "676.58"
    assert own.refund(payment_id, "700.51").status_code == 400
    until(lambda: receiver.told(payment_id)[-1:] == ["payment.succeeded"])


@pytest.mark.parametrize(
    ("reason", "party"),
    [
        ("canceled_by_merchant", "merchant"),
        ("general_decline", "payment_network"),
        ("expired_on_capture", "yoo_money"),
    ],
)
def test_a_hold_is_let_go_by_staff_bank_or_provider(
    shared: Simulator, reason: str, party: str
) -> None:
    payment_id = shared.held()

    gone = shared.sim(f"/payments/{payment_id}/cancel", reason=reason)

    assert gone["status"] == "canceled"
    assert gone["cancellation_details"] == {"party": party, "reason": reason}
    again = shared.client.post(f"/sim/payments/{payment_id}/cancel", json={"reason": reason})
    assert again.status_code == 409


@pytest.mark.parametrize("reason", get_args(Reason))
def test_a_bank_may_refuse_sbp_for_every_documented_reason(shared: Simulator, reason: str) -> None:
    payment_id = shared.create(capture=True)["id"]

    refused = shared.sim(f"/pay/{payment_id}", method="sbp", decline=reason)

    assert (refused["status"], refused["paid"]) == ("canceled", False)
    assert refused["payment_method"]["type"] == "sbp"
    assert refused["cancellation_details"]["reason"] == reason


def test_a_chargeback_is_listed_and_told_to_nobody(own: Simulator, receiver: Receiver) -> None:
    payment_id = own.captured()
    own.refund(payment_id, "500.00")
    until(lambda: len(receiver.notices) == 2)
    before = own.payment(payment_id)

    taken = own.sim("/chargebacks", payment_id=payment_id, reason="fraud")
    told = own.captured()

    assert taken["amount"]["value"] == "1500.00"
    assert own.listing("chargebacks") == [taken]
    assert own.payment(payment_id) == before
    again = own.client.post("/sim/chargebacks", json={"payment_id": payment_id})
    assert again.status_code == 409
    until(lambda: receiver.told(told) == ["payment.succeeded"])
    assert len(receiver.notices) == 3


def test_a_payment_comes_too_late_after_an_hour(own: Simulator) -> None:
    payment_id = own.create()["id"]
    own.sim("/clock", advance_seconds=3601)

    late = own.client.post(f"/sim/pay/{payment_id}", json={"method": "card"})
    page = own.client.post(f"/pay/{payment_id}", data={"action": "card"})

    assert late.status_code == 409
    assert (page.status_code, "Время на оплату вышло" in page.text) == (409, True)
    assert own.payment(payment_id)["cancellation_details"]["reason"] == "expired_on_confirmation"


def test_refunds_end_after_three_years(own: Simulator) -> None:
    payment_id = own.captured()

    own.sim("/clock", advance_seconds=3 * 365 * 86400 + 1)

    assert own.refund(payment_id, "1.00").json()["parameter"] == "payment_id"


@pytest.mark.parametrize(
    ("number", "applied"), [("5555555555554444", False), ("5555555555554477", True)]
)
def test_the_payment_says_whether_3d_secure_was_asked(
    shared: Simulator, number: str, applied: bool
) -> None:
    payment_id = shared.create()["id"]

    held = shared.sim(f"/pay/{payment_id}", method="card", number=number)

    details = held["authorization_details"]
    assert details["three_d_secure"] == {"applied": applied}
    assert len(details["rrn"]) == 12


@pytest.mark.parametrize("path", ["/payments", "/refunds"])
def test_a_list_refuses_a_status_that_does_not_exist(shared: Simulator, path: str) -> None:
    answer = shared.get(path, status="paid")

    assert (answer.status_code, answer.json()["parameter"]) == (400, "status")


def test_a_key_that_is_used_again_after_a_refusal_acts_once(shared: Simulator) -> None:
    payment_id = shared.create()["id"]
    assert shared.post(f"/payments/{payment_id}/capture", key="one-capture").status_code == 400
    shared.sim(f"/pay/{payment_id}", method="card")

    first = shared.post(f"/payments/{payment_id}/capture", key="one-capture")
    again = shared.post(f"/payments/{payment_id}/capture", key="one-capture")

    assert (first.status_code, again.content) == (200, first.content)
    assert shared.post("/payments", body(), "one-capture").status_code == 400
