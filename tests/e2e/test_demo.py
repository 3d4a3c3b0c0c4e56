"""The demo as a person without a terminal runs it: one real order, the books, nothing left."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local.ports import accepts
from local.postgres import EmbeddedPostgres
from local.programs import ROOT
from tests.e2e.house import PARTS

LONGEST_SECONDS = 280


@pytest.fixture(scope="module")
def demo_dir(service_dir: Path) -> Path:
    return service_dir / "demo"


@pytest.mark.slow
@pytest.mark.money
def test_the_demo_plays_one_order_and_leaves_balanced_books_and_no_process(demo_dir: Path) -> None:
    ports = {f"DRILLFLOW_{part}_PORT": "0" for part in PARTS}
    done = subprocess.run(
        [sys.executable, "-m", "local", "demo"],
        check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT,
        timeout=LONGEST_SECONDS,
        env={**os.environ, **ports, "DRILLFLOW_DATA_DIR": str(demo_dir)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

    said = json.loads((demo_dir / "demo.json").read_text())
    assert said["workflow_id"] == f"order-{said['order_id']}"
    assert said["state"] == "completed"
    assert 0 < said["elapsed_seconds"] < LONGEST_SECONDS
    assert said["ledger_sum_kopecks"] == said["deposit_kopecks"] == 0
    assert 0 < said["prepayment_kopecks"] == said["provider_captured_kopecks"]
    assert {"captured", "settled"} <= {one["kind"] for one in said["journals"]}
    assert {"phones", "telegram", "yookassa", "temporal", "api"} <= set(said["urls"])
    _inbox_has(demo_dir, said)
    _nothing_runs(demo_dir, said)


def _inbox_has(demo_dir: Path, said: dict[str, Any]) -> None:
    """Each person's event came in through the inbox, in which everything was served."""
    told = {one["update_id"] for one in said["events"] if one["update_id"] is not None}
    server = EmbeddedPostgres(demo_dir, fsync=False)
    server.start()
    try:
        served = "SELECT update_id FROM telegram_updates WHERE state = 'done'"
        found = {int(one) for one in server.execute(served, database="drillflow").split()}
        refused = "SELECT count(*) FROM offers WHERE state IN ('declined', 'expired')"
        assert int(server.execute(refused, database="drillflow")) >= 1
    finally:
        server.stop()
    assert len(told) >= 15
    assert told <= found


def _nothing_runs(demo_dir: Path, said: dict[str, Any]) -> None:
    ports = [int(url.split(":")[2].partition("/")[0]) for url in said["urls"].values()]
    assert not [port for port in ports if accepts(port)]
    running = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(demo_dir).encode() in line and int(process.name) != os.getpid():
            running.append(line)
    assert running == []
