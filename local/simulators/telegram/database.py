"""The simulator's own SQLite file: it survives restarts and is shared with nobody."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (
  id INTEGER PRIMARY KEY, user TEXT NOT NULL, phone_number TEXT NOT NULL,
  has_started INTEGER NOT NULL DEFAULT 0, has_blocked INTEGER NOT NULL DEFAULT 0,
  is_offline INTEGER NOT NULL DEFAULT 0, last_message_id INTEGER NOT NULL DEFAULT 0,
  keyboard TEXT, pinned_message_id INTEGER);
CREATE TABLE IF NOT EXISTS groups (
  id INTEGER PRIMARY KEY, title TEXT NOT NULL, is_forum INTEGER NOT NULL,
  bot_status TEXT NOT NULL, can_manage_topics INTEGER NOT NULL, members TEXT NOT NULL,
  last_message_id INTEGER NOT NULL DEFAULT 0, pinned_message_id INTEGER);
CREATE TABLE IF NOT EXISTS topics (
  chat_id INTEGER NOT NULL, thread_id INTEGER NOT NULL, body TEXT NOT NULL,
  is_closed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (chat_id, thread_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reactions (
  chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
  emoji TEXT NOT NULL, PRIMARY KEY (chat_id, message_id, person_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
  chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, sender TEXT NOT NULL,
  date INTEGER NOT NULL, body TEXT NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
  reaction TEXT, PRIMARY KEY (chat_id, message_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS updates (
  update_id INTEGER PRIMARY KEY, kind TEXT NOT NULL, person_id INTEGER NOT NULL,
  body TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, update_id INTEGER NOT NULL, copy INTEGER NOT NULL,
  queue TEXT NOT NULL, not_before REAL NOT NULL, position REAL NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT, delivered_at REAL);
CREATE INDEX IF NOT EXISTS deliveries_pending ON deliveries (position) WHERE state = 'pending';
CREATE INDEX IF NOT EXISTS deliveries_update ON deliveries (update_id);
CREATE TABLE IF NOT EXISTS callbacks (
  id TEXT PRIMARY KEY, update_id INTEGER NOT NULL, person_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL, content TEXT NOT NULL, created_at REAL NOT NULL,
  answered_at REAL, answer TEXT);
CREATE INDEX IF NOT EXISTS callbacks_person ON callbacks (person_id);
CREATE TABLE IF NOT EXISTS invoices (
  chat_id INTEGER NOT NULL, message_id INTEGER NOT NULL, content TEXT NOT NULL,
  PRIMARY KEY (chat_id, message_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS invoice_links (slug TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS checkouts (
  id TEXT PRIMARY KEY, person_id INTEGER NOT NULL, created_at REAL NOT NULL,
  answered_at REAL, answer TEXT);
CREATE TABLE IF NOT EXISTS waiting_acts (
  id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (
  file_id TEXT PRIMARY KEY, unique_id TEXT NOT NULL, path TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL, body TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS file_links (path TEXT PRIMARY KEY, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS albums (file_id TEXT PRIMARY KEY, sizes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault_rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, seen INTEGER NOT NULL DEFAULT 0,
  fired INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS fault_totals (
  kind TEXT NOT NULL, method TEXT NOT NULL, fired INTEGER NOT NULL, PRIMARY KEY (kind, method));
CREATE TABLE IF NOT EXISTS calls (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, method TEXT NOT NULL, chat_id INTEGER,
  params TEXT NOT NULL, status INTEGER NOT NULL, response TEXT NOT NULL);
"""


class Database:
    """One connection, used from one event loop; every group of writes is a transaction."""

    def __init__(self, file: Path) -> None:
        """Open or create the file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._depth = 0
        self._connection.execute("PRAGMA journal_mode=WAL")
        # The file must survive the end of the process, not of the machine.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute("PRAGMA busy_timeout=5000")
        self._connection.executescript(SCHEMA)
        self._add_column("people", "is_deactivated", "INTEGER NOT NULL DEFAULT 0")

    def _add_column(self, table: str, column: str, kind: str) -> None:
        # A file of an earlier version goes on as it is.
        names = {row["name"] for row in self.rows(f"PRAGMA table_info({table})")}
        if column not in names:
            self.run(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement and return the number of rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, sql: str, *values: Any) -> int:
        """Execute one INSERT and return the new row's id."""
        return self._connection.execute(sql, values).lastrowid or 0

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one commit; nested use joins the outer transaction."""
        if self._depth:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth = 0

    def setting(self, name: str, default: Any = None) -> Any:
        """Return a stored JSON value."""
        found = self.row("SELECT value FROM settings WHERE name = ?", name)
        return json.loads(found["value"]) if found else default

    def keep(self, name: str, value: Any) -> None:
        """Store a JSON value under a name."""
        self.run(
            "INSERT INTO settings VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            json.dumps(value, ensure_ascii=False),
        )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
