"""Where a contractor stood in an order's distribution, as it is told to himself."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Place:
    """His rank in the last wave that ranked him; without one, why he was not eligible."""

    # 0: he was not among the eligible.
    rank: int = 0
    ranked: int = 0
    asked: int = 0
    score: float = 0.0
    terms: Mapping[str, float] = field(default_factory=dict)
    chosen: bool = False
    explored: bool = False
    # A newcomer went first in that wave, and it was not he.
    other_explored: bool = False
    # What became of his offer, '' if he had none.
    became: str = ""
    # A `rules.offers.Exclusion`, or '' if it is not known.
    reason: str = ""
    radius_km: float = 0.0
