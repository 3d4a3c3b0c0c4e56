import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from local.children import StartFailed
from local.ports import accepts, free_port
from local.programs import ROOT, Program
from local.supervisor import RestartPolicy, Supervisor

QUICK = RestartPolicy(
    first_delay_seconds=0.02, limit=3, look_seconds=0.02, health_seconds=0.1, unhealthy_limit=2
)
# Answers every GET until it is told by a file to fall silent; ignores SIGTERM if asked to.
SERVER = """
import http.server, os, signal, subprocess, sys
port, stubborn = int(sys.argv[1]), sys.argv[2:] == ["stubborn"]
if stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
else:
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
print("serving", flush=True)
http.server.HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""


def program(folder: Path, *words: str, name: str = "server", script: str = SERVER) -> Program:
    port = free_port()
    return Program(name, ["-c", script, str(port), *words], port, folder, stop_seconds=0.5)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_started_services_answer_and_leave_nothing_when_stopped(tmp_path: Path) -> None:
    first, second = program(tmp_path, name="first"), program(tmp_path, name="second")

    with Supervisor(policy=QUICK) as supervisor:
        supervisor.start(first, second)
        pids = [first.pid, second.pid]
        assert accepts(first.port)
        assert accepts(second.port)

    assert not any(is_running(pid) for pid in pids if pid)
    assert first.exit_code() == 0
    assert "serving" in first.log_path.read_text()


def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    service = program(tmp_path)
    with Supervisor(policy=QUICK) as supervisor:
        supervisor.start(service)
        before = service.pid
        assert before is not None

        os.kill(before, signal.SIGKILL)

        assert eventually(lambda: service.pid not in {None, before} and service.is_healthy())
        after = service.pid
    assert after is not None
    assert not is_running(after)


def test_a_silent_service_is_started_again(tmp_path: Path) -> None:
    service = program(tmp_path)
    with Supervisor(policy=QUICK) as supervisor:
        supervisor.start(service)
        before = service.pid
        assert before is not None

        os.kill(before, signal.SIGSTOP)

        # A frozen process takes no SIGTERM either; the deadline's SIGKILL ends it.
        assert eventually(lambda: service.pid not in {None, before}, seconds=30)


def test_a_service_that_cannot_start_is_named_with_its_log(tmp_path: Path) -> None:
    broken = program(tmp_path, name="broken", script="raise SystemExit('no such table')")
    whole = program(tmp_path, name="whole")

    with Supervisor(policy=QUICK) as supervisor:
        with pytest.raises(StartFailed) as failed:
            supervisor.start(whole, broken)
        assert whole.exit_code() is not None

    message = str(failed.value)
    assert "broken ended with code 1" in message
    assert str(broken.log_path) in message
    assert "no such table" in message


def test_a_service_that_keeps_ending_is_given_up_after_the_limit(tmp_path: Path) -> None:
    once = (
        "import pathlib, sys; mark = pathlib.Path(sys.argv[2])\n"
        "if mark.exists(): raise SystemExit('second life refused')\n"
        "mark.touch(); sys.argv = sys.argv[:2]\n" + SERVER
    )
    service = program(tmp_path, str(tmp_path / "mark"), script=once)
    with Supervisor(policy=QUICK) as supervisor:
        supervisor.start(service)
        assert service.pid is not None

        os.kill(service.pid, signal.SIGKILL)
        failure = supervisor.wait(20)

    assert failure is not None
    assert "started again 3 times in vain" in failure
    assert "second life refused" in failure


def test_a_stubborn_service_and_its_children_are_killed_after_the_deadline(
    tmp_path: Path,
) -> None:
    service = program(tmp_path, "stubborn")
    supervisor = Supervisor(policy=QUICK)
    supervisor.start(service)
    grandchild = int(service.log_path.read_text().split()[0])
    assert is_running(grandchild)

    supervisor.stop()

    assert service.exit_code() == -signal.SIGKILL
    assert eventually(lambda: not is_running(grandchild))


def test_children_do_not_outlive_a_supervisor_killed_at_once(tmp_path: Path) -> None:
    port = free_port()
    script = f"""
import pathlib, time
from local.programs import Program
from local.supervisor import Supervisor
service = Program("server", ["-c", {SERVER!r}, "{port}"], port={port},
                  log_dir=pathlib.Path({str(tmp_path)!r}), env={{}})
Supervisor().start(service)
print(service.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)

    parent.kill()
    parent.wait()
    parent.stdout.close()

    assert eventually(lambda: not is_running(child))
    assert not accepts(port)
