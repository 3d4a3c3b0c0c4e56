"""Plays every path and writes its history down; run by `make histories`, never by the tests."""

import pytest

from local.histories import REPLAY_DIR, written_down
from tests.replay import cancellations, paths
from tests.replay.steps import PATHS
from tests.workflows.world import Town

# Each of them adds its paths to the list when it is imported.
MODULES = (paths, cancellations)


@pytest.mark.parametrize("name", PATHS)
async def test_record(town: Town, name: str) -> None:
    order = await PATHS[name](town)
    history = await order.handle.fetch_history()
    (REPLAY_DIR / f"{name}.json").write_text(written_down(history))
