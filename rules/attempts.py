"""A payment attempt, its refunds and an order's money as plain values; kopecks throughout."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Method(StrEnum):
    """How the client pays: a card is held first, SBP and Telegram's invoice charge at once."""

    CARD = "card"
    SBP = "sbp"
    TELEGRAM = "telegram"


class Op(StrEnum):
    """What may be asked of the provider."""

    CREATE = "create"
    GET = "get"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"
    GET_REFUND = "get_refund"


class AttemptState(StrEnum):
    """One payment at the provider; the last four are final."""

    REQUESTED = "requested"
    PENDING = "pending"
    HELD = "held"
    CAPTURED = "captured"
    VOIDED = "voided"
    DECLINED = "declined"
    EXPIRED = "expired"
    FAILED = "failed"


# How far an attempt has come while it is open; a lower rank never replaces a higher one.
RANK = {
    AttemptState.REQUESTED: 0,
    AttemptState.PENDING: 1,
    AttemptState.HELD: 2,
}
DEAD_STATES = frozenset(
    {AttemptState.VOIDED, AttemptState.DECLINED, AttemptState.EXPIRED, AttemptState.FAILED}
)


TOO_HIGH = "too_high"
"""The trouble of a refund that our own books refuse: less than that is left of its payment."""


class RefundState(StrEnum):
    """One refund at the provider."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class Refund:
    """One refund of an attempt, in kopecks; `seq` is part of its business key."""

    seq: int
    amount_kopecks: int
    state: RefundState = RefundState.REQUESTED
    provider_id: str | None = None


@dataclass(frozen=True)
class Trouble:
    """An operation that does not come to its end: refused, unanswered or falsely answered."""

    op: Op
    code: str
    since: datetime
    kopecks: int = 0
    refund_seq: int = 0
    # Definite refusals, and how often the provider's answer was waited for in vain.
    refusals: int = 0
    silences: int = 0
    # Whoever was waited for in vain is not asked again before.
    again_at: datetime | None = None
    # An answer was about something else: nothing is asked any more but whether it is right now.
    frozen: bool = False


@dataclass(frozen=True)
class Attempt:
    """One payment attempt of an order."""

    number: int
    method: Method
    amount_kopecks: int
    created_at: datetime
    state: AttemptState = AttemptState.REQUESTED
    provider_id: str | None = None
    confirmation_url: str | None = None
    decline_reason: str | None = None
    # When the provider lets a hold go by itself.
    hold_ends_at: datetime | None = None
    # When the policy wants a hold captured; None: not decided yet.
    capture_at: datetime | None = None
    # The order does not want this money (any more): void it, or refund it in full.
    released: bool = False
    # It became paid only after it had been released; such money sits in suspense.
    late: bool = False
    # It was seen held, so its capture posts a reservation.
    was_held: bool = False
    refund_due_kopecks: int = 0
    refunds: tuple[Refund, ...] = ()
    # How often it was looked at since its state last changed, and when last.
    polls: int = 0
    seen_at: datetime | None = None
    trouble: Trouble | None = None

    @property
    def is_frozen(self) -> bool:
        """An answer about it was not believed."""
        return self.trouble is not None and self.trouble.frozen

    @property
    def is_open(self) -> bool:
        """The provider may still be paid or is holding the client's money."""
        return self.state in RANK

    @property
    def refunded_or_reserved_kopecks(self) -> int:
        """What has gone back or is on its way."""
        return sum(r.amount_kopecks for r in self.refunds if r.state is not RefundState.FAILED)

    @property
    def refunded_kopecks(self) -> int:
        """What has gone back for certain."""
        return sum(r.amount_kopecks for r in self.refunds if r.state is RefundState.SUCCEEDED)

    @property
    def owed_kopecks(self) -> int:
        """What has to go back and is not on its way; negative if more has gone back."""
        due = self.amount_kopecks if self.released else self.refund_due_kopecks
        return due - self.refunded_or_reserved_kopecks


@dataclass(frozen=True)
class Money:
    """All payment attempts of an order; at most one of them is wanted at a time."""

    attempts: tuple[Attempt, ...] = ()

    @property
    def current(self) -> Attempt | None:
        """The attempt the order counts on, if any."""
        for attempt in reversed(self.attempts):
            if not attempt.released and attempt.state not in DEAD_STATES:
                return attempt
        return None

    @property
    def is_paid(self) -> bool:
        """The wanted attempt is held or captured."""
        attempt = self.current
        return attempt is not None and attempt.state in (AttemptState.HELD, AttemptState.CAPTURED)

    @property
    def refunded_kopecks(self) -> int:
        """What has gone back to the client for certain, over all attempts."""
        return sum(attempt.refunded_kopecks for attempt in self.attempts)

    def with_attempt(self, attempt: Attempt) -> "Money":
        """This money with one attempt replaced (by number) or added."""
        kept = tuple(one for one in self.attempts if one.number != attempt.number)
        return replace(self, attempts=tuple(sorted((*kept, attempt), key=lambda one: one.number)))
