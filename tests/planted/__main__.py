"""Plant each bug of the lists in a copy of the tree and require its tests to turn red.

`python -m tests.planted [words …]`: with words only the bugs whose name or file has one of them.
First the same tests must pass unplanted. Writes var/planted.json; ends with 1 if a bug stays
green, if a test is red without one, or if a text to plant into is no longer there.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Queue

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.planted.bugs import ROOT, Bug, all_bugs

AT_ONCE = 2
SECONDS_OF_ONE, SECONDS_OF_ALL = 240, 900
REPORT = ROOT / "var" / "planted.json"
_QUIET = (
    "-q",
    "-p",
    "tests.planted.verdicts",
    "-p",
    "no:cacheprovider",
    "--tb=short",
    "--no-header",
)


@dataclass(frozen=True)
class Verdict:
    """What one test said of one bug."""

    bug: str
    test: str
    red: bool
    seconds: float
    file: str
    # Why it does not count as red; empty when it does.
    why: str = ""


def main(words: list[str]) -> int:
    """Plant, run, tell; returns the exit code."""
    console = Console(width=140)
    bugs = [one for one in all_bugs() if _is_meant(one, words)]
    gone = [one for one in bugs if one.places() != 1]
    for one in gone:
        console.print(f"[red]{one.name}[/]: its text stands {one.places()} times in {one.file}")
    bugs = [one for one in bugs if one not in gone]
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drillflow-planted-") as folder:
        Path(folder).chmod(0o755)
        copies = [_copy(Path(folder) / str(number)) for number in range(AT_ONCE)]
        broken = _red_without(copies[0], bugs)
        for test, why in broken.items():
            console.print(f"[red]red without any bug[/]: {escape(f'{test}: {why}')}")
        verdicts = _planted(copies, bugs) if not broken else []
    _show(console, verdicts)
    REPORT.parent.mkdir(exist_ok=True)
    told = json.dumps([asdict(one) for one in verdicts], ensure_ascii=False, indent=1)
    REPORT.write_text(told + "\n", encoding="utf-8")
    green = [one for one in verdicts if not one.red]
    took = time.monotonic() - started
    console.print(
        f"{len(bugs)} bugs, {len(verdicts)} verdicts, {len(green)} stayed green,"
        f" {len(gone)} not planted, {took:.0f} s: {REPORT.relative_to(ROOT)}"
    )
    return 1 if green or gone or broken else 0


def _is_meant(bug: Bug, words: list[str]) -> bool:
    return not words or any(word in bug.name or word in bug.file for word in words)


def _copy(target: Path) -> Path:
    """The tree as it is now without what git ignores, and with the same environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def _red_without(copy: Path, bugs: list[Bug]) -> dict[str, str]:
    """The named tests that are red though nothing is planted, and why."""
    wanted = sorted({test for bug in bugs for test in bug.tests})
    if not wanted:
        return {}
    said = _run(copy, wanted, "-n", str(AT_ONCE), "--dist", "loadfile", seconds=SECONDS_OF_ALL)
    broken = {}
    for test in wanted:
        mine = [one for one in said if _is_of(one["test"], test)]
        wrong = [one["raised"] for one in mine if not one["passed"]]
        if wrong or not mine:
            broken[test] = wrong[0] if wrong else "it did not run"
    return broken


def _planted(copies: list[Path], bugs: list[Bug]) -> list[Verdict]:
    free: Queue[Path] = Queue()
    for copy in copies:
        free.put(copy)

    def one_by_one(bug: Bug) -> list[Verdict]:
        copy = free.get()
        try:
            return _judged(copy, bug)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        return [verdict for found in pool.map(one_by_one, bugs) for verdict in found]


def _judged(copy: Path, bug: Bug) -> list[Verdict]:
    file, started = copy / bug.file, time.monotonic()
    before, times = file.read_text(encoding="utf-8"), file.stat()
    file.write_text(before.replace(bug.old, bug.new), encoding="utf-8")
    try:
        said = _run(copy, list(bug.tests), seconds=SECONDS_OF_ONE)
    finally:
        file.write_text(before, encoding="utf-8")
        # As it was for whoever compares times: the compiled module of the bug is stale now.
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    seconds = round(time.monotonic() - started, 1)
    return [
        Verdict(bug.name, test, not why, seconds, bug.file, why)
        for test in bug.tests
        for why in [_why_green(said, test)]
    ]


def _why_green(said: list[dict[str, str]], test: str) -> str:
    """Red is: a case of the test has failed, and whatever failed was an assertion."""
    mine = [one for one in said if _is_of(one["test"], test)]
    failed = [one for one in mine if not one["passed"]]
    other = [one["raised"] for one in failed if not one["asserted"]]
    if not mine:
        return "it did not run"
    return other[0] if other else "" if failed else "it passed"


def _is_of(found: str, test: str) -> bool:
    return found == test or found.startswith(f"{test}[")


def _run(copy: Path, tests: list[str], *more: str, seconds: int) -> list[dict[str, str]]:
    """Run tests in a copy; what they said, which is nothing when they could not be collected."""
    with tempfile.TemporaryFile("w+") as said, tempfile.NamedTemporaryFile() as verdicts:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST", "DRILLFLOW_"))
        }
        command = [sys.executable, "-m", "pytest", *_QUIET, *more, *tests]
        process = subprocess.Popen(
            command,
            cwd=copy,
            env={**environment, "DRILLFLOW_VERDICTS": verdicts.name},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
        lines = Path(verdicts.name).read_text(encoding="utf-8").splitlines()
        if not lines:
            said.seek(0)
            sys.stderr.write(f"nothing ran: {said.read()[-2000:]}\n")
    return [json.loads(line) for line in lines]


def _show(console: Console, verdicts: list[Verdict]) -> None:
    table = Table(title="Planted bugs and the tests that notice them", title_justify="left")
    for name in ("bug", "test", "red", "s"):
        table.add_column(name, overflow="fold")
    for one in verdicts:
        red = "[green]yes[/]" if one.red else f"[red]NO: {escape(one.why)}[/]"
        table.add_row(f"{one.bug}\n[dim]{one.file}[/]", escape(one.test), red, f"{one.seconds:.1f}")
    console.print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
