"""Sixty contractors who want the same order at the same moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from rules.errors import RuleViolation
from rules.policy import Policy
from tests.workflows.world import DAYLIGHT, Placed, Town

RUSH = 60


def wave_of(size: int) -> Policy:
    """A policy that asks so many at once."""
    return replace(DAYLIGHT, service=replace(DAYLIGHT.service, wave_sizes=(size,)))


async def everybody_asked(town: Town, size: int = RUSH) -> tuple[Placed, list[int]]:
    """An order of which `size` contractors hold a live offer of one wave."""
    for number in range(size):
        await town.contractor(km=1 + number / 10)
    order = await town.place(policy=wave_of(size))
    return order, await order.offered(size)


@dataclass(frozen=True)
class Rush:
    """What became of it: who won, how each other was refused, seconds until each answer."""

    winners: list[int]
    refusals: list[str]
    seconds: list[float]

    def latencies(self) -> str:
        """For the test's output: milliseconds until an answer."""
        ordered = sorted(self.seconds)
        middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
        return (
            f"{len(ordered)} acceptances: median {middle * 1000:.0f} ms,"
            f" p95 {late * 1000:.0f} ms, last {ordered[-1] * 1000:.0f} ms"
        )


async def all_at_once(
    contractors: Sequence[int], accept: Callable[[int], Awaitable[object]]
) -> Rush:
    """Let everybody accept concurrently; only a named refusal is an answer beside winning."""
    started = time.perf_counter()

    async def one(contractor: int) -> tuple[int, str | None, float]:
        refusal = None
        try:
            await accept(contractor)
        except RuleViolation as violation:
            refusal = type(violation).__name__
        return contractor, refusal, time.perf_counter() - started

    answers = await asyncio.gather(*map(one, contractors))
    return Rush(
        winners=[who for who, refusal, _ in answers if refusal is None],
        refusals=[refusal for _, refusal, _ in answers if refusal is not None],
        seconds=[seconds for _, _, seconds in answers],
    )


async def one_won(town: Town, order: Placed, rush: Rush) -> None:
    """Assert that the tables know one winner, one job and no place that is still held."""
    assert len(rush.winners) == 1
    row = await order.row()
    assert row["contractor_id"] == rush.winners[0]
    offers = await order.offers()
    assert [who for who, state in offers.items() if state == "won"] == rush.winners
    assert sum(state == "lost" for state in offers.values()) == len(offers) - 1
    taken = await town.world.rows(
        "SELECT id, busy, held FROM contractors WHERE id = ANY(:ids) AND busy + held > 0",
        ids=list(offers),
    )
    assert [(one["id"], one["busy"], one["held"]) for one in taken] == [(rush.winners[0], 1, 0)]
    assert (
        await town.world.rows("SELECT * FROM holds WHERE order_id = :id", id=order.order_id) == []
    )
