"""How many jobs a contractor may take: in a day, in a week and at once, for each job class.

Days and weeks (from Monday) are those of the contractor's own clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rules.catalog import JobClass
from rules.errors import QuotaReached
from rules.orders import OrderState
from rules.policy import Policy

OPEN_JOBS = (
    OrderState.AWAITING_PREPAYMENT,
    OrderState.BOOKED,
    OrderState.IN_PROGRESS,
    OrderState.AWAITING_ACCEPTANCE,
    OrderState.DISPUTED,
)
"""Where an order is somebody's job and not yet done."""


@dataclass(frozen=True)
class Quota:
    """The limits of one job class; the first `newcomer_jobs` jobs have a part of them."""

    job_class: JobClass
    per_day: int
    per_week: int
    open_jobs: int
    newcomer_jobs: int = 0
    newcomer_percent: int = 100

    def for_newcomer(self, accepts: int) -> int:
        """A newcomer's part of a limit, rounded up, so that it never shuts him out."""
        return (accepts * self.newcomer_percent + 99) // 100


@dataclass(frozen=True)
class Taken:
    """What a contractor has done: all his completed jobs, and of this class what he has taken."""

    completed: int
    today: int
    this_week: int
    open_jobs: int


def quota_of(policy: Policy, job_class: JobClass) -> Quota:
    """The limits that a policy sets for a job class."""
    clocks = policy.for_class(job_class)
    return Quota(
        job_class,
        clocks.accepts_per_day,
        clocks.accepts_per_week,
        clocks.open_jobs_max,
        policy.newcomer_quota_jobs,
        policy.newcomer_quota_percent,
    )


def check(quota: Quota, taken: Taken) -> None:
    """Whether one more job fits.

    Raises:
        QuotaReached: It does not.
    """
    per_day, per_week = quota.per_day, quota.per_week
    if taken.completed < quota.newcomer_jobs:
        per_day, per_week = quota.for_newcomer(per_day), quota.for_newcomer(per_week)
    if taken.today >= per_day or taken.this_week >= per_week:
        raise QuotaReached()
    if taken.open_jobs >= quota.open_jobs:
        raise QuotaReached()


def day_start(now: datetime, utc_offset_minutes: int) -> datetime:
    """Midnight before `now` in a zone, UTC."""
    offset = timedelta(minutes=utc_offset_minutes)
    return (now + offset).replace(hour=0, minute=0, second=0, microsecond=0) - offset


def week_start(now: datetime, utc_offset_minutes: int) -> datetime:
    """Midnight of Monday before `now` in a zone, UTC."""
    today = day_start(now, utc_offset_minutes)
    weekday = (now + timedelta(minutes=utc_offset_minutes)).weekday()
    return today - timedelta(days=weekday)
