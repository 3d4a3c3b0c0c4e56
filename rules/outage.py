"""The payment service's weather, pure: when we stop asking, when we try again, who goes first."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FAILURES_TO_OPEN = 5
"""Failures of the weather's kind in a row, over all orders."""
PROBE_AFTER = timedelta(seconds=60)
WAIT_AT_MOST = timedelta(minutes=10)
_SOON = timedelta(seconds=1)
DRAIN_AT_ONCE = 4
DRAIN_WAIT = timedelta(seconds=2)
DRAIN_AT_MOST = timedelta(minutes=10)
WAITING_FOR = timedelta(minutes=2)
"""Who has not asked for longer than this does not wait any more."""


class Weather(StrEnum):
    """Everybody asks; one asks now and then; those who have waited go first, a few at a time."""

    FAIR = "fair"
    DOWN = "down"
    DRAINING = "draining"


@dataclass(frozen=True)
class Health:
    """What is known of the payment service."""

    weather: Weather = Weather.FAIR
    failures: int = 0
    since: datetime | None = None
    # When the last one was let through while it was down.
    probed_at: datetime | None = None

    @property
    def is_clear(self) -> bool:
        """A success would tell nothing new."""
        return self.weather is Weather.FAIR and self.failures == 0


def _apart(one: datetime | None, other: datetime) -> timedelta:
    # Clocks of two processes may differ; a moment far ahead is no reason to wait for ever.
    return abs(other - one) if one is not None else timedelta.max


def may_probe(health: Health, now: datetime) -> bool:
    """One may be let through to see whether the service works again."""
    return _apart(health.probed_at, now) >= PROBE_AFTER


def probing(health: Health, now: datetime) -> Health:
    """One is let through; the next a minute later."""
    return replace(health, probed_at=now)


def wait(health: Health, now: datetime) -> timedelta:
    """When to come back: after a minute at first, after a tenth of a long outage in the end.

    Many who wait come at different times, so that somebody asks every minute all the same.
    """
    lasts = _apart(health.since, now) if health.since is not None else timedelta()
    return max(PROBE_AFTER - _apart(health.probed_at, now), min(lasts / 10, WAIT_AT_MOST), _SOON)


def failed(health: Health, now: datetime) -> Health:
    """No answer, or none that counts."""
    failures = health.failures + 1
    if health.weather is Weather.DOWN:
        return replace(health, failures=failures, probed_at=now)
    if failures < FAILURES_TO_OPEN:
        return replace(health, failures=failures)
    return Health(Weather.DOWN, failures, since=now, probed_at=now)


def worked(health: Health, now: datetime) -> Health:
    """An answer: who has waited goes first now."""
    if health.weather is Weather.DOWN:
        return Health(Weather.DRAINING, since=now)
    if health.weather is Weather.DRAINING and is_draining(health, now):
        return replace(health, failures=0)
    return Health(since=health.since)


def is_draining(health: Health, now: datetime) -> bool:
    """Those who waited still go first; not for ever."""
    draining = health.weather is Weather.DRAINING
    return draining and _apart(health.since, now) < DRAIN_AT_MOST
