"""Replay: does today's code still tell an order's story as its history tells it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from uuid import UUID

from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from composition import connect
from local.children import StartFailed
from runtime.payloads import data_converter
from settings import PREFIX, Settings
from workflows.client import workflow_id
from workflows.runner import WORKFLOWS, sandbox_runner

REACH_SECONDS = 10.0
ID_OF_NUMBER = text("SELECT id FROM orders WHERE number = :number")


async def differs(
    history: WorkflowHistory, workflows: Sequence[type] = WORKFLOWS
) -> Exception | None:
    """Replay one history as the workers would; None if it runs as recorded, else why not."""
    return (await differences([history], workflows))[0]


async def differences(
    histories: Sequence[WorkflowHistory], workflows: Sequence[type] = WORKFLOWS
) -> list[Exception | None]:
    """Replay histories one after the other; for each None or why it runs otherwise."""

    async def one_by_one() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    replayer = Replayer(
        workflows=workflows,
        workflow_runner=sandbox_runner(),
        data_converter=data_converter,
    )
    async with replayer.workflow_replay_iterator(one_by_one()) as results:
        return [result.replay_failure async for result in results]


def run(settings: Settings, order: str, console: Console) -> int:
    """Export one order's history from the running stack and replay it; 0 if it runs as recorded.

    `order` is its id, the workflow's id or the number that people see, such as D-1042.

    Raises:
        StartFailed: There is no stack, or no such order.
    """
    return asyncio.run(_run(_reachable(settings), order, console))


async def _run(settings: Settings, order: str, console: Console) -> int:
    found = workflow_id(await _order_id(settings, order))
    history = await _history(await _connected(settings), found)
    file = settings.data_dir / "replay" / f"{found}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(history.to_json())
    console.print(f"{found}: {len(history.events)} events, exported to {file}", soft_wrap=True)
    failure = await differs(history)
    if failure is None:
        console.print("[green]It replays on this code: every step comes out as recorded.[/]")
        return 0
    console.print("[red]It does not replay on this code:[/]", soft_wrap=True)
    console.print(str(failure), markup=False, highlight=False, soft_wrap=True)
    console.print("Keep the old sequence for open orders with workflow.patched().")
    return 1


def _reachable(settings: Settings) -> Settings:
    """The settings with the addresses of the stack that runs on this data directory."""
    if settings.temporal_address:
        return settings
    published = settings.data_dir / "stack.json"
    if not published.exists():
        raise StartFailed(
            f"No stack has run in {settings.data_dir}. Start one with `make up`, "
            f"or set {PREFIX}TEMPORAL_ADDRESS."
        )
    told = json.loads(published.read_text())["environment"]
    names = ("temporal_address", "database_url")
    values = {name: told.get(f"{PREFIX}{name.upper()}") for name in names}
    return Settings(**{name: value for name, value in values.items() if value})


async def _order_id(settings: Settings, order: str) -> str:
    name = order.strip().removeprefix("order-")
    with suppress(ValueError):
        return str(UUID(name))
    number = name.upper().removeprefix("D-")
    if not number.isdecimal() or settings.database_url is None:
        raise StartFailed(f"{order!r} is neither an order's id nor a number such as D-1042.")
    found = await _id_of_number(settings.database_url.get_secret_value(), int(number))
    if found is None:
        raise StartFailed(f"There is no order D-{number}.")
    return found


async def _id_of_number(url: str, number: int) -> str | None:
    engine = create_async_engine(url, connect_args={"timeout": REACH_SECONDS})
    try:
        async with engine.connect() as connection:
            found = await connection.scalar(ID_OF_NUMBER, {"number": number})
    except OSError as error:
        raise StartFailed("The database does not answer. Is the stack running?") from error
    finally:
        await engine.dispose()
    return None if found is None else str(found)


async def _connected(settings: Settings) -> Client:
    try:
        return await asyncio.wait_for(connect(settings), REACH_SECONDS)
    except (RuntimeError, TimeoutError) as error:
        raise StartFailed(
            f"Temporal does not answer at {settings.temporal_address}. Is the stack running?"
        ) from error


async def _history(client: Client, found: str) -> WorkflowHistory:
    try:
        return await client.get_workflow_handle(found).fetch_history()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise StartFailed(f"Temporal knows no {found} (any more).") from error
        raise
