"""Planted faults: which operation, what goes wrong, how many times."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from local.simulators.yookassa.store import Store

Operation = Literal["create", "capture", "cancel", "refund", "get", "list", "any"]
Kind = Literal[
    "refuse_before",
    "commit_then_drop",
    "http_500",
    "commit_then_500",
    "undo_then_500",
    "slow",
    "429",
    "202",
    "html_502",
    "refund_pending",
    "refund_canceled",
]
# These change how a refund ends; all others change how a request is answered.
REFUND_KINDS: tuple[Kind, ...] = ("refund_pending", "refund_canceled")
ANSWER_KINDS: tuple[Kind, ...] = tuple(kind for kind in get_args(Kind) if kind not in REFUND_KINDS)
# The request never reaches the shop's books with these; with the others it does.
BEFORE_KINDS: frozenset[Kind] = frozenset({"refuse_before", "http_500", "429", "html_502"})


@dataclass(frozen=True)
class Fault:
    """One fault that has come up; `seconds` is the delay of a slow answer."""

    kind: Kind
    seconds: float | None


class Faults:
    """The list of planted faults, kept in the file, used up in the order they were planted."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plant(
        self, operation: Operation, kind: Kind, count: int, skip: int, seconds: float | None
    ) -> None:
        """Let the next `count` such operations fail, after `skip` good ones."""
        self._store.run(
            "insert into faults (operation, kind, left_count, skip, seconds)"
            " values (?, ?, ?, ?, ?)",
            operation,
            kind,
            count,
            skip,
            seconds,
        )

    def clear(self) -> None:
        """No more faults."""
        self._store.run("delete from faults")

    def take(self, operation: str, kinds: tuple[Kind, ...] = ANSWER_KINDS) -> Fault | None:
        """The fault this operation meets, used up by asking."""
        planted = self._store.rows(
            "select * from faults where operation in (?, 'any') and left_count > 0 order by seq",
            (operation,),
        )
        fault = next((row for row in planted if row["kind"] in kinds), None)
        if fault is None:
            return None
        if fault["skip"] > 0:
            self._store.run("update faults set skip = skip - 1 where seq = ?", fault["seq"])
            return None
        self._store.run("update faults set left_count = left_count - 1 where seq = ?", fault["seq"])
        return Fault(fault["kind"], fault["seconds"])

    def listing(self) -> list[dict[str, Any]]:
        """Faults still to come."""
        found = self._store.rows(
            "select operation, kind, left_count as count, skip, seconds from faults"
            " where left_count > 0 order by seq"
        )
        return [dict(row) for row in found]
