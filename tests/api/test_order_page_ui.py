"""The order's page in Chromium: 390 pixels wide, by keyboard, with its strict policy in force."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from models.orders import OrderRow
from tests.api.stage import Stage, show, write_contractor, write_order
from tests.texts.views import states

pytestmark = pytest.mark.ui
VIEWS = states()


class Server(uvicorn.Server):
    """Serves the application of a test on a free port."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"


@pytest.fixture
async def site(api: Stage) -> AsyncIterator[str]:
    """The address of the application, served over HTTP."""
    config = uvicorn.Config(api.app, port=0, log_config=None, ws="none", lifespan="off")
    server = Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server.url
    server.should_exit = True
    await running


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        await started.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A phone's browser; whatever it complains of fails the test."""
    complaints: list[str] = []
    page = await browser.new_page(viewport={"width": 390, "height": 844})
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await page.close()
    assert complaints == []


async def order_in(api: Stage, name: str) -> OrderRow:
    order = await write_order(api.database)
    await show(api.database, order, VIEWS[name], await write_contractor(api.database))
    return order


@pytest.mark.parametrize(
    ("name", "query"),
    [(name, "") for name in VIEWS]
    + [("on_the_way", "?ask=cancel"), ("booked", "?ask=slot&lang=en"), ("overdue", "?ask=no_show")],
)
async def test_a_page_fits_a_phone(
    api: Stage, site: str, page: Page, name: str, query: str, tmp_path: Path
) -> None:
    order = await order_in(api, name)

    await page.goto(f"{site}/o/{order.secret}{query}")
    await page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    heights = await page.eval_on_selector_all(
        ".button", "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert all(height >= 44 for height in heights)


async def test_a_page_follows_its_order_and_is_used_by_keyboard(
    api: Stage, site: str, page: Page
) -> None:
    order = await order_in(api, "searching")
    await page.goto(f"{site}/o/{order.secret}")
    before = await page.inner_text("h1")
    await show(api.database, order, VIEWS["awaiting_acceptance"])
    await page.wait_for_function(
        "words => document.querySelector('h1').innerText !== words", arg=before, timeout=15_000
    )

    for _ in range(8):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.value") == "accept_work":
            break
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".said")

    assert api.orders.of("accept_work")[0][0] == order.id


async def test_a_cancellation_is_asked_and_confirmed(api: Stage, site: str, page: Page) -> None:
    order = await order_in(api, "on_the_way")
    await page.goto(f"{site}/o/{order.secret}?lang=en")

    await page.click("a[href*='ask=cancel']")
    await page.click("button[value=cancel_r0]")
    await page.wait_for_selector(".said")

    assert len(api.orders.of("cancel")) == 1
