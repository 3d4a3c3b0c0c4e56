"""One world per session, one town per test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from activities.gateways.yookassa import YooKassaGateway
from activities.offers import OfferActivities
from activities.orders import OrderActivities
from activities.payments import PaymentActivities, PaymentTerms
from local.postgres import EmbeddedPostgres
from models.database import Database
from tests.simulators.yookassa.harness import SECRET, SHOP, Simulator, simulating
from tests.workflows.world import Town, World
from workflows.order import OrderWorkflow
from workflows.policies import PAYMENTS_TASK_QUEUE, TASK_QUEUE
from workflows.runner import sandbox_runner

PUBLIC_URL = "http://127.0.0.1:8000"


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """The payment provider of the session; sends no notices: tests tell or the order polls."""
    with simulating(tmp_path_factory.mktemp("provider") / "yookassa.sqlite") as simulator:
        yield simulator


@pytest.fixture(scope="session")
async def world(
    postgres_server: EmbeddedPostgres,
    migrated_template: str,
    temporal_client: Client,
    provider: Simulator,
) -> AsyncIterator[World]:
    """Workers with the product's own activities and sandbox."""
    url = postgres_server.create_database("workflow_tests", template=migrated_template)
    database = Database(url, pool_size=8)
    orders, offers = OrderActivities(database), OfferActivities(database)
    gateway = YooKassaGateway(SHOP, SECRET, f"{provider.url}/v3", read_timeout=5.0)
    terms = PaymentTerms(env="test", shop_id=SHOP, public_url=PUBLIC_URL, expect_test=True)
    payments = PaymentActivities(database, gateway, asyncio.get_running_loop(), terms)
    with ThreadPoolExecutor(8) as threads:
        main = Worker(
            temporal_client,
            task_queue=TASK_QUEUE,
            workflows=[OrderWorkflow],
            activities=[orders.open, orders.commit, offers.send_wave],
            workflow_runner=sandbox_runner(),
            graceful_shutdown_timeout=timedelta(seconds=2),
        )
        money = Worker(
            temporal_client,
            task_queue=PAYMENTS_TASK_QUEUE,
            activities=[
                payments.create_payment,
                payments.get_payment,
                payments.capture_payment,
                payments.void_payment,
                payments.create_refund,
                payments.get_refund,
            ],
            activity_executor=threads,
            max_concurrent_activities=8,
            graceful_shutdown_timeout=timedelta(seconds=2),
        )
        async with main, money:
            yield World(database, temporal_client, TimeSkipper(temporal_client), provider)
    await database.close()


@pytest.fixture
async def town(world: World) -> AsyncIterator[Town]:
    """A place of its own; what is open there is ended afterwards."""
    place = world.town()
    yield place
    world.simulator.client.delete("/sim/faults")
    await place.close()
