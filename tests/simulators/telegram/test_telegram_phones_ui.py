"""The two phones in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

pytestmark = pytest.mark.ui
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OFFER = "🔔 <b>Заявка рядом</b>: нет воды, Истра, 12 км\nОтветьте до <b>14:35</b>"
OFFER_BUTTONS = {
    "inline_keyboard": [
        [{"text": "✅ Беру", "callback_data": "ok"}, {"text": "❌ Не могу", "callback_data": "no"}],
        [{"text": "💳 Оплатить 2 400 ₽", "url": "http://127.0.0.1:9/pay"}],
    ]
}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "Chromium is not installed"
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def open_page(stand: Any, browser: Browser) -> AsyncIterator[Callable[..., Any]]:
    faults: list[str] = []
    pages: list[Page] = []

    def heard(kind: str, text: str) -> None:
        # A stopped stand is a network error of the page, which it is there to survive.
        if kind == "error" and "ERR_" not in text:
            faults.append(text)

    async def open_phones(width: int, height: int, **more: Any) -> Page:
        seen = {"locale": "ru-RU", **more}
        page = await browser.new_page(viewport={"width": width, "height": height}, **seen)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: heard(said.type, said.text))
        page.on(
            "request",
            lambda sent: None if sent.url.startswith(stand.url) else faults.append(sent.url),
        )
        await page.goto(f"{stand.url}/phones")
        await page.wait_for_selector("body[data-ready]")
        pages.append(page)
        return page

    yield open_phones
    for page in pages:
        await page.close()
    assert faults == []


async def people(stand: Any) -> tuple[int, int]:
    client, contractor = (person["id"] for person in await stand.see("/people"))
    return client, contractor


async def test_an_offer_is_tapped_edited_and_answered(
    stand: Any, open_page: Any, tmp_path: Path
) -> None:
    page = await open_page(1360, 860)
    phone = page.get_by_test_id("phone-contractor")
    await expect(page.get_by_test_id("banner")).to_contain_text("денег нет")
    await phone.get_by_test_id("start").click()
    await expect(phone.get_by_test_id("start")).to_be_hidden()
    _, contractor = await people(stand)
    sent = await stand.call(
        "sendMessage", chat_id=contractor, text=OFFER, parse_mode="HTML", reply_markup=OFFER_BUTTONS
    )
    pay = phone.get_by_role("link", name="💳 Оплатить")
    await expect(pay).to_have_attribute("target", "_blank")

    await phone.get_by_role("button", name="✅ Беру").click()
    await expect(phone.locator(".is-waiting")).to_have_count(1)
    query = (await stand.updates())[-1]["callback_query"]["id"]
    await stand.call("answerCallbackQuery", callback_query_id=query, text="Заявка ваша")
    await stand.call(
        "editMessageText",
        chat_id=contractor,
        message_id=sent["result"]["message_id"],
        text="Вы едете",
    )

    await expect(phone.get_by_test_id("toast")).to_have_text("Заявка ваша")
    await expect(phone.get_by_test_id("message").last).to_contain_text("Вы едете")
    await expect(phone.get_by_test_id("inline-button")).to_have_count(0)
    await page.screenshot(path=tmp_path / "phones.png")


async def test_place_contact_and_photo_are_sent_from_the_phone(stand: Any, open_page: Any) -> None:
    page = await open_page(1360, 860)
    phone = page.get_by_test_id("phone-client")
    await phone.get_by_test_id("start").click()
    client, _ = await people(stand)
    keys = [
        [{"text": "Место", "request_location": True}, {"text": "Номер", "request_contact": True}]
    ]
    await stand.call("sendMessage", chat_id=client, text="Где?", reply_markup={"keyboard": keys})

    await phone.get_by_role("button", name="Место").last.click()
    await phone.get_by_role("button", name="Истра").click()
    await phone.get_by_role("button", name="Номер").last.click()
    await phone.get_by_test_id("alert-yes").click()
    await phone.get_by_test_id("attach").click()
    await phone.get_by_role("button", name="Учебное фото").click()
    await expect(phone.locator(".photo img")).to_be_visible()
    await phone.get_by_test_id("input").fill("готово")
    await phone.get_by_test_id("input").press("Enter")
    await expect(phone.get_by_test_id("message").last).to_contain_text("готово")

    sent = [update["message"] for update in await stand.updates()]
    assert sent[1]["location"] == {"latitude": 55.9063, "longitude": 36.8602}
    assert sent[2]["contact"]["user_id"] == client
    assert len(sent[3]["photo"]) == 3
    assert sent[4]["text"] == "готово"


async def test_a_narrow_screen_has_tabs_and_counts_what_was_missed(
    stand: Any, open_page: Any
) -> None:
    page = await open_page(390, 844)
    await page.get_by_test_id("tab-contractor").click()
    await page.get_by_test_id("phone-contractor").get_by_test_id("start").click()
    await page.get_by_test_id("tab-client").click()
    _, contractor = await people(stand)
    await stand.call("sendMessage", chat_id=contractor, text="Напоминание")

    await expect(page.get_by_test_id("tab-contractor")).to_contain_text("1")
    await page.get_by_test_id("language").click()
    await expect(page.get_by_test_id("tab-contractor")).to_contain_text("Contractor")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


async def test_the_page_comes_back_after_a_restart(stand: Any, open_page: Any) -> None:
    page = await open_page(1360, 860)
    phone = page.get_by_test_id("phone-client")
    await phone.get_by_test_id("start").click()
    await expect(phone).to_contain_text("/start")

    await stand.stop()
    await expect(page.get_by_test_id("link-state")).not_to_be_empty()
    await stand.start()
    client, _ = await people(stand)
    await stand.call("sendMessage", chat_id=client, text="после")

    await expect(phone).to_contain_text("после", timeout=15_000)
    await expect(page.get_by_test_id("link-state")).to_be_empty()


async def focused(page: Page) -> str:
    """What the keyboard would press now."""
    return str(await page.evaluate("document.querySelector(':focus')?.innerText ?? ''"))


async def tab_to(page: Page, words: str) -> None:
    """Tab on until that has the focus, as somebody without a mouse does."""
    for _ in range(40):
        if (await focused(page)).startswith(words):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {words}")


async def test_the_keyboard_alone_works_a_phone(stand: Any, open_page: Any) -> None:
    page = await open_page(390, 844)
    phone = page.get_by_test_id("phone-client")
    await expect(phone).to_contain_text("Сначала подготовьте телефон подрядчика")
    await tab_to(page, "Подрядчик")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("tab-contractor")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_test_id("phone-contractor")).to_contain_text("Начните здесь")
    await page.get_by_test_id("tab-client").press("Space")
    await tab_to(page, "НАЧАТЬ")
    await page.keyboard.press("Enter")
    await expect(phone).to_contain_text("/start")
    client, _ = await people(stand)
    await stand.call("sendMessage", chat_id=client, text="Берёте?", reply_markup=OFFER_BUTTONS)
    await expect(phone.get_by_role("button", name="✅ Беру")).to_be_visible()

    await phone.get_by_test_id("attach").press("Enter")
    for _ in range(12):  # the sheet keeps the keyboard: nothing under it can be pressed
        await page.keyboard.press("Tab")
        assert "Беру" not in await focused(page)
    await phone.get_by_test_id("sheet-item").first.press("ArrowDown")
    assert "Учебное фото" in await focused(page)
    await page.keyboard.press("Escape")
    await expect(phone.get_by_test_id("sheet")).to_be_hidden()
    await expect(phone.get_by_test_id("attach")).to_be_focused()
    await phone.get_by_role("button", name="✅ Беру").press("Space")
    query = (await stand.updates())[-1]["callback_query"]["id"]
    await stand.call("answerCallbackQuery", callback_query_id=query, text="Да?", show_alert=True)

    await expect(phone.get_by_test_id("alert-yes")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(phone.get_by_role("button", name="✅ Беру")).to_be_focused()


async def test_whatever_is_typed_is_shown_as_typed_and_goes_whole(
    stand: Any, open_page: Any
) -> None:
    page = await open_page(390, 844)
    phone = page.get_by_test_id("phone-client")
    await phone.get_by_test_id("start").click()
    shown = phone.get_by_test_id("message")

    for text in ("<b>шум</b> & <img src=x onerror=alert(1)>", "مرحبا، البئر جافة", "🏗️" * 60):
        await phone.get_by_test_id("input").fill(text)
        await phone.get_by_test_id("send").click()
        await expect(shown.last).to_contain_text(text)
    await expect(shown.locator("img, b")).to_have_count(0)
    assert await shown.nth(2).locator(".text").get_attribute("dir") == "auto"
    await phone.get_by_test_id("input").fill("я" * 10_000)
    await phone.get_by_test_id("send").click()
    await expect(shown).to_have_count(7)

    pieces = [one["message"]["text"] for one in await stand.updates()][-3:]
    assert [len(one) for one in pieces] == [4096, 4096, 1808]
    assert await page.evaluate("document.documentElement.scrollWidth") == 390


async def test_without_a_network_a_text_waits_on_the_screen_and_goes_later(
    stand: Any, open_page: Any
) -> None:
    page = await open_page(1360, 860)
    phone = page.get_by_test_id("phone-client")
    await phone.get_by_test_id("start").click()
    await phone.get_by_test_id("more").click()
    await expect(phone.get_by_test_id("sheet")).to_contain_text("сообщения и нажатия уйдут позже")
    await phone.get_by_role("button", name="Пропасть из сети").click()
    await expect(phone).to_contain_text("нет сети")

    await phone.get_by_test_id("input").fill("я в лесу")
    await phone.get_by_test_id("send").click()
    await expect(phone.get_by_test_id("unsent")).to_contain_text("я в лесу")
    await phone.get_by_test_id("more").click()
    await phone.get_by_role("button", name="Вернуться в сеть").click()

    await expect(phone.get_by_test_id("unsent")).to_have_count(0)
    await expect(phone.get_by_test_id("message").last).to_contain_text("я в лесу")
    await stand.stop()
    await expect(page.get_by_test_id("link-state")).not_to_be_empty()
    await phone.get_by_test_id("input").fill("не пропади")
    await phone.get_by_test_id("send").click()
    await expect(phone.get_by_test_id("toast")).to_contain_text("Ваш текст остался")
    await expect(phone.get_by_test_id("input")).to_have_value("не пропади")
    await stand.start()


async def test_any_place_is_chosen_on_the_sketch_or_typed(stand: Any, open_page: Any) -> None:
    page = await open_page(390, 844)
    phone = page.get_by_test_id("phone-client")
    await phone.get_by_test_id("start").click()
    await phone.get_by_test_id("attach").click()
    await phone.get_by_role("button", name="Место на карте").click()
    await phone.get_by_test_id("map").click(position={"x": 150, "y": 40})
    await expect(phone.get_by_test_id("latitude")).to_have_value(re.compile(r"56\.\d+"))
    await phone.get_by_test_id("latitude").fill("95")
    await phone.get_by_role("button", name="Отправить эту точку").click()
    await expect(phone.get_by_role("alert")).to_contain_text("от −90 до 90")
    await phone.get_by_test_id("latitude").fill("43,5")
    await phone.get_by_test_id("latitude").press("Enter")

    await expect(phone.get_by_test_id("location")).to_contain_text("43.5000")
    assert (await stand.updates())[-1]["message"]["location"]["latitude"] == 43.5


async def test_somebody_new_meets_the_bot_in_the_language_of_the_browser(
    stand: Any, open_page: Any
) -> None:
    page = await open_page(1360, 860, locale="en-GB")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_test_id("banner")).to_contain_text("no real money")
    assert {one["language_code"] for one in await stand.see("/people")} == {"en"}

    await page.get_by_test_id("language").click()
    await expect(page.get_by_test_id("phone-client")).to_contain_text("НАЧАТЬ")
    await page.get_by_test_id("phone-client").get_by_test_id("start").click()

    await expect(page.get_by_test_id("phone-client")).to_contain_text("/start")
    assert (await stand.updates())[-1]["message"]["from"]["language_code"] == "ru"
