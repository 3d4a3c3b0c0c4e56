"""The simulator as a thread: a few addresses in Tver, two protocols, faults on wish."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

KEY = "geocoder-key"


@dataclass(frozen=True)
class Known:
    """An address of the simulated map; `kind`: house, street or town."""

    label: str
    latitude: float
    longitude: float
    kind: str = "house"
    country: str = "ru"


MAP: dict[str, tuple[Known, ...]] = {
    "тверь садовая 5": (Known("Тверь, Садовая улица, 5", 56.8601, 35.9012),),
    "тверь советская": (Known("Тверь, Советская улица", 56.8589, 35.9120, "street"),),
    "тверь луговая 1": (
        Known("Тверь, Луговая улица, 1", 56.8320, 35.8710),
        Known("Тверь, посёлок Литвинки, Луговая улица, 1", 56.9120, 35.9830),
    ),
    "канарейкино": (Known("Канарейкино, Тверская область", 56.7010, 35.4020, "town"),),
    "минск ленина 1": (Known("Минск, улица Ленина, 1", 53.9010, 27.5610, country="by"),),
}


@dataclass
class Fault:
    """What happens instead of an answer: `drop`, a status, or a body; after `seconds`."""

    status: int = 200
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    drop: bool = False


class GeocoderSimulator:
    """One running simulator; `asked` are the questions it has got, `fault` is in the way."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agents: list[str] = []
        self.fault: Fault | None = None
        self.url = ""
        self._over = threading.Event()

    def answer(self, target: str, agent: str) -> Fault:
        """What goes back for a request."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        is_yandex = parts.path.startswith("/1.x")
        text = query.get("geocode" if is_yandex else "q", "")
        self.asked.append(text)
        self.agents.append(agent)
        fault = self.fault
        if fault is not None:
            # A pause ends with the simulator, so that no test waits for it.
            self._over.wait(fault.seconds)
            if fault.drop or fault.status != 200 or fault.body is not None:
                return fault
        if is_yandex and query.get("apikey") != KEY:
            return Fault(403, '{"statusCode": 403, "error": "Forbidden"}')
        known = MAP.get(_plain(text), ())
        body = _yandex(known) if is_yandex else _nominatim(known)
        return Fault(200, json.dumps(body, ensure_ascii=False))

    def stop(self) -> None:
        """Let whoever waits go."""
        self._over.set()


def _plain(text: str) -> str:
    signs = "".join(sign if sign.isalnum() else " " for sign in text.casefold())
    return " ".join(word for word in signs.split() if word not in ("ул", "улица", "д", "дом"))


def _nominatim(known: tuple[Known, ...]) -> Any:
    answers = []
    for number, one in enumerate(known, start=1):
        parts = one.label.split(", ")
        address = {"country_code": one.country, "city": parts[0]}
        if one.kind == "house":
            address["house_number"] = parts.pop()
        if one.kind != "town":
            address["road"] = parts.pop()
            address |= {"suburb": parts[1]} if len(parts) > 1 else {}
        answers.append(
            {
                "place_id": number,
                "lat": str(one.latitude),
                "lon": str(one.longitude),
                "display_name": f"{one.label}, 170000, Россия",
                "class": "place",
                "address": address,
            }
        )
    return answers


def _yandex(known: tuple[Known, ...]) -> Any:
    members = []
    for one in known:
        name, _, description = one.label.partition(", ")
        told = {
            "kind": {"town": "locality"}.get(one.kind, one.kind),
            "precision": "exact" if one.kind == "house" else one.kind,
            "Address": {"country_code": one.country.upper()},
        }
        members.append(
            {
                "GeoObject": {
                    "name": name,
                    "description": description,
                    "metaDataProperty": {"GeocoderMetaData": told},
                    "Point": {"pos": f"{one.longitude} {one.latitude}"},
                }
            }
        )
    return {"response": {"GeoObjectCollection": {"featureMember": members}}}


@contextmanager
def simulating() -> Iterator[GeocoderSimulator]:
    """A simulator on a free port of this machine."""
    simulator = GeocoderSimulator()

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = simulator.answer(self.path, self.headers.get("User-Agent", ""))
            if answer.drop:
                self.connection.close()
                return
            body = (answer.body or "").encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        @override
        def handle(self) -> None:
            # Whoever asked may have gone meanwhile.
            try:
                super().handle()
            except (BrokenPipeError, ConnectionError, ValueError):
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    server.daemon_threads = True
    simulator.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield simulator
    finally:
        simulator.stop()
        server.shutdown()
        server.server_close()
        thread.join(5)
