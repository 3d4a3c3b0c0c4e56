"""Keeps services running: starts them in groups, restarts what ends, stops all in reverse.

Ctrl-C and SIGTERM end in `stop` (the caller's `finally` or the context manager). After SIGKILL
of the supervisor itself the kernel ends its children (see `local.children`).
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from local.children import Service, StartFailed, last_lines

Report = Callable[[str, str], None]


@dataclass(frozen=True)
class RestartPolicy:
    """Back-off doubles from first to most; more restarts than the limit per window is failure."""

    first_delay_seconds: float = 0.5
    most_delay_seconds: float = 15.0
    limit: int = 5
    window_seconds: float = 120.0
    look_seconds: float = 0.2
    health_seconds: float = 10.0
    unhealthy_limit: int = 3


@dataclass
class _Watched:
    service: Service
    restarts: list[float] = field(default_factory=list)
    unhealthy: int = 0
    next_health: float = 0.0


class Supervisor:
    """Owner of a set of services. `failure` holds the first service given up, or None."""

    def __init__(
        self,
        report: Report = lambda name, event: None,  # noqa: ARG005 - the default reports nothing
        policy: RestartPolicy = RestartPolicy(),
    ) -> None:
        self.failure: str | None = None
        self._report = report
        self._policy = policy
        self._groups: list[list[_Watched]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Services are started inside the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything, whatever happened."""
        self.stop()

    def start(self, *services: Service) -> None:
        """Start a group side by side and return when all of it serves.

        Raises:
            StartFailed: Names the service, its log and the log's last lines.
        """
        group = [_Watched(service) for service in services]
        try:
            for service in services:
                self._report(service.name, "starting")
                service.launch()
            for service in services:
                service.wait_ready()
                self._report(service.name, "ready")
        except BaseException:
            for service in services:
                service.stop()
            raise
        with self._lock:
            self._groups.append(group)
        self._watch()

    def wait(self, seconds: float | None = None) -> str | None:
        """Wait until a service was given up or `stop` was called; returns `failure`."""
        self._ended.wait(seconds)
        return self.failure

    @property
    def services(self) -> list[Service]:
        """What it keeps running, in the order of their start."""
        return [watched.service for watched in self._all()]

    def restart(self, name: str) -> None:
        """Stop one service now; the watcher starts it again."""
        for service in self.services:
            if service.name == name:
                service.stop()

    def stop(self) -> None:
        """Stop the groups in reverse order of their start; repeatable."""
        self._stopping.set()
        with self._lock:
            groups, self._groups = self._groups, []
        for group in reversed(groups):
            # Side by side: one that drains slowly must not make the others wait.
            with ThreadPoolExecutor(max_workers=max(1, len(group))) as pool:
                for watched in group:
                    self._report(watched.service.name, "stopping")
                    pool.submit(watched.service.stop)
        self._ended.set()
        # The watcher ends last: the kernel kills what a thread started when the thread ends.
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join()

    def _all(self) -> Sequence[_Watched]:
        with self._lock:
            return [watched for group in self._groups for watched in group]

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._look, name="supervisor", daemon=True)
            self._watcher.start()

    def _look(self) -> None:
        while not self._stopping.wait(self._policy.look_seconds):
            for watched in self._all():
                if self._stopping.is_set() or self.failure:
                    break
                self._look_at(watched)
        self._ended.wait()

    def _look_at(self, watched: _Watched) -> None:
        service, now = watched.service, time.monotonic()
        if service.exit_code() is not None:
            self._restart(watched, f"ended with code {service.exit_code()}")
        elif now >= watched.next_health:
            watched.next_health = now + self._policy.health_seconds
            watched.unhealthy = 0 if service.is_healthy() else watched.unhealthy + 1
            if watched.unhealthy >= self._policy.unhealthy_limit:
                service.stop()
                self._restart(watched, "did not answer")

    def _restart(self, watched: _Watched, reason: str) -> None:
        policy, service = self._policy, watched.service
        while True:
            now = time.monotonic()
            watched.restarts = [t for t in watched.restarts if now - t < policy.window_seconds]
            if len(watched.restarts) >= policy.limit:
                self._give_up(service, reason)
                return
            delay = policy.first_delay_seconds * 2 ** len(watched.restarts)
            self._report(service.name, f"{reason}, starting again")
            watched.restarts.append(now)
            if self._stopping.wait(min(delay, policy.most_delay_seconds)):
                return
            try:
                # Under the lock, so that `stop` never overlooks a child being born.
                with self._lock:
                    if self._stopping.is_set():
                        return
                    service.launch()
                service.wait_ready()
            except StartFailed as failed:
                reason = str(failed).partition(". Log:")[0].removeprefix(f"{service.name} ")
                continue
            watched.unhealthy = 0
            self._report(service.name, "ready")
            return

    def _give_up(self, service: Service, reason: str) -> None:
        self.failure = (
            f"{service.name} {reason} and was started again {self._policy.limit} times in vain. "
            f"Log: {service.log_path}\n{last_lines(service.log_path)}"
        )
        self._ended.set()
