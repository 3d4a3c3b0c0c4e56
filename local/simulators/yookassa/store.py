"""The simulator's SQLite file: everything survives a restart, nothing is shared with us.

All calls come from the event loop's thread and hold no `await` inside a transaction, which is
what makes each request atomic.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.simulators.yookassa.records import Payment, Refund

_SCHEMA = """
create table if not exists settings (name text primary key, value text not null);
create table if not exists payments (
  seq integer primary key autoincrement, id text not null unique, status text not null,
  created_ms integer not null, captured_ms integer, due_ms integer, method text,
  row text not null);
create index if not exists payments_due on payments (due_ms) where due_ms is not null;
create table if not exists refunds (
  seq integer primary key autoincrement, id text not null unique, payment_id text not null,
  status text not null, created_ms integer not null, due_ms integer, row text not null);
create index if not exists refunds_of_payment on refunds (payment_id);
create index if not exists refunds_due on refunds (due_ms) where due_ms is not null;
create table if not exists idempotence (
  key text primary key, fingerprint text not null, first_ms integer not null,
  body text not null);
create table if not exists requests (
  seq integer primary key autoincrement, at_ms integer not null, method text not null,
  path text not null, query text not null, key text, body text not null, status integer,
  fault text);
create table if not exists notices (
  seq integer primary key autoincrement, event text not null, object_id text not null,
  body text not null, state text not null, first_ms integer not null,
  next_ms integer not null, attempts integer not null default 0, last_status integer);
create index if not exists notices_due on notices (next_ms) where state = 'queued';
create table if not exists chargebacks (
  seq integer primary key autoincrement, id text not null unique, payment_id text not null,
  amount_kopecks integer not null, reason text not null, created_ms integer not null);
create index if not exists chargebacks_of_payment on chargebacks (payment_id);
create table if not exists fault_rules (
  seq integer primary key autoincrement, operation text not null, kind text not null,
  rule text not null, seen integer not null default 0, fired integer not null default 0);
create table if not exists fault_totals (
  kind text not null, operation text not null, fired integer not null,
  primary key (kind, operation));
"""


class Store:
    """One SQLite file and the few statements the simulator needs."""

    def __init__(self, data_file: Path) -> None:
        data_file.parent.mkdir(parents=True, exist_ok=True)
        # Built before the server's thread starts, used only in it.
        self._db = sqlite3.connect(data_file, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one joins the outer one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def run(self, statement: str, *values: object) -> int:
        """Execute one statement; returns how many rows it changed."""
        return self._db.execute(statement, values).rowcount

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._db.execute(statement, values).fetchall()

    def setting(self, name: str, default: Any) -> Any:
        """A remembered knob, as JSON."""
        found = self.rows("select value from settings where name = ?", (name,))
        return json.loads(found[0]["value"]) if found else default

    def remember(self, name: str, value: Any) -> None:
        """Keep a knob over restarts."""
        self.run("replace into settings (name, value) values (?, ?)", name, json.dumps(value))

    def payment(self, payment_id: str) -> Payment | None:
        """One payment."""
        found = self.rows("select row from payments where id = ?", (payment_id,))
        return Payment(**json.loads(found[0]["row"])) if found else None

    def save_payment(self, payment: Payment) -> None:
        """Insert or overwrite one payment."""
        self.run(
            "insert into payments (id, status, created_ms, captured_ms, due_ms, method, row)"
            " values (?, ?, ?, ?, ?, ?, ?) on conflict (id) do update set status ="
            " excluded.status, captured_ms = excluded.captured_ms, due_ms = excluded.due_ms,"
            " method = excluded.method, row = excluded.row",
            payment.id,
            payment.status,
            payment.created_ms,
            payment.captured_ms,
            payment.due_ms,
            payment.paid_with or payment.method,
            json.dumps(payment.row()),
        )

    def payments_due(self, now_ms: int) -> list[Payment]:
        """Payments whose hour or week is over, oldest deadline first."""
        found = self.rows(
            "select row from payments where due_ms <= ? order by due_ms limit 500", (now_ms,)
        )
        return [Payment(**json.loads(row["row"])) for row in found]

    def refund(self, refund_id: str) -> Refund | None:
        """One refund."""
        found = self.rows("select row from refunds where id = ?", (refund_id,))
        return Refund(**json.loads(found[0]["row"])) if found else None

    def save_refund(self, refund: Refund) -> None:
        """Insert or overwrite one refund."""
        self.run(
            "insert into refunds (id, payment_id, status, created_ms, due_ms, row)"
            " values (?, ?, ?, ?, ?, ?) on conflict (id) do update set status ="
            " excluded.status, due_ms = excluded.due_ms, row = excluded.row",
            refund.id,
            refund.payment_id,
            refund.status,
            refund.created_ms,
            refund.due_ms,
            json.dumps(refund.row()),
        )

    def refunds_due(self, now_ms: int) -> list[Refund]:
        """Pending refunds whose time to succeed has come."""
        found = self.rows(
            "select row from refunds where due_ms <= ? order by due_ms limit 500", (now_ms,)
        )
        return [Refund(**json.loads(row["row"])) for row in found]
