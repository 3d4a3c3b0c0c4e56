"""`python -m local`: the product on one machine, and the commands around it."""

import contextlib
import logging
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from local.children import StartFailed
from local.data_dir import DataDirInUse
from local.ports import PortTaken
from local.postgres_home import UnsafeFolder
from local.progress import Progress
from local.stack import Stack
from rules.errors import BadInput
from runtime.exit import hard_exit
from settings import load_settings

PREDICTABLE = (BadInput, StartFailed, PortTaken, DataDirInUse, UnsafeFolder)


def _city(stack: Stack) -> None:
    from local.city import fill  # noqa: PLC0415 - the other commands start faster without it

    fill(stack)


DATA_SETS: dict[str, Callable[[Stack], None]] = {"city": _city}
app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


class Simulator(StrEnum):
    """The external services that have a simulator."""

    TELEGRAM = "telegram"
    YOOKASSA = "yookassa"


@app.command()
def up(
    data: Annotated[str | None, typer.Option(help="Fill it with people: city")] = None,
    services: Annotated[
        bool, typer.Option(help="Only what our processes need; run those by hand")
    ] = False,
) -> None:
    """Run the whole stack until Ctrl-C."""
    settings = load_settings()
    with (
        Progress() as progress,
        Stack(settings, report=progress.report, processes=not services) as stack,
    ):
        failure = None
        # From here on Ctrl-C is the way to end it, not an error.
        with contextlib.suppress(KeyboardInterrupt):
            if data:
                _fill(data, stack)
            progress.show_urls(stack.urls)
            if services:
                progress.show_environment(stack.data_dir / "stack.json")
            failure = stack.supervisor.wait()
    if failure:
        raise StartFailed(failure)


@app.command()
def demo() -> None:
    """Play one real order from the first tap to the settled ledger."""
    from local.demo import run  # noqa: PLC0415 - the other commands start faster without it

    raise typer.Exit(run(load_settings(), stay=sys.stdin.isatty()))


@app.command()
def chaos(
    seed: Annotated[int, typer.Option(help="The same seed, the same schedule")] = 7,
    orders: Annotated[int, typer.Option(help="How many orders live through it", min=1)] = 24,
) -> None:
    """Run orders under a schedule of faults and compare the books with the provider's."""
    from local.chaos import run  # noqa: PLC0415 - as above

    raise typer.Exit(run(seed, orders, load_settings().data_dir / "chaos.json"))


@app.command()
def histories() -> None:
    """Record the replay files again, from orders played on real parts."""
    from local.histories import record  # noqa: PLC0415 - as above

    raise typer.Exit(record())


@app.command()
def replay(
    order: Annotated[str, typer.Argument(help="The order's id, or its number such as D-1042")],
) -> None:
    """Export one order's history from the running stack and replay it on this code."""
    from local.replay import run  # noqa: PLC0415 - as above

    raise typer.Exit(run(load_settings(), order, Console()))


@app.command()
def books(
    order: Annotated[str, typer.Argument(help="The order's id, or its number such as D-1042")],
) -> None:
    """Rebuild an order's money from its journals and show it beside its row."""
    from local.order_books import run  # noqa: PLC0415 - as above

    settings = load_settings(needs=["database_url"])
    assert settings.database_url is not None
    raise typer.Exit(run(settings.database_url.get_secret_value(), order, Console()))


@app.command()
def simulate(
    policy: Annotated[Path | None, typer.Option(help="A policy file to set against v1")] = None,
    history: Annotated[Path | None, typer.Option(help="An exported season, not a town")] = None,
    seed: Annotated[int, typer.Option(help="The first seed")] = 1,
    seeds: Annotated[int, typer.Option(help="How many seasons", min=1, max=50)] = 5,
) -> None:
    """Compare policies on seeded seasons with the product's own scoring code."""
    from local.simulate import Wish, run  # noqa: PLC0415 - as above

    wish = Wish(policy, history, seed, seeds)
    raise typer.Exit(run(wish, load_settings().data_dir, Console()))


@app.command()
def bench(
    contractors: Annotated[int, typer.Option(help="How many in the large table")] = 1_000_000,
) -> None:
    """Measure the search and the holds against a floor in the same run."""
    from local.bench import run  # noqa: PLC0415 - as above

    raise typer.Exit(run(load_settings().data_dir, Console(), contractors))


@app.command()
def export_season(
    out: Annotated[Path, typer.Option(help="The file to write")] = Path("var/season.json"),
    days: Annotated[int, typer.Option(help="How many days back", min=1, max=400)] = 90,
) -> None:
    """Write the past season of DRILLFLOW_DATABASE_URL, without anything personal."""
    from local.season_export import run  # noqa: PLC0415 - as above

    settings = load_settings(needs=["database_url"])
    assert settings.database_url is not None
    raise typer.Exit(run(settings.database_url.get_secret_value(), out, days, Console()))


@app.command()
def register(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A business day")],
) -> None:
    """Write the accountant's register of a day: a workbook and two CSV files."""
    from local.register import run  # noqa: PLC0415 - as above

    for file in run(load_settings(), day.date()):
        typer.echo(file)


@app.command()
def migrate() -> None:
    """Bring the database of DRILLFLOW_DATABASE_URL to the newest schema."""
    from local.migrations import upgrade  # noqa: PLC0415 - as above

    settings = load_settings(needs=["database_url"])
    assert settings.database_url is not None
    upgrade(settings.database_url.get_secret_value(), settings.data_dir / "logs/migrations.log")


@app.command("settings")
def settings_table() -> None:
    """Print the table of all settings (docs/settings.md)."""
    from local.settings_table import markdown  # noqa: PLC0415 - as above

    typer.echo(markdown(), nl=False)


@app.command()
def check_migrations() -> None:
    """Compare the migrations with the models on an empty database of its own."""
    from local.migrations import check  # noqa: PLC0415 - as above

    raise typer.Exit(check())


@app.command()
def simulator(
    which: Simulator,
    data: Annotated[Path, typer.Option(help="Its SQLite file")],
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any")] = 0,
    webhook_url: Annotated[str | None, typer.Option(help="Where YooKassa's notices go")] = None,
    payments_url: Annotated[str | None, typer.Option(help="Who charges for invoices")] = None,
) -> None:
    """Serve one simulator; its credentials are the settings of the real service."""
    from local.simulator_servers import serve_telegram, serve_yookassa  # noqa: PLC0415 - as above

    settings = load_settings()
    if which is Simulator.TELEGRAM:
        serve_telegram(settings, data, port, payments_url)
    else:
        serve_yookassa(settings, data, port, webhook_url)


def _fill(data: str, stack: Stack) -> None:
    if data not in DATA_SETS:
        known = ", ".join(DATA_SETS) or "none yet"
        raise StartFailed(f"There is no data set {data!r}; there is: {known}.")
    DATA_SETS[data](stack)


def _stop_on_sigterm() -> None:
    """SIGTERM unwinds the stack as Ctrl-C does, and ends with 0: stopping was asked for."""

    def stop(number: int, frame: object) -> NoReturn:  # noqa: ARG001 - the interpreter's signature
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)


def main() -> NoReturn:
    """Run a command and end through the one exit."""
    _stop_on_sigterm()
    code: object = 0
    try:
        app()
    except PREDICTABLE as problem:
        Console(stderr=True).print(
            f"drillflow: {problem}", markup=False, highlight=False, soft_wrap=True
        )
        code = 1
    except SystemExit as end:
        code = end.code
    except Exception:
        logging.getLogger(__name__).exception("The command failed")
        code = 1
    hard_exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
