"""SIGTERM and SIGINT become one event; a process drains its work and ends with 0."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NoReturn

from runtime.exit import hard_exit

_logger = logging.getLogger(__name__)
_INTERRUPTED = 130


def install_stop_signals() -> asyncio.Event:
    """Return an event that the first SIGTERM or SIGINT sets; the second ends the process at once.

    Must be called from the running loop of the main thread.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            hard_exit(_INTERRUPTED)
        _logger.info("stopping after %s", number.name)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


async def drain(tasks: Iterable[asyncio.Task[Any]], *, within_seconds: float) -> None:
    """Let running work finish, then cancel what is left and wait until it is gone."""
    pending = {task for task in tasks if not task.done()}
    if not pending:
        return
    _, late = await asyncio.wait(pending, timeout=within_seconds)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=within_seconds)


def run_until_signal(main: Callable[[asyncio.Event], Awaitable[None]]) -> NoReturn:
    """Run `main(stop)` and end the process: 0 after a drain, 1 with a log line after a failure.

    `main` returns soon after `stop` is set; leaving its context managers is the drain.
    """

    async def run() -> None:
        await main(install_stop_signals())

    try:
        asyncio.run(run())
    except SystemExit as exit_request:
        hard_exit(exit_request.code if isinstance(exit_request.code, int) else 1)
    except BaseException:
        _logger.exception("stopped by an error")
        hard_exit(1)
    hard_exit(0)
