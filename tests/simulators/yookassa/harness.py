"""One running simulator as a shop, a person and a bank see it."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from typing_extensions import override

from local.simulators.yookassa.app import create_app
from local.simulators.yookassa.server import running
from local.simulators.yookassa.terms import Terms

SHOP, SECRET = "506751", "test_of_the_simulator"
RETURN_URL = "http://127.0.0.1:8000/o/secret?x=1"
UNKNOWN_ID = "6b04c463-000f-5000-80a5-1f5eb0766514"
_numbers = itertools.count()


class Simulator:
    """Calls to one simulator; every call is real HTTP."""

    def __init__(self, url: str, shop: str = SHOP, secret: str = SECRET) -> None:
        self.url, self.shop, self.secret = url, shop, secret
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=10)

    def post(self, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        """A shop's POST; without a key a fresh one."""
        headers = {"Idempotence-Key": key or f"key-{next(_numbers)}"}
        content = b"" if body is None else json.dumps(body).encode()
        auth = (self.shop, self.secret)
        return self.client.post(f"/v3{path}", content=content, headers=headers, auth=auth)

    def get(self, path: str, **query: str) -> httpx.Response:
        """A shop's GET."""
        return self.client.get(f"/v3{path}", params=query, auth=(self.shop, self.secret))

    def sim(self, path: str, **wish: Any) -> dict[str, Any]:
        """Turn a knob."""
        answer = self.client.post(f"/sim{path}", json=wish)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def create(self, **changes: Any) -> dict[str, Any]:
        """A new payment."""
        answer = self.post("/payments", body(**changes))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def held(self) -> str:
        """The id of a payment with the money held."""
        payment = self.create()
        self.sim(f"/pay/{payment['id']}", method="card")
        return str(payment["id"])

    def captured(self) -> str:
        """The id of a payment of 2000.00 that succeeded."""
        payment = self.create(capture=True)
        self.sim(f"/pay/{payment['id']}", method="card")
        return str(payment["id"])

    def refund(self, payment_id: str, value: str, key: str | None = None) -> httpx.Response:
        """A shop's refund."""
        amount = {"value": value, "currency": "RUB"}
        return self.post("/refunds", {"payment_id": payment_id, "amount": amount}, key)

    def payment(self, payment_id: str) -> dict[str, Any]:
        """The payment as the API shows it."""
        found: dict[str, Any] = self.get(f"/payments/{payment_id}").json()
        return found

    def listing(self, what: str) -> list[dict[str, Any]]:
        """Rows of a list under `/sim`, in its order."""
        found: list[dict[str, Any]] = self.client.get(f"/sim/{what}").json()["items"]
        return found


def body(**changes: Any) -> dict[str, Any]:
    """A good create request with changes; None leaves a field out."""
    fields = {
        "amount": {"value": "2000.00", "currency": "RUB"},
        "confirmation": {"type": "redirect", "return_url": RETURN_URL},
        "description": "Предоплата",
        "metadata": {"order": "o-1"},
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


class Receiver:
    """A shop's webhook address that remembers notices and answers with a settable status."""

    def __init__(self) -> None:
        self.status = 200
        self.notices: list[dict[str, Any]] = []
        self.url = ""

    def told(self, object_id: str) -> list[str]:
        """The events about one object, in order of arrival."""
        return [n["event"] for n in self.notices if n["object"]["id"] == object_id]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.notices.append(json.loads(content))
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks/yookassa"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def simulating(
    data_file: Path, webhook_url: str | None = None, terms: Terms | None = None
) -> Iterator[Simulator]:
    """Run a simulator on its file."""

    def build(url: str) -> FastAPI:
        return create_app(
            data_file=data_file,
            shop_id=SHOP,
            secret_key=SECRET,
            public_url=url,
            webhook_url=webhook_url,
            terms=terms,
        )

    with running(build) as url:
        simulator = Simulator(url)
        try:
            yield simulator
        finally:
            simulator.client.close()


def until(is_so: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for something that happens beside the test."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "It did not happen in time"
        time.sleep(0.02)
