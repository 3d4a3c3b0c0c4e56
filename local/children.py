"""One child process: its own group, its own log, and never a life after its parent.

Three ways a parent can end are covered. A normal end and Ctrl-C call `stop`. A parent killed
with SIGKILL runs no code at all, so the child asks the kernel beforehand (Linux,
PR_SET_PDEATHSIG) to be signalled when its parent is gone. The kernel watches the *thread* that
forked: start children from the main thread or from one that lives as long as they do.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

PR_SET_PDEATHSIG = 1
READY_POLL_SECONDS = 0.02
# Bound before any fork: looking a symbol up in the forked child could wait for a lock
# that another thread of the parent held. PyDLL keeps the interpreter lock for the same reason.
_prctl = ctypes.PyDLL(None).prctl if sys.platform == "linux" else None


class Service(Protocol):
    """Something that can be started, watched and stopped; all calls but `stop` from one thread."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def log_path(self) -> Path:
        """Where its output goes."""

    def launch(self) -> None:
        """Begin to start and return soon."""

    def wait_ready(self) -> None:
        """Return when it serves; raises StartFailed."""

    def stop(self) -> None:
        """End it; repeatable."""

    def exit_code(self) -> int | None:
        """None while it runs."""

    def is_healthy(self) -> bool:
        """Whether it answers now; may take some seconds."""


class StartFailed(RuntimeError):
    """A service did not come up; the message names it, its log and the log's last lines."""


@dataclass(frozen=True)
class Command:
    """What to run and as whom; `user` and `group` are numeric ids (None: the present ones)."""

    name: str
    argv: Sequence[str]
    log_path: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 15.0


@dataclass
class Child:
    """A started command. `stop` may be repeated; a child that is gone is a stopped child."""

    command: Command
    popen: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self.popen.pid if self.popen is not None and self.popen.poll() is None else None

    def exit_code(self) -> int | None:
        """None while it runs or before it was started; negative for a signal."""
        return None if self.popen is None else self.popen.poll()

    def start(self) -> None:
        """Fork and return at once; output is appended to the log."""
        command = self.command
        command.log_path.parent.mkdir(parents=True, exist_ok=True)
        identity: dict[str, object] = {}
        if command.user is not None:
            identity = {"user": command.user, "group": command.group, "extra_groups": []}
        with command.log_path.open("ab") as log:
            self.popen = subprocess.Popen(  # type: ignore[call-overload]  # identity is a dict
                list(command.argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=None if command.env is None else dict(command.env),
                cwd=command.cwd,
                start_new_session=True,
                # One system call, bound before: nothing in it can wait for another thread.
                preexec_fn=_die_with(os.getpid(), command.orphan_signal),  # noqa: PLW1509 - see above
                **identity,
            )

    def wait_ready(self, is_ready: Callable[[], bool], seconds: float) -> None:
        """Wait until `is_ready` says so.

        Raises:
            StartFailed: The child ended first or the time ran out (it is stopped then).
        """
        deadline = time.monotonic() + seconds
        while not is_ready():
            code = self.exit_code()
            if code is not None:
                self.stop()
                raise StartFailed(self.describe_failure(f"ended with code {code}"))
            if time.monotonic() > deadline:
                self.stop()
                raise StartFailed(self.describe_failure(f"was not ready after {seconds:.0f} s"))
            time.sleep(READY_POLL_SECONDS)

    def stop(self) -> None:
        """Ask, wait, then kill; the whole group is gone afterwards."""
        if self.popen is None:
            return
        if self.popen.poll() is None:
            # Only the leader is asked: it knows in which order its own children have to end.
            self.popen.send_signal(self.command.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(self.command.stop_seconds)
        # The group outlives its leader when the leader crashed and left children behind.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def describe_failure(self, what: str) -> str:
        """One message a person can act on."""
        command = self.command
        return f"{command.name} {what}. Log: {command.log_path}\n{last_lines(command.log_path)}"


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log, indented; an empty string when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 16_384))
        lines = log.read().decode(errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-count:])


def _die_with(parent: int, orphan_signal: signal.Signals) -> Callable[[], None] | None:
    """What the forked child runs before exec: be signalled when the parent ends."""
    prctl = _prctl
    if prctl is None:
        return None

    def ask_the_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
        # The parent may have died between fork and prctl; then nobody will ever signal us.
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel
