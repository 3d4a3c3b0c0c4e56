"""The simulator as a process of its own: killed, started again, told to stop."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.ports import free_port

SERVE = (
    "import sys; from pathlib import Path;"
    "from local.simulators.telegram.server import build_server;"
    "build_server(data_file=Path(sys.argv[1]), token='77:local', port=int(sys.argv[2])).run()"
)
ROOT = Path(__file__).parents[3]


class Process:
    """One simulator process on a fixed port and file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.started = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", SERVE, str(self.file), str(self.port)]
        started = subprocess.Popen(command, cwd=ROOT)
        for _ in range(200):
            try:
                httpx.get(f"{self.url}/healthz", trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return started
        raise AssertionError("the simulator did not start")

    def kill_and_restart(self) -> None:
        self.started.kill()
        self.started.wait(10)
        self.started = self._start()

    def post(self, path: str, body: Any = None) -> Any:
        return httpx.post(f"{self.url}{path}", json=body or {}, trust_env=False).json()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    running = Process(tmp_path / "telegram.sqlite")
    yield running
    running.started.kill()
    running.started.wait(10)


def test_what_was_accepted_before_a_kill_is_there_after_it(process: Process) -> None:
    anna = process.post("/sim/people", {"first_name": "Анна"})["id"]
    said = [process.post(f"/sim/people/{anna}/text", {"text": str(n)}) for n in range(20)]
    sent = process.post("/bot77:local/sendMessage", {"chat_id": anna, "text": "ответ"})

    process.kill_and_restart()

    found = process.post("/bot77:local/getUpdates")["result"]
    assert [update["update_id"] for update in found] == [answer["update_id"] for answer in said]
    edited = {"chat_id": anna, "message_id": sent["result"]["message_id"], "text": "другой"}
    assert process.post("/bot77:local/editMessageText", edited)["ok"] is True
    more = process.post(f"/sim/people/{anna}/text", {"text": "ещё"})
    assert more["update_id"] == said[-1]["update_id"] + 1


def test_a_stop_on_request_exits_zero_although_a_page_is_open(process: Process) -> None:
    with httpx.stream("GET", f"{process.url}/sim/events", trust_env=False) as stream:
        assert next(stream.iter_lines()).startswith("retry")
        process.started.send_signal(signal.SIGTERM)
        assert process.started.wait(5) == 0
