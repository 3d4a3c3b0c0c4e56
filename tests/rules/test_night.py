"""Night: whose it is, when it ends, and what does not count meanwhile."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rules import search_changes, searching
from rules.catalog import Service
from rules.changes import Notice
from rules.night import after_waking, is_night, morning, waking_time
from rules.offers import offer_deadline
from rules.policy import POLICY_V1
from tests.orders import ORDER_ID, booked_order, searching_order

MOSCOW = 180
HOUR = timedelta(hours=1)
SIESTA = replace(POLICY_V1, night_from_hour=1, night_to_hour=6)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of June 2026 in Moscow."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC) - timedelta(minutes=MOSCOW)


@pytest.mark.parametrize("hour", range(24))
def test_a_night_may_lie_within_one_day(hour: int) -> None:
    now = local(2, hour, 30)

    assert is_night(now, MOSCOW, SIESTA) is (1 <= hour < 6)
    assert is_night(now, MOSCOW, POLICY_V1) is (hour >= 22 or hour < 7)
    for policy in (SIESTA, POLICY_V1):
        waking = morning(now, MOSCOW, policy)
        assert now < waking <= now + 24 * HOUR
        assert not is_night(waking, MOSCOW, policy)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (local(1, 9), 0.5, local(1, 9, 30)),
        (local(1, 21, 45), 0.5, local(2, 7, 15)),
        (local(1, 23), 0.5, local(2, 7, 30)),
        (local(2, 3), 0.5, local(2, 7, 30)),
        (local(1, 15), 12, local(2, 12)),
        (local(1, 21, 30), 0.5, local(1, 22)),
        # 48 working hours are more than three days.
        (local(5, 15), 48, local(8, 18)),
    ],
)
def test_only_waking_hours_count(start: datetime, hours: float, end: datetime) -> None:
    assert after_waking(start, hours * 3600, MOSCOW, POLICY_V1) == end
    assert offer_deadline(start, hours * 3600, MOSCOW, POLICY_V1, is_urgent=False) == end
    plain = start + timedelta(hours=hours)
    assert offer_deadline(start, hours * 3600, MOSCOW, POLICY_V1, is_urgent=True) == plain
    no_night = replace(POLICY_V1, night_from_hour=0, night_to_hour=0)
    assert after_waking(start, hours * 3600, MOSCOW, no_night) == plain


def test_orders_do_not_all_wake_in_the_same_second() -> None:
    at = local(2, 7)
    waking = {waking_time(at, f"{ORDER_ID}{number}") for number in range(50)}

    assert len(waking) > 40
    assert all(at <= one < at + timedelta(minutes=10) for one in waking)
    assert waking_time(at, ORDER_ID) == waking_time(at, ORDER_ID)


@pytest.mark.parametrize(
    ("service", "ends"),
    [
        (Service.REPAIR_NO_WATER, local(1, 21, 30)),
        (Service.REPAIR_PUMP, local(2, 9)),
        # One hour of the first evening, 15 of each of three days, two of the fifth morning.
        (Service.DRILLING_WELL, local(5, 9)),
    ],
)
def test_a_search_lasts_its_working_hours(service: Service, ends: datetime) -> None:
    order = searching_order(service)
    order = replace(order, search=replace(order.search, started_at=local(1, 21)))

    assert searching.search_ends(order) == ends


def test_a_paid_order_leaves_a_person_his_day_before_its_own_end() -> None:
    since = local(1, 12)
    order = replace(booked_order(Service.DRILLING_WELL), redispatch_since=since)
    order = replace(order, search=replace(order.search, started_at=since))

    assert searching.search_ends(order) == since + 24 * HOUR


def test_the_night_is_told_once_and_does_not_count_against_the_search() -> None:
    order = searching_order(Service.REPAIR_NO_WATER)
    began = order.search.started_at
    assert began is not None
    change = search_changes.night_paused(order, began + 9 * HOUR, began)

    assert [one.notice for one in change.tellings] == [Notice.NIGHT_PAUSE]
    assert change.order.search.night_told
    slept = search_changes.slept(change.order, began + 9 * HOUR)
    assert slept.search.started_at == began + 9 * HOUR
    # A short nap within the search's own time changes nothing.
    nap = search_changes.slept(change.order, began + timedelta(minutes=10))
    assert nap.search.started_at == began
