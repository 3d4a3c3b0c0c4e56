"""Named places where a test makes a process die, wait or fail; nothing happens unless asked.

`DRILLFLOW_FAILPOINTS="name=kill[:n],name=delay:milliseconds,name=raise[:n]"`: kill and raise fire
at the n-th pass (the first by default) and never again, also after a restart, because passes
are counted in `<data directory>/failpoints/<name>`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_logger = logging.getLogger(__name__)
_SPEC = re.compile(r"([a-z][a-z0-9_.-]*)=(?:(kill|raise)(?::([1-9]\d*))?|(delay):(\d+))")


class FailpointReached(Exception):
    """A failpoint was told to raise here."""


class FailpointsRefused(ValueError):
    """The specification is unreadable, or failpoints were asked for in production."""


@dataclass(frozen=True)
class _Failpoint:
    action: str
    number: int  # the pass that fires, or the delay in milliseconds
    passes: Path


_active: dict[str, _Failpoint] = {}


def configure_failpoints(spec: str | None, *, data_dir: Path, production: bool) -> None:
    """Replace the active failpoints by those of `spec`; None or empty switches all off.

    Raises:
        FailpointsRefused: The specification cannot be read, or this is production.
    """
    _active.clear()
    if not spec:
        return
    if production:
        raise FailpointsRefused("failpoints are refused in production")
    folder = data_dir / "failpoints"
    for entry in spec.split(","):
        match = _SPEC.fullmatch(entry.strip())
        if match is None:
            raise FailpointsRefused(f"{entry!r} is not name=kill[:n], name=delay:ms or name=raise")
        name, once, number, delay, milliseconds = match.groups()
        _active[name] = _Failpoint(once or delay, int(number or milliseconds or 1), folder / name)
    folder.mkdir(parents=True, exist_ok=True)


def failpoint(name: str) -> None:
    """Act as configured for `name`; free when it is not configured. A delay blocks the thread."""
    point = _active.get(name)
    if point is None:
        return
    if point.action == "delay":
        time.sleep(point.number / 1000)
    else:
        _fire_once(name, point)


async def failpoint_async(name: str) -> None:
    """The same as `failpoint`, for coroutines: a delay lets the event loop run."""
    point = _active.get(name)
    if point is None:
        return
    if point.action == "delay":
        await asyncio.sleep(point.number / 1000)
    else:
        _fire_once(name, point)


def _fire_once(name: str, point: _Failpoint) -> None:
    # One appended byte per pass: atomic between processes, and it survives SIGKILL.
    with point.passes.open("ab") as file:
        file.write(b".")
        file.flush()
        passes = os.fstat(file.fileno()).st_size
    if passes != point.number:
        return
    _logger.warning("failpoint %s: %s", name, point.action)
    if point.action == "raise":
        raise FailpointReached(name)
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # SIGKILL arrives at once; nothing after this line may run
