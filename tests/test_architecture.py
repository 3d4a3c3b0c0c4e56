"""The arrows between rooms hold, and each contract breaks when its arrow is broken."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = CONFIGURATION["tool"]["importlinter"]["root_packages"]
CONTRACTS = [contract["name"] for contract in CONFIGURATION["tool"]["importlinter"]["contracts"]]

PLANTED = [
    ("Imports only point downwards", "models", "import workflows"),
    ("Imports only point downwards", "rules", "import texts"),
    ("Imports only point downwards", "api", "import bot"),
    ("Imports only point downwards", "texts", "import models"),
    ("rules is pure", "rules", "import random"),
    ("rules is pure", "rules", "import sqlmodel"),
    ("texts imports only rules", "texts", "import httpx"),
    ("texts imports only rules", "texts", "import runtime"),
    ("runtime knows no business", "runtime", "import rules"),
    ("Workflow code imports no I/O", "workflows", "import asyncpg"),
    ("Workflow code imports no I/O", "workflows", "import models"),
    ("Entry points act only through workflows", "bot", "import activities"),
    ("Entry points act only through workflows", "api", "import settings"),
    ("Only composition roots build gateways", "workflows", "import activities.gateways"),
    ("Only the gateway speaks to YooKassa's package", "activities", "import yookassa"),
    ("Simulators share nothing with what they test", "local.simulators", "import rules"),
]

# The command line that `make check` runs, in one interpreter for all plants: starting it and
# reading all rooms anew for each would take five times as long. It reads ./pyproject.toml.
ONE_BY_ONE = """
import contextlib, io, json, pathlib, sys
from importlinter import cli

verdicts = {}
for number, (name, package, statement) in enumerate(json.load(sys.stdin)):
    module = pathlib.Path(package.replace(".", "/")) / f"planted_for_a_test_{number}.py"
    if package:
        module.write_text(statement, encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = cli.lint_imports(cache_dir=".seen", no_logo=True)
    module.unlink(missing_ok=True)
    verdicts[name] = (code, said.getvalue())
print(json.dumps(verdicts))
"""


def name_of(package: str, statement: str) -> str:
    """How a planted import is called."""
    return f"{package}: {statement}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the rooms in which imports can be planted."""
    copy = tmp_path_factory.mktemp("house")
    for room in ROOMS:
        for source in (ROOT / room).rglob("*.py"):
            target = copy / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    for package in (*ROOMS, "activities/gateways", "local/simulators"):
        init = copy / package / "__init__.py"
        init.parent.mkdir(parents=True, exist_ok=True)
        init.touch()
    shutil.copyfile(ROOT / "pyproject.toml", copy / "pyproject.toml")
    return copy


@dataclass(frozen=True)
class Verdict:
    """What the linter says of the rooms with one import planted, and its exit code."""

    code: int
    said: str


@pytest.fixture(scope="module")
def verdicts(house: Path) -> dict[str, Verdict]:
    """By planted import; without any under the empty name."""
    planted = [[name_of(package, line), package, line] for _, package, line in PLANTED]
    result = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE],
        input=json.dumps([["", "", ""], *planted]),
        cwd=house,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return {name: Verdict(*found) for name, found in json.loads(result.stdout).items()}


def test_the_arrows_between_rooms_hold(verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[""]

    assert verdict.code == 0, verdict.said
    assert f"{len(CONTRACTS)} kept, 0 broken" in verdict.said


@pytest.mark.parametrize(
    ("contract", "planted"),
    [(contract, name_of(package, statement)) for contract, package, statement in PLANTED],
    ids=[name_of(package, statement) for _, package, statement in PLANTED],
)
def test_a_forbidden_import_breaks_its_contract(
    contract: str, planted: str, verdicts: dict[str, Verdict]
) -> None:
    verdict = verdicts[planted]

    assert verdict.code == 1, verdict.said
    assert f"{contract} BROKEN" in verdict.said


def test_every_contract_has_a_planted_import() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)
