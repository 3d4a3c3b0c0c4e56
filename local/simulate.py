"""`make simulate`: what a policy would do to a season, before a single order feels it.

Every policy plays the same seasons (common random numbers) with the product's own scoring code.
Figures are means over seeds with a 95 % interval; absolute values are as good as the synthetic
town, differences between policies are what to read.
"""

import json
import math
import statistics
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.season import Season, city, from_json, reached
from local.season_chart import page
from local.season_play import Played, play
from rules.errors import BadInput
from rules.policy import POLICY_V1, Policy, ScoreWeights
from rules.policy_text import policy_from_json

SEEDS = 5
DAYS, CREWS, JOBS_A_DAY = 24, 100, 30
# Student's t for a two-sided 95 % interval, by the number of seeds.
_T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
_BOTH = ("urgent", "service")


@dataclass(frozen=True)
class Wish:
    """What to play; `history` replaces the synthetic town by an exported season."""

    policy_file: Path | None = None
    history: Path | None = None
    seed: int = 1
    seeds: int = SEEDS
    days: int = DAYS
    crews: int = CREWS
    jobs_a_day: int = JOBS_A_DAY


@dataclass(frozen=True)
class Figure:
    """One metric of one policy: its mean over the seeds and the interval."""

    policy: str
    metric: str
    value: float
    low: float
    high: float


def _with(policy: Policy, waves: tuple[int, ...] | None = None, **score: int) -> Policy:
    """Policy v1 with other waves or weights."""
    changed = replace(policy, score=replace(policy.score, **score))
    for name in _BOTH if waves else ():
        clocks = replace(getattr(changed, name), wave_sizes=waves)
        changed = replace(changed, **{name: clocks})
    return changed


def named_policies() -> dict[str, Policy]:
    """The policies that every comparison shows; each is policy v1 with one idea changed."""
    plain = replace(_with(POLICY_V1, newcomer=0), exploration_permille=0)
    nearest = replace(
        plain, score=ScoreWeights(priority=0, proximity=1000, answer=0, idle=0, free=0, newcomer=0)
    )
    return {
        "nearest, one at a time": _with(nearest, (1,) * 12, newcomer=0),
        "score, one at a time": _with(plain, (1,) * 12),
        "score, waves 1-1-2-3-5": plain,
        "policy v1": POLICY_V1,
        "policy v1 without idle term": _with(POLICY_V1, idle=0),
        "waves of three": _with(POLICY_V1, (3,) * 4),
        "broadcast to twenty": _with(POLICY_V1, (20, 20)),
    }


def measure(played: Played) -> dict[str, float]:
    """The figures of one season."""
    done = [one for one in played.outcomes if one.minutes is not None]
    minutes = sorted(one.minutes for one in done if one.minutes is not None)
    orders = max(1, len(played.outcomes))
    newcomers = {crew.id for crew in played.season.crews if crew.joined_minute > 0}
    quality = {crew.id: crew.quality for crew in played.season.crews}
    winners = [one.crew_id for one in done if one.crew_id is not None]
    return {
        "fill rate": len(done) / orders,
        "confirm p50, min": _quantile(minutes, 0.50),
        "confirm p95, min": _quantile(minutes, 0.95),
        "distance, km": _mean([one.km for one in done if one.km is not None]),
        "offers per order": sum(one.offers for one in played.outcomes) / orders,
        "accepted too late per order": sum(one.too_late for one in played.outcomes) / orders,
        "income Gini per active day": _gini(_incomes(played)),
        "newcomers' share": sum(one in newcomers for one in winners) / max(1, len(winners)),
        "winners' quality, stars": _mean([quality[one] for one in winners]),
    }


def _incomes(played: Played) -> list[float]:
    end = played.season.days * 24 * 60
    return [
        one.income_kopecks / max(1.0, (end - one.crew.joined_minute) / (24 * 60))
        for one in played.standings.values()
    ]


def _quantile(ordered: Sequence[float], share: float) -> float:
    if not ordered:
        return math.nan
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else math.nan


def _gini(values: Sequence[float]) -> float:
    """0: all earn the same; 1: one earns everything."""
    ordered, total = sorted(values), sum(values)
    if total == 0:
        return 0.0
    weighted = sum(place * value for place, value in enumerate(ordered, start=1))
    return 2 * weighted / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)


def play_all(season: Season, policies: dict[str, Policy]) -> dict[str, dict[str, float]]:
    """Each policy's figures on one season."""
    near = reached(season)
    return {name: measure(play(season, near, policy)) for name, policy in policies.items()}


def compare(seasons: Sequence[Season], policies: dict[str, Policy]) -> list[Figure]:
    """All figures with their intervals; seasons are played side by side."""
    with ProcessPoolExecutor(max_workers=2) as pool:
        results = list(pool.map(play_all, seasons, [policies] * len(seasons)))
    return [
        _figure(name, metric, [result[name][metric] for result in results])
        for name in policies
        for metric in results[0][name]
    ]


def _figure(policy: str, metric: str, values: list[float]) -> Figure:
    mean = _mean(values)
    half = 0.0
    if len(values) > 1:
        spread = statistics.stdev(values) / math.sqrt(len(values))
        half = _T.get(len(values), 2.0) * spread
    return Figure(policy, metric, *(round(one, 4) for one in (mean, mean - half, mean + half)))


@dataclass(frozen=True)
class Direction:
    """Something that a change of policy is known to do."""

    says: str
    metric: str
    better: str
    worse: str
    ratio: float = 1.0


DIRECTIONS = (
    Direction(
        "waves cut the 95th percentile against one at a time",
        "confirm p95, min", "score, waves 1-1-2-3-5", "score, one at a time",
    ),
    Direction(
        "the idle term cuts the Gini of incomes",
        "income Gini per active day", "policy v1", "policy v1 without idle term",
    ),
    Direction(
        "broadcast makes people accept too late, five times as often",
        "accepted too late per order", "policy v1", "broadcast to twenty", 5.0,
    ),
)  # fmt: skip


def directions(figures: Sequence[Figure]) -> list[tuple[str, bool]]:
    """Each known direction, and whether these figures show it."""
    of = {(one.policy, one.metric): one.value for one in figures}
    found = []
    for one in DIRECTIONS:
        better, worse = of[one.better, one.metric], of[one.worse, one.metric]
        found.append((f"{one.says}: {worse:.3g} -> {better:.3g}", better * one.ratio < worse))
    return found


def _policies(wish: Wish) -> dict[str, Policy]:
    policies = named_policies()
    if wish.policy_file is not None:
        try:
            policy = policy_from_json(wish.policy_file.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadInput(f"the policy file cannot be read: {error}") from error
        name = policy.version if policy.version not in ("v1", *policies) else wish.policy_file.stem
        policies = {"policy v1": POLICY_V1, name: policy}
    return policies


def _seasons(wish: Wish) -> list[Season]:
    seeds = range(wish.seed, wish.seed + max(1, wish.seeds))
    if wish.history is not None:
        return [from_json(wish.history, seed) for seed in seeds]
    return [city(seed, wish.days, wish.crews, wish.jobs_a_day) for seed in seeds]


def run(wish: Wish, data_dir: Path, console: Console) -> int:
    """Compare, print, write `simulate.json` and `simulate.html`; 1 if a known direction is lost."""
    policies, seasons = _policies(wish), _seasons(wish)
    console.print(
        f"{len(policies)} policies x {len(seasons)} seasons of {seasons[0].days} days, "
        f"{len(seasons[0].crews)} contractors, {len(seasons[0].jobs)} orders; "
        f"seeds {wish.seed} to {wish.seed + len(seasons) - 1}"
    )
    figures = compare(seasons, policies)
    _show(figures, console)
    data_dir.mkdir(parents=True, exist_ok=True)
    said = json.dumps([asdict(one) for one in figures], ensure_ascii=False, indent=1)
    (data_dir / "simulate.json").write_text(said, encoding="utf-8")
    (data_dir / "simulate.html").write_text(page(figures), encoding="utf-8")
    console.print(f"Written: {data_dir}/simulate.json, {data_dir}/simulate.html", soft_wrap=True)
    if wish.policy_file is not None:
        return 0
    return _judge(directions(figures), console, strict=wish.history is None)


def _judge(found: list[tuple[str, bool]], console: Console, *, strict: bool) -> int:
    for says, holds in found:
        console.print(f"{'[green]yes[/]' if holds else '[red]no [/]'} {says}", soft_wrap=True)
    return int(strict and not all(holds for _, holds in found))


def _show(figures: Sequence[Figure], console: Console) -> None:
    """Policies as numbered columns, so that it fits a terminal of 80 characters."""
    policies = list(dict.fromkeys(one.policy for one in figures))
    for number, policy in enumerate(policies, start=1):
        console.print(f"  {number}  {policy}")
    table = Table("mean ± half of the interval", *(str(one + 1) for one in range(len(policies))))
    for metric in dict.fromkeys(one.metric for one in figures):
        row = [one for one in figures if one.metric == metric]
        table.add_row(metric, *(f"{one.value:.3g}\n±{one.high - one.value:.2g}" for one in row))
    console.print(table)
