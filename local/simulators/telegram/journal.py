"""The journal of every call the bot made, with the answer it got."""

from __future__ import annotations

import json

from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.shapes import Json


class Journal:
    """The table of calls; long polls that brought nothing are left out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work on the simulator's file."""
        self._database = database
        self._clock = clock

    def write(self, method: str, params: Json, status: int, response: Json) -> None:
        """Record one call; uploaded bytes are already replaced by a description."""
        if method.lower() == "getupdates" and response.get("result") == []:
            return
        chat_id = params.get("chat_id")
        self._database.run(
            "INSERT INTO calls (at, method, chat_id, params, status, response)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            self._clock.now(),
            method,
            chat_id if isinstance(chat_id, int) else None,
            json.dumps(params, ensure_ascii=False, default=str),
            status,
            json.dumps(response, ensure_ascii=False),
        )

    def read(self, after: int, limit: int, method: str | None, chat_id: int | None) -> list[Json]:
        """Return calls after a sequence number, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM calls WHERE seq > ? AND (? IS NULL OR lower(method) = lower(?))"
            " AND (? IS NULL OR chat_id = ?) ORDER BY seq LIMIT ?",
            after,
            method,
            method,
            chat_id,
            chat_id,
            limit,
        )
        return [
            {
                "seq": row["seq"],
                "at": row["at"],
                "method": row["method"],
                "params": json.loads(row["params"]),
                "status": row["status"],
                "response": json.loads(row["response"]),
            }
            for row in rows
        ]
