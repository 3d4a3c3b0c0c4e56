"""The bot's process: settings become parts, SIGTERM drains, the end is always the same."""

import asyncio
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import TLSConfig

from activities.gateways import offline_geocoder
from bot.app import Reception, build
from bot.connection import make_bot
from bot.visit import Desk
from models.database import Database
from rules.errors import RuleViolation
from rules.policy import POLICY_V1, Policy
from rules.policy_text import policy_from_json
from runtime.errors import configure_errors
from runtime.failpoints import configure_failpoints
from runtime.health import HealthServer
from runtime.logs import configure_logs
from runtime.signals import run_until_signal
from settings import Environment, Settings, load_settings
from workflows.client import Orders

NEEDS = ("database_url", "temporal_address", "telegram_token")
POOL_SIZE = 24


def main() -> None:
    """Read the settings and run until a signal."""
    settings = load_settings(needs=NEEDS)
    configure_logs("bot", settings.log_format, level=settings.log_level)
    configure_errors(
        _open(settings.sentry_dsn) or None,
        process="bot",
        environment=settings.env.value,
        expected=(RuleViolation,),
    )
    configure_failpoints(
        settings.failpoints,
        data_dir=settings.data_dir,
        production=settings.env is Environment.PRODUCTION,
    )
    run_until_signal(lambda stop: serve(settings, stop))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then finish what is being handled and sent."""
    database = Database(_open(settings.database_url), pool_size=POOL_SIZE)
    client = await _connect(settings)
    bot = make_bot(_open(settings.telegram_token), settings.telegram_api_url)

    async def database_answers() -> bool:
        async with database.reading() as session:
            await (await session.connection()).execute(text("SELECT 1"))
        return True

    checks = {"database": database_answers, "temporal": client.service_client.check_health}
    health = HealthServer(
        settings.bot_port, checks, host=settings.bind_host, metrics=settings.metrics
    )
    async with health, bot:
        desk = Desk(
            bot=bot,
            database=database,
            orders=Orders(client),
            places=offline_geocoder.gazetteer(),
            policy=_policy(settings.policy_file),
            public_url=settings.public_url,
            activates_at_once=settings.env is Environment.LOCAL,
            support_chat=settings.telegram_support_chat,
        )
        await build(desk, _reception(settings)).run(stop)
    await database.close()


def _reception(settings: Settings) -> Reception:
    if settings.telegram_mode == "polling":
        return Reception()
    url = f"{settings.public_url}/webhooks/telegram"
    return Reception(url, _open(settings.telegram_webhook_secret) or None)


async def _connect(settings: Settings) -> Client:
    assert settings.temporal_address is not None, "checked when the settings were read"
    return await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        api_key=_open(settings.temporal_api_key) or None,
        data_converter=pydantic_data_converter,
        tls=_tls(settings),
    )


def _tls(settings: Settings) -> TLSConfig | None:
    files = (settings.temporal_tls_ca, settings.temporal_tls_cert, settings.temporal_tls_key)
    if not any(files):
        return None
    authority, certificate, key = (path.read_bytes() if path else None for path in files)
    return TLSConfig(
        server_root_ca_cert=authority,
        client_cert=certificate,
        client_private_key=key,
        domain=settings.temporal_tls_server_name,
    )


def _policy(file: Path | None) -> Policy:
    """The policy that new orders are pinned to."""
    return policy_from_json(file.read_text(encoding="utf-8")) if file else POLICY_V1


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


if __name__ == "__main__":
    main()
