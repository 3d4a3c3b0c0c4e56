"""Token buckets for what a bot may send: overall and per chat."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from local.simulators.telegram.errors import too_many
from local.simulators.telegram.shapes import Json

GENEROUS: Json = {
    "overall_per_second": 1000.0,
    "overall_burst": 2000.0,
    "chat_per_second": 100.0,
    "chat_burst": 200.0,
}
# The published limits: 30 a second in all, about one a second to one chat, bursts tolerated.
TELEGRAM: Json = {
    "overall_per_second": 30.0,
    "overall_burst": 30.0,
    "chat_per_second": 1.0,
    "chat_burst": 5.0,
}


@dataclass
class Bucket:
    """Fills by itself up to its burst."""

    per_second: float
    burst: float
    level: float
    filled_at: float

    def wait_seconds(self, now: float) -> float:
        """Refill and return how long until one token is there (0 = now)."""
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.per_second)
        self.filled_at = now
        return 0.0 if self.level >= 1 else (1 - self.level) / self.per_second


@dataclass
class Limits:
    """All buckets; changing the figures starts with full buckets."""

    figures: Json = field(default_factory=lambda: dict(GENEROUS))
    _overall: Bucket | None = None
    _chats: dict[int, Bucket] = field(default_factory=dict)

    def change(self, figures: Json) -> None:
        """Use other figures from now on."""
        self.figures = {**self.figures, **figures}
        self._overall = None
        self._chats.clear()

    def take(self, chat_id: int) -> None:
        """Count one sent message.

        Raises:
            Refusal: 429 with `retry_after` when a bucket is empty; nothing is counted then.
        """
        now = time.monotonic()
        if self._overall is None:
            self._overall = self._bucket("overall", now)
        chat = self._chats.setdefault(chat_id, self._bucket("chat", now))
        wait = max(self._overall.wait_seconds(now), chat.wait_seconds(now))
        if wait > 0:
            raise too_many(max(1, math.ceil(wait)))
        self._overall.level -= 1
        chat.level -= 1

    def _bucket(self, name: str, now: float) -> Bucket:
        burst = float(self.figures[f"{name}_burst"])
        return Bucket(float(self.figures[f"{name}_per_second"]), burst, burst, now)
