"""The whole product and a browser, as a stranger meets them."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from local.phones import wait
from local.postgres import EmbeddedPostgres
from local.stack import Stack
from local.temporal import TemporalOptions
from settings import Settings
from tests.ui.street import Street

POLICY_FILE = Path(__file__).with_name("policy.json")
PARTS = ("API", "WORKER", "BOT", "TELEGRAM", "YOOKASSA", "TEMPORAL", "TEMPORAL_UI")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def product(
    service_dir: Path, postgres_server: EmbeddedPostgres, migrated_template: str
) -> Iterator[Stack]:
    """Every process of the product, with clocks that leave a slow browser time."""
    url = postgres_server.create_database("ui", template=migrated_template)
    settings = Settings.model_validate({"data_dir": service_dir / "ui", "database_url": url})
    with pytest.MonkeyPatch.context() as environment:
        for part in PARTS:
            environment.setenv(f"DRILLFLOW_{part}_PORT", "0")
        stack = Stack(
            settings,
            extra={"DRILLFLOW_POLICY_FILE": str(POLICY_FILE)},
            temporal_options=TemporalOptions(in_memory=True, headless=True),
        )
        with stack:
            yield stack
    postgres_server.drop_database("ui")


@pytest.fixture(scope="session")
def telegram(product: Stack) -> Iterator[httpx.Client]:
    """The Telegram simulator, once the bot has registered itself there."""
    address = product.urls["telegram"]
    with httpx.Client(base_url=address, timeout=15, trust_env=False) as http:
        wait(lambda: http.get("/sim/bot").json()["webhook_url"], "the bot is there")
        yield http


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is not installed"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def street(product: Stack, telegram: httpx.Client, browser: Browser) -> AsyncIterator[Street]:
    """Where people come from; afterwards no page may have complained."""
    opened = Street(browser, telegram, product.urls["phones"])
    yield opened
    assert opened.complaints == []
