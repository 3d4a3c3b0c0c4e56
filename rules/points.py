"""Points, rating and priority of contractors: every change has a reason and an order."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

POINTS_START = 100.0
POINTS_MIN = 0.0
POINTS_MAX = 200.0
POINTS_HALF_LIFE_DAYS = 60.0
RATING_PRIOR = 4.6
RATING_PRIOR_WEIGHT = 5.0
RATING_HALF_LIFE_DAYS = 180.0
STARS_SHOWN_FROM_REVIEWS = 3
QUICK_ANSWER_SECONDS = 60


class PointsReason(StrEnum):
    """Why points changed."""

    COMPLETED = "completed"
    STARS = "stars"
    QUICK_ANSWER = "quick_answer"
    SILENCE = "silence"
    WITHDREW_UNPAID = "withdrew_unpaid"
    WITHDREW_PAID = "withdrew_paid"
    NO_SHOW = "no_show"


POINTS: dict[PointsReason, int] = {
    PointsReason.COMPLETED: 10,
    PointsReason.QUICK_ANSWER: 1,
    PointsReason.SILENCE: -3,
    PointsReason.WITHDREW_UNPAID: -15,
    PointsReason.WITHDREW_PAID: -30,
    PointsReason.NO_SHOW: -60,
}
STARS_POINTS = {5: 5, 4: 2, 3: 0, 2: -5, 1: -10}


@dataclass(frozen=True)
class PointsChange:
    """One entry of a contractor's points ledger; unique per order, round and reason."""

    contractor_id: int
    reason: PointsReason
    delta: int
    round: int = 1


def change(
    contractor_id: int, reason: PointsReason, round_number: int = 1, stars: int = 0
) -> PointsChange:
    """The entry for a reason; for stars, by their number."""
    delta = STARS_POINTS[stars] if reason is PointsReason.STARS else POINTS[reason]
    return PointsChange(contractor_id, reason, delta, round_number)


def points_now(entries: list[tuple[int, datetime]], now: datetime) -> float:
    """Points from the ledger, each entry halving every 60 days; 100 without entries."""
    total = POINTS_START
    for delta, at in entries:
        age_days = max(0.0, (now - at).total_seconds() / 86_400)
        total += delta * 0.5 ** (age_days / POINTS_HALF_LIFE_DAYS)
    return max(POINTS_MIN, min(POINTS_MAX, total))


def rating_now(reviews: list[tuple[int, datetime]], now: datetime) -> float:
    """Bayesian mean of stars with prior 4.6 of weight 5, reviews halving every 180 days."""
    weight_sum, weighted = RATING_PRIOR_WEIGHT, RATING_PRIOR_WEIGHT * RATING_PRIOR
    for stars, at in reviews:
        age_days = max(0.0, (now - at).total_seconds() / 86_400)
        weight = 0.5 ** (age_days / RATING_HALF_LIFE_DAYS)
        weight_sum += weight
        weighted += weight * stars
    return weighted / weight_sum
