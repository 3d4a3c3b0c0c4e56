"""Receipts of the simulator: the official package reads them, the rules of 54-FZ are kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from yookassa import Configuration, Receipt, Refund
from yookassa import Payment as PackagePayment

from local.simulators.yookassa.terms import Terms
from tests.simulators.yookassa.harness import SECRET, SHOP, UNKNOWN_ID, Simulator, body, simulating


def line(value: str = "2000.00", **changes: Any) -> dict[str, Any]:
    return {
        "description": "Работы по заказу D-1042",
        "quantity": 1,
        "amount": {"value": value, "currency": "RUB"},
        "vat_code": 1,
        "payment_mode": "full_prepayment",
        "payment_subject": "job",
        **changes,
    }


def inside(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"customer": {"email": "a@b.ru"}, "items": list(lines or (line(),)), **changes}


def alone(paid: str, value: str = "2000.00", **changes: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "RUB"}
    said = {
        **inside(line(value, payment_mode="full_payment")),
        "type": "payment",
        "payment_id": paid,
        "send": True,
        "settlements": [{"type": "prepayment", "amount": amount}],
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


@pytest.fixture
def package(shared: Simulator) -> Iterator[Simulator]:
    Configuration.configure(SHOP, SECRET, api_url=f"{shared.url}/v3")
    yield shared
    Configuration.account_id = Configuration.secret_key = None
    Configuration.api_url = "https://api.yookassa.ru/v3"


def test_the_official_package_makes_lists_and_finds_receipts(package: Simulator) -> None:
    paid = PackagePayment.create(body(capture=True, receipt=inside()), "receipts-1")
    assert paid.receipt_registration == "pending"
    assert package.get("/receipts", payment_id=paid.id).json()["items"] == []
    package.sim(f"/pay/{paid.id}", method="card")
    (first,) = Receipt.list({"payment_id": paid.id}).items
    assert (first.type, first.status, first.payment_id) == ("payment", "pending", paid.id)
    package.sim("/clock", advance_seconds=3)
    assert Receipt.find_one(first.id).status == "succeeded"
    assert PackagePayment.find_one(paid.id).receipt_registration == "succeeded"

    amount = {"value": "500.00", "currency": "RUB"}
    said = {"payment_id": paid.id, "amount": amount, "receipt": inside(line("500.00"))}
    refund = Refund.create(said, "receipts-2")
    (returned,) = Receipt.list({"refund_id": refund.id}).items
    assert (returned.type, returned.refund_id) == ("refund", refund.id)
    second = Receipt.create(alone(paid.id, "1500.00"), "receipts-3")
    assert (second.type, second.settlements[0].type) == ("payment", "prepayment")
    assert Receipt.create(alone(paid.id, "1500.00"), "receipts-3").id == second.id
    package.sim("/clock", advance_seconds=3)
    assert Receipt.find_one(second.id).fiscal_document_number is not None
    assert len(second.id) == 39
    mine = [one for one in package.listing("receipts") if one["of_payment"] == paid.id]
    assert [one["inside"] for one in mine] == [False, True, True]


@pytest.mark.parametrize(
    ("receipt", "parameter"),
    [
        ("word", "receipt"),
        (inside(customer=None), "receipt.customer"),
        (inside(customer={}), "receipt.customer.email"),
        (inside(customer={"email": "a@b@c"}), "receipt.customer.email"),
        (inside(customer={"phone": "+79001234567"}), "receipt.customer.phone"),
        (inside(items=[]), "receipt.items"),
        (inside(line("1999.99")), "receipt.items"),
        (inside(line(), line("0.01")), "receipt.items"),
        (inside(line(vat_code=13)), "receipt.items[0].vat_code"),
        (inside(line(payment_mode="later")), "receipt.items[0].payment_mode"),
        (inside(line(payment_subject=None)), "receipt.items[0].payment_subject"),
        (inside(line(quantity=0)), "receipt.items[0].quantity"),
        (inside(line(description="я" * 129)), "receipt.items[0].description"),
        (inside(tax_system_code=7), "receipt.tax_system_code"),
    ],
)
def test_a_bad_receipt_refuses_its_payment(shared: Simulator, receipt: Any, parameter: str) -> None:
    answer = shared.post("/payments", body(receipt=receipt))

    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter


def test_two_lines_and_a_phone_are_fine(shared: Simulator) -> None:
    said = inside(
        line("500.00", quantity="3.000"), line("500.00"), customer={"phone": "79001234567"}
    )
    assert shared.post("/payments", body(receipt=said)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"type": "gift"}, "type"),
        ({"refund_id": UNKNOWN_ID}, "payment_id"),
        ({"payment_id": UNKNOWN_ID}, "payment_id"),
        ({"send": None}, "send"),
        ({"settlements": None}, "settlements"),
        ({"settlements": [{"type": "gold"}]}, "settlements[0].type"),
        (
            {"settlements": [{"type": "prepayment", "amount": {"value": "1", "currency": "RUB"}}]},
            "settlements[0].amount.value",
        ),
        ({"customer": None}, "customer"),
    ],
)
def test_a_receipt_alone_is_checked(
    shared: Simulator, changes: dict[str, Any], parameter: str
) -> None:
    answer = shared.post("/receipts", alone(shared.captured(), **changes))

    assert (answer.status_code, answer.json()["parameter"]) == (400, parameter)


def test_money_that_has_not_moved_has_no_receipt_and_30_are_enough(shared: Simulator) -> None:
    assert shared.post("/receipts", alone(shared.held())).status_code == 400
    payment = shared.captured()
    answers = [shared.post("/receipts", alone(payment)).status_code for _ in range(31)]
    assert answers == [200] * 30 + [400]
    page = shared.get("/receipts", payment_id=payment, limit="20").json()
    rest = shared.get("/receipts", payment_id=payment, limit="20", cursor=page["next_cursor"])
    assert (len(page["items"]), len(rest.json()["items"])) == (20, 10)
    both = shared.get("/receipts", payment_id=payment, refund_id=UNKNOWN_ID)
    assert both.status_code == 400
    assert shared.get("/receipts/rt-unknown").status_code == 404


def test_registrations_fail_wait_and_are_undone_as_planted(tmp_path: Path) -> None:
    terms = Terms(receipts_need_email=True)
    with simulating(tmp_path / "receipts.sqlite", terms=terms) as simulator:
        payment = simulator.captured()
        for kind in ("receipt_canceled", "receipt_pending"):
            simulator.sim("/faults", operation="receipts.create", kind=kind)
        simulator.sim("/faults", operation="receipts.create", kind="undo_then_500", nth=3)
        answers = [simulator.post("/receipts", alone(payment)) for _ in range(3)]
        simulator.sim("/clock", advance_seconds=86400)

        assert [one.status_code for one in answers] == [200, 200, 500]
        assert [one.json()["status"] for one in answers[:2]] == ["canceled", "pending"]
        by_phone = alone(payment, customer={"phone": "79001234567"})
        refused = simulator.post("/receipts", by_phone)
        assert refused.json()["parameter"] == "customer.email"
        pending, canceled = simulator.listing("receipts")
        assert (pending["status"], canceled["status"]) == ("pending", "canceled")
        simulator.sim(f"/receipts/{pending['id']}/end", status="succeeded")
        assert simulator.get(f"/receipts/{pending['id']}").json()["status"] == "succeeded"
