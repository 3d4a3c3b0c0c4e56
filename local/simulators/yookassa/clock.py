"""The simulator's own clock: wall time plus an offset that survives restarts."""

import time

from local.simulators.yookassa.store import Store

_OFFSET = "clock_offset_ms"


class SimulatorClock:
    """Milliseconds since 1970; only ever moved forward."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset_ms: int = store.setting(_OFFSET, 0)

    def now_ms(self) -> int:
        """The simulated instant."""
        return int(time.time() * 1000) + self._offset_ms

    def advance(self, seconds: float) -> int:
        """Jump forward; returns the new instant in milliseconds."""
        self._offset_ms += int(seconds * 1000)
        self._store.remember(_OFFSET, self._offset_ms)
        return self.now_ms()
