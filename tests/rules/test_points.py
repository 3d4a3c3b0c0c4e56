"""Points and rating: a pure function of their ledgers, fading with time."""

from datetime import timedelta

import pytest

from rules.points import POINTS, PointsReason, change, points_now, rating_now
from tests.orders import NOW


def test_without_entries_points_are_100_and_rating_is_the_prior() -> None:
    assert points_now([], NOW) == 100
    assert rating_now([], NOW) == pytest.approx(4.6)


def test_half_of_a_penalty_is_forgotten_in_sixty_days() -> None:
    no_show = POINTS[PointsReason.NO_SHOW]

    assert points_now([(no_show, NOW)], NOW) == 40
    assert points_now([(no_show, NOW - timedelta(days=60))], NOW) == pytest.approx(70)


def test_points_stay_between_0_and_200() -> None:
    assert points_now([(-60, NOW)] * 5, NOW) == 0
    assert points_now([(10, NOW)] * 50, NOW) == 200


def test_fresh_reviews_weigh_more() -> None:
    old, new = NOW - timedelta(days=360), NOW

    assert rating_now([(1, old), (5, new)], NOW) > rating_now([(5, old), (1, new)], NOW)
    assert rating_now([(5, new)] * 100, NOW) == pytest.approx(4.98, abs=0.01)


def test_half_of_a_review_is_forgotten_in_180_days() -> None:
    reviews = [(1, NOW - timedelta(days=180))]

    assert rating_now(reviews, NOW) == pytest.approx((5 * 4.6 + 0.5 * 1) / 5.5)


@pytest.mark.parametrize(("stars", "delta"), [(5, 5), (4, 2), (3, 0), (2, -5), (1, -10)])
def test_stars_change_points(stars: int, delta: int) -> None:
    assert change(17, PointsReason.STARS, stars=stars).delta == delta


def test_leaving_a_paid_job_costs_more_than_silence() -> None:
    assert POINTS[PointsReason.WITHDREW_PAID] < POINTS[PointsReason.WITHDREW_UNPAID]
    assert POINTS[PointsReason.WITHDREW_UNPAID] < POINTS[PointsReason.SILENCE] < 0
