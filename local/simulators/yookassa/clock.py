"""The simulator's own clock: wall time plus an offset that survives restarts."""

import asyncio
import contextlib
import time

from local.simulators.yookassa.store import Store

_OFFSET = "clock_offset_ms"


class SimulatorClock:
    """Milliseconds since 1970; only ever moved forward."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset_ms: int = store.setting(_OFFSET, 0)
        self._sleepers: set[asyncio.Event] = set()

    def now_ms(self) -> int:
        """The simulated instant."""
        return int(time.time() * 1000) + self._offset_ms

    def advance(self, seconds: float) -> int:
        """Jump forward; returns the new instant in milliseconds."""
        self._offset_ms += int(seconds * 1000)
        self._store.remember(_OFFSET, self._offset_ms)
        for sleeper in self._sleepers:
            sleeper.set()
        return self.now_ms()

    async def sleep(self, seconds: float) -> None:
        """Wait until so much has passed on this clock; a jump forward shortens the wait."""
        until = self.now_ms() + seconds * 1000
        jumped = asyncio.Event()
        self._sleepers.add(jumped)
        try:
            while (left_ms := until - self.now_ms()) > 0:
                jumped.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(jumped.wait(), left_ms / 1000)
        finally:
            self._sleepers.discard(jumped)
