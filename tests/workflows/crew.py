"""The product's workers around a test's database, Temporal server and payment provider."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from temporalio.client import Client
from temporalio.testing import TimeSkipper

from activities.gateways.payout_file import PayoutFileGateway
from activities.gateways.yookassa import YooKassaGateway
from activities.gateways.yookassa_receipts import YooKassaReceipts
from activities.offers import OfferActivities
from activities.orders import OrderActivities
from activities.payment_records import Shop
from activities.payments import PaymentActivities, PaymentTerms
from activities.payouts import PayoutActivities
from activities.ports import ProviderPayment, ProviderReceipt, ProviderRefund
from activities.receipts import ReceiptActivities
from activities.reconciliation import ReconciliationActivities
from models.database import Database
from rules.receipts import Tax
from tests.simulators.yookassa.harness import SECRET, SHOP, Simulator
from tests.workflows.world import World
from workflows.runner import PAYMENTS_MAX, Crew, main_worker, payments_worker

PUBLIC_URL = "http://127.0.0.1:8000"
# Long enough for a busy machine, short enough to wait out a slow provider in a test.
READ_SECONDS = 2.0
_GRACE = timedelta(seconds=2)


class Exchange:
    """The gateway to whichever simulator the world has turned to."""

    def __init__(self, simulator: Simulator) -> None:
        self.turn_to(simulator)

    def turn_to(self, simulator: Simulator) -> None:
        """Everything asked from now on goes there."""
        self.now = self._gateway(simulator)
        url = f"{simulator.url}/v3"
        self.receipts = YooKassaReceipts(SHOP, SECRET, url, read_timeout=READ_SECONDS)

    @staticmethod
    def _gateway(simulator: Simulator) -> YooKassaGateway:
        url = f"{simulator.url}/v3"
        return YooKassaGateway(SHOP, SECRET, url, read_timeout=READ_SECONDS)

    def post(self, path: str, body: bytes, key: str) -> ProviderPayment | ProviderRefund:
        return self.now.post(path, body, key)

    def get_payment(self, payment_id: str) -> ProviderPayment:
        return self.now.get_payment(payment_id)

    def get_refund(self, refund_id: str) -> ProviderRefund:
        return self.now.get_refund(refund_id)

    def list_payments(self, created_after: datetime, limit: int = 100) -> list[ProviderPayment]:
        return self.now.list_payments(created_after, limit)

    def list_refunds(self, payment_id: str) -> list[ProviderRefund]:
        return self.now.list_refunds(payment_id)

    def payments_between(
        self, since: datetime, until: datetime, *, by: Literal["created_at", "captured_at"]
    ) -> list[ProviderPayment]:
        return self.now.payments_between(since, until, by=by)

    def refunds_between(self, since: datetime, until: datetime) -> list[ProviderRefund]:
        return self.now.refunds_between(since, until)

    def create_receipt(self, body: bytes, key: str) -> ProviderReceipt:
        return self.receipts.create_receipt(body, key)

    def get_receipt(self, receipt_id: str) -> ProviderReceipt:
        return self.receipts.get_receipt(receipt_id)

    def list_receipts(
        self, *, payment_id: str | None = None, refund_id: str | None = None
    ) -> list[ProviderReceipt]:
        return self.receipts.list_receipts(payment_id=payment_id, refund_id=refund_id)


@asynccontextmanager
async def living(
    client: Client, database_url: str, provider: Simulator, **options: Any
) -> AsyncIterator[World]:
    """Run the workers; `options` go to the one with the workflows."""
    database = Database(database_url, pool_size=8)
    exchange = Exchange(provider)
    terms = PaymentTerms("test", SHOP, PUBLIC_URL, expect_test=True, tax=Tax(), invoices=True)
    loop = asyncio.get_running_loop()
    folder = TemporaryDirectory(prefix="payouts-")
    payments = PaymentActivities(database, exchange, loop, terms)
    crew = Crew(
        OrderActivities(database),
        OfferActivities(database),
        payments,
        ReceiptActivities(database, exchange, loop, Shop("test", SHOP, Tax())),
        PayoutActivities(database, PayoutFileGateway(Path(folder.name))),
        ReconciliationActivities(database, exchange, loop, payments, terms),
    )
    with folder, ThreadPoolExecutor(PAYMENTS_MAX) as threads:
        main = main_worker(client, crew, graceful_shutdown_timeout=_GRACE, **options)
        money = payments_worker(client, crew, threads, graceful_shutdown_timeout=_GRACE)
        async with main, money:
            yield World(database, client, TimeSkipper(client), provider, exchange.turn_to)
    await database.close()
