"""The blows of a chaos run: processes killed, frozen and restarted, notices lost and repeated.

Only what this run has started is touched, each by the id of its own process.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from local.chaos_board import Board
from local.chaos_plan import Blow, Due, Plan
from local.stack import Stack
from local.supervisor import Supervisor

FREEZE_SECONDS = 3.0
LOOK_SECONDS = 0.1
LATE_MS = 1000
# After the provider has taken the money (or given it back) and before that is written down.
FAILPOINTS = {"payment.capture.sent": 2, "payment.refund.sent": 2}
_VICTIMS = {
    Blow.WORKER_KILLED: ("worker", signal.SIGKILL),
    Blow.API_KILLED: ("api", signal.SIGKILL),
    Blow.PROVIDER_KILLED: ("yookassa", signal.SIGKILL),
    # A fast shutdown: every session is cut, the watcher starts the server again.
    Blow.POSTGRES_RESTARTED: ("postgres", signal.SIGINT),
    Blow.TEMPORAL_FROZEN: ("temporal", signal.SIGSTOP),
}
_MODES = {
    Blow.WEBHOOKS_LOST: "dropped",
    Blow.WEBHOOKS_FIVEFOLD: "fivefold",
    Blow.WEBHOOKS_DELAYED: "delayed",
}


def failpoints() -> str:
    """The setting that makes the worker die where it hurts most."""
    return ",".join(f"{name}=kill:{number}" for name, number in FAILPOINTS.items())


@dataclass
class Blows:
    """Strikes as planned and counts what has really struck."""

    plan: Plan
    stack: Stack
    database: Supervisor
    bank: httpx.AsyncClient
    board: Board
    struck: Counter[str] = field(default_factory=Counter)

    async def prepare(self) -> None:
        """Plant the provider's fault rules."""
        wish = {"seed": self.plan.seed, "rules": list(self.plan.rules)}
        (await self.bank.put("/sim/faults", json=wish)).raise_for_status()

    async def run(self) -> None:
        """Strike in the planned order, each blow when the run has come so far.

        Notices have a course of their own: they do not wait for a process to come back.
        """
        modes = [due for due in self.plan.blows if due.blow in _MODES]
        others = [due for due in self.plan.blows if due.blow not in _MODES]
        await asyncio.gather(
            self._course(modes, lambda: self.board.paid),
            self._course(others, lambda: self.board.closed),
        )

    async def _course(self, blows: list[Due], score: Callable[[], int]) -> None:
        for due in blows:
            while True:
                if score() >= due.after:
                    break
                await asyncio.sleep(LOOK_SECONDS)
            await self._strike(due.blow)

    async def _strike(self, blow: Blow) -> None:
        if blow in _MODES:
            await self._turn("/sim/webhooks", mode=_MODES[blow], seed=self.plan.seed)
            return
        name, number = _VICTIMS[blow]
        pid = await self._pid_of(name)
        os.kill(pid, number)
        if number is signal.SIGSTOP:
            try:
                await asyncio.sleep(FREEZE_SECONDS)
            finally:
                os.kill(pid, signal.SIGCONT)
        self.struck[blow] += 1

    async def _pid_of(self, name: str) -> int:
        """The process of one of our services; waits while it is being started again."""
        services = [*self.stack.supervisor.services, *self.database.services]
        service: Any = next(one for one in services if one.name == name)
        while True:
            if service.pid is not None:
                return int(service.pid)
            await asyncio.sleep(LOOK_SECONDS)

    async def _turn(self, knob: str, **wish: Any) -> None:
        """Turn a knob of the provider's simulator, as soon as it answers."""
        while True:
            try:
                (await self.bank.post(knob, json=wish)).raise_for_status()
            except httpx.TransportError:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            return

    async def heal(self) -> None:
        """No more faults; whoever has not paid within the hour is too late."""
        await self._turn("/sim/webhooks", mode="normal")
        (await self.bank.delete("/sim/faults")).raise_for_status()

    async def let_pages_expire(self) -> None:
        """Payment pages that nobody will use any more are over after an hour."""
        await self._turn("/sim/clock", advance_seconds=3700)

    async def fired(self) -> dict[str, int]:
        """How often each kind of fault has really happened, observed where it happened."""
        told = (await self.bank.get("/sim/faults")).raise_for_status().json()["fired"]
        notices = (await self.bank.get("/sim/webhooks")).raise_for_status().json()["items"]
        kills = sum(_passes(self.stack.data_dir, name) for name in FAILPOINTS)
        ours = {blow.value: self.struck[blow] for blow in _VICTIMS}
        return {
            **{str(kind): int(count) for kind, count in told.items()},
            **ours,
            Blow.WORKER_KILLED_AFTER_EFFECT.value: kills,
            **_disorder(notices),
        }


def _passes(data_dir: Path, name: str) -> int:
    """1 when the failpoint has killed: it does so at its n-th pass, never again."""
    path = data_dir / "failpoints" / name
    return int(path.exists() and path.stat().st_size >= FAILPOINTS[name])


def _disorder(notices: list[dict[str, Any]]) -> dict[str, int]:
    """What became of the provider's notices, from his own list; oldest first."""
    copies = Counter((one["event"], one["object_id"]) for one in notices)
    arrived = [one for one in notices if one["state"] == "delivered"]
    overtaken, newest = 0, 0
    for one in arrived:
        overtaken += one["next_ms"] < newest
        newest = max(newest, one["next_ms"])
    return {
        "webhooks_lost": sum(one["state"] == "dropped" for one in notices),
        "webhooks_duplicated": sum(count - 1 for count in copies.values()),
        "webhooks_delayed": sum(one["next_ms"] - one["first_ms"] >= LATE_MS for one in arrived),
        "webhooks_reordered": overtaken,
    }
