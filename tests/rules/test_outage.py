"""The payment service's weather: when we stop asking, when we try again, who goes first."""

from datetime import timedelta

from rules import outage
from rules.outage import Health, Weather
from tests.orders import NOW

MINUTE = timedelta(minutes=1)


def _down() -> Health:
    health = Health()
    for _ in range(outage.FAILURES_TO_OPEN):
        assert health.weather is Weather.FAIR
        health = outage.failed(health, NOW)
    return health


def test_five_failures_in_a_row_and_not_fewer_mean_that_it_is_down() -> None:
    assert _down().weather is Weather.DOWN

    broken_row = outage.failed(outage.worked(outage.failed(Health(), NOW), NOW), NOW)

    assert (broken_row.weather, broken_row.failures) == (Weather.FAIR, 1)


def test_one_is_let_through_each_minute_to_see_whether_it_works_again() -> None:
    down = _down()

    assert not outage.may_probe(down, NOW + MINUTE / 2)
    assert outage.wait(down, NOW + MINUTE / 2) == MINUTE / 2
    assert outage.may_probe(down, NOW + MINUTE)
    probing = outage.probing(down, NOW + MINUTE)
    assert not outage.may_probe(probing, NOW + MINUTE * 1.5)
    assert outage.failed(probing, NOW + MINUTE).weather is Weather.DOWN


def test_who_waits_long_comes_back_after_a_tenth_of_it_and_at_most_ten_minutes() -> None:
    down = _down()

    assert outage.wait(down, NOW + 50 * MINUTE) == 5 * MINUTE
    assert outage.wait(down, NOW + timedelta(days=3)) == outage.WAIT_AT_MOST


def test_a_clock_that_is_days_ahead_keeps_nobody_waiting() -> None:
    ahead = outage.failed(_down(), NOW + timedelta(days=3))

    assert outage.may_probe(ahead, NOW)


def test_after_the_first_answer_those_who_waited_go_first_but_not_for_ever() -> None:
    draining = outage.worked(_down(), NOW)

    assert draining.weather is Weather.DRAINING
    assert outage.is_draining(draining, NOW + MINUTE)
    assert outage.worked(draining, NOW + MINUTE).weather is Weather.DRAINING
    assert not outage.is_draining(draining, NOW + outage.DRAIN_AT_MOST)
    later = outage.worked(draining, NOW + outage.DRAIN_AT_MOST)
    assert later.weather is Weather.FAIR
    assert later.is_clear


def test_an_answer_in_fair_weather_forgets_the_failures_before_it() -> None:
    assert outage.worked(outage.failed(Health(), NOW), NOW).is_clear
