"""Fault rules: which method, what goes wrong, on which calls. The same seed, the same faults."""

from __future__ import annotations

import json
import random
from fnmatch import fnmatch
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.simulators.telegram.database import Database
from local.simulators.telegram.shapes import Json

FaultKind = Literal[
    # Nothing has happened:
    "429",
    "500",
    "502",  # a page of the front server instead of JSON
    "403",  # blocked
    "deactivated",  # 403, the account is gone
    "chat_not_found",
    "409",
    "error",  # any `code` and `text`
    "drop_before",  # the connection is cut
    "timeout",
    "hang",  # the same: silence for `seconds`, then the connection is cut
    # It has happened:
    "drop_after",
    "hang_after",
    "500_after",
    "slow",  # the answer is right and comes after `seconds`
    "truncated",  # the answer breaks off within its JSON
]
SUFFERED_AFTER: tuple[FaultKind, ...] = (
    *("drop_after", "hang_after", "500_after", "slow", "truncated"),
)
FOREVER = 1_000_000


class Rule(BaseModel):
    """One fault to come.

    It meets the calls after the first `skip` that fit, each with `probability` by `seed`, until
    it has fired `count` times (by default once; a rule with a probability fires for ever). `nth`
    is the short form of one certain call. `method` may be a pattern (`send*`); `download` is the
    fetching of a file; None means any, long polls too.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    count: int | None = Field(default=None, ge=0, le=FOREVER)
    method: str | None = Field(default=None, max_length=64)
    chat_id: int | None = None
    retry_after_seconds: int = Field(default=1, ge=1, le=3600)
    seconds: float = Field(default=30.0, gt=0, le=300)
    probability: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = None
    skip: int = Field(default=0, ge=0, le=FOREVER)
    nth: int | None = Field(default=None, ge=1, le=FOREVER)
    code: Literal[400, 401, 403, 404, 409, 500] = 400
    text: str = Field(default="", max_length=256)

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Fill in what follows from the rest."""
        if self.nth is not None:
            self.skip, self.count = self.nth - 1, 1
        if self.count is None:
            self.count = 1 if self.probability == 1.0 else FOREVER
        return self

    def fits(self, method: str, chat_id: int | None) -> bool:
        """Say whether this call counts for the rule."""
        if self.chat_id is not None and self.chat_id != chat_id:
            return False
        return self.method is None or fnmatch(method.lower(), self.method.lower())

    def strikes(self, number: int) -> bool:
        """Say whether it meets this call, counted from 1: only seed and number decide."""
        if number <= self.skip:
            return False
        chance = random.Random(f"{self.seed or 0}:{self.kind}:{number}")  # noqa: S311 - no secret
        return self.probability == 1.0 or chance.random() < self.probability


class FaultPlan(BaseModel):
    """All rules at once; a rule without a seed of its own takes one from the plan's."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    rules: list[Rule] = Field(max_length=1000)


class Faults:
    """The rules, kept in the file. Of several that meet a call the one planted first fires."""

    def __init__(self, database: Database) -> None:
        """Work on the simulator's file."""
        self._database = database

    def plant(self, rule: Rule) -> int:
        """Add a rule; returns its number."""
        return self._database.insert(
            "INSERT INTO fault_rules (rule) VALUES (?)", rule.model_dump_json(exclude={"nth"})
        )

    def replace(self, plan: FaultPlan) -> None:
        """Use these rules and no others."""
        with self._database.transaction():
            self.clear()
            for number, rule in enumerate(plan.rules):
                seed = plan.seed * 1000 + number if rule.seed is None else rule.seed
                self.plant(rule.model_copy(update={"seed": seed}))

    def clear(self, number: int | None = None) -> None:
        """Take one rule back, or all; the totals stay."""
        self._database.run("DELETE FROM fault_rules WHERE ? IS NULL OR id = ?", number, number)

    def next_for(self, method: str, chat_id: int | None) -> Rule | None:
        """Return the rule this call meets, if any; every rule that fits counts the call."""
        fired: Rule | None = None
        for row in self._database.rows("SELECT * FROM fault_rules ORDER BY id"):
            rule = Rule.model_validate_json(row["rule"])
            if not rule.fits(method, chat_id):
                continue
            is_left = row["fired"] < (rule.count or 0)
            strikes = fired is None and is_left and rule.strikes(row["seen"] + 1)
            self._database.run(
                "UPDATE fault_rules SET seen = seen + 1, fired = fired + ? WHERE id = ?",
                int(strikes),
                row["id"],
            )
            if strikes:
                fired = rule
        if fired is not None:
            self._database.run(
                "INSERT INTO fault_totals VALUES (?, ?, 1)"
                " ON CONFLICT (kind, method) DO UPDATE SET fired = fired + 1",
                fired.kind,
                method,
            )
        return fired

    def to_come(self) -> list[Json]:
        """Return the rules that can still fire; `count` and `skip` are what is left of them."""
        return [rule for rule in self._listed() if rule["count"] > 0]

    def told(self) -> Json:
        """Return rules to come, rules used up, and how often each kind has fired by method.

        The totals count since the file began and are never reset.
        """
        totals: dict[str, dict[str, int]] = {}
        for row in self._database.rows("SELECT * FROM fault_totals ORDER BY kind, method"):
            totals.setdefault(row["kind"], {})[row["method"]] = row["fired"]
        return {
            "items": self.to_come(),
            "spent": [rule for rule in self._listed() if rule["count"] == 0],
            "fired": {kind: sum(counts.values()) for kind, counts in totals.items()},
            "fired_by_method": totals,
        }

    def _listed(self) -> list[Json]:
        rows = self._database.rows("SELECT * FROM fault_rules ORDER BY id")
        return [
            (rule := json.loads(row["rule"]))
            | {
                "id": row["id"],
                "count": max(rule["count"] - row["fired"], 0),
                "skip": max(rule["skip"] - row["seen"], 0),
                "seen": row["seen"],
                "fired": row["fired"],
            }
            for row in rows
        ]
