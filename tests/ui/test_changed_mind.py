"""A client with a small screen and English words pays, changes her mind, and sees her money."""

import asyncio
import re

import pytest
from playwright.async_api import Page, expect

from local.demo import WORK_ANSWERS
from local.phones import Phone as Caller
from local.phones import new_person
from tests.ui.street import PATIENCE_MS, Phone, Street, picture
from texts import signs
from texts.catalogue import say
from texts.language import Language

pytestmark = pytest.mark.ui
WIDTH, HEIGHT = 390, 844
FINGER_PX = 44
KAZAN = (55.7887, 49.1221)


@pytest.fixture
def crew(street: Street) -> Caller:
    """A contractor in Kazan, on line; not on the screen."""
    caller = new_person(street.telegram, "Айдар", "+79005550011", lambda *_: None)
    caller.latitude, caller.longitude = KAZAN
    caller.say("/work")
    caller.answer_dialogue(WORK_ANSWERS)
    caller.say(say("menu.online", Language.RU))
    return caller


async def test_an_order_is_paid_and_cancelled_on_its_page(street: Street, crew: Caller) -> None:
    anna = street.person("Anna", "Petrova", language="en")
    phones = await street.phones(anna, crew.id, WIDTH, HEIGHT, language="en")
    client = Phone(phones, "client")

    await order(client)
    await asyncio.to_thread(crew.wait_for, signs.ACCEPT)
    await asyncio.to_thread(crew.tap, signs.ACCEPT, "accepts")
    await client.sees("Crew found")
    page = await client.open("Order page")
    await pay(page)
    await picture(page, "order-page.png", full_page=True)
    await cancel(page)

    await client.sees("Order cancelled")
    await nothing_hangs_over(phones)


async def order(client: Phone) -> None:
    """A pump in Kazan."""
    await client.begin()
    await client.press("New request")
    await client.press_exactly("Repair")
    await client.press("Pump repair", "Replace the pump")
    await client.stand_in("I am on the plot", "Kazan")
    await client.press("As soon as possible", "Skip")
    await client.share_number("Send my number")
    await client.press("Send the request")
    await client.sees("Your request went to 1 crew")


async def pay(page: Page) -> None:
    """From the order's page to the payment page and back."""
    await headline(page, "Crew found")
    await page_fits(page)
    await page.get_by_role("button", name="By card").click()
    await page.get_by_role("link", name="Eng").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("2")
    await page_fits(page)
    await page.get_by_role("button", name=re.compile("^Pay")).click()
    await page.wait_for_url("**/o/*")
    await headline(page, "Visit booked")
    await page_fits(page)


async def cancel(page: Page) -> None:
    """What it costs is told before; that very sum comes back after."""
    await page.get_by_role("link", name="Cancel").click()
    await headline(page, "Cancel order D-")
    await expect(page.locator("main")).to_contain_text("2,160 ₽")
    await page_fits(page)
    await page.get_by_role("button", name="Changed").click()
    await headline(page, "Order cancelled")
    await expect(page.locator("main")).to_contain_text("2,160 ₽")


async def headline(page: Page, words: str) -> None:
    """Wait until the page is about that, without a reload by hand."""
    await expect(page.get_by_role("heading", level=1)).to_contain_text(words, timeout=PATIENCE_MS)


async def page_fits(page: Page) -> None:
    """Nothing hangs over the edge, and a finger hits every button."""
    await nothing_hangs_over(page)
    heights = await page.locator("main button:visible, main a.button:visible").evaluate_all(
        "found => found.map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= FINGER_PX


async def nothing_hangs_over(page: Page) -> None:
    """Nobody has to scroll sideways."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= WIDTH
