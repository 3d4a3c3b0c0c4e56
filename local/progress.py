"""What a person sees while the stack starts: one line per service, then the addresses."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.table import Table

LABELS = {
    "phones": "Two phones, client and contractor",
    "telegram": "Telegram simulator",
    "yookassa": "YooKassa simulator",
    "temporal": "Orders in the Temporal UI",
    "api": "API",
}


class Progress:
    """Prints events of the supervisor; safe to call from its thread."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console()
        self._began: dict[str, float] = {}
        self._pending: list[str] = []
        self._lock = threading.Lock()
        self._status: Status | None = None

    def __enter__(self) -> Self:
        """Nothing is shown before the first event."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the spinner away, so that an error message stands alone."""
        with self._lock:
            self._pending.clear()
            self._show_pending()
        if error is None or isinstance(error, KeyboardInterrupt | SystemExit):
            self.console.print("Everything is stopped.", style="dim")

    def report(self, name: str, event: str) -> None:
        """Show one event of one service."""
        with self._lock:
            if event == "starting":
                self._began[name] = time.monotonic()
                self._pending.append(name)
            else:
                self._pending = [pending for pending in self._pending if pending != name]
            self._show_pending()
            if event == "ready":
                seconds = time.monotonic() - self._began.get(name, time.monotonic())
                self.console.print(f"  [green]✓[/] {name:<11}[dim]{seconds:5.1f} s[/]")
            elif event not in {"starting", "stopping"}:
                self.console.print(f"  [yellow]![/] {name} {event}")
                self._began[name] = time.monotonic()

    def show_urls(self, urls: Mapping[str, str]) -> None:
        """The tour's addresses."""
        table = Table(box=None, show_header=False, padding=(0, 2))
        for key in sorted(urls, key=list(LABELS).index):
            table.add_row(LABELS[key], urls[key])
        self.console.print(table)
        self.console.print("Ctrl-C stops everything.", style="dim")

    def show_environment(self, path: Path) -> None:
        """Where those who run a process by hand find its settings."""
        self.console.print(f"Settings for processes started by hand: {path}", soft_wrap=True)

    def _show_pending(self) -> None:
        if not self._pending:
            if self._status:
                self._status.stop()
                self._status = None
            return
        text = f"starting {', '.join(self._pending)} …"
        if self._status is None and self.console.is_terminal:
            self._status = self.console.status(text)
            self._status.start()
        elif self._status is not None:
            self._status.update(text)
