"""A program of ours as a supervised service: ready when its health address answers."""

import http.client
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.children import Child, Command
from local.ports import LOOPBACK, accepts

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 90.0
ANSWER_SECONDS = 2.0


# Compiled modules are kept, whatever the shell says: without them a process starts 7 times slower.
CHILD_ENVIRONMENT = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": ""}


@dataclass
class Program:
    """One Python process of the product or a simulator, with its own port and log."""

    name: str
    arguments: Sequence[str]
    port: int
    log_dir: Path
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    ready_path: str = "/readyz"
    health_path: str = "/healthz"
    stop_seconds: float = 15.0
    _child: Child | None = field(default=None, init=False, repr=False)

    @property
    def log_path(self) -> Path:
        """Where its output goes."""
        return self.log_dir / f"{self.name}.log"

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child else None

    def launch(self) -> None:
        """Fork and return at once."""
        self.stop()
        self._child = Child(
            Command(
                name=self.name,
                argv=[sys.executable, *self.arguments],
                log_path=self.log_path,
                env={**os.environ, **CHILD_ENVIRONMENT, **self.env},
                cwd=ROOT,
                stop_seconds=self.stop_seconds,
            )
        )
        self._child.start()

    def wait_ready(self) -> None:
        """Wait for a good answer on its ready path; raises StartFailed."""
        assert self._child is not None
        self._child.wait_ready(lambda: answers(self.port, self.ready_path), START_SECONDS)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL; repeatable."""
        if self._child:
            self._child.stop()

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.exit_code() if self._child else None

    def is_healthy(self) -> bool:
        """Whether the process answers at all; being not ready for a while is no reason to kill."""
        return answers(self.port, self.health_path)


def answers(port: int, path: str) -> bool:
    """Whether a GET of this path on the loopback address succeeds; no path: somebody listens."""
    if not path:
        return accepts(port)
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return 200 <= connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
