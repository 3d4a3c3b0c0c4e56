"""The payment page in Chromium: keyboard only, two widths, nothing wider than the screen."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.simulators.yookassa.harness import Simulator

pytestmark = pytest.mark.ui
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(params=[390, 1360])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": request.param, "height": 844})
    page.set_default_timeout(60_000)
    yield page
    page.close()


def opened(shared: Simulator, page: Page) -> str:
    shop = {"type": "redirect", "return_url": f"{shared.url}/sim/clock"}
    payment_id = shared.create(capture=True, confirmation=shop)["id"]
    page.goto(f"{shared.url}/pay/{payment_id}")
    return str(payment_id)


def overflow(page: Page) -> int:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert isinstance(wide, int)
    return wide


def test_the_keyboard_alone_pays_and_comes_back(shared: Simulator, page: Page) -> None:
    payment_id = opened(shared, page)
    assert overflow(page) <= 0

    page.get_by_label("Номер карты").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/sim/clock")

    assert shared.payment(payment_id)["status"] == "succeeded"


def test_tab_reaches_every_way_to_pay_in_order(shared: Simulator, page: Page) -> None:
    opened(shared, page)
    seen = []
    for _ in range(9):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "(document.activeElement.innerText || document.activeElement.value).trim()"
        )
        seen.append(focus)

    assert seen[:3] == ["К форме оплаты", "Рус", "Eng"]
    assert seen[3] == "5555 5555 5555 4444"
    assert seen[6].startswith("Оплатить 2")
    assert seen[7:] == ["Оплатить через СБП", "Отказы и 3-D Secure"]


def test_a_refusal_is_chosen_and_explained(shared: Simulator, page: Page) -> None:
    payment_id = opened(shared, page)

    page.get_by_text("Отказы и 3-D Secure").click()
    assert overflow(page) <= 0
    page.get_by_role("button", name="Не хватает денег на карте").click()

    page.get_by_role("heading", name="Оплата не прошла").wait_for()
    assert page.get_by_text("Не хватает денег на карте").is_visible()
    assert overflow(page) <= 0
    assert shared.payment(payment_id)["status"] == "canceled"
    page.get_by_role("link", name="Вернуться в магазин").click()
    page.wait_for_url("**/sim/clock")


def test_targets_are_large_enough_for_a_thumb(shared: Simulator, page: Page) -> None:
    opened(shared, page)
    page.get_by_text("Отказы и 3-D Secure").click()

    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_bank_asks_for_a_code_and_the_way_back_stays_open(
    shared: Simulator, page: Page, lang: str
) -> None:
    payment_id = opened(shared, page)
    page.goto(f"{shared.url}/pay/{payment_id}?lang={lang}")
    page.locator("[name=number]").first.fill("4793 1281 6164 4804")
    page.locator("button[value=card]").click()
    page.get_by_text("•••• 4804").wait_for()
    assert overflow(page) <= 0
    assert shared.payment(payment_id)["status"] == "pending"

    page.keyboard.press("Tab")
    page.locator("button[value=confirm]").focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/sim/clock")
    details = shared.payment(payment_id)["authorization_details"]
    assert details["three_d_secure"] == {"applied": True}


def test_sbp_shows_a_code_where_there_is_a_second_screen(shared: Simulator, page: Page) -> None:
    payment_id = opened(shared, page)
    wide = page.viewport_size is not None and page.viewport_size["width"] > 800
    assert page.get_by_role("img", name="QR").is_visible() is wide

    page.get_by_role("button", name="СБП").click()

    page.wait_for_url("**/sim/clock")
    assert shared.payment(payment_id)["payment_method"]["type"] == "sbp"


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_cabinet_fits_and_is_worked_by_keyboard(own: Simulator, page: Page, lang: str) -> None:
    payment_id = own.held()
    own.refund(own.captured(), "1.00")
    for path in ("", "/refunds", "/events", "/faults", f"/payments/{payment_id}"):
        page.goto(f"{own.url}/cabinet{path}?lang={lang}")
        assert overflow(page) <= 0, path

    page.locator("[name=amount]").first.fill("700,50")
    page.keyboard.press("Enter")
    page.get_by_text("700,50\u00a0₽").first.wait_for()

    assert own.payment(payment_id)["amount"]["value"] == "700.50"
