"""People with phones in a browser: what they see and press, by its words."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

IMAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "images"
# Pictures in the documentation change only when somebody asks for it.
TAKES_PICTURES = os.environ.get("DRILLFLOW_SCREENSHOTS") == "1"
PATIENCE_MS = 90_000


@dataclass
class Street:
    """Brings people with new phones; keeps what any page complained about."""

    browser: Browser
    telegram: httpx.Client
    phones_url: str
    complaints: list[str] = field(default_factory=list)

    def person(self, first_name: str, last_name: str, language: str = "ru") -> int:
        """Somebody whom the bot does not know; returns the Telegram id."""
        asked = {"first_name": first_name, "last_name": last_name, "language_code": language}
        made = self.telegram.post("/sim/people", json=asked).raise_for_status()
        return int(made.json()["id"])

    async def phones(
        self, client: int, contractor: int, width: int, height: int, language: str = "ru"
    ) -> Page:
        """The page with both phones in these people's hands."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height}, locale=f"{language}-RU"
        )
        context.set_default_timeout(PATIENCE_MS)
        self._listen(context)
        page = await context.new_page()
        await page.goto(f"{self.phones_url}?client={client}&contractor={contractor}")
        await page.wait_for_selector("body[data-ready]")
        if await page.locator("html").get_attribute("lang") != language:
            await page.get_by_test_id("language").click()
        return page

    def _listen(self, context: BrowserContext) -> None:
        def heard(page: Page) -> None:
            page.on("pageerror", lambda error: self.complaints.append(str(error)))

        context.on("page", heard)
        context.on(
            "console",
            lambda said: (
                self.complaints.append(f"{said.text} {said.location}")
                if said.type == "error"
                else None
            ),
        )


@dataclass
class Phone:
    """One phone on the page."""

    page: Page
    role: str

    @property
    def place(self) -> Locator:
        """The phone's frame."""
        return self.page.get_by_test_id(f"phone-{self.role}")

    @property
    def card(self) -> Locator:
        """The newest message that begins with an order's number and headline."""
        return self.place.get_by_test_id("message").filter(has_text="·").last

    async def take(self) -> None:
        """Have this phone on the screen; a narrow one shows one phone at a time."""
        tab = self.page.get_by_test_id(f"tab-{self.role}")
        if await tab.is_visible():
            await tab.click()

    async def begin(self) -> None:
        """Press the bot's start button."""
        await self.take()
        await self.place.get_by_test_id("start").click()

    async def press(self, *buttons: str) -> None:
        """Press buttons one after the other, each as soon as it is there."""
        await self.take()
        for name in buttons:
            await self._buttons.filter(has_text=name).last.click()

    async def press_exactly(self, button: str) -> None:
        """Press a button whose words begin another button's, too."""
        await self._buttons.and_(self.place.get_by_text(button, exact=True)).last.click()

    @property
    def _buttons(self) -> Locator:
        """The bot's buttons, not the phone's own."""
        return self.place.get_by_test_id(re.compile("inline-button|reply-button"))

    async def stand_in(self, key: str, town: str) -> None:
        """Answer with a place on the map."""
        await self.press(key)
        await self.place.get_by_test_id("sheet-item").filter(has_text=town).click()

    async def share_number(self, key: str) -> None:
        """Answer with the own number."""
        await self.press(key)
        await self.place.get_by_test_id("alert-yes").click()

    async def sees(self, words: str) -> None:
        """Wait until the card says so."""
        await expect(self.card).to_contain_text(words, timeout=PATIENCE_MS)

    async def told_once(self, words: str) -> None:
        """Exactly one message says so."""
        said = self.place.get_by_test_id("message").filter(has_text=words)
        await expect(said).to_have_count(1, timeout=PATIENCE_MS)

    async def open(self, link: str) -> Page:
        """Open the page behind a button."""
        await self.take()
        async with self.page.context.expect_page() as opening:
            await self.place.get_by_role("link", name=link).last.click()
        opened = await opening.value
        await opened.wait_for_load_state()
        return opened


async def picture(page: Page, name: str, *, full_page: bool = False) -> None:
    """Into the documentation, if asked for."""
    if TAKES_PICTURES:
        await page.screenshot(path=IMAGES / name, full_page=full_page)
