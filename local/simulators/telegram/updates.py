"""The queue of updates: ids, copies, order, expiry, confirmation. Nothing is sent from here."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Container
from dataclasses import asdict, dataclass

from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.shapes import Json, present

# Telegram keeps messages for a day, but taps and queries before a payment for 150 seconds only.
KEPT_SECONDS = {"callback_query": 150.0, "pre_checkout_query": 150.0}
KEPT_SECONDS_OTHERWISE = 86_400.0
# Only those get them who name them in `allowed_updates`.
NOT_SENT_UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}
# After a week without updates the next id is anything.
QUIET_SECONDS = 7 * 86_400.0
OUT_OF_ORDER = "delivery:"


@dataclass
class DeliveryRules:
    """How unkindly updates are delivered; the defaults are Telegram on a good day."""

    copies: int = 1
    shuffle: bool = False
    delay_ms: int = 0
    seed: int = 0
    retap: bool = False
    # How often the webhook's 200 gets lost on its way, so that the update comes again.
    unheard: float = 0.0
    retry_first_seconds: float = 0.25
    retry_longest_seconds: float = 8.0


QUICK: Json = {"retry_first_seconds": 0.25, "retry_longest_seconds": 8.0}
# What the server really waits: it doubles from a second up to one or two minutes.
PATIENT: Json = {"retry_first_seconds": 1.0, "retry_longest_seconds": 90.0}


@dataclass(frozen=True)
class Delivery:
    """One copy of one update on its way to the bot."""

    id: int
    update_id: int
    copy: int
    queue: str
    not_before: float
    attempts: int
    body: Json


class Updates:
    """The tables of updates and of their deliveries."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Read the stored rules; the first update id is random, as Telegram's is."""
        self._database = database
        self._clock = clock
        self.rules = DeliveryRules(**database.setting("delivery", {}))
        self._chance = random.Random(self.rules.seed)  # noqa: S311 - repeatable on purpose

    def change_rules(self, rules: Json) -> Json:
        """Use other delivery rules for updates from now on; the seed starts anew."""
        self.rules = DeliveryRules(**{**asdict(self.rules), **rules})
        self._chance = random.Random(self.rules.seed)  # noqa: S311 - repeatable on purpose
        self._database.keep("delivery", asdict(self.rules))
        return asdict(self.rules)

    def append(self, kind: str, person_id: int, queue: str, content: Json) -> int:
        """Store an update with its deliveries and return its id."""
        now = self._clock.now()
        update_id = self._next_id(now)
        self._database.run(
            "INSERT INTO updates VALUES (?, ?, ?, ?, ?, ?)",
            update_id,
            kind,
            person_id,
            json.dumps({"update_id": update_id, kind: content}, ensure_ascii=False),
            now,
            now + KEPT_SECONDS.get(kind, KEPT_SECONDS_OTHERWISE),
        )
        if self._is_wanted(kind):
            for copy in range(self.rules.copies):
                self._schedule(update_id, copy, queue)
        return update_id

    def _next_id(self, now: float) -> int:
        chosen: int = self._database.setting("next_update_id", 0)
        before = self._database.row(
            "SELECT created_at FROM updates WHERE update_id = ?", chosen - 1
        )
        if not chosen or (before is not None and now - before["created_at"] > QUIET_SECONDS):
            chosen = self._free_id()
        self._database.keep("next_update_id", chosen + 1)
        return chosen

    def _free_id(self) -> int:
        near = "SELECT 1 FROM updates WHERE update_id BETWEEN ? AND ?"
        while True:
            chosen = random.randint(10**8, 9 * 10**8)  # noqa: S311 - no secret
            if self._database.row(near, chosen, chosen + 100_000) is None:
                return chosen

    def _is_wanted(self, kind: str) -> bool:
        allowed = self._database.setting("allowed_updates")
        return kind in allowed if allowed else kind not in NOT_SENT_UNASKED

    def _schedule(self, update_id: int, copy: int, queue: str) -> None:
        delay = self.rules.delay_ms / 1000
        if self.rules.shuffle:
            delay *= self._chance.random()
        delivery_id = self._database.insert(
            "INSERT INTO deliveries (update_id, copy, queue, not_before, position)"
            " VALUES (?, ?, ?, ?, 0)",
            update_id,
            copy,
            queue,
            time.time() + delay,
        )
        position = delivery_id + (self._chance.uniform(-8, 8) if self.rules.shuffle else 0)
        if self.rules.shuffle or copy:
            # Shuffled updates and repeats wait for nobody: each is a queue of its own.
            queue = f"{OUT_OF_ORDER}{delivery_id}"
        self._database.run(
            "UPDATE deliveries SET position = ?, queue = ? WHERE id = ?",
            position,
            queue,
            delivery_id,
        )

    def heads(self, busy: Container[str], limit: int = 500) -> list[Delivery]:
        """Return the first pending delivery of every queue that is not busy, in order."""
        self.expire()
        seen: dict[str, Delivery] = {}
        for row in self._pending(limit):
            if row["queue"] not in seen and row["queue"] not in busy:
                seen[row["queue"]] = _delivery(row)
        return list(seen.values())

    def due(self, offset: int, limit: int) -> list[Delivery]:
        """Return what a long poll gets now; repeats are handed out once, in any order."""
        self.expire()
        now = time.time()
        ready = [
            _delivery(row)
            for row in self._pending(500)
            if row["not_before"] <= now
            and (row["update_id"] >= offset or row["queue"].startswith(OUT_OF_ORDER))
        ]
        chosen = ready[:limit]
        for delivery in chosen:
            state = "delivered" if delivery.copy else "pending"
            self.record(delivery.id, state=state)
        return chosen

    def confirm_before(self, offset: int) -> None:
        """Forget everything below the offset, as getUpdates does.

        What our own shuffling has held back until now stays: the bot has never seen it.
        """
        self._database.run(
            "UPDATE deliveries SET state = 'delivered', delivered_at = ?"
            " WHERE state = 'pending' AND update_id < ? AND (attempts > 0 OR queue NOT LIKE ?)",
            time.time(),
            offset,
            OUT_OF_ORDER + "%",
        )

    def is_unheard(self, delivery: Delivery) -> bool:
        """Say whether the bot's 200 for this attempt gets lost: only the seed decides."""
        name = f"{self.rules.seed}:{delivery.id}:{delivery.attempts}"
        return random.Random(name).random() < self.rules.unheard  # noqa: S311 - no secret

    def drop_pending(self, keep_last: int = 0) -> None:
        """Forget all pending updates except the newest `keep_last`."""
        self._database.run(
            "UPDATE deliveries SET state = 'dropped' WHERE state = 'pending' AND update_id NOT IN"
            " (SELECT DISTINCT update_id FROM deliveries WHERE state = 'pending'"
            "  ORDER BY update_id DESC LIMIT ?)",
            keep_last,
        )

    def record(
        self,
        delivery_id: int,
        *,
        state: str,
        error: str | None = None,
        retry_in_seconds: float = 0.0,
    ) -> None:
        """Record one attempt and its outcome."""
        now = time.time()
        self._database.run(
            "UPDATE deliveries SET attempts = attempts + 1, state = ?, last_error = ?,"
            " not_before = ?, delivered_at = ? WHERE id = ?",
            state,
            error,
            now + retry_in_seconds,
            now if state == "delivered" else None,
            delivery_id,
        )

    def expire(self) -> None:
        """Give up what Telegram would have given up by now."""
        self._database.run(
            "UPDATE deliveries SET state = 'expired' WHERE state = 'pending' AND update_id IN"
            " (SELECT update_id FROM updates WHERE expires_at <= ?)",
            self._clock.now(),
        )

    def pending_count(self) -> int:
        """Return how many updates wait for the bot."""
        row = self._database.row(
            "SELECT COUNT(DISTINCT update_id) AS n FROM deliveries WHERE state = 'pending'"
        )
        return int(row["n"]) if row else 0

    def journal(self, after: int, limit: int) -> list[Json]:
        """Return updates after an id, oldest first, each with all its deliveries."""
        rows = self._database.rows(
            "SELECT * FROM updates WHERE update_id > ? ORDER BY update_id LIMIT ?", after, limit
        )
        return [self._entry(row) for row in rows]

    def _entry(self, row: sqlite3.Row) -> Json:
        deliveries = self._database.rows(
            "SELECT * FROM deliveries WHERE update_id = ? ORDER BY id", row["update_id"]
        )
        states = [delivery["state"] for delivery in deliveries]
        state = "pending" if "pending" in states else states[0] if states else "not_allowed"
        return {
            "update_id": row["update_id"],
            "kind": row["kind"],
            "person_id": row["person_id"],
            "created_at": row["created_at"],
            "state": state,
            "attempts": sum(delivery["attempts"] for delivery in deliveries),
            "deliveries": [
                present(
                    copy=delivery["copy"],
                    state=delivery["state"],
                    attempts=delivery["attempts"],
                    last_error=delivery["last_error"],
                    delivered_at=delivery["delivered_at"],
                )
                for delivery in deliveries
            ],
            "update": json.loads(row["body"]),
        }

    def _pending(self, limit: int) -> list[sqlite3.Row]:
        return self._database.rows(
            "SELECT d.*, u.body FROM deliveries d JOIN updates u USING (update_id)"
            " WHERE d.state = 'pending' ORDER BY d.position LIMIT ?",
            limit,
        )


def _delivery(row: sqlite3.Row) -> Delivery:
    return Delivery(
        id=row["id"],
        update_id=row["update_id"],
        copy=row["copy"],
        queue=row["queue"],
        not_before=row["not_before"],
        attempts=row["attempts"],
        body=json.loads(row["body"]),
    )
