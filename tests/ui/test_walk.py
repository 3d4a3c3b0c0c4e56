"""A stranger plays both sides on the page with two phones, from the first tap to the stars."""

import pytest
from playwright.async_api import Page, expect

from tests.ui.street import PATIENCE_MS, TAKES_PICTURES, Phone, Street, picture

pytestmark = pytest.mark.ui


async def test_two_strangers_get_from_the_start_button_to_the_stars(street: Street) -> None:
    client, contractor = await two_phones(street)

    await register(contractor)
    await order(client)
    await contractor.press("✅ Беру")
    await client.sees("Бригада найдена")
    await contractor.sees("Заявка ваша")
    page = await pay(client)
    await work(contractor)
    await rate(client, contractor)

    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Работа принята", timeout=PATIENCE_MS
    )


async def two_phones(street: Street) -> tuple[Phone, Phone]:
    """Anna's and Ivan's phones side by side."""
    people = street.person("Анна", "Петрова"), street.person("Иван", "Буров")
    page = await street.phones(*people, width=1360, height=860)
    return Phone(page, "client"), Phone(page, "contractor")


async def register(contractor: Phone) -> None:
    """The contractor's form, and on line."""
    await contractor.begin()
    await contractor.press("Ещё", "Я мастер", "Иван", "⬜ Ремонт", "Дальше")
    await contractor.stand_in("Отправить место", "Истра")
    await contractor.press("до 50")
    await contractor.share_number("Отправить номер")
    await contractor.press("Отправить анкету")
    await contractor.told_once("вы C-")
    await contractor.told_once("Ваш телефон")
    await contractor.press("На линии")
    await contractor.told_once("Вы на линии")


async def order(client: Phone) -> None:
    """A pump repair at the place where the client stands."""
    await client.begin()
    await client.press("Новая заявка")
    await client.press_exactly("Ремонт")
    await client.press("Ремонт насоса", "Заменить насос")
    await client.stand_in("Я на участке", "Истра")
    await client.press("Как можно скорее", "Пропустить")
    await client.share_number("Отправить номер")
    await client.press("Отправить заявку")
    await client.told_once("Как с вами связаться?")
    await client.sees("Заявку отправили 1 бригаде")


async def pay(client: Phone) -> Page:
    """By test card; returns the order's page, to which the payment page leads back."""
    await client.press("💳 Картой")
    await expect(client.place.get_by_role("link", name="💳 Оплатить")).to_be_visible()
    await with_cards_in_sight(client)
    page = await client.open("💳 Оплатить")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("2 400")
    await picture(page, "payment-page.png")
    await page.get_by_role("button", name="Оплатить").click()
    await page.wait_for_url("**/o/*")
    await expect(page.locator("html")).to_have_attribute("lang", "ru")
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Выезд назначен", timeout=PATIENCE_MS
    )
    await client.sees("Выезд назначен")
    return page


async def with_cards_in_sight(client: Phone) -> None:
    """The picture of both phones: keyboards make room for the cards, nothing lies over them."""
    if not TAKES_PICTURES:
        return
    keys, toasts = client.page.get_by_test_id("keys"), client.page.get_by_test_id("toast")
    for number in range(2):
        await keys.nth(number).click()
        await expect(toasts.nth(number)).to_be_hidden()
    await picture(client.page, "two-phones.png")
    for number in range(2):
        await keys.nth(number).click()


async def work(contractor: Phone) -> None:
    """On the way, begun, done without a final price."""
    await contractor.sees("Оплачено")
    await contractor.press("🚚 Выехал")
    await contractor.sees("Вы в пути")
    await contractor.press("🛠 Начал")
    await contractor.sees("Работа идёт")
    await contractor.press("🏁 Готово", "Без точной суммы")
    await contractor.sees("Ждём приёмку")


async def rate(client: Phone, contractor: Phone) -> None:
    """Accepted, and stars both ways."""
    await client.press("👍 Принять работу", "⭐ 5")
    await client.sees("Ваша оценка: 5 из 5")
    await contractor.press("⭐ 4")
    await contractor.sees("Вас оценили на 5 из 5")
