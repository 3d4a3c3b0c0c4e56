"""The bot's process: settings become parts, SIGTERM drains, the end is always the same."""

import asyncio

from pydantic import SecretStr
from sqlalchemy import text

from activities.gateways import offline_geocoder
from activities.gateways.file_store import EncryptedFileStore
from activities.geocoding_book import address_book
from bot.app import Reception, build
from bot.connection import make_bot
from bot.limits import Limits
from bot.visit import Desk
from composition import configure, connect, file_keys, policy
from models.database import Database
from runtime.health import HealthServer
from runtime.signals import run_until_signal
from settings import Environment, Settings, load_settings
from workflows.client import Orders
from workflows.geocoding_door import addresses
from workflows.payout_door import Payouts
from workflows.reconciliation_door import Reconciliations

NEEDS = ("database_url", "temporal_address", "telegram_token")
POOL_SIZE = 24


def main() -> None:
    """Read the settings and run until a signal."""
    settings = load_settings(needs=NEEDS)
    configure(settings, "bot")
    run_until_signal(lambda stop: serve(settings, stop))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then finish what is being handled and sent."""
    database = Database(_open(settings.database_url), pool_size=POOL_SIZE)
    client = await connect(settings)
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
            files=_files(settings, database),
            payouts=Payouts(client),
            reconciliation=Reconciliations(client),
            places=offline_geocoder.gazetteer(),
            addresses=addresses(client, address_book(database, settings.geocoder)),
            policy=policy(settings),
            public_url=settings.public_url,
            activates_at_once=settings.env is Environment.LOCAL,
            support_chat=settings.telegram_support_chat,
            provider_token=_open(settings.telegram_provider_token) or None,
        )
        await build(desk, _reception(settings), _limits(settings)).run(stop)
    await database.close()


def _files(settings: Settings, database: Database) -> EncryptedFileStore | None:
    keys = file_keys(settings)
    return EncryptedFileStore(database, settings.data_dir / "files", keys) if keys else None


def _limits(settings: Settings) -> Limits | None:
    # The local simulator takes more than Telegram does: nobody should wait there for nothing.
    if settings.env is Environment.LOCAL and settings.telegram_api_url:
        return Limits(
            chat_per_second=5.0, chat_burst=20, overall_per_second=200.0, overall_burst=200
        )
    return None


def _reception(settings: Settings) -> Reception:
    if settings.telegram_mode == "polling":
        return Reception()
    url = f"{settings.public_url}/webhooks/telegram"
    return Reception(url, _open(settings.telegram_webhook_secret) or None)


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


if __name__ == "__main__":
    main()
