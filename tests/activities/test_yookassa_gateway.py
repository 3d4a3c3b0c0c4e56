"""The gateway against the simulator over real HTTP: errors, bytes, time-outs, two shops."""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.gateways.yookassa import YooKassaGateway
from activities.payment_requests import (
    CANCEL_REQUEST,
    cancel_path,
    capture_path,
    capture_request,
    payment_request,
    refund_request,
)
from activities.ports import (
    PaymentGateway,
    ProviderPayment,
    ProviderRefund,
    Refused,
    Unknown,
)
from local.simulators.yookassa.app import create_app
from local.simulators.yookassa.server import running

SHOP, SECRET = "506751", "test_of_the_gateway"
UNKNOWN_ID = "6b04c463-000f-5000-80a5-1f5eb0766514"
RETURN_URL = "http://127.0.0.1:8000/o/secret"
keys = (f"key-{number}" for number in itertools.count())


@contextmanager
def simulator(folder: Path, shop: str = SHOP) -> Iterator[str]:
    with running(
        lambda url: create_app(
            data_file=folder / f"{shop}.sqlite",
            shop_id=shop,
            secret_key=SECRET,
            public_url=url,
            webhook_url=None,
        )
    ) as url:
        yield url


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with simulator(tmp_path_factory.mktemp("yookassa")) as url:
        yield url


@pytest.fixture
def gateway(provider: str) -> Iterator[PaymentGateway]:
    yield YooKassaGateway(SHOP, SECRET, f"{provider}/v3", 1.0, 5.0)
    httpx.delete(f"{provider}/sim/faults")


def create_body(amount_kopecks: int = 200_000, **changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "amount_kopecks": amount_kopecks,
        "method": "card",
        "capture": False,
        "description": "Предоплата по заказу D-1042",
        "return_url": RETURN_URL,
        "metadata": {"order": "order-1", "op": "op-1"},
        **changes,
    }
    return payment_request(**facts)


def create(gateway: PaymentGateway, **changes: Any) -> ProviderPayment:
    payment = gateway.post("/payments", create_body(**changes), next(keys))
    assert isinstance(payment, ProviderPayment)
    return payment


def pay(provider: str, payment_id: str, method: str = "card", number: str | None = None) -> None:
    wish = {"method": method, **({"number": number} if number else {})}
    httpx.post(f"{provider}/sim/pay/{payment_id}", json=wish).raise_for_status()


def plant(provider: str, operation: str, kind: str, **more: Any) -> None:
    wish = {"operation": operation, "kind": kind, **more}
    httpx.post(f"{provider}/sim/faults", json=wish).raise_for_status()


def journal(provider: str, key: str) -> list[dict[str, Any]]:
    rows = httpx.get(f"{provider}/sim/requests", params={"limit": 10_000}).json()["items"]
    return [row for row in rows if row["key"] == key]


def payments_with(provider: str, order: str) -> list[dict[str, Any]]:
    items = httpx.get(f"{provider}/sim/payments").json()["items"]
    return [item for item in items if item["metadata"].get("order") == order]


def test_a_card_payment_is_held_captured_in_part_and_refunded(
    gateway: PaymentGateway, provider: str
) -> None:
    payment = create(gateway)
    assert (payment.status, payment.amount_kopecks, payment.test) == ("pending", 200_000, True)
    assert payment.confirmation_url == f"{provider}/pay/{payment.id}"
    assert payment.metadata == {"order": "order-1", "op": "op-1"}

    pay(provider, payment.id)
    held = gateway.get_payment(payment.id)
    assert held.status == "waiting_for_capture"
    assert held.captured_kopecks == 0
    assert held.expires_at is not None
    assert timedelta(days=6) < held.expires_at - datetime.now(UTC) < timedelta(days=8)

    captured = gateway.post(capture_path(payment.id), capture_request(150_001), next(keys))
    assert isinstance(captured, ProviderPayment)
    assert captured.captured_kopecks == 150_001
    assert captured.income_kopecks is not None
    assert captured.income_kopecks < 150_001

    refund = gateway.post("/refunds", refund_request(payment.id, 1, "Возврат"), next(keys))
    assert isinstance(refund, ProviderRefund)
    assert (refund.status, refund.amount_kopecks) == ("succeeded", 1)
    assert gateway.get_refund(refund.id) == refund
    assert gateway.list_refunds(payment.id) == [refund]
    assert gateway.get_payment(payment.id).refunded_kopecks == 1


def test_a_hold_is_let_go_and_says_why(gateway: PaymentGateway, provider: str) -> None:
    payment = create(gateway)
    pay(provider, payment.id)

    voided = gateway.post(cancel_path(payment.id), CANCEL_REQUEST, next(keys))

    assert isinstance(voided, ProviderPayment)
    assert (voided.status, voided.cancellation_reason) == ("canceled", "canceled_by_merchant")


def test_a_declined_card_says_why(gateway: PaymentGateway, provider: str) -> None:
    payment = create(gateway)
    pay(provider, payment.id, number="5555555555554600")

    assert gateway.get_payment(payment.id).cancellation_reason == "insufficient_funds"


def test_sbp_is_charged_at_once(gateway: PaymentGateway, provider: str) -> None:
    payment = create(gateway, method="sbp", capture=True)
    pay(provider, payment.id, "sbp")

    assert gateway.get_payment(payment.id).captured_kopecks == 200_000


def test_lists_go_over_all_pages_up_to_the_limit(gateway: PaymentGateway, provider: str) -> None:
    start = datetime.now(UTC) - timedelta(seconds=1)
    made = [create(gateway, metadata={"order": "paged"}).id for _ in range(105)]

    listed = gateway.list_payments(start, limit=10_000)

    assert [payment.id for payment in listed if payment.metadata["order"] == "paged"] == made[::-1]
    assert len(gateway.list_payments(start, limit=101)) == 101
    assert gateway.list_payments(datetime.now(UTC) + timedelta(hours=1)) == []


# What each fault looks like from here, and whether the provider acted all the same.
FAULTS = [
    ("refuse_before", Unknown, 0),
    ("commit_then_drop", Unknown, 1),
    ("http_500", Unknown, 0),
    ("commit_then_500", Unknown, 1),
    ("undo_then_500", Unknown, 1),
    ("202", Unknown, 1),
    ("html_502", Unknown, 0),
    ("429", Refused, 0),
]


@pytest.mark.parametrize(("kind", "error", "acted"), FAULTS)
def test_each_fault_is_named_and_the_same_key_ends_in_one_payment(
    gateway: PaymentGateway, provider: str, kind: str, error: type[Exception], acted: int
) -> None:
    order, key = f"fault-{kind}", next(keys)
    body = create_body(metadata={"order": order})
    plant(provider, "create", kind)

    with pytest.raises(error):
        gateway.post("/payments", body, key)
    assert len(payments_with(provider, order)) == acted

    payment = gateway.post("/payments", body, key)
    found = payments_with(provider, order)
    assert [item["id"] for item in found if item["status"] == "pending"] == [payment.id]


@pytest.mark.parametrize("operation", ["capture", "cancel", "refund"])
def test_a_lost_answer_is_repeated_without_a_second_effect(
    gateway: PaymentGateway, provider: str, operation: str
) -> None:
    payment = create(gateway)
    pay(provider, payment.id)
    path, body = {
        "capture": (capture_path(payment.id), capture_request(200_000)),
        "cancel": (cancel_path(payment.id), CANCEL_REQUEST),
        "refund": ("/refunds", refund_request(payment.id, 70_000, "Возврат")),
    }[operation]
    if operation == "refund":
        gateway.post(capture_path(payment.id), capture_request(200_000), next(keys))
    plant(provider, operation, "commit_then_drop")
    key = next(keys)

    with pytest.raises(Unknown):
        gateway.post(path, body, key)
    gateway.post(path, body, key)

    after = gateway.get_payment(payment.id)
    assert (after.status, after.refunded_kopecks) == {
        "capture": ("succeeded", 0),
        "cancel": ("canceled", 0),
        "refund": ("succeeded", 70_000),
    }[operation]


def test_a_slow_answer_is_unknown_after_the_read_timeout(provider: str) -> None:
    gateway = YooKassaGateway(SHOP, SECRET, f"{provider}/v3", 0.5, 0.3)
    plant(provider, "create", "slow", seconds=1.5)
    started = time.monotonic()

    with pytest.raises(Unknown):
        gateway.post("/payments", create_body(metadata={"order": "slow"}), next(keys))

    assert 0.25 < time.monotonic() - started < 1.2
    assert len(payments_with(provider, "slow")) == 1


def test_a_busy_provider_says_when_to_come_back(gateway: PaymentGateway, provider: str) -> None:
    plant(provider, "get", "429", seconds=7)

    with pytest.raises(Refused) as refused:
        gateway.get_payment(UNKNOWN_ID)

    assert (refused.value.http_status, refused.value.retry_after_seconds) == (429, 7)


def test_refusals_keep_code_and_parameter(gateway: PaymentGateway, provider: str) -> None:
    payment = create(gateway)
    key = next(keys)
    gateway.post("/payments", create_body(), key)

    with pytest.raises(Refused) as pending:
        gateway.post(cancel_path(payment.id), CANCEL_REQUEST, next(keys))
    with pytest.raises(Refused) as duplicated:
        gateway.post("/payments", create_body(amount_kopecks=100), key)
    with pytest.raises(Refused) as absent:
        gateway.get_payment(UNKNOWN_ID)
    with pytest.raises(Refused) as stranger:
        YooKassaGateway(SHOP, "test_wrong", f"{provider}/v3").get_payment(payment.id)

    assert (pending.value.code, pending.value.http_status) == ("invalid_request", 400)
    assert duplicated.value.parameter == "Idempotence-Key"
    assert (absent.value.code, absent.value.http_status) == ("not_found", 404)
    assert (stranger.value.code, stranger.value.http_status) == ("invalid_credentials", 401)


def test_stored_bytes_are_sent_unchanged(gateway: PaymentGateway, provider: str) -> None:
    odd = create_body().decode().replace(",", " ,\n").encode()
    key = next(keys)

    gateway.post("/payments", odd, key)

    assert [row["body"].encode() for row in journal(provider, key)] == [odd]


def test_two_shops_in_threads_never_mix(tmp_path: Path) -> None:
    shops = ("111111", "222222")
    with simulator(tmp_path, shops[0]) as first, simulator(tmp_path, shops[1]) as second:
        urls = dict(zip(shops, (first, second), strict=True))
        gateways = {shop: YooKassaGateway(shop, SECRET, f"{url}/v3") for shop, url in urls.items()}

        def pay_one(number: int) -> None:
            shop = shops[number % 2]
            body = create_body(metadata={"order": shop})
            gateways[shop].post("/payments", body, f"thread-{number}")

        with ThreadPoolExecutor(10) as pool:
            list(pool.map(pay_one, range(100)))

        for shop, url in urls.items():
            items = httpx.get(f"{url}/sim/payments").json()["items"]
            assert len(items) == 50
            assert {item["recipient"]["account_id"] for item in items} == {shop}
            assert {item["metadata"]["order"] for item in items} == {shop}


def test_no_error_carries_the_secret(provider: str) -> None:
    gateway = YooKassaGateway(SHOP, SECRET, f"{provider}/v3", 0.5, 0.3)
    plant(provider, "get", "commit_then_drop")

    with pytest.raises(Unknown) as dropped:
        gateway.get_payment(UNKNOWN_ID)

    shown = f"{dropped.value!r} {dropped.value} {gateway!r} {vars(dropped.value)}"
    assert dropped.value.__suppress_context__
    assert SECRET not in shown
    assert SHOP not in shown
