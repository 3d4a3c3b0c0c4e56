"""What the gateway makes of answers a provider should never give, and of none at all."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from activities.gateways.yookassa import YooKassaGateway
from activities.payment_requests import CANCEL_REQUEST, cancel_path, payment_request
from activities.ports import IntegrityBreach, NotSent, Unknown

SHOP, SECRET, KEY = "506751", "test_of_the_gateway", "key-1"
CREATE = payment_request(
    amount_kopecks=200_000,
    method="card",
    capture=False,
    description="Предоплата",
    return_url="http://127.0.0.1:8000/o/secret",
    metadata={"order": "order-1", "op": "op-1"},
)
Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def stub(reply: Reply) -> Iterator[tuple[str, list[str]]]:
    """A provider that answers as told; gives its address and the requests it got."""
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(f"{self.command} {self.path}")
            reply(self)

        def do_POST(self) -> None:
            self.do_GET()

        @override
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v3", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answer_with(body: bytes, status: int = 200, location: str | None = None) -> Reply:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        if location:
            request.send_header("Location", location)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return reply


def test_redirects_are_not_followed() -> None:
    with stub(answer_with(b"{}", 302, "/v3/elsewhere")) as (url, seen), pytest.raises(Unknown):
        YooKassaGateway(SHOP, SECRET, url).post("/payments", CREATE, KEY)

    assert seen == ["POST /v3/payments"]


def test_a_trickle_of_bytes_ends_as_well() -> None:
    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        try:
            for _ in range(20):
                request.wfile.write(b" ")
                request.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    started = time.monotonic()
    with stub(trickle) as (url, _):
        with pytest.raises(Unknown):
            YooKassaGateway(SHOP, SECRET, url, 0.5, 0.4).get_payment("a")
        assert time.monotonic() - started < 1.5


PAYMENT_ID = "6b04c463-000f-5000-80a5-1f5eb0766514"
PAYMENT = {
    "id": PAYMENT_ID,
    "status": "pending",
    "amount": {"value": "2000.00", "currency": "RUB"},
    "recipient": {"account_id": SHOP, "gateway_id": "1"},
    "metadata": {"order": "order-1", "op": "op-1"},
    "test": True,
}


@pytest.mark.parametrize(
    "change",
    [
        {"amount": {"value": "2000.01", "currency": "RUB"}},
        {"amount": {"value": "2000.00", "currency": "USD"}},
        {"recipient": {"account_id": "1", "gateway_id": "1"}},
        {"test": False},
        {"metadata": {"order": "another", "op": "op-1"}},
    ],
)
def test_an_answer_about_something_else_is_a_breach(change: dict[str, Any]) -> None:
    answer = answer_with(json.dumps({**PAYMENT, **change}).encode())
    with stub(answer) as (url, _), pytest.raises(IntegrityBreach):
        YooKassaGateway(SHOP, SECRET, url).post("/payments", CREATE, KEY)


def test_an_answer_about_another_object_is_a_breach() -> None:
    other = "6b04c463-000f-5000-80a5-000000000000"
    with stub(answer_with(json.dumps(PAYMENT).encode())) as (url, _):
        gateway = YooKassaGateway(SHOP, SECRET, url)
        with pytest.raises(IntegrityBreach):
            gateway.get_payment(other)
        with pytest.raises(IntegrityBreach):
            gateway.post(cancel_path(other), CANCEL_REQUEST, KEY)


def test_a_live_shop_believes_no_training_payment() -> None:
    answer = answer_with(json.dumps(PAYMENT).encode())
    with stub(answer) as (url, _), pytest.raises(IntegrityBreach):
        YooKassaGateway(SHOP, "live_key", url).get_payment(PAYMENT_ID)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b"<html>",
        b'{"id":"x"}',
        json.dumps({**PAYMENT, "status": "odd"}).encode(),
        json.dumps({**PAYMENT, "amount": {"value": "2000.001", "currency": "RUB"}}).encode(),
        json.dumps({**PAYMENT, "amount": {"value": 2000.0, "currency": "RUB"}}).encode(),
    ],
)
def test_an_unreadable_success_is_unknown(body: bytes) -> None:
    with stub(answer_with(body)) as (url, _), pytest.raises(Unknown):
        YooKassaGateway(SHOP, SECRET, url).get_payment(PAYMENT_ID)


def test_a_refusal_by_something_in_between_is_unknown() -> None:
    with stub(answer_with(b"<html>413</html>", 413)) as (url, _), pytest.raises(Unknown):
        YooKassaGateway(SHOP, SECRET, url).post("/payments", CREATE, KEY)


def test_a_closed_port_and_an_unknown_name_are_not_sent() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]

    for address in (f"http://127.0.0.1:{port}/v3", "http://nobody.invalid/v3"):
        with pytest.raises(NotSent):
            YooKassaGateway(SHOP, SECRET, address, 0.5, 0.5).post("/payments", CREATE, KEY)
