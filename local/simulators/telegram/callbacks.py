"""Taps on inline buttons and the bot's answers to them."""

from __future__ import annotations

import json
import random
import sqlite3

from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.errors import bad
from local.simulators.telegram.shapes import Json

ANSWER_WITHIN_SECONDS = 15.0
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class Callbacks:
    """The table of callback queries."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work on the simulator's file."""
        self._database = database
        self._clock = clock

    @staticmethod
    def new_id() -> str:
        """Return a fresh query id; a re-sent tap gets another one."""
        return str(random.getrandbits(62))

    def add(self, update_id: int, query: Json, tap: Json) -> None:
        """Remember a tap: the query as sent, and what would be needed to send it again."""
        self._database.run(
            "INSERT INTO callbacks (id, update_id, person_id, message_id, content, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            query["id"],
            update_id,
            query["from"]["id"],
            query["message"]["message_id"],
            json.dumps(tap, ensure_ascii=False),
            self._clock.now(),
        )

    def answer(self, query_id: str, answer: Json) -> int:
        """Store the bot's answer and return the person's id.

        Raises:
            Refusal: 400 when unknown, answered already, or older than 15 seconds.
        """
        row = self._database.row("SELECT * FROM callbacks WHERE id = ?", query_id)
        now = self._clock.now()
        if row is None or row["answered_at"] or now - row["created_at"] > ANSWER_WITHIN_SECONDS:
            raise bad(TOO_OLD)
        self._database.run(
            "UPDATE callbacks SET answered_at = ?, answer = ? WHERE id = ?",
            now,
            json.dumps(answer, ensure_ascii=False),
            query_id,
        )
        return int(row["person_id"])

    def find(self, query_id: str) -> Json | None:
        """Return a tap with its answer, if it was answered."""
        row = self._database.row("SELECT * FROM callbacks WHERE id = ?", query_id)
        return _view(row) if row else None

    def answers(self, person_id: int) -> list[Json]:
        """Return a person's taps, oldest first, with the answers that came."""
        rows = self._database.rows(
            "SELECT * FROM callbacks WHERE person_id = ? ORDER BY rowid", person_id
        )
        return [_view(row) for row in rows]

    def unanswered(self, person_id: int) -> list[Json]:
        """Return the taps the app still waits for: it sends these again after a reconnect."""
        rows = self._database.rows(
            "SELECT content FROM callbacks WHERE person_id = ? AND answered_at IS NULL"
            " AND created_at > ? ORDER BY rowid",
            person_id,
            self._clock.now() - 150,
        )
        return [json.loads(row["content"]) for row in rows]


def _view(row: sqlite3.Row) -> Json:
    answer = json.loads(row["answer"]) if row["answer"] else None
    return {
        "callback_query_id": row["id"],
        "update_id": row["update_id"],
        "message_id": row["message_id"],
        "data": json.loads(row["content"])["data"],
        "answered": answer is not None,
        "text": (answer or {}).get("text", ""),
        "show_alert": (answer or {}).get("show_alert", False),
        "url": (answer or {}).get("url"),
    }
