"""Sixty contractors hold a live offer of one wave and accept in the same moment."""

import sys

from tests.workflows.rush import RUSH, all_at_once, everybody_asked, one_won
from tests.workflows.world import Town


async def test_one_of_sixty_wins_at_the_workflows_own_door(town: Town) -> None:
    order, asked = await everybody_asked(town)
    assert len(asked) == RUSH
    rush = await all_at_once(asked, order.accept)
    sys.stdout.write(f"{rush.latencies()}\n")

    assert len(rush.refusals) == RUSH - 1
    assert set(rush.refusals) <= {"OrderTaken"}
    await one_won(town, order, rush)
