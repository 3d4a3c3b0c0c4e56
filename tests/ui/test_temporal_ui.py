"""Support reads an order's story in the Temporal UI: one tab, one timeline, one list."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
from playwright.async_api import Error, Page, async_playwright, expect
from temporalio.client import Client

from local.postgres import EmbeddedPostgres
from local.temporal import NAMESPACE, SEARCH_ATTRIBUTES, EmbeddedTemporal, TemporalOptions
from rules.catalog import Service
from runtime.payloads import data_converter
from tests.simulators.yookassa.harness import simulating
from tests.ui.street import picture
from tests.workflows.crew import living
from tests.workflows.world import Placed, Town
from texts.catalogue import say
from texts.details import start_summary
from texts.language import Language
from workflows.client import Orders, workflow_id

pytestmark = pytest.mark.ui

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Desk:
    """A support person's screen, and a half-way order to look at."""

    page: Page
    url: str
    order: Placed
    run_id: str
    refused: int
    winner: int

    @property
    def home(self) -> str:
        """The order in the UI."""
        found = workflow_id(self.order.order_id)
        return f"{self.url}/namespaces/{NAMESPACE}/workflows/{found}/{self.run_id}"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedTemporal]:
    """Temporal with its UI."""
    options = TemporalOptions(in_memory=True, time_skipping=True)
    server = EmbeddedTemporal(tmp_path_factory.mktemp("temporal-ui"), options=options)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
async def desk(
    server: EmbeddedTemporal,
    postgres_server: EmbeddedPostgres,
    migrated_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Desk]:
    """A booked order: one refused, one accepted, the prepayment is held."""
    client = await Client.connect(
        server.address, namespace=NAMESPACE, data_converter=data_converter
    )
    database_url = postgres_server.create_database("temporal_ui", template=migrated_template)
    with simulating(tmp_path_factory.mktemp("provider") / "yookassa.sqlite") as provider:
        async with living(client, database_url, provider) as world, async_playwright() as browsers:
            town = replace(world.town(), name="Истра", region="Московская область")
            order, refused, winner = await booked(town)
            other = replace(world.town(), name="Тверь", region="Тверская область")
            await others(other)
            described = await order.handle.describe()
            found = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = await browsers.chromium.launch(executable_path=found, args=["--no-sandbox"])
            page = await browser.new_page(viewport={"width": 1360, "height": 1150}, locale="en-GB")
            page.set_default_timeout(PATIENCE_SECONDS * 1000)
            expect.set_options(timeout=PATIENCE_SECONDS * 1000)
            yield Desk(page, server.ui_url, order, str(described.run_id), refused, winner)
            await browser.close()
            for place in (town, other):
                await place.close()


async def others(town: Town) -> None:
    """What else is going on: one waits for money, one was called off, one looks for a crew."""
    crew = await town.contractor(km=3)
    for ends in (True, False):
        order = await town.place()
        assert await order.offered() == [crew]
        await order.accept(crew)
        if ends:
            await order.cancel()
    await town.place(Service.REPAIR_CLEANING)


async def booked(town: Town) -> tuple[Placed, int, int]:
    """The nearest one refuses, the next one takes it, the client pays; others are ineligible."""
    refused, winner = await town.contractor(km=2), await town.contractor(km=12)
    await town.contractor(km=90)
    await town.place(Service.DRILLING_WELL)
    order = await town.try_place(Service.SEWAGE_OVERFLOW)
    said = order.said
    with town.world.skipper.with_time_skipping_disabled():
        door = Orders(town.world.skipper.client)
        await door.place(said, start_summary(said.service, said.town))
    assert await order.offered() == [refused]
    await order.decline(refused)
    await order.offered()
    return order, refused, await order.book(winner)


async def test_one_tab_tells_the_whole_story(desk: Desk) -> None:
    await desk.page.goto(f"{desk.home}/user-metadata")
    told = await in_frames(desk.page, "предоплата", "Септик переполнен · Истра")
    await picture(desk.page, "temporal-order.png")
    row = await desk.order.row()
    for fact in (
        f"D-{row['number']} · Септик переполнен (до 3 м³), Истра.",  # who and where
        "Выезд назначен (",  # in which state since when
        "Приезд бригады: ",
        "Ждёт: выезда бригады → ",  # for what, until when
        f"C-{desk.refused} – {say('offer_state.declined', Language.RU)}",  # offered to whom
        f"C-{desk.winner} – {say('offer_state.won', Language.RU)}",
        "= близость",
        "Не подошли: ",
        "предоплата\t1 000 ₽",  # money so far
        "заморожено\t1 000 ₽",
    ):
        assert fact in told.replace("\xa0", " "), told


async def test_the_timeline_alone_tells_what_happened_and_what_is_awaited(desk: Desk) -> None:
    page = desk.page
    await page.goto(f"{desk.home}/timeline")
    awaited = page.get_by_text("Выезд: начало просрочено")
    await expect(awaited.first).to_be_attached()
    heading = page.get_by_role("heading", name="Timeline", exact=True)
    await heading.evaluate("one => one.scrollIntoView()")
    await picture(page, "temporal-timeline.png")
    await page.goto(f"{desk.home}/history")
    for label in (
        "Выезд: начало просрочено",
        "Платёж 1: списать",
        f"предоплата пришла → выезд назначен, C-{desk.winner}",
        f"бригада приняла → ждём предоплату, C-{desk.winner}",
        f"Предложение 2: C-{desk.winner}, ответ до",
        "отказ от предложения → поиск",
        "Волна 1: не больше 1, ответ до",
        "Записать заявку",
    ):
        told = page.get_by_text(label).first
        await expect(told).to_be_attached()


async def test_a_list_by_search_attribute_finds_the_order(desk: Desk) -> None:
    page = desk.page
    await page.set_viewport_size({"width": 1760, "height": 560})
    shown = (one for one in SEARCH_ATTRIBUTES if one != "ClientId")
    columns = ["Status", *shown, "Workflow ID"]
    wanted = json.dumps({NAMESPACE: [{"label": one, "pinned": False} for one in columns]})
    await page.goto(desk.url)
    await page.evaluate(
        "told => localStorage.setItem('namespace-workflow-table-columns', told)", wanted
    )
    await page.goto(f"{desk.url}/namespaces/{NAMESPACE}/workflows")
    await expect(page.get_by_text("searching").first).to_be_visible()
    await expect(page.get_by_text(f"C-{desk.winner}", exact=True)).to_be_visible()
    await picture(page, "temporal-list.png")

    number = (await desk.order.row())["number"]
    query = quote(f'OrderNumber="D-{number}" AND ContractorId="C-{desk.winner}"')
    await page.goto(f"{desk.url}/namespaces/{NAMESPACE}/workflows?query={query}")
    await expect(page.get_by_text("1 Workflow", exact=True)).to_be_visible()
    await expect(page.get_by_text(workflow_id(desk.order.order_id)).first).to_be_visible()


async def in_frames(page: Page, *words: str) -> str:
    """What the frames of a tab say, once they say all of `words`."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        told = ""
        with contextlib.suppress(Error):  # the tab draws its frames anew when there is news
            frames = [await one.locator("body").inner_text() for one in page.frames[1:]]
            told = "\n".join(frames)
        if all(word in told for word in words):
            return told
        assert asyncio.get_running_loop().time() < deadline, told
        await asyncio.sleep(0.2)
