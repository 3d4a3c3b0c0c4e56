"""The breaker as a table: what has happened, when, and who may ask."""

from datetime import UTC, datetime, timedelta

import pytest

from rules.breaker import Breaker, Gate, asking, failed, gate, throttled, worked

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def after(story: str) -> Breaker:
    """f: a failure, w: an answer; all at noon."""
    breaker = Breaker()
    for sign in story:
        breaker = failed(breaker, NOON) if sign == "f" else worked(breaker)
    return breaker


@pytest.mark.parametrize(
    ("story", "seconds", "expected"),
    [
        ("", 0, Gate.CLOSED),
        ("ffff", 0, Gate.CLOSED),
        ("ffffwffff", 0, Gate.CLOSED),
        ("fffff", 0, Gate.OPEN),
        ("fffff", 59.9, Gate.OPEN),
        ("fffff", 60, Gate.HALF_OPEN),
        ("fffff", 3600, Gate.HALF_OPEN),
        ("ffffffff", 59.9, Gate.OPEN),
        ("fffffw", 0, Gate.CLOSED),
        # Another process's clock is behind: nobody waits for ever.
        ("fffff", -61, Gate.HALF_OPEN),
    ],
)
def test_five_failures_in_a_row_open_it_for_a_minute(
    story: str, seconds: float, expected: Gate
) -> None:
    assert gate(after(story), later(seconds)) is expected


def test_one_probes_and_the_others_wait_a_minute_more() -> None:
    open_one = after("fffff")

    probed = asking(open_one, later(60))

    assert gate(probed, later(60)) is Gate.OPEN
    assert gate(probed, later(119)) is Gate.OPEN
    assert gate(probed, later(120)) is Gate.HALF_OPEN, "a probe that never came back"
    still_down = failed(probed, later(65))
    assert gate(still_down, later(124)) is Gate.OPEN
    assert gate(still_down, later(125)) is Gate.HALF_OPEN
    assert worked(still_down).is_clear
    assert gate(worked(still_down), later(65)) is Gate.CLOSED


def test_asking_a_service_that_works_changes_nothing() -> None:
    assert asking(after("fff"), NOON) == after("fff")


@pytest.mark.parametrize(
    ("asked_for", "kept"), [(7, 7), (0, 0), (-5, 0), (3600, 3600), (86_400, 3600)]
)
def test_a_pause_that_is_asked_for_is_kept_for_an_hour_at_most(asked_for: int, kept: int) -> None:
    rests = throttled(after("ffff"), NOON, timedelta(seconds=asked_for))

    assert rests.failures == 0
    assert gate(rests, later(kept)) is Gate.CLOSED
    assert kept == 0 or gate(rests, later(kept - 1)) is Gate.OPEN
