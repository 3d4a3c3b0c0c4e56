"""Notifications to the shop: snapshots, repeated with growing delay until a 200 or 24 hours."""

import asyncio
import contextlib
import json
import random
from functools import partial
from typing import Any, Literal

import httpx
from pydantic import BaseModel, Field

from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import Shop

Mode = Literal["normal", "dropped", "fivefold", "delayed"]
_MODE = "webhook_mode"
_LONGEST_DELAY_MS = 3600 * 1000
_AT_ONCE = 20
_SHUFFLE_MS = 1500
# Long enough that what happened later is often told earlier.
_LATE_MS = (1000, 6000)
_TICK_SECONDS = 0.2


class Weather(BaseModel):
    """What befalls each notice by chance, on top of the mode; probabilities of 0 to 1.

    A delayed one comes within `delay_seconds`; a reordered one within a few seconds, so that what
    happens later is told earlier. Of the chances the first that strikes is taken, a duplicate
    besides.
    """

    lose: float = Field(default=0.0, ge=0, le=1)
    duplicate: float = Field(default=0.0, ge=0, le=1)
    delay: float = Field(default=0.0, ge=0, le=1)
    reorder: float = Field(default=0.0, ge=0, le=1)
    delay_seconds: float = Field(default=60.0, gt=0, le=24 * 3600)

    def fate(self, chance: random.Random) -> tuple[bool, int, bool]:
        """Whether it is lost, how many milliseconds it waits, whether it comes twice."""
        # Always the same number of draws: one knob must not shift the others' chances.
        lost, delayed, reordered, twice, part = (chance.random() for _ in range(5))
        wait = 0
        if delayed < self.delay:
            wait = int(part * self.delay_seconds * 1000)
        elif reordered < self.reorder:
            wait = int(_LATE_MS[0] + part * (_LATE_MS[1] - _LATE_MS[0]))
        return lost < self.lose, wait, twice < self.duplicate


class Notices:
    """The queue of notifications; `mode` loses, delays or repeats them, also out of order."""

    def __init__(self, store: Store, clock: SimulatorClock, shop: Shop) -> None:
        self._store = store
        self._clock = clock
        self._shop = shop
        kept = store.setting(_MODE, {"mode": "normal", "seed": 0})
        self.mode: Mode = kept["mode"]
        self.weather = Weather(**kept.get("weather", {}))
        self._chance = random.Random(kept["seed"])  # noqa: S311 - disorder, not secrecy
        self.paused = False
        self.fresh = asyncio.Event()

    def choose(self, mode: Mode, seed: int, weather: Weather | None = None) -> None:
        """Set what happens to notices from now on; the same seed gives the same disorder."""
        self.mode = mode
        self.weather = weather or Weather()
        self._chance = random.Random(seed)  # noqa: S311 - disorder, not secrecy
        self._store.remember(
            _MODE, {"mode": mode, "seed": seed, "weather": self.weather.model_dump()}
        )

    def tell(self, event: str, shown: dict[str, Any]) -> None:
        """Queue a notification in the transaction that changed the object."""
        if self._shop.webhook_url is None:
            return
        body = {"type": "notification", "event": event, "object": shown}
        now = self._clock.now_ms()
        for state, wait in self._fates():
            self._store.run(
                "insert into notices (event, object_id, body, state, first_ms, next_ms)"
                " values (?, ?, ?, ?, ?, ?)",
                event,
                shown["id"],
                json.dumps(body, ensure_ascii=False),
                state,
                now,
                now + wait,
            )
        self.fresh.set()

    def _fates(self) -> list[tuple[str, int]]:
        """One entry for each copy of a notice: its state, and its delay in milliseconds."""
        lost, wait, twice = self.weather.fate(self._chance)
        state = "dropped" if lost or self.mode == "dropped" else "queued"
        if self.mode == "fivefold":
            return [(state, wait + self._chance.randint(0, _SHUFFLE_MS)) for _ in range(5)]
        if self.mode == "delayed":
            wait += self._chance.randint(*_LATE_MS)
        return [(state, wait)] * (2 if twice else 1)

    def send_again(self, seq: int) -> None:
        """Put a notice back into the queue as if it were new, whatever became of it."""
        now = self._clock.now_ms()
        self._store.run(
            "update notices set state = 'queued', attempts = 0, first_ms = ?, next_ms = ?"
            " where seq = ?",
            now,
            now,
            seq,
        )
        self.fresh.set()

    def last_seq(self) -> int:
        """The newest notice; a mark for `withdraw_after`."""
        return int(self._store.rows("select coalesce(max(seq), 0) as seq from notices")[0]["seq"])

    def withdraw_after(self, mark: int, object_ids: set[str]) -> None:
        """Take back notices about an operation that was undone."""
        for object_id in object_ids:
            self._store.run("delete from notices where seq > ? and object_id = ?", mark, object_id)

    def due(self, limit: int) -> list[dict[str, Any]]:
        """Notices to send now, and the old ones given up."""
        now = self._clock.now_ms()
        oldest = now - self._shop.terms.redelivery_total_seconds * 1000
        self._store.run(
            "update notices set state = 'given_up' where state = 'queued' and first_ms < ?"
            " and attempts > 0",
            oldest,
        )
        found = self._store.rows(
            "select * from notices where state = 'queued' and next_ms <= ?"
            " order by next_ms, seq limit ?",
            (now, limit),
        )
        return [dict(row) for row in found]

    def record(self, notice: dict[str, Any], status: int | None) -> None:
        """Only 200 counts; anything else comes again after twice the last delay."""
        attempts = notice["attempts"] + 1
        first = self._shop.terms.redelivery_first_seconds * 1000
        delay = int(min(first * 2 ** min(attempts - 1, 20), _LONGEST_DELAY_MS))
        if status == 200:
            delay = 0  # it is over: the listing says when
        self._store.run(
            "update notices set attempts = ?, last_status = ?, state = ?, next_ms = ?"
            " where seq = ?",
            attempts,
            status,
            "delivered" if status == 200 else "queued",
            self._clock.now_ms() + delay,
            notice["seq"],
        )

    def listing(self) -> list[dict[str, Any]]:
        """Every notice with its fate, oldest first; `next_ms` of a delivered one is when it was."""
        found = self._store.rows(
            "select seq, event, object_id, state, attempts, last_status, first_ms, next_ms"
            " from notices order by seq"
        )
        return [dict(row) for row in found]


class Courier:
    """Carries due notices to the shop, a few at once, so that a slow shop delays only itself."""

    def __init__(self, notices: Notices, shop: Shop) -> None:
        self._notices = notices
        self._shop = shop
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def run_once(self, client: httpx.AsyncClient) -> None:
        """Start every due delivery that is not under way."""
        if self._notices.paused or self._shop.webhook_url is None:
            return
        for notice in self._notices.due(_AT_ONCE):
            seq = notice["seq"]
            if seq in self._under_way or len(self._under_way) >= _AT_ONCE:
                continue
            task = asyncio.create_task(self._deliver(client, self._shop.webhook_url, notice))
            self._under_way[seq] = task
            task.add_done_callback(partial(self._arrived, seq))

    def _arrived(self, seq: int, _: asyncio.Task[None]) -> None:
        self._under_way.pop(seq, None)

    async def _deliver(self, client: httpx.AsyncClient, url: str, notice: dict[str, Any]) -> None:
        status: int | None = None
        # No answer at all is recorded like any answer but 200: it comes again.
        with contextlib.suppress(httpx.HTTPError):
            answer = await client.post(
                url,
                content=notice["body"].encode(),
                headers={"Content-Type": "application/json", "User-Agent": "AHC/2.1"},
            )
            status = answer.status_code
        self._notices.record(notice, status)

    async def stop(self) -> None:
        """Cut what is under way; it is sent again after the next start."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(self) -> None:
        """Sleep until something new or the next tick."""
        self._notices.fresh.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._notices.fresh.wait(), _TICK_SECONDS)
