"""Invoices in chats and the queries before a payment."""

from __future__ import annotations

import json
import random
import secrets
import sqlite3

from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.errors import bad
from local.simulators.telegram.shapes import Json

ANSWER_WITHIN_SECONDS = 10.0
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class Invoices:
    """The tables of invoices and of checkouts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work on the simulator's file."""
        self._database = database
        self._clock = clock

    def add(self, chat_id: int, message_id: int, content: Json) -> None:
        """Keep what the message does not show: payload, provider's part, what is asked for."""
        self._database.run(
            "INSERT INTO invoices (chat_id, message_id, content) VALUES (?, ?, ?)",
            chat_id,
            message_id,
            json.dumps(content, ensure_ascii=False),
        )

    def find(self, chat_id: int, message_id: int) -> Json | None:
        """The hidden part of an invoice."""
        row = self._database.row(
            "SELECT content FROM invoices WHERE chat_id = ? AND message_id = ?",
            chat_id,
            message_id,
        )
        return json.loads(row["content"]) if row else None

    def add_link(self, content: Json) -> str:
        """Keep an invoice that stands in no chat; returns the link's secret part."""
        slug = secrets.token_urlsafe(16)
        self._database.run(
            "INSERT INTO invoice_links VALUES (?, ?)", slug, json.dumps(content, ensure_ascii=False)
        )
        return slug

    def behind_link(self, slug: str) -> Json | None:
        """The invoice behind a link."""
        row = self._database.row("SELECT content FROM invoice_links WHERE slug = ?", slug)
        return json.loads(row["content"]) if row else None

    def ask(self, person_id: int) -> str:
        """Begin a checkout: ten seconds for the bot."""
        query_id = str(random.getrandbits(62))
        self._database.run(
            "INSERT INTO checkouts (id, person_id, created_at) VALUES (?, ?, ?)",
            query_id,
            person_id,
            self._clock.now(),
        )
        return query_id

    def answer(self, query_id: str, answer: Json) -> int:
        """Store the bot's answer and return the person's id.

        Raises:
            Refusal: 400 when unknown, answered already, or older than ten seconds.
        """
        row = self._row(query_id)
        now = self._clock.now()
        if row is None or row["answer"] or now - row["created_at"] > ANSWER_WITHIN_SECONDS:
            raise bad(TOO_OLD)
        self._database.run(
            "UPDATE checkouts SET answer = ?, answered_at = ? WHERE id = ?",
            json.dumps(answer, ensure_ascii=False),
            now,
            query_id,
        )
        return int(row["person_id"])

    def answered(self, query_id: str) -> Json | None:
        """What the bot said, with `seconds` after the question; None while it has said nothing."""
        row = self._row(query_id)
        if row is None or not row["answer"]:
            return None
        return {**json.loads(row["answer"]), "seconds": row["answered_at"] - row["created_at"]}

    def _row(self, query_id: str) -> sqlite3.Row | None:
        return self._database.row("SELECT * FROM checkouts WHERE id = ?", query_id)
