"""`make chaos`: many orders under a seeded schedule of faults, then the books and the provider.

The run ends with faults off and time to finish; an order that does not close is a failure, too.
"""

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from temporalio.client import Client
from temporalio.service import RPCError

from local.chaos_blows import Blows
from local.chaos_board import Board
from local.chaos_books import Breaches, Ours, breaches, read_ours, read_theirs
from local.chaos_people import Scene, Story
from local.chaos_plan import (
    CANCELLED_AFTER_PAYMENT_SHARE,
    PAID_SHARE,
    Plan,
    plan,
)
from local.chaos_stage import POLICY_FILE, Stage, settle_contractors, stage
from models.database import Database
from rules.policy_text import policy_from_json
from runtime.payloads import data_converter
from settings import PREFIX
from workflows.client import Orders

AT_ONCE = 16
# One order's life under faults, and how long the last ones may take when all is well again;
# bounds for a slow machine, nothing waits for them otherwise.
LIFE_SECONDS, STORM_SECONDS, CALM_SECONDS = 240.0, 10.0, 120.0
CHECK_SECONDS = 30.0


@dataclass(frozen=True)
class Outcome:
    """What a run has come to: `kinds` had to happen, `violations` has every invariant."""

    seed: int
    orders: int
    kinds: tuple[str, ...]
    fired: dict[str, int]
    violations: Breaches
    paid: int
    cancelled_after_payment: int
    still_open: int
    ends: dict[str, int]
    seconds: float

    def problems(self) -> list[str]:
        """Why this run is not good, in words."""
        found = [f"{name}: {one}" for name, rows in self.violations.items() for one in rows]
        found += [f"{kind} never happened" for kind in self.kinds if not self.fired.get(kind)]
        if self.still_open:
            found.append(f"{self.still_open} orders never closed")
        if self.paid < PAID_SHARE * self.orders:
            found.append(f"only {self.paid} of {self.orders} orders were paid")
        if self.cancelled_after_payment < CANCELLED_AFTER_PAYMENT_SHARE * self.orders:
            cancelled = self.cancelled_after_payment
            found.append(f"only {cancelled} of {self.orders} were cancelled after payment")
        return found

    def document(self) -> dict[str, Any]:
        """What is written to `chaos.json`."""
        return {
            "seed": self.seed,
            "orders": self.orders,
            "fired": {kind: self.fired.get(kind, 0) for kind in self.kinds},
            "violations": {name: len(rows) for name, rows in self.violations.items()},
            "paid": self.paid,
            "cancelled_after_payment": self.cancelled_after_payment,
            "still_open": self.still_open,
            "ends": self.ends,
            "seconds": round(self.seconds, 1),
            "problems": self.problems(),
        }


def run(seed: int, orders: int, result: Path) -> int:
    """Play a whole run, print and write what came of it; 0 only if nothing is wrong."""
    console, began = Console(), time.monotonic()

    def report(name: str, event: str) -> None:
        if event not in ("starting", "stopping"):
            console.print(f"  {time.monotonic() - began:5.1f} s  {name} {event}", style="dim")

    console.print(f"{orders} orders under faults, seed {seed} …")
    with stage(report) as ready:
        outcome = asyncio.run(_play(ready, plan(seed, orders), began))
        if outcome.problems():
            _keep_logs(ready, result)
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(outcome.document(), ensure_ascii=False, indent=2))
    _show(console, outcome, result)
    return 1 if outcome.problems() else 0


def _hush(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A start that ran into its time limit leaves a future that nobody asks: expected here."""
    if not isinstance(context.get("exception"), RPCError):
        loop.default_exception_handler(context)


async def _play(ready: Stage, wanted: Plan, began: float) -> Outcome:
    asyncio.get_running_loop().set_exception_handler(_hush)
    told = ready.stack.environment
    database = Database(ready.url)
    api_url = told[f"{PREFIX}YOOKASSA_API_URL"]
    board = Board(database)
    try:
        await settle_contractors(database)
        address = told[f"{PREFIX}TEMPORAL_ADDRESS"]
        client = await Client.connect(address, data_converter=data_converter)
        policy = policy_from_json(POLICY_FILE.read_text(encoding="utf-8"))
        root = api_url.removesuffix("/v3")
        async with httpx.AsyncClient(base_url=root, timeout=15, trust_env=False) as bank:
            scene = Scene(Orders(client), database, board, bank, policy)
            watching = asyncio.create_task(board.watch())
            fired, fates = await _act(ready, wanted, scene)
            watching.cancel()
        secrets = told[f"{PREFIX}YOOKASSA_SHOP_ID"], told[f"{PREFIX}YOOKASSA_SECRET_KEY"]
        ours, found = await _check(database, api_url, secrets)
    finally:
        await database.close()
    ends = Counter(f"{fates[one['id']]}: {one['state']}" for one in ours.orders)
    return _outcome(wanted, ours, found, (fired, dict(ends)), time.monotonic() - began)


async def _act(ready: Stage, wanted: Plan, scene: Scene) -> tuple[dict[str, int], dict[str, str]]:
    """Everybody lives and everything strikes; afterwards it is calm until all is closed."""
    places = asyncio.Semaphore(AT_ONCE)

    async def live(story: Story) -> None:
        async with places:
            with suppress(TimeoutError):
                await asyncio.wait_for(story.play(), LIFE_SECONDS)

    blows = Blows(wanted, ready.stack, ready.keeper, scene.bank, scene.board)
    await blows.prepare()
    striking = asyncio.create_task(blows.run())
    stories = [Story(scene, life) for life in wanted.lives]
    lives = [asyncio.create_task(live(story)) for story in stories]
    # Whoever does not end by himself under faults does when it is calm.
    await asyncio.wait([striking, *lives[:-AT_ONCE]], timeout=LIFE_SECONDS * len(lives) / AT_ONCE)
    await asyncio.wait(lives, timeout=STORM_SECONDS)
    striking.cancel()
    await asyncio.gather(striking, return_exceptions=True)
    await blows.heal()
    await blows.let_pages_expire()
    await asyncio.wait(lives, timeout=CALM_SECONDS)
    for one in lives:
        one.cancel()
    for ended in await asyncio.gather(*lives, return_exceptions=True):
        if isinstance(ended, Exception) and not isinstance(ended, RPCError):
            raise ended
    return await blows.fired(), {one.order_id: one.life.fate.value for one in stories}


async def _check(
    database: Database, api_url: str, secrets: tuple[str, str]
) -> tuple[Ours, Breaches]:
    """Compare; what only has to settle for a moment gets that moment."""
    until = time.monotonic() + CHECK_SECONDS
    while True:
        ours = await read_ours(database)
        found = breaches(ours, await read_theirs(api_url, *secrets))
        is_calm = all(order["is_closed"] for order in ours.orders)
        if is_calm or time.monotonic() > until:
            return ours, found
        await asyncio.sleep(1.0)


def _outcome(
    wanted: Plan,
    ours: Ours,
    found: Breaches,
    counted: tuple[dict[str, int], dict[str, int]],
    seconds: float,
) -> Outcome:
    cancelled = [one for one in ours.orders if one["was_paid"] and one["state"] == "cancelled"]
    return Outcome(
        seed=wanted.seed,
        orders=len(wanted.lives),
        kinds=wanted.kinds,
        fired=counted[0],
        violations=found,
        paid=sum(bool(one["was_paid"]) for one in ours.orders),
        cancelled_after_payment=len(cancelled),
        still_open=len(wanted.lives) - sum(bool(one["is_closed"]) for one in ours.orders),
        ends=counted[1],
        seconds=seconds,
    )


def _keep_logs(ready: Stage, result: Path) -> None:
    """A bad run's logs outlive its folder."""
    kept = result.with_suffix(".logs")
    kept.mkdir(parents=True, exist_ok=True)
    for log in ready.stack.log_dir.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes())


def _show(console: Console, outcome: Outcome, result: Path) -> None:
    table = Table("fault", "times", "invariant", "broken", box=None, title="Chaos")
    broken = [(name, str(len(rows))) for name, rows in outcome.violations.items()]
    fired = sorted(outcome.document()["fired"].items())
    for place in range(max(len(fired), len(broken))):
        left = fired[place] if place < len(fired) else ("", "")
        right = broken[place] if place < len(broken) else ("", "")
        table.add_row(left[0], str(left[1]), *right)
    console.print(table)
    console.print(
        f"seed {outcome.seed}: {outcome.orders} orders in {outcome.seconds:.0f} s,"
        f" {outcome.paid} paid, {outcome.cancelled_after_payment} cancelled after payment."
        f" {result}",
        soft_wrap=True,
    )
    for problem in outcome.problems():
        console.print(f"[red]{problem}[/]", soft_wrap=True)
