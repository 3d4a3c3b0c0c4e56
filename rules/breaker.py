"""A circuit breaker, pure: who keeps failing is left alone, and asked again one at a time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES_TO_OPEN = 5
"""Failures in a row, over all who ask."""
PROBE_AFTER = timedelta(seconds=60)
REST_AT_MOST = timedelta(hours=1)
"""A service that asks to be left alone for longer is asked again all the same."""


class Gate(StrEnum):
    """Everybody asks; nobody does; one does, to see whether it works again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True)
class Breaker:
    """What is known of a service; `rests_until` when it has asked for a pause itself."""

    failures: int = 0
    opened_at: datetime | None = None
    # When the last one was let through while it was open.
    probed_at: datetime | None = None
    rests_until: datetime | None = None

    @property
    def is_clear(self) -> bool:
        """A success would tell nothing new."""
        return self == Breaker()


def gate(breaker: Breaker, now: datetime) -> Gate:
    """Whether one may ask at this moment."""
    if _rests(breaker, now):
        return Gate.OPEN
    if breaker.opened_at is None:
        return Gate.CLOSED
    last = breaker.probed_at or breaker.opened_at
    # Clocks of two processes may differ; a moment far ahead is no reason to wait for ever.
    return Gate.HALF_OPEN if abs(now - last) >= PROBE_AFTER else Gate.OPEN


def asking(breaker: Breaker, now: datetime) -> Breaker:
    """One goes through; while it is open, the next a minute later."""
    return breaker if breaker.opened_at is None else replace(breaker, probed_at=now)


def failed(breaker: Breaker, now: datetime) -> Breaker:
    """No answer, or none that can be read."""
    failures = breaker.failures + 1
    if breaker.opened_at is not None:
        return replace(breaker, failures=failures, probed_at=now)
    opened_at = now if failures >= FAILURES_TO_OPEN else None
    return replace(breaker, failures=failures, opened_at=opened_at)


def worked(_: Breaker) -> Breaker:
    """An answer: nothing that was before counts."""
    return Breaker()


def throttled(_: Breaker, now: datetime, wait: timedelta) -> Breaker:
    """It works and wants a pause; failures before that do not count."""
    return Breaker(rests_until=now + min(max(wait, timedelta()), REST_AT_MOST))


def _rests(breaker: Breaker, now: datetime) -> bool:
    if breaker.rests_until is None:
        return False
    return timedelta() < breaker.rests_until - now <= REST_AT_MOST
