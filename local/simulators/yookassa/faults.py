"""Fault rules: which operation, what goes wrong, on which calls. The same seed, the same faults."""

import json
import random
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, Field, model_validator

from local.simulators.yookassa.store import Store

Operation = Literal[
    "payments.create", "payments.get", "payments.list", "payments.capture", "payments.cancel",
    "refunds.create", "refunds.get", "refunds.list",
    "receipts.create", "receipts.get", "receipts.list",
    "me.get",
    # Short names of the same; `get` and `list` mean payments and refunds.
    "create", "capture", "cancel", "refund", "get", "list", "any",
]  # fmt: skip
Kind = Literal[
    "refuse_before",  # the connection is closed, nothing has happened
    "commit_then_drop",  # it has happened, the connection is closed
    "http_500",  # nothing has happened
    "commit_then_500",  # it has happened
    "undo_then_500",  # it has happened and was taken back
    "slow",
    "http_429", "429",
    "http_202", "202",  # it has happened, the answer says `processing`
    "http_400", "http_401", "http_403", "http_404",
    "html_502",
    "redirect_302",
    "truncated_json",  # it has happened, the answer breaks off
    "wrong_id", "wrong_amount", "wrong_currency", "wrong_shop", "wrong_test", "wrong_metadata",
    "refund_pending",
    "refund_canceled",
    "receipt_pending",
    "receipt_canceled",
]  # fmt: skip
_SHORT = {
    "payments.create": "create",
    "payments.capture": "capture",
    "payments.cancel": "cancel",
    "refunds.create": "refund",
    "payments.get": "get",
    "refunds.get": "get",
    "payments.list": "list",
    "refunds.list": "list",
}
# These change how a refund ends; all others change how a request is answered.
REFUND_KINDS: tuple[Kind, ...] = ("refund_pending", "refund_canceled")
# These change how the registration of a receipt ends.
RECEIPT_KINDS: tuple[Kind, ...] = ("receipt_pending", "receipt_canceled")
ANSWER_KINDS: tuple[Kind, ...] = tuple(
    kind for kind in get_args(Kind) if kind not in (*REFUND_KINDS, *RECEIPT_KINDS)
)
FOREVER = 1_000_000
_YEARS_SECONDS = 10 * 365 * 86400


class Rule(BaseModel):
    """One fault to come.

    It meets the calls after the first `skip`, each with `probability` by `seed`, until it has
    fired `count` times (by default once; a rule with a probability fires for ever). `nth` is the
    short form of one certain call. `seconds`: the delay of `slow` (35), what 429 and 202 ask for
    (1), after how long a pending refund ends (never). With `clock` = `simulated` a slow answer is
    also hastened by `/sim/clock`. `reason` and `ends` say how a refund ends.
    """

    operation: Operation = "any"
    kind: Kind
    count: int | None = Field(default=None, ge=1, le=FOREVER)
    skip: int = Field(default=0, ge=0, le=FOREVER)
    nth: int | None = Field(default=None, ge=1, le=FOREVER)
    probability: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = None
    seconds: float | None = Field(default=None, ge=0, le=_YEARS_SECONDS)
    retry_after: float | None = Field(default=None, ge=0, le=_YEARS_SECONDS)
    clock: Literal["real", "simulated"] = "real"
    reason: str | None = Field(default=None, max_length=64)
    ends: Literal["succeeded", "canceled"] = "succeeded"

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Fill in what follows from the rest."""
        if self.nth is not None:
            self.skip, self.count = self.nth - 1, 1
        if self.count is None:
            self.count = 1 if self.probability == 1.0 else FOREVER
        if self.retry_after is not None and self.seconds is None:
            self.seconds = self.retry_after
        return self

    def strikes(self, number: int) -> bool:
        """Whether it meets this call, counted from 1: no state but the seed and the number."""
        if number <= self.skip:
            return False
        chance = random.Random(f"{self.seed or 0}:{self.kind}:{number}")  # noqa: S311 - no secret
        return self.probability == 1.0 or chance.random() < self.probability


def names_of(operation: str) -> tuple[str, ...]:
    """Every name under which a rule may mean this operation."""
    return tuple(name for name in (operation, _SHORT.get(operation), "any") if name is not None)


def fits(kind: str, operation: str) -> bool:
    """Whether such a fault can show in the answer of this operation; else it does not count."""
    if kind in {"wrong_shop", "wrong_test"}:
        return operation.startswith("payments.")
    if kind in {"wrong_amount", "wrong_currency", "wrong_metadata"}:
        return operation.startswith(("payments.", "refunds."))
    return True


class Faults:
    """The rules, kept in the file. Of several that meet a call the one planted first fires."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plant(self, rule: Rule) -> int:
        """Add a rule; returns its number."""
        self._store.run(
            "insert into fault_rules (operation, kind, rule) values (?, ?, ?)",
            rule.operation,
            rule.kind,
            rule.model_dump_json(),
        )
        return int(self._store.rows("select max(seq) as seq from fault_rules")[0]["seq"])

    def clear(self, seq: int | None = None) -> None:
        """Take one rule back, or all; the totals stay."""
        self._store.run("delete from fault_rules where ? is null or seq = ?", seq, seq)

    def take(self, operation: str, kinds: tuple[Kind, ...] = ANSWER_KINDS) -> Rule | None:
        """The rule this call meets, if any; every rule that could have met it counts the call."""
        names = names_of(operation)
        found = self._store.rows(
            f"select * from fault_rules where operation in ({','.join('?' * len(names))})"  # noqa: S608 - only question marks
            " order by seq",
            names,
        )
        fired: Rule | None = None
        for row in found:
            if row["kind"] not in kinds or not fits(row["kind"], operation):
                continue
            rule = Rule.model_validate_json(row["rule"])
            number, left = row["seen"] + 1, row["fired"] < (rule.count or 1)
            strikes = fired is None and left and rule.strikes(number)
            self._store.run(
                "update fault_rules set seen = ?, fired = fired + ? where seq = ?",
                number,
                int(strikes),
                row["seq"],
            )
            if strikes:
                fired = rule
        if fired is not None:
            self._count(fired.kind, operation)
        return fired

    def _count(self, kind: Kind, operation: str) -> None:
        self._store.run(
            "insert into fault_totals (kind, operation, fired) values (?, ?, 1)"
            " on conflict (kind, operation) do update set fired = fired + 1",
            kind,
            operation,
        )

    def listing(self) -> dict[str, Any]:
        """Rules to come and rules used up, each with calls seen and fired, and totals by kind.

        The totals count since the file began and are never reset.
        """
        rows = self._store.rows("select * from fault_rules order by seq")
        shown = [_shown(dict(row)) for row in rows]
        totals: dict[str, dict[str, int]] = {}
        for row in self._store.rows("select * from fault_totals order by kind, operation"):
            totals.setdefault(row["kind"], {})[row["operation"]] = row["fired"]
        return {
            "items": [rule for rule in shown if rule["count"] > 0],
            "spent": [rule for rule in shown if rule["count"] == 0],
            "fired": {kind: sum(counts.values()) for kind, counts in totals.items()},
            "fired_by_operation": totals,
        }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A rule as listed: `count` and `skip` are what is left of them."""
    rule = json.loads(row["rule"])
    return {
        **{name: value for name, value in rule.items() if value is not None and name != "nth"},
        "id": row["seq"],
        "count": max(rule["count"] - row["fired"], 0),
        "skip": max(rule["skip"] - row["seen"], 0),
        "seen": row["seen"],
        "fired": row["fired"],
    }
