"""Idempotence keys: 24 hours of the simulator's clock, then the same key is a new operation."""

import hashlib
import re

from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.problems import invalid
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import KEY_LIFETIME_MS

_HEADER = "Idempotence-Key"
_FORM = re.compile(r"[0-9a-zA-Z+\-_.]{1,64}")


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    """What must be the same when a key is used again: the call and its bytes."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


class IdempotenceKeys:
    """Remembers the first good answer; a refusal leaves the key free."""

    def __init__(self, store: Store, clock: SimulatorClock) -> None:
        self._store = store
        self._clock = clock

    @staticmethod
    def check(key: str | None) -> str:
        """The key, or 400 when it is missing, longer than 64 or oddly spelt."""
        if not key:
            raise invalid("Idempotence key is missing", _HEADER)
        if not _FORM.fullmatch(key):
            raise invalid("Incorrect idempotence key: 1..64 of 0-9 a-z A-Z + - _ .", _HEADER)
        return key

    def first_answer(self, key: str, fingerprint: str) -> str | None:
        """The kept body of the same request; 400 when the key came with another one."""
        oldest = self._clock.now_ms() - KEY_LIFETIME_MS
        self._store.run("delete from idempotence where key = ? and first_ms <= ?", key, oldest)
        found = self._store.rows("select * from idempotence where key = ?", (key,))
        if not found:
            return None
        if found[0]["fingerprint"] != fingerprint:
            raise invalid("Idempotence key duplicated", _HEADER)
        return str(found[0]["body"])

    def keep(self, key: str, fingerprint: str, body: str) -> None:
        """Remember a good answer from now on."""
        self._store.run(
            "insert into idempotence (key, fingerprint, first_ms, body) values (?, ?, ?, ?)",
            key,
            fingerprint,
            self._clock.now_ms(),
            body,
        )

    def forget(self, key: str) -> None:
        """The operation was undone: the key is free again."""
        self._store.run("delete from idempotence where key = ?", key)
