"""The arrows between rooms hold, and each contract breaks when its arrow is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
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


def run_import_linter(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the real command line as `make check` does; it reads `folder/pyproject.toml`."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def planted(house: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The copy with one forbidden import in it, taken out again afterwards."""
    package, statement = request.param
    module = house / package.replace(".", "/") / "planted_for_a_test.py"
    module.write_text(f'"""Planted."""\n\n{statement}\n', encoding="utf-8")
    yield house
    module.unlink()


def test_the_arrows_between_rooms_hold(house: Path) -> None:
    result = run_import_linter(house)

    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    ("contract", "planted"),
    [(contract, (package, statement)) for contract, package, statement in PLANTED],
    indirect=["planted"],
    ids=[f"{package}: {statement}" for _, package, statement in PLANTED],
)
def test_a_forbidden_import_breaks_its_contract(contract: str, planted: Path) -> None:
    result = run_import_linter(planted)

    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract} BROKEN" in result.stdout


def test_every_contract_has_a_planted_import() -> None:
    assert {contract for contract, _, _ in PLANTED} == set(CONTRACTS)
