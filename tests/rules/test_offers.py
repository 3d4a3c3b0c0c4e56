"""Distribution: ranking is deterministic, explained and fair to newcomers; night is respected."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import offers
from rules.catalog import Service
from rules.night import is_night, morning
from rules.offers import Candidate
from rules.policy import POLICY_V1
from tests.orders import searching_order

WEIGHTS = POLICY_V1.score
BASE = Candidate(
    contractor_id=17,
    distance_km=10,
    rating=4.6,
    points=100,
    completed=20,
    offers_90d=10,
    accepted_90d=6,
    idle_days=3,
    capacity=3,
    busy=0,
    held=0,
)
candidates = st.builds(
    Candidate,
    contractor_id=st.integers(1, 10**6),
    distance_km=st.floats(0, 150),
    rating=st.floats(1, 5),
    points=st.floats(0, 200),
    completed=st.integers(0, 50),
    offers_90d=st.integers(0, 100),
    accepted_90d=st.just(0),
    idle_days=st.floats(0, 60),
    capacity=st.integers(1, 5),
    busy=st.just(0),
    held=st.just(0),
)
crowds = st.lists(candidates, max_size=15, unique_by=lambda one: one.contractor_id)


@given(crowd=crowds, seed=st.text(max_size=10), explore=st.booleans())
def test_ranking_is_a_permutation_that_ignores_input_order(
    crowd: list[Candidate], seed: str, explore: bool
) -> None:
    there = offers.rank(crowd, seed, explore=explore)
    back = offers.rank(crowd[::-1], seed, explore=explore)

    assert there == back
    ids = sorted(one.contractor_id for one in crowd)
    assert sorted(one.candidate.contractor_id for one in there) == ids
    assert [one.rank for one in there] == list(range(1, len(crowd) + 1))


def test_equals_come_in_an_order_of_the_seed_and_not_of_the_rows() -> None:
    twins = [replace(BASE, contractor_id=number) for number in range(1, 9)]

    def order(crowd: list[Candidate], seed: str) -> list[int]:
        ranked = offers.rank(crowd, seed, explore=False)
        return [one.candidate.contractor_id for one in ranked]

    assert order(twins, "a") == order(twins[::-1], "a")
    assert order(twins, "a") != order(twins, "b")


@given(candidate=candidates)
def test_score_is_the_sum_of_its_terms_and_bounded(candidate: Candidate) -> None:
    terms = offers.terms_of(candidate, WEIGHTS)

    assert set(terms) == set(asdict(WEIGHTS))
    for name, value in terms.items():
        assert -1e-9 <= value <= asdict(WEIGHTS)[name] / 1000 + 1e-6
    assert offers.rank([candidate], "s", explore=False)[0].score == pytest.approx(
        sum(terms.values()), abs=1e-5
    )


@pytest.mark.parametrize(
    ("better", "why"),
    [
        (replace(BASE, contractor_id=18, distance_km=1), "nearer"),
        (replace(BASE, contractor_id=18, rating=5.0), "better rated"),
        (replace(BASE, contractor_id=18, points=180), "more points"),
        (replace(BASE, contractor_id=18, accepted_90d=10), "answers more often"),
        (replace(BASE, contractor_id=18, idle_days=7), "longer without work"),
        (replace(BASE, contractor_id=18, capacity=6, busy=0), "as free"),
        (replace(BASE, contractor_id=18, completed=0), "newcomer"),
    ],
)
def test_one_better_term_ranks_first(better: Candidate, why: str) -> None:
    busy_base = replace(BASE, busy=1) if why == "as free" else BASE

    first = offers.rank([busy_base, better], "seed", explore=False)[0]

    assert first.candidate.contractor_id == 18


def test_one_wave_in_ten_lets_the_best_newcomer_come_first() -> None:
    crowd = [BASE, replace(BASE, contractor_id=18, completed=2, distance_km=60, rating=4.0)]
    explored = sum(
        offers.rank(crowd, f"order:{number}:1", explore=True)[0].explored for number in range(2000)
    )

    assert 140 <= explored <= 260
    assert not any(
        offers.rank(crowd, f"order:{number}:1", explore=False)[0].explored for number in range(200)
    )


def test_contractor_with_five_jobs_is_no_newcomer_any_more() -> None:
    crowd = [BASE, replace(BASE, contractor_id=18, completed=5, distance_km=60, rating=4.0)]
    waves = (offers.rank(crowd, f"order:{number}:1", explore=True) for number in range(200))

    assert not any(one.explored for wave in waves for one in wave)


def test_held_slot_is_as_little_free_as_a_busy_one() -> None:
    busy, held = replace(BASE, busy=1), replace(BASE, held=1)

    assert offers.terms_of(held, WEIGHTS)["free"] == offers.terms_of(busy, WEIGHTS)["free"]
    assert offers.terms_of(held, WEIGHTS)["free"] < offers.terms_of(BASE, WEIGHTS)["free"]


def test_priority_of_a_newcomer_and_of_a_perfect_contractor() -> None:
    assert offers.priority(4.6, 100) == pytest.approx(72)
    assert offers.priority(5, 200) == pytest.approx(100)
    assert offers.priority(5, 140) == pytest.approx(86.5)


@pytest.mark.parametrize(
    ("rating", "points", "from_wave"), [(4.6, 100, 1), (4.0, 50, 2), (3.0, 20, 4), (1.0, 0, None)]
)
def test_low_priority_waits_for_later_waves(
    rating: float, points: float, from_wave: int | None
) -> None:
    allowed = [wave for wave in range(1, 6) if offers.band_allows(rating, points, wave)]

    assert allowed == ([] if from_wave is None else list(range(from_wave, 6)))


@pytest.mark.parametrize(
    ("radius", "wave", "agreed", "expected"),
    [
        (40, 1, True, 40),
        (40, 4, True, 60),
        (40, 4, False, 40),
        (80, 5, True, 100),
        (100, 5, True, 100),
    ],
)
def test_own_circle_is_the_limit_until_wave_four(
    radius: float, wave: int, agreed: bool, expected: float
) -> None:
    assert offers.reach_km(radius, wave, farther_ok=agreed) == expected


@pytest.mark.parametrize(
    ("utc_hour", "offset", "night"),
    [(18, 180, False), (19, 180, True), (3, 180, True), (4, 180, False), (12, 600, True)],
)
def test_night_is_told_by_the_contractors_own_clock(
    utc_hour: int, offset: int, night: bool
) -> None:
    now = datetime(2026, 6, 1, utc_hour, 0, tzinfo=UTC)

    assert is_night(now, offset, POLICY_V1) is night
    waking = morning(now, offset, POLICY_V1)
    assert waking > now
    assert not is_night(waking, offset, POLICY_V1)


def test_equal_hours_switch_night_off() -> None:
    policy = replace(POLICY_V1, night_from_hour=0, night_to_hour=0)
    assert not is_night(datetime(2026, 6, 1, 0, 0, tzinfo=UTC), 0, policy)


def test_waves_are_1_1_2_3_5_and_then_no_more() -> None:
    order = searching_order(Service.REPAIR_PUMP)

    assert [offers.wave_size(order, wave) for wave in range(7)] == [0, 1, 1, 2, 3, 5, 0]


def test_wave_is_over_when_its_last_offer_ends() -> None:
    live = searching_order(Service.REPAIR_PUMP, 17, 18).search.live()
    longer = replace(live[1], until=live[1].until + timedelta(minutes=1))

    assert offers.next_deadline((live[0], longer)) == longer.until


def test_nobody_is_asked_twice_in_a_round() -> None:
    order = searching_order(Service.REPAIR_PUMP, 17, 18)
    search = replace(order.search, excluded=(5,))

    assert offers.asked(search) == (5, 17, 18)
    deadline = offers.next_deadline(order.search.live())
    assert deadline is not None
    assert deadline - order.created_at == timedelta(minutes=5)


def test_weights_are_the_policys_own() -> None:
    near = replace(BASE, contractor_id=1, distance_km=1, rating=4.0)
    good = replace(BASE, contractor_id=2, distance_km=60, rating=5.0)
    rating_only = replace(POLICY_V1, score=replace(WEIGHTS, proximity=0))

    assert offers.rank([near, good], "s", explore=False)[0].candidate is near
    chosen = offers.rank([near, good], "s", explore=False, policy=rating_only)[0]
    assert chosen.candidate is good
    assert chosen.terms["proximity"] == 0
