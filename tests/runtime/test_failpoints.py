"""Failpoints fire exactly once, survive the death they cause, and never exist in production."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.failpoints import (
    FailpointReached,
    FailpointsRefused,
    configure_failpoints,
    failpoint,
    failpoint_async,
)

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import sys
from pathlib import Path
from runtime.failpoints import configure_failpoints, failpoint
configure_failpoints(sys.argv[1], data_dir=Path(sys.argv[2]), production=False)
for number in range(3):
    failpoint("after-charge")
    print(number, flush=True)
"""


@pytest.fixture(autouse=True)
def failpoints_off_afterwards(tmp_path: Path) -> Iterator[None]:
    yield
    configure_failpoints(None, data_dir=tmp_path, production=False)


def run_program(spec: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, spec, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_kill_ends_the_process_at_once_and_not_again_after_a_restart(tmp_path: Path) -> None:
    first = run_program("after-charge=kill", tmp_path)
    second = run_program("after-charge=kill", tmp_path)

    assert (first.returncode, first.stdout) == (-signal.SIGKILL, "")
    assert (second.returncode, second.stdout) == (0, "0\n1\n2\n")


def test_kill_at_the_fourth_pass_counts_across_restarts(tmp_path: Path) -> None:
    first = run_program("after-charge=kill:4", tmp_path)
    second = run_program("after-charge=kill:4", tmp_path)

    assert (first.returncode, first.stdout) == (0, "0\n1\n2\n")
    assert (second.returncode, second.stdout) == (-signal.SIGKILL, "")


async def test_raise_and_delay_do_what_they_say(tmp_path: Path) -> None:
    configure_failpoints("a=raise,b=delay:50", data_dir=tmp_path, production=False)

    with pytest.raises(FailpointReached, match="a"):
        failpoint("a")
    failpoint("a")
    started = time.monotonic()
    failpoint("b")
    await failpoint_async("b")

    assert time.monotonic() - started >= 0.1


def test_a_failpoint_that_nobody_asked_for_does_nothing(tmp_path: Path) -> None:
    configure_failpoints(None, data_dir=tmp_path, production=True)

    failpoint("after-charge")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spec", ["a", "a=explode", "a=kill:0", "a=delay", "../a=kill", "a=kill,,"])
def test_an_unreadable_specification_is_refused(spec: str, tmp_path: Path) -> None:
    with pytest.raises(FailpointsRefused, match="is not name="):
        configure_failpoints(spec, data_dir=tmp_path, production=False)


def test_production_refuses_every_failpoint(tmp_path: Path) -> None:
    with pytest.raises(FailpointsRefused, match="production"):
        configure_failpoints("a=kill", data_dir=tmp_path, production=True)
