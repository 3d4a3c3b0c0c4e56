"""Token buckets for what a bot may send: overall, per chat, and per group."""

from __future__ import annotations

import math
from dataclasses import dataclass

from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.errors import too_many
from local.simulators.telegram.shapes import Json

GENEROUS: Json = {
    "overall_per_second": 1000.0,
    "overall_burst": 2000.0,
    "chat_per_second": 100.0,
    "chat_burst": 200.0,
    "group_per_second": 100.0,
    "group_burst": 200.0,
}
# The published limits: 30 a second in all, about one a second to one chat (bursts are
# tolerated), 20 a minute to one group.
TELEGRAM: Json = {
    "overall_per_second": 30.0,
    "overall_burst": 30.0,
    "chat_per_second": 1.0,
    "chat_burst": 5.0,
    "group_per_second": 1 / 3,
    "group_burst": 20.0,
}
ALL = 0


@dataclass
class Bucket:
    """Fills by itself up to its burst."""

    per_second: float
    burst: float
    level: float
    filled_at: float

    def wait_seconds(self, now: float, count: int) -> float:
        """Refill and return how long until so many tokens are there (0 = now).

        More than it can ever hold are given out when it is full.
        """
        gone = max(0.0, now - self.filled_at)
        self.level = min(self.burst, self.level + gone * self.per_second)
        self.filled_at = now
        return max(0.0, min(count, self.burst) - self.level) / self.per_second


class Limits:
    """All buckets; changing the figures starts with full buckets. The figures outlive a restart."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read the stored figures."""
        self._database = database
        self._clock = clock
        self._buckets: dict[tuple[str, int], Bucket] = {}
        self.figures: Json = {**GENEROUS, **database.setting("limits", {})}

    def change(self, figures: Json) -> None:
        """Use other figures from now on."""
        self.figures = {**self.figures, **figures}
        self._database.keep("limits", self.figures)
        self._buckets.clear()

    def take(self, chat_id: int, count: int = 1) -> None:
        """Count so many sent messages.

        Raises:
            Refusal: 429 with `retry_after` when a bucket is empty; nothing is counted then.
        """
        now = self._clock.now()
        buckets = [self._bucket("overall", ALL, now), self._bucket("chat", chat_id, now)]
        if chat_id < 0:
            buckets.append(self._bucket("group", chat_id, now))
        # A hair's breadth of a token is one: seconds are floats.
        wait = max(bucket.wait_seconds(now, count) for bucket in buckets)
        if wait > 1e-6:
            raise too_many(max(1, math.ceil(wait)))
        for bucket in buckets:
            bucket.level -= count

    def _bucket(self, name: str, chat_id: int, now: float) -> Bucket:
        found = self._buckets.get((name, chat_id))
        if found is None:
            burst = float(self.figures[f"{name}_burst"])
            found = Bucket(float(self.figures[f"{name}_per_second"]), burst, burst, now)
            self._buckets[name, chat_id] = found
        return found
