"""The whole product on one machine, composed: every external part is replaceable by its setting."""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from types import TracebackType
from typing import Self

from local import migrations
from local.children import Service
from local.data_dir import DataDirLock, api_tokens, local_secrets, write_private
from local.ports import LOOPBACK, PortTaken, demanded, free_port, usual_or_free
from local.postgres import EmbeddedPostgres
from local.programs import Program
from local.supervisor import Report, RestartPolicy, Supervisor
from local.temporal import EmbeddedTemporal, TemporalOptions
from settings import LOCAL_MARK, PREFIX, Settings

LOCAL_PROVIDER_TOKEN = f"1:TEST:{LOCAL_MARK}provider"
"""No secret: Telegram's simulator takes any of this form, and production refuses it."""


@dataclass(frozen=True)
class Ports:
    """One port for each part, the usual ones by default."""

    api: int = 8000
    worker: int = 8001
    bot: int = 8002
    telegram: int = 8081
    yookassa: int = 8082
    temporal: int = 7233
    temporal_ui: int = 8233


def choose_ports(environment: Mapping[str, str]) -> Ports:
    """`DRILLFLOW_<PART>_PORT` where set (0: any free one), else the usual one if it is free.

    Raises:
        PortTaken: A port that was set is in use.
    """
    chosen: dict[str, int] = {}
    # Those that were set come first, so that no part without a wish takes their number.
    for part in fields(Ports):
        setting = f"{PREFIX}{part.name.upper()}_PORT"
        wanted = int(environment.get(setting) or 0)
        if wanted in chosen.values():
            raise PortTaken(f"Port {wanted} ({setting}) is set for two parts.")
        if wanted:
            chosen[part.name] = demanded(wanted, setting)
    for part in fields(Ports):
        usual = getattr(Ports, part.name)
        if environment.get(f"{PREFIX}{part.name.upper()}_PORT") == "0":
            usual = free_port()
        chosen.setdefault(part.name, usual_or_free(usual, chosen.values()))
    return Ports(**chosen)


class Stack:
    """Starts inside its `with` block, stops when it is left; one per data directory.

    `extra` is environment for our processes only, such as a shortened policy. Without
    `processes` only what they need is started, for those who run them by hand.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        report: Report = lambda name, event: None,  # noqa: ARG005 - the default reports nothing
        extra: Mapping[str, str] | None = None,
        processes: bool = True,
        temporal_options: TemporalOptions | None = None,
        restarts: RestartPolicy | None = None,
    ) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir.resolve()
        self.log_dir = self.data_dir / "logs"
        self.supervisor = Supervisor(report, restarts or RestartPolicy())
        self.ports = Ports()
        self.secrets: dict[str, str] = {}
        self.environment: dict[str, str] = dict(extra or {})
        self._extra = dict(extra or {})
        self._processes = processes
        self._temporal_options = temporal_options or TemporalOptions()
        self._report = report
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Start everything; what was started is stopped again if something fails."""
        with ExitStack() as opening:
            opening.enter_context(DataDirLock(self.data_dir))
            opening.enter_context(self.supervisor)
            self._start()
            self._open = opening.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything in reverse."""
        self._open.close()

    @property
    def urls(self) -> dict[str, str]:
        """What a person can open."""
        api = self.environment[f"{PREFIX}PUBLIC_URL"]
        found = {"api": f"{api}/docs"}
        if not self.settings.telegram_api_url:
            found["phones"] = f"{api}/local/phones"
            found["telegram"] = _loopback(self.ports.telegram)
        if not self.settings.yookassa_api_url:
            found["yookassa"] = _loopback(self.ports.yookassa)
        if not self.settings.temporal_address:
            found["temporal"] = _loopback(self.ports.temporal_ui)
        return found

    def _start(self) -> None:
        self.ports = choose_ports(os.environ)
        self.secrets = local_secrets(self.data_dir)
        services = self._temporal() + self._simulators()
        database_url, postgres = self._postgres()
        # PostgreSQL last: creating its files takes a second, in which the others start up.
        self.supervisor.start(*services, *postgres)
        self.environment |= self._own_environment(database_url) | self._extra
        self._report("migrations", "starting")
        migrations.upgrade(database_url, self.log_dir / "migrations.log")
        self._report("migrations", "ready")
        self._publish()
        if not self._processes:
            return
        self.supervisor.start(
            self._program("api", ["-m", "api"], self.ports.api),
            self._program("worker", ["worker.py"], self.ports.worker),
            self._program("bot", ["-m", "bot"], self.ports.bot),
        )

    def _postgres(self) -> tuple[str, list[Service]]:
        if self.settings.database_url:
            return self.settings.database_url.get_secret_value(), []
        server = EmbeddedPostgres(self.data_dir)
        return server.url(), [server]

    def _temporal(self) -> list[Service]:
        if self.settings.temporal_address:
            return []
        ports = self.ports
        return [
            EmbeddedTemporal(
                self.data_dir, ports.temporal, ports.temporal_ui, options=self._temporal_options
            )
        ]

    def _simulators(self) -> list[Service]:
        found: list[Service] = []
        secret = self.secrets
        if not self.settings.telegram_api_url:
            found.append(
                self._simulator(
                    "telegram",
                    self.ports.telegram,
                    ["--payments-url", _loopback(self.ports.yookassa)]
                    if self._takes_invoices
                    else [],
                    {f"{PREFIX}TELEGRAM_TOKEN": secret["telegram_token"]},
                )
            )
        if not self.settings.yookassa_api_url:
            found.append(
                self._simulator(
                    "yookassa",
                    self.ports.yookassa,
                    ["--webhook-url", f"{self._public_url}/webhooks/yookassa"],
                    {
                        f"{PREFIX}YOOKASSA_SHOP_ID": secret["yookassa_shop_id"],
                        f"{PREFIX}YOOKASSA_SECRET_KEY": secret["yookassa_secret_key"],
                    },
                )
            )
        return found

    @property
    def _takes_invoices(self) -> bool:
        """Telegram's simulator charges by the provider's: both must be ours."""
        return not (self.settings.telegram_api_url or self.settings.yookassa_api_url)

    def _simulator(
        self, name: str, port: int, options: Sequence[str], env: Mapping[str, str]
    ) -> Program:
        # Secrets go by the environment: arguments are visible to everybody on the machine.
        arguments = [
            "-m", "local", "simulator", name,
            "--port", str(port), "--data", str(self.data_dir / f"{name}.db"), *options,
        ]  # fmt: skip
        return Program(name, arguments, port, self.log_dir, env, ready_path="", health_path="")

    def _program(self, name: str, arguments: list[str], port: int) -> Program:
        return Program(name, arguments, port, self.log_dir, self.environment)

    @property
    def _public_url(self) -> str:
        """The setting where a person made one; else the port that was really taken."""
        if "public_url" in self.settings.model_fields_set:
            return self.settings.public_url
        return _loopback(self.ports.api)

    def _own_environment(self, database_url: str) -> dict[str, str]:
        """What the processes are told: addresses of embedded parts and generated secrets."""
        ports, settings, secret = self.ports, self.settings, self.secrets
        told: dict[str, object] = {
            "DATA_DIR": self.data_dir,
            "DATABASE_URL": database_url,
            "PUBLIC_URL": self._public_url,
            "API_PORT": ports.api,
            "WORKER_PORT": ports.worker,
            "BOT_PORT": ports.bot,
        }
        if not settings.temporal_address:
            told["TEMPORAL_ADDRESS"] = f"{LOOPBACK}:{ports.temporal}"
            told["TEMPORAL_UI_URL"] = _loopback(ports.temporal_ui)
        if not settings.telegram_api_url:
            told["TELEGRAM_API_URL"] = _loopback(ports.telegram)
            told["TELEGRAM_TOKEN"] = secret["telegram_token"]
            told["TELEGRAM_WEBHOOK_SECRET"] = secret["telegram_webhook_secret"]
        if self._takes_invoices and not settings.telegram_provider_token:
            told["TELEGRAM_PROVIDER_TOKEN"] = LOCAL_PROVIDER_TOKEN
        if not settings.yookassa_api_url:
            told["YOOKASSA_API_URL"] = f"{_loopback(ports.yookassa)}/v3"
            told["YOOKASSA_SHOP_ID"] = secret["yookassa_shop_id"]
            told["YOOKASSA_SECRET_KEY"] = secret["yookassa_secret_key"]
        if not settings.api_tokens:
            told["API_TOKENS"] = api_tokens(secret)
        if not settings.data_keys:
            told["DATA_KEYS"] = secret["data_key"]
        return {f"{PREFIX}{name}": str(value) for name, value in told.items()}

    def _publish(self) -> None:
        """Tell scripts and people where this instance is; holds a token, so owner only."""
        write_private(
            self.data_dir / "stack.json",
            {
                "urls": self.urls,
                "api_token": self.secrets["api_token"],
                "environment": self.environment,
            },
        )


def _loopback(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
