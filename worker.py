"""The worker process: runs workflows and activities until it is told to stop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from sqlalchemy import text

from activities.gateways.online_geocoders import OnlineGeocoder
from activities.gateways.payout_file import PayoutFileGateway
from activities.gateways.yookassa import YooKassaGateway
from activities.gateways.yookassa_receipts import YooKassaReceipts
from activities.geocoding import GeocodingActivities
from activities.offers import OfferActivities
from activities.orders import OrderActivities
from activities.payment_records import Shop
from activities.payments import PaymentActivities, PaymentTerms
from activities.payouts import PayoutActivities
from activities.receipts import ReceiptActivities
from activities.reconciliation import ReconciliationActivities
from composition import configure, connect
from models.database import Database
from rules.geocoding import Provider
from rules.receipts import Tax
from runtime.errors import SentryInterceptor
from runtime.health import HealthServer
from runtime.signals import run_until_signal
from settings import Settings, load_settings
from workflows import schedules
from workflows.runner import PAYMENTS_MAX, Crew, geocode_worker, main_worker, payments_worker

NEEDS = ("database_url", "temporal_address", "yookassa_shop_id", "yookassa_secret_key")
YOOKASSA_URL = "https://api.yookassa.ru/v3"
POOL_SIZE = 16


def crew(settings: Settings, database: Database) -> Crew:
    """The activities with their real gateways; call it on the loop that owns the database."""
    shop_id, secret = settings.yookassa_shop_id, settings.yookassa_secret_key
    assert shop_id is not None, "checked when the settings were read"
    assert secret is not None, "checked when the settings were read"
    secret_key = secret.get_secret_value()
    url = settings.yookassa_api_url or YOOKASSA_URL
    patience = settings.yookassa_timeout_seconds
    gateway = YooKassaGateway(shop_id, secret_key, url, read_timeout=patience)
    shop = Shop(settings.env.value, shop_id, tax(settings))
    terms = PaymentTerms(
        env=settings.env.value,
        shop_id=shop_id,
        public_url=settings.public_url,
        expect_test=not secret_key.startswith("live_"),
        tax=shop.tax,
        invoices=settings.telegram_provider_token is not None,
    )
    loop = asyncio.get_running_loop()
    payments = PaymentActivities(database, gateway, loop, terms)
    return Crew(
        orders=OrderActivities(database),
        offers=OfferActivities(database),
        payments=payments,
        receipts=ReceiptActivities(
            database, YooKassaReceipts(shop_id, secret_key, url, patience), loop, shop
        ),
        payouts=PayoutActivities(database, PayoutFileGateway(settings.data_dir / "payouts")),
        reconciliation=ReconciliationActivities(database, gateway, loop, payments, terms),
        geocoding=geocoding(settings, database),
    )


def geocoding(settings: Settings, database: Database) -> GeocodingActivities | None:
    """Questions to the geocoder that the settings name; None for our own table."""
    if settings.geocoder == "offline":
        return None
    key = settings.geocoder_key.get_secret_value() if settings.geocoder_key else ""
    geocoder = OnlineGeocoder(Provider(settings.geocoder), url=settings.geocoder_url, key=key)
    return GeocodingActivities(database, geocoder)


def tax(settings: Settings) -> Tax | None:
    """What receipts say of taxes; None when none are made."""
    if settings.receipts == "off":
        return None
    return Tax(settings.receipts_vat_code, settings.receipts_tax_system, settings.receipts_subject)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Work until `stop` is set, then let running activities finish."""
    assert settings.database_url is not None, "checked when the settings were read"
    database = Database(settings.database_url.get_secret_value(), pool_size=POOL_SIZE)
    client = await connect(settings)
    everybody = crew(settings, database)
    interceptors = (SentryInterceptor(),)

    async def database_answers() -> bool:
        async with database.reading() as session:
            await (await session.connection()).execute(text("SELECT 1"))
        return True

    with ThreadPoolExecutor(PAYMENTS_MAX, thread_name_prefix="payments") as threads:
        workers = [
            main_worker(client, everybody, interceptors),
            payments_worker(client, everybody, threads, interceptors),
        ]
        if everybody.geocoding is not None:
            workers.append(geocode_worker(client, everybody.geocoding, interceptors))
        checks = {
            "database": database_answers,
            "temporal": client.service_client.check_health,
        }
        health = HealthServer(
            settings.worker_port, checks, host=settings.bind_host, metrics=settings.metrics
        )
        async with AsyncExitStack() as running:
            for one in workers:
                await running.enter_async_context(one)
            await running.enter_async_context(health)
            await schedules.ensure(client)
            await stop.wait()
    await database.close()


def main() -> None:
    """Read the settings, then run until a signal; never returns."""
    settings = load_settings(needs=NEEDS)
    configure(settings, "worker")
    run_until_signal(lambda stop: serve(settings, stop))


if __name__ == "__main__":
    main()
