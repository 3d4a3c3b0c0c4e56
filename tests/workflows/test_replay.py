"""Recorded orders of every path run on today's code, and a changed sequence is noticed."""

import importlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from temporalio.workflow import NondeterminismError

from local.histories import REPLAY_DIR, ROOT, read_history
from local.replay import differences, differs

RECORDED = {file.stem: file for file in sorted(REPLAY_DIR.glob("*.json"))}
# Those that tell what happens; the others are imported by the copy as they are.
COPIED = tuple(sorted(one.stem for one in (ROOT / "workflows").glob("order*.py")))
PAID = [name for name, file in RECORDED.items() if "create_payment" in file.read_text()]
# Reading one costs as much as replaying it.
recorded = cache(lambda name: read_history(RECORDED[name]))


@pytest.fixture(scope="module")
async def failures() -> dict[str, Exception | None]:
    """What each recorded order says to today's code; one worker replays them all."""
    found = await differences([recorded(name) for name in RECORDED])
    return dict(zip(RECORDED, found, strict=True))


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_order_replays_on_this_code(
    name: str, failures: dict[str, Exception | None]
) -> None:
    assert failures[name] is None


def test_every_way_an_order_can_end_is_recorded() -> None:
    kinds = {name.partition("_")[0] for name in RECORDED}

    assert {"completed", "cancelled", "unpaid", "no", "redispatched", "disputed"} <= kinds
    assert len(RECORDED) >= 30


def planted(folder: Path, swaps: dict[str, str]) -> type:
    """The workflow from a copy of its modules in which activities have changed places."""
    package = folder / "planted"
    package.mkdir()
    names = re.compile("|".join(map(re.escape, swaps)) or "(?!)")
    count = 0
    for module in COPIED:
        text = (ROOT / "workflows" / f"{module}.py").read_text()
        text, found = names.subn(lambda match: swaps[match[0]], text)
        count += found
        for other in COPIED:
            text = text.replace(f"from workflows.{other} import", f"from planted.{other} import")
        (package / f"{module}.py").write_text(text)
    assert count == len(swaps), "the modules have changed: choose other activities to swap"
    workflow: type = importlib.import_module("planted.order").OrderWorkflow
    return workflow


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import the copy from; nothing of it stays."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [one for one in sys.modules if one.partition(".")[0] == "planted"]:
        del sys.modules[name]


async def test_copy_without_a_swap_replays(folder: Path) -> None:
    history = recorded("completed_by_card")

    assert await differs(history, [planted(folder, {})]) is None


async def test_swapping_the_first_write_with_the_later_ones_fails_every_history(
    folder: Path,
) -> None:
    opening, commit = "OrderActivities.open", "OrderActivities.commit"
    workflow = planted(folder, {opening: commit, commit: opening})

    histories = [recorded(name) for name in RECORDED]
    failures = await differences(histories, [workflow])
    for name, failure in zip(RECORDED, failures, strict=True):
        assert isinstance(failure, NondeterminismError), name


async def test_swapping_two_payment_operations_fails_every_paid_history(folder: Path) -> None:
    create, get = "PaymentActivities.create_payment", "PaymentActivities.get_payment"
    workflow = planted(folder, {create: get, get: create})

    histories = [recorded(name) for name in PAID]
    failures = await differences(histories, [workflow])
    for name, failure in zip(PAID, failures, strict=True):
        assert isinstance(failure, NondeterminismError), name
    assert len(PAID) >= 15
