"""How many jobs fit: in a day, in a week and at once, by the contractor's own clock."""

from datetime import UTC, datetime

import pytest

from rules.catalog import JobClass
from rules.errors import QuotaReached
from rules.policy import POLICY_V1
from rules.quotas import Taken, check, day_start, quota_of, week_start

# Four in a day, twenty in a week, five at once; half of it until three jobs are done.
SERVICE = quota_of(POLICY_V1, JobClass.SERVICE)
VLADIVOSTOK, MOSCOW = 600, 180


@pytest.mark.parametrize(
    ("taken", "fits"),
    [
        (Taken(completed=3, today=3, this_week=19, open_jobs=4), True),
        (Taken(completed=3, today=4, this_week=19, open_jobs=4), False),
        (Taken(completed=3, today=3, this_week=20, open_jobs=4), False),
        (Taken(completed=3, today=3, this_week=19, open_jobs=5), False),
        (Taken(completed=2, today=1, this_week=9, open_jobs=4), True),
        (Taken(completed=2, today=2, this_week=9, open_jobs=0), False),
        (Taken(completed=2, today=0, this_week=10, open_jobs=0), False),
    ],
)
def test_one_more_job_fits_or_is_refused(taken: Taken, fits: bool) -> None:
    if fits:
        check(SERVICE, taken)
        return
    with pytest.raises(QuotaReached):
        check(SERVICE, taken)


@pytest.mark.parametrize(
    ("now", "zone", "day", "week"),
    [
        # Monday noon in Moscow; the same instant is Monday evening in Vladivostok.
        ((6, 1, 9), MOSCOW, (5, 31, 21), (5, 31, 21)),
        ((6, 1, 9), VLADIVOSTOK, (5, 31, 14), (5, 31, 14)),
        # Sunday, 22:00 in Moscow: still last week there, Monday morning in Vladivostok.
        ((6, 7, 19), MOSCOW, (6, 6, 21), (5, 31, 21)),
        ((6, 7, 19), VLADIVOSTOK, (6, 7, 14), (6, 7, 14)),
        ((6, 2, 9), MOSCOW, (6, 1, 21), (5, 31, 21)),
    ],
)
def test_days_and_weeks_begin_at_the_contractors_midnight(
    now: tuple[int, int, int], zone: int, day: tuple[int, int, int], week: tuple[int, int, int]
) -> None:
    at = datetime(2026, *now, tzinfo=UTC)

    assert day_start(at, zone) == datetime(2026, *day, tzinfo=UTC)
    assert week_start(at, zone) == datetime(2026, *week, tzinfo=UTC)
