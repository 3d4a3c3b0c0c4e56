"""The provider's own package, unmodified, works against the simulator."""

from collections.abc import Iterator

import pytest
from yookassa import Configuration, Payment, Refund, Settings
from yookassa.domain.exceptions import (
    BadRequestError,
    ForbiddenError,
    InternalServerError,
    NotFoundError,
    TooManyRequestsError,
    UnauthorizedError,
)

from tests.simulators.yookassa.harness import SECRET, SHOP, UNKNOWN_ID, Simulator, body


@pytest.fixture(autouse=True)
def configured(shared: Simulator) -> Iterator[None]:
    Configuration.configure(SHOP, SECRET, api_url=f"{shared.url}/v3")
    yield
    Configuration.account_id = Configuration.secret_key = None
    Configuration.api_url = "https://api.yookassa.ru/v3"


def test_create_find_capture_and_refund(shared: Simulator) -> None:
    created = Payment.create(body(), "package-1")
    assert (created.status, created.paid, created.test) == ("pending", False, True)
    assert created.confirmation.confirmation_url == f"{shared.url}/pay/{created.id}"
    assert created.metadata == {"order": "o-1", "cms_name": "yookassa_sdk_python"}
    assert Payment.create(body(), "package-1").id == created.id

    shared.sim(f"/pay/{created.id}", method="card", number="2202474301322987")
    held = Payment.find_one(created.id)
    assert (held.status, held.paid, held.refundable) == ("waiting_for_capture", True, False)
    assert held.payment_method.card.last4 == "2987"
    assert held.payment_method.card.card_type == "Mir"
    assert held.expires_at is not None

    amount = {"value": "1500.00", "currency": "RUB"}
    taken = Payment.capture(created.id, {"amount": amount})
    assert (taken.status, str(taken.amount.value), taken.refundable) == (
        "succeeded",
        "1500.00",
        True,
    )
    # 2.80 % and 22 % VAT on it: 42.00 + 9.24
    assert str(taken.income_amount.value) == "1448.76"

    refund = Refund.create({"payment_id": created.id, "amount": amount, "description": "Возврат"})
    assert (refund.status, refund.payment_id) == ("succeeded", created.id)
    assert Refund.find_one(refund.id).description == "Возврат"
    assert [item.id for item in Refund.list({"payment_id": created.id}).items] == [refund.id]
    final = Payment.find_one(created.id)
    assert (str(final.refunded_amount.value), final.refundable) == ("1500.00", False)


def test_capture_without_an_amount_takes_everything(shared: Simulator) -> None:
    assert str(Payment.capture(shared.held()).amount.value) == "2000.00"


def test_cancel_of_a_hold(shared: Simulator) -> None:
    canceled = Payment.cancel(shared.held())

    assert canceled.status == "canceled"
    assert canceled.cancellation_details.party == "merchant"
    assert canceled.cancellation_details.reason == "canceled_by_merchant"


def test_sbp_is_captured_at_once(shared: Simulator) -> None:
    sbp = body(capture=True, payment_method_data={"type": "sbp"})
    created = Payment.create(sbp)

    shared.sim(f"/pay/{created.id}", method="sbp")

    paid = Payment.find_one(created.id)
    assert (paid.status, paid.payment_method.type) == ("succeeded", "sbp")


def test_lists_have_cursors() -> None:
    made = [Payment.create(body()).id for _ in range(5)][::-1]

    first = Payment.list({"limit": 3})
    second = Payment.list({"limit": 3, "cursor": first.next_cursor})

    assert [item.id for item in first.items] == made[:3]
    assert [item.id for item in second.items][:2] == made[3:]


def test_the_shop_knows_itself() -> None:
    me = Settings.get_account_settings()

    assert (me.account_id, me.test, me.status) == (SHOP, True, "enabled")


def test_errors_are_the_packages_own_errors(shared: Simulator) -> None:
    with pytest.raises(NotFoundError):
        Payment.find_one(UNKNOWN_ID)
    with pytest.raises(BadRequestError):
        Payment.cancel(Payment.create(body()).id)
    shared.sim("/faults", operation="get", kind="429")
    with pytest.raises(TooManyRequestsError):
        Payment.find_one(UNKNOWN_ID)
    shared.sim("/faults", operation="get", kind="http_500")
    with pytest.raises(InternalServerError):
        Payment.find_one(UNKNOWN_ID)
    Configuration.secret_key = "test_another"
    with pytest.raises(UnauthorizedError):
        Payment.find_one(UNKNOWN_ID)


def test_lists_are_filtered_by_time_status_and_method(shared: Simulator) -> None:
    first = Payment.create(body(capture=True, payment_method_data={"type": "sbp"}))
    shared.sim(f"/pay/{first.id}", method="sbp")
    refund = Refund.create({"payment_id": first.id, "amount": first.amount})
    later = Payment.create(body())

    since = {"created_at.gte": first.created_at, "limit": 100}
    paid = {**since, "status": "succeeded", "payment_method": "sbp"}
    assert [item.id for item in Payment.list(paid).items] == [first.id]
    assert [item.id for item in Payment.list({**since, "status": "pending"}).items] == [later.id]
    found = Refund.list({"payment_id": first.id, "created_at.gte": first.created_at})
    assert [(item.id, item.refund_method.type) for item in found.items] == [(refund.id, "sbp")]


def test_a_canceled_refund_and_a_declined_payment_say_who_and_why(shared: Simulator) -> None:
    payment_id = shared.captured()
    shared.sim("/faults", operation="refund", kind="refund_canceled", reason="rejected_by_payee")
    refund = Refund.create(
        {"payment_id": payment_id, "amount": {"value": "1.00", "currency": "RUB"}}
    )
    declined = Payment.create(body())
    shared.sim(f"/pay/{declined.id}", method="card", number="5555555555554600")

    details = Refund.find_one(refund.id).cancellation_details
    assert (refund.status, details.party, details.reason) == (
        "canceled",
        "refund_network",
        "rejected_by_payee",
    )
    details = Payment.find_one(declined.id).cancellation_details
    assert (details.party, details.reason) == ("payment_network", "insufficient_funds")


def test_a_payment_confirmed_by_3d_secure_says_so(shared: Simulator) -> None:
    created = Payment.create(body())
    shared.sim(f"/pay/{created.id}", method="card", number="5555555555554477")

    details = Payment.find_one(created.id).authorization_details

    assert details.three_d_secure.applied is True
    assert len(details.rrn) == 12


@pytest.mark.parametrize(
    ("kind", "error"),
    [("http_401", UnauthorizedError), ("http_403", ForbiddenError), ("http_400", BadRequestError)],
)
def test_planted_refusals_are_the_packages_own_errors(
    shared: Simulator, kind: str, error: type[Exception]
) -> None:
    shared.sim("/faults", operation="payments.get", kind=kind)

    with pytest.raises(error):
        Payment.find_one(UNKNOWN_ID)
