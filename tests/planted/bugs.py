"""Bugs that are planted on purpose, as data: what is changed, who must notice, what it would cost.

Each `*.toml` beside this file is a list of them. Lines of the product are quoted there word for
word, so that a bug whose place has moved is named instead of silently not planted.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Bug:
    """One change of one file, and the tests that must turn red by it."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    cost: str

    def places(self, root: Path = ROOT) -> int:
        """How often the quoted text stands in its file; planted is only where it is once."""
        file = root / self.file
        return file.read_text(encoding="utf-8").count(self.old) if file.is_file() else 0


def all_bugs() -> tuple[Bug, ...]:
    """Every bug of every list, in the order of the files' names."""
    found = []
    for file in sorted(HERE.glob("*.toml")):
        listed = tomllib.loads(file.read_text(encoding="utf-8"))["bug"]
        found += [Bug(**{**one, "tests": tuple(one["tests"])}) for one in listed]
    return tuple(found)
