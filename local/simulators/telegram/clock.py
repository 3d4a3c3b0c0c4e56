"""The simulator's clock: the wall clock plus an offset that tests move."""

from __future__ import annotations

import time

from local.simulators.telegram.database import Database


class Clock:
    """Tells the business time in Unix seconds; the offset survives restarts."""

    def __init__(self, database: Database) -> None:
        """Read the stored offset."""
        self._database = database
        self.offset_seconds: float = database.setting("clock_offset_seconds", 0.0)

    def now(self) -> float:
        """Return Unix seconds with the offset."""
        return time.time() + self.offset_seconds

    def advance(self, seconds: float) -> None:
        """Move the clock; expiry follows, delivery retries stay on real time."""
        self.offset_seconds += seconds
        self._database.keep("clock_offset_seconds", self.offset_seconds)
