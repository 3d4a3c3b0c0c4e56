"""The comparison of policies as one page without scripts: bars with their intervals."""

from collections.abc import Sequence
from html import escape
from typing import Protocol

WIDTH, BAR, LABEL = 420, 18, 210
STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:2rem auto;max-width:60rem;color:#1b2733}"
    "section{margin:0 0 1.6rem}h2{font-size:1rem;margin:0 0 .3rem}svg{max-width:100%}"
    "rect{fill:#2f7bbf}line{stroke:#1b2733}text{font-size:12px;fill:#1b2733}"
    "@media(prefers-color-scheme:dark){body{background:#10171e;color:#dce6ee}"
    "text{fill:#dce6ee}line{stroke:#dce6ee}}"
)


class Shown(Protocol):
    """One metric of one policy."""

    @property
    def policy(self) -> str:
        """Its name."""
        ...

    @property
    def metric(self) -> str:
        """What was measured."""
        ...

    @property
    def value(self) -> float:
        """The mean."""
        ...

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        ...

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        ...


def page(figures: Sequence[Shown]) -> str:
    """A whole HTML page."""
    metrics = dict.fromkeys(one.metric for one in figures)
    charts = "".join(
        _chart(name, [one for one in figures if one.metric == name]) for name in metrics
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Policies compared</title><style>{STYLE}</style>"
        "<h1>Policies compared</h1><p>Mean over seeds; the line is the 95 % interval.</p>"
        f"{charts}</html>"
    )


def _chart(metric: str, figures: Sequence[Shown]) -> str:
    most = max((one.high for one in figures), default=0.0) or 1.0
    rows = "".join(_row(place, one, most) for place, one in enumerate(figures))
    height = len(figures) * (BAR + 6)
    return (
        f"<section><h2>{escape(metric)}</h2>"
        f'<svg viewBox="0 0 {LABEL + WIDTH + 70} {height}" role="img" '
        f'aria-label="{escape(metric)}">{rows}</svg></section>'
    )


def _row(place: int, one: Shown, most: float) -> str:
    top = place * (BAR + 6)
    middle = top + BAR / 2
    scale = WIDTH / most
    low, high = max(0.0, one.low) * scale + LABEL, one.high * scale + LABEL
    return (
        f'<text x="{LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(one.policy)}</text>'
        f'<rect x="{LABEL}" y="{top}" width="{max(0.0, one.value) * scale:.1f}" height="{BAR}" '
        'rx="3"/>'
        f'<line x1="{low:.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}" stroke-width="2"/>'
        f'<text x="{high + 6:.1f}" y="{middle + 4}">{one.value:.3g}</text>'
    )
