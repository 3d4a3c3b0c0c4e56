"""Signals drain a process and it ends with the right code, flushed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DRAINING = """
import asyncio
from runtime.logs import configure_logs
from runtime.signals import drain, run_until_signal

async def finish(seconds, name):
    try:
        await asyncio.sleep(seconds)
        print(name, "done", flush=True)
    except asyncio.CancelledError:
        print(name, "cancelled", flush=True)
        raise

async def main(stop):
    tasks = [
        asyncio.create_task(finish(0.3, "short")), asyncio.create_task(finish(60, "long"))
    ]
    print("ready", flush=True)
    await stop.wait()
    await drain(tasks, within_seconds=0.8)
    print("drained")

configure_logs("worker", "console")
run_until_signal(main)
"""
STUBBORN = """
from runtime.signals import run_until_signal

async def main(stop):
    print("ready", flush=True)
    import asyncio
    await asyncio.sleep(60)

run_until_signal(main)
"""
FAILING = """
from runtime.logs import configure_logs
from runtime.signals import run_until_signal

async def main(stop):
    raise ConnectionError("no database at +79261234567")

configure_logs("worker", "console")
run_until_signal(main)
"""
ABORTING = """
import atexit
from runtime.exit import hard_exit

class Bad:
    def __del__(self):
        print("teardown ran")

keep = Bad()
atexit.register(lambda: print("atexit ran"))
print("last words", end="")
hard_exit(7)
"""


def start(program: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_and_ends_with_zero(number: signal.Signals) -> None:
    with start(DRAINING) as process:
        wait_until_ready(process)
        process.send_signal(number)
        out, error = process.communicate(timeout=20)

    assert out.splitlines() == ["short done", "long cancelled", "drained"]
    assert process.returncode == 0, error
    assert f"stopping after {number.name}" in error


def test_a_second_signal_ends_a_stubborn_process_at_once() -> None:
    with start(STUBBORN) as process:
        wait_until_ready(process)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert process.returncode == 130


def test_a_failure_ends_with_one_and_a_scrubbed_line() -> None:
    with start(FAILING) as process:
        _, error = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "stopped by an error" in error
    assert "no database at [phone]" in error
    assert "+79261234567" not in error


def test_the_hard_exit_flushes_and_skips_the_teardown() -> None:
    with start(ABORTING) as process:
        out, _ = process.communicate(timeout=20)

    assert (process.returncode, out) == (7, "last words")
