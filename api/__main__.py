"""`python -m api`: reads the settings, builds the services, serves until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import timedelta

import uvicorn
from sqlalchemy import text
from temporalio.client import Client
from typing_extensions import override

from activities.gateways import offline_geocoder
from activities.gateways.file_store import EncryptedFileStore
from activities.geocoding_book import address_book
from api.app import create_app
from api.deps import Caller, Limits, Places, Services, Site, TelegramHook
from api.problems import Problem
from api.routes.codec import origin_of
from composition import configure, connect, converter, file_keys, policy, refuse
from models.database import Database
from models.queries.plain import run
from runtime.signals import run_until_signal
from settings import Environment, Settings, load_settings
from workflows.client import Orders, Unavailable
from workflows.geocoding_door import addresses
from workflows.payout_door import Payouts
from workflows.reconciliation_door import Reconciliations

DRAIN_SECONDS = 10
CONNECTIONS_MAX = 1_000
_CHECK = timedelta(seconds=2)
# One person's demo, benchmark and browser all come from the same address.
_LOCAL_LIMITS = Limits(
    api=(2_000, 1_000.0), page=(500, 100.0), hook=(5_000, 2_000.0), bad_secret=(100, 10.0)
)


class Server(uvicorn.Server):
    """The HTTP server without its own signal handlers: `runtime.signals` has them."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


def telegram_hook(settings: Settings) -> TelegramHook | None:
    """Where updates are accepted; None when the bot fetches them itself."""
    if settings.telegram_mode != "webhook":
        return None
    token = settings.telegram_token.get_secret_value() if settings.telegram_token else ""
    bot_id = token.partition(":")[0]
    if not bot_id.isdecimal():
        refuse("DRILLFLOW_TELEGRAM_TOKEN must look like 123456:secret.")
    secret = settings.telegram_webhook_secret
    if secret is None or not secret.get_secret_value():
        refuse("DRILLFLOW_TELEGRAM_WEBHOOK_SECRET is not set; webhook mode needs it.")
    return TelegramHook(int(bot_id), secret.get_secret_value())


def site(settings: Settings) -> Site:
    """Where we are seen; beside the simulators also where they are."""
    is_local = settings.env is Environment.LOCAL
    phones, pays = settings.telegram_api_url, settings.yookassa_api_url
    return Site(
        public_url=settings.public_url,
        phones_url=f"{phones}/local/phones" if is_local and phones else None,
        payment_origin="/".join(pays.split("/")[:3]) if is_local and pays else None,
        temporal_ui_origin=origin_of(settings.temporal_ui_url),
        metrics=settings.metrics,
    )


def services(settings: Settings, database: Database, client: Client) -> Services:
    """Everything the routes need, from the settings."""

    async def database_answers() -> bool:
        async with database.reading() as session:
            await run(session, text("SELECT 1"))
        return True

    async def temporal_answers() -> bool:
        return await client.service_client.check_health(timeout=_CHECK)

    keys = file_keys(settings)
    return Services(
        database=database,
        orders=Orders(client),
        payouts=Payouts(client),
        files=EncryptedFileStore(database, settings.data_dir / "files", keys) if keys else None,
        reconciliation=Reconciliations(client),
        places=Places(
            offline_geocoder.find,
            offline_geocoder.nearest,
            offline_geocoder.gazetteer().is_town_only,
            addresses(client, address_book(database, settings.geocoder)),
        ),
        site=site(settings),
        telegram=telegram_hook(settings),
        callers={one.sha256: Caller(one.name, one.scopes) for one in settings.api_tokens},
        policy=policy(settings),
        checks={"database": database_answers, "temporal": temporal_answers},
        codec=converter(settings).payload_codec,
        limits=_LOCAL_LIMITS if settings.env is Environment.LOCAL else Limits(),
    )


def server(settings: Settings, given: Services) -> Server:
    """The server with bounds; our own middleware logs and answers faults."""
    return Server(
        uvicorn.Config(
            create_app(given),
            host=settings.bind_host,
            port=settings.api_port,
            access_log=False,
            log_config=None,
            server_header=False,
            # Behind an edge on this machine; elsewhere nobody's word counts for an address.
            proxy_headers=settings.env is Environment.PRODUCTION,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            ws="none",
        )
    )


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then let running requests finish."""
    assert settings.database_url is not None, "checked when the settings were read"
    database = Database(settings.database_url.get_secret_value())
    try:
        given = services(settings, database, await connect(settings, lazy=True))
        serving = server(settings, given)
        running = asyncio.create_task(serving.serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        serving.should_exit = True
        await running
    finally:
        await database.close()


def main() -> None:
    """Read the settings and run until a signal."""
    settings = load_settings(needs=("database_url", "temporal_address"))
    configure(settings, "api", expected=(Unavailable, Problem))
    run_until_signal(lambda stop: serve(settings, stop))


if __name__ == "__main__":
    main()
