"""Faults that a test orders: the next calls fail in a chosen way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["429", "500", "403", "drop_before", "drop_after", "timeout"]


@dataclass
class Fault:
    """What goes wrong, for which method and chat (None = any), and how often."""

    kind: FaultKind
    count: int = 1
    method: str | None = None
    chat_id: int | None = None
    retry_after_seconds: int = 1
    seconds: float = 30.0
    probability: float = 1.0

    def fits(self, method: str, chat_id: int | None) -> bool:
        """Say whether this call meets the fault."""
        if self.count <= 0 or (self.chat_id is not None and self.chat_id != chat_id):
            return False
        return self.method is None or self.method.lower() == method.lower()


@dataclass
class Faults:
    """The ordered faults, first come first used."""

    ordered: list[Fault] = field(default_factory=list)

    def next_for(self, method: str, chat_id: int | None, chance: float) -> Fault | None:
        """Take one fault for this call; `chance` in [0, 1) decides the probable ones."""
        for fault in self.ordered:
            if fault.fits(method, chat_id) and chance < fault.probability:
                fault.count -= 1
                self.ordered = [kept for kept in self.ordered if kept.count > 0]
                return fault
        return None
