"""Strangers play both sides on the two phones, in both languages, on a desk and on a phone."""

import re
from dataclasses import dataclass

import pytest
from playwright.async_api import Page, expect

from tests.ui.street import PATIENCE_MS, TAKES_PICTURES, Phone, Street, picture
from texts import formatting
from texts.catalogue import say
from texts.language import Language

pytestmark = pytest.mark.ui
RU, EN = Language.RU, Language.EN
DESK, POCKET = (1360, 860), (390, 844)


@dataclass(frozen=True)
class Walk:
    """One walk: the language of everything, and where (a crew each, so that none takes another's).

    `town` is as the page's list of places calls it in that language.
    """

    lang: Language
    town: str
    names: tuple[tuple[str, str], tuple[str, str]]
    size: tuple[int, int]

    def says(self, key: str, **values: object) -> str:
        return say(key, self.lang, **values)

    @property
    def is_pictured(self) -> bool:
        return self.lang is RU and self.size == DESK


RUSSIANS = (("Анна", "Петрова"), ("Иван", "Буров"))
ENGLISH = (("Anna", "Petrova"), ("Ivan", "Burov"))
WALKS = (
    Walk(RU, "Истра", RUSSIANS, DESK),
    Walk(EN, "Dmitrov", ENGLISH, DESK),
    Walk(RU, "Чехов", RUSSIANS, POCKET),
    Walk(EN, "Tver", ENGLISH, POCKET),
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("walk", WALKS, ids=lambda one: f"{one.lang.value}-{one.size[0]}")
async def test_two_strangers_get_from_the_start_button_to_the_stars_and_change_their_mind(
    street: Street, walk: Walk
) -> None:
    client, contractor = await two_phones(street, walk)

    await register(contractor, walk)
    await order(client, walk)
    await contractor.press(walk.says("button.accept"))
    await client.sees(walk.says("headline.client.awaiting_prepayment"))
    await contractor.sees(walk.says("headline.contractor.awaiting_prepayment"))
    page = await pay(client, walk)
    await work(contractor, walk)
    await rate(client, contractor, walk)
    await headline(page, walk.says("headline.client.completed"))
    await page.close()

    await order_again(client, walk)
    await contractor.press(walk.says("button.accept"))
    await client.sees(walk.says("headline.client.awaiting_prepayment"))
    await cancel(await client.open(walk.says("button.page")), walk)
    await client.sees(walk.says("headline.client.cancelled"))
    await contractor.sees(walk.says("headline.contractor.cancelled"))
    wide = "document.documentElement.scrollWidth"
    assert await client.page.evaluate(wide) <= walk.size[0]


async def two_phones(street: Street, walk: Walk) -> tuple[Phone, Phone]:
    """Anna's and Ivan's phones side by side."""
    language = walk.lang.value
    client, contractor = (street.person(*name, language=language) for name in walk.names)
    width, height = walk.size
    page = await street.phones(client, contractor, width, height, language)
    return Phone(page, "client"), Phone(page, "contractor")


async def register(contractor: Phone, walk: Walk) -> None:
    """The contractor's form, and on line."""
    say = walk.says
    distance = formatting.distance(25, walk.lang)
    await contractor.begin()
    await contractor.press(say("menu.more"), say("menu.crew"), walk.names[1][0])
    repair = say("type.repair")
    await contractor.press(say("join.unpicked", service=repair), say("nav.next"))
    await contractor.stand_in(say("join.base_button"), walk.town)
    await contractor.press(say("join.radius_button", distance=distance))
    await contractor.share_number(say("ask.phone_button"))
    await contractor.press(say("join.send"))
    await contractor.told_once("C-")
    await contractor.press(say("menu.online"))
    await contractor.told_once(say("work.online"))


async def order(client: Phone, walk: Walk) -> None:
    """A pump repair at the place where the client stands."""
    say = walk.says
    await client.begin()
    await describe(client, walk)
    await client.stand_in(say("ask.place_button"), walk.town)
    await client.press(say("ask.when_soonest"), say("nav.skip"))
    await client.share_number(say("ask.phone_button"))
    await client.press(say("check.send"))
    await client.sees(formatting.counted(1, "crew_to", walk.lang))


async def order_again(client: Phone, walk: Walk) -> None:
    """The same once more: everything but the job is known."""
    await describe(client, walk)
    await client.press(walk.says("check.send"))
    await client.sees(formatting.counted(1, "crew_to", walk.lang))


async def describe(client: Phone, walk: Walk) -> None:
    """What is to be done: a new pump."""
    await client.press(walk.says("menu.new"))
    await client.press_exactly(walk.says("type.repair"))
    await client.press(walk.says("service.repair.pump"), walk.says("answer.pump_replace"))


async def pay(client: Phone, walk: Walk) -> Page:
    """By test card; returns the order's page, to which the payment page leads back."""
    button = walk.says("button.pay", amount="").strip()
    await client.press(walk.says("button.pay_card", amount="").strip())
    await expect(client.place.get_by_role("link", name=button)).to_be_visible()
    if walk.is_pictured:
        await with_cards_in_sight(client)
    page = await client.open(button)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("2", timeout=PATIENCE_MS)
    if walk.is_pictured:
        await picture(page, "payment-page.png")
    await page.get_by_role("button", name=re.compile("^(Оплатить|Pay)")).click()
    await page.wait_for_url("**/o/*")
    await expect(page.locator("html")).to_have_attribute("lang", walk.lang.value)
    await headline(page, walk.says("headline.client.booked"))
    await client.sees(walk.says("headline.client.booked"))
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


async def work(contractor: Phone, walk: Walk) -> None:
    """On the way, begun, done without a final price."""
    say = walk.says
    await contractor.sees(say("headline.contractor.booked"))
    await contractor.press(say("button.set_off"))
    await contractor.sees(say("headline.contractor.on_the_way"))
    await contractor.press(say("button.start"))
    await contractor.sees(say("headline.contractor.in_progress"))
    await contractor.press(say("button.done"), say("done.price_same"))
    await contractor.sees(say("headline.contractor.awaiting_acceptance"))


async def rate(client: Phone, contractor: Phone, walk: Walk) -> None:
    """Accepted, and stars both ways."""
    say = walk.says
    await client.press(say("button.accept_work"), say("button.rate", stars=5))
    await client.sees(say("stars.given", stars=5))
    await contractor.press(say("button.rate", stars=4))
    await contractor.sees(say("stars.got", stars=5))


async def cancel(page: Page, walk: Walk) -> None:
    """What it costs is told before; the page then says what became of the money."""
    say = walk.says
    await page.get_by_role("link", name=say("button.cancel").split()[-1]).click()
    await expect(page.locator("main")).to_contain_text(say("money.cancel_nothing"))
    await page.get_by_role("button", name=say("reason.cancel.mistake")).click()
    await headline(page, say("headline.client.cancelled"))
    await expect(page.locator("main")).to_contain_text(say("money.nothing"))
    if walk.lang is EN:
        await expect(page.locator("main")).to_contain_text(walk.town)
    assert await page.evaluate("document.documentElement.scrollWidth") <= walk.size[0]


async def headline(page: Page, words: str) -> None:
    """The order's page is about that, without a reload by hand."""
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text(words, timeout=PATIENCE_MS)
