"""Policies compared: the same people and moods for all, known directions, intervals, files."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from local import season, simulate
from local.season_play import Played, play
from local.simulate import Wish
from rules.errors import BadInput
from rules.policy import POLICY_V1, Policy

TOWN = season.city(seed=1, days=8, crews=50, jobs_a_day=25)
NEAR = season.reached(TOWN)
QUIET = Console(quiet=True)


def _play(policy: Policy) -> Played:
    return play(TOWN, NEAR, policy)


def test_the_same_season_and_policy_give_the_same_outcome() -> None:
    assert _play(POLICY_V1).outcomes == _play(POLICY_V1).outcomes
    assert season.city(1, 8, 50, 25) == TOWN
    assert season.city(2, 8, 50, 25) != TOWN


def test_nobody_is_overbooked_asked_twice_or_asked_from_outside_his_circle() -> None:
    played = _play(POLICY_V1)
    crews = {crew.id: crew for crew in TOWN.crews}
    for one in played.outcomes:
        if one.crew_id is not None and one.km is not None:
            reach = crews[one.crew_id].radius_km * (1.5 if crews[one.crew_id].farther_ok else 1)
            assert one.km <= reach
    for standing in played.standings.values():
        assert standing.held == 0, "an offer was never ended"
        assert 0 <= standing.busy <= standing.crew.capacity


def test_one_changed_weight_changes_the_result() -> None:
    near_only = replace(POLICY_V1, score=replace(POLICY_V1.score, proximity=900))

    as_it_is, changed = (simulate.measure(_play(one)) for one in (POLICY_V1, near_only))

    assert changed["distance, km"] < as_it_is["distance, km"]


def test_known_directions_come_out_of_a_small_town() -> None:
    figures = simulate.compare([TOWN, season.city(2, 8, 50, 25)], simulate.named_policies())

    found = simulate.directions(figures)

    # The tail of the waiting times is too noisy in a week; `make simulate` judges it on a month.
    assert [says for says, holds in found[1:] if not holds] == []
    assert all(one.low <= one.value <= one.high for one in figures)


def test_a_policy_file_and_an_exported_season_are_compared_and_written(tmp_path: Path) -> None:
    exported, policy = tmp_path / "season.json", tmp_path / "bold.json"
    exported.write_text(season.to_json(season.city(3, 3, 20, 10)), encoding="utf-8")
    policy.write_text('{"score": {"idle": 600}}', encoding="utf-8")

    code = simulate.run(Wish(policy, exported, seeds=2), tmp_path, QUIET)

    assert code == 0
    figures = json.loads((tmp_path / "simulate.json").read_text(encoding="utf-8"))
    assert {one["policy"] for one in figures} == {"policy v1", "bold"}
    assert {"policy", "metric", "value", "low", "high"} == set(figures[0])
    assert "<svg" in (tmp_path / "simulate.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("said", ["", "[]", '{"crews": [], "jobs": [], "days": 1}', "{}"])
def test_a_file_that_is_no_season_is_refused_in_words(said: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(said, encoding="utf-8")
    with pytest.raises(BadInput, match=r"wrong\.json"):
        season.from_json(wrong, 1)
