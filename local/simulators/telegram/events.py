"""What happened, for the page: a bounded ring of events that can be resumed by id."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator

from local.simulators.telegram.shapes import Json

KEPT_EVENTS = 2000
KEEP_ALIVE_SECONDS = 10.0


class EventBus:
    """Numbers events within one run of the simulator; an unknown id means: load anew."""

    def __init__(self) -> None:
        """Start a new epoch, so that ids of an earlier run are recognised as foreign."""
        self._epoch = secrets.token_hex(4)
        self._last = 0
        self._kept: deque[tuple[int, Json]] = deque(maxlen=KEPT_EVENTS)
        self._is_closed = False
        self._wakeups: set[asyncio.Event] = set()

    def emit(self, kind: str, person_id: int, **details: object) -> None:
        """Publish one event to every open page."""
        self._last += 1
        self._kept.append((self._last, {"kind": kind, "person_id": person_id, **details}))
        for wakeup in self._wakeups:
            wakeup.set()

    def close(self) -> None:
        """End all streams, so that the server can stop at once."""
        self._is_closed = True
        for wakeup in self._wakeups:
            wakeup.set()

    async def wait(self, wakeup: asyncio.Event, seconds: float) -> bool:
        """Wait for the next event; False after the time is over."""
        try:
            await asyncio.wait_for(wakeup.wait(), seconds)
        except TimeoutError:
            return False
        wakeup.clear()
        return True

    def subscribe(self) -> asyncio.Event:
        """Return a flag that is set at every event; give it back with `unsubscribe`."""
        wakeup = asyncio.Event()
        self._wakeups.add(wakeup)
        return wakeup

    def unsubscribe(self, wakeup: asyncio.Event) -> None:
        """Forget a flag."""
        self._wakeups.discard(wakeup)

    async def stream(self, last_event_id: str) -> AsyncIterator[str]:
        """Yield server-sent events from after `last_event_id`; `reset` when it is unknown."""
        wakeup = self.subscribe()
        try:
            seen, opening = self._resume(last_event_id)
            yield opening
            while not self._is_closed:
                for number, event in [kept for kept in self._kept if kept[0] > seen]:
                    seen = number
                    yield self._frame(number, event)
                if not await self.wait(wakeup, KEEP_ALIVE_SECONDS):
                    yield ": still here\n\n"
        finally:
            self.unsubscribe(wakeup)

    def _resume(self, last_event_id: str) -> tuple[int, str]:
        epoch, _, number = last_event_id.partition("-")
        oldest = self._kept[0][0] if self._kept else self._last + 1
        if epoch == self._epoch and number.isdigit() and int(number) >= oldest - 1:
            return int(number), "retry: 500\n\n"
        kind = "reset" if last_event_id else "hello"
        first = f'retry: 500\nid: {self._epoch}-{self._last}\ndata: {{"kind": "{kind}"}}\n\n'
        return self._last, first

    def _frame(self, number: int, event: Json) -> str:
        return f"id: {self._epoch}-{number}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
