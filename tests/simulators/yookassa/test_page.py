"""The payment page as a person's browser uses it: forms, buttons, the way back."""

import hashlib
import re

import pytest

from local.simulators.yookassa.cards import DECLINE_CARDS, SBP_DECLINES
from local.simulators.yookassa.qr import matrix, svg_path
from tests.simulators.yookassa.harness import RETURN_URL, UNKNOWN_ID, Simulator

CODE = "7302493313416f7760a946d561c9af2a676db90388e7cc190480ad5c53e91450"


def test_one_tap_on_the_prefilled_card_pays_and_leads_back(shared: Simulator) -> None:
    payment = shared.create()
    page = shared.client.get(f"/pay/{payment['id']}")
    assert page.status_code == 200
    assert "Учебный платёж" in page.text
    assert "2\u202f000\u00a0₽" in page.text
    number = re.search(r'name="number" value="([0-9 ]+)"', page.text)
    assert number is not None

    paid = shared.client.post(f"/pay/{payment['id']}", data={"action": "card", "number": number[1]})

    assert (paid.status_code, paid.headers["location"]) == (303, RETURN_URL)
    assert shared.payment(payment["id"])["status"] == "waiting_for_capture"


@pytest.mark.parametrize("number", DECLINE_CARDS)
def test_each_declined_card_is_listed_and_says_why(shared: Simulator, number: str) -> None:
    payment_id = shared.create()["id"]
    decline = DECLINE_CARDS[number]
    assert decline.ru in shared.client.get(f"/pay/{payment_id}").text
    assert decline.en in shared.client.get(f"/pay/{payment_id}?lang=en").text

    answer = shared.client.post(f"/pay/{payment_id}", data={"action": "card", "number": number})

    assert (answer.status_code, decline.ru in answer.text) == (200, True)
    details = shared.payment(payment_id)["cancellation_details"]
    assert details == {"party": decline.party, "reason": decline.reason}


def test_an_unpublished_card_is_refused(shared: Simulator) -> None:
    payment_id = shared.create()["id"]

    shared.client.post(f"/pay/{payment_id}", data={"action": "card", "number": "1234"})

    details = shared.payment(payment_id)["cancellation_details"]
    assert details["reason"] == "invalid_card_number"


def test_sbp_is_shown_only_where_it_works(shared: Simulator) -> None:
    held, charged = shared.create(), shared.create(capture=True)
    sbp_only = shared.create(capture=True, payment_method_data={"type": "sbp"})

    assert 'value="sbp"' not in shared.client.get(f"/pay/{held['id']}").text
    assert 'value="sbp"' in shared.client.get(f"/pay/{charged['id']}").text
    assert 'name="number"' not in shared.client.get(f"/pay/{sbp_only['id']}").text
    paid = shared.client.post(f"/pay/{sbp_only['id']}", data={"action": "sbp"})
    assert paid.status_code == 303
    assert shared.payment(sbp_only["id"])["status"] == "succeeded"


@pytest.mark.parametrize(("action", "status"), [("confirm", "succeeded"), ("reject", "canceled")])
def test_a_card_with_3d_secure_asks_first(shared: Simulator, action: str, status: str) -> None:
    payment_id = shared.create(capture=True)["id"]
    number = "5555555555554477"

    asked = shared.client.post(f"/pay/{payment_id}", data={"action": "card", "number": number})
    assert f'value="{number}"' in asked.text
    assert shared.payment(payment_id)["status"] == "pending"
    shared.client.post(f"/pay/{payment_id}", data={"action": action, "number": number})

    assert shared.payment(payment_id)["status"] == status


@pytest.mark.parametrize(("reason", "words"), SBP_DECLINES.items())
def test_a_bank_refuses_sbp_and_says_why(
    shared: Simulator, reason: str, words: tuple[str, str]
) -> None:
    payment_id = shared.create(capture=True)["id"]
    assert words[0] in shared.client.get(f"/pay/{payment_id}").text
    assert words[1] in shared.client.get(f"/pay/{payment_id}?lang=en").text

    answer = shared.client.post(f"/pay/{payment_id}", data={"action": "sbp", "reason": reason})

    assert (answer.status_code, words[0] in answer.text) == (200, True)
    assert "попробуйте ещё раз" in answer.text
    details = shared.payment(payment_id)["cancellation_details"]
    assert details == {"party": "payment_network", "reason": reason}


def test_the_code_on_the_page_is_the_one_that_cameras_read(shared: Simulator) -> None:
    # Compared square by square with another program's code when it was written.
    squares = matrix("x" * 106)
    assert squares is not None
    drawn = "\n".join("".join(".#"[square] for square in line) for line in squares)
    assert hashlib.sha256(drawn.encode()).hexdigest() == CODE
    assert matrix("x" * 107) is None
    payment_id = shared.create(capture=True)["id"]
    found = svg_path(f"{shared.url}/pay/{payment_id}")
    assert found is not None
    assert found[1] in shared.client.get(f"/pay/{payment_id}").text


def test_numbers_stay_with_their_units_and_minutes_run_down(own: Simulator) -> None:
    payment_id = own.create(description="20 % от 12 000 ₽")["id"]
    own.sim("/clock", advance_seconds=1800)

    page = own.client.get(f"/pay/{payment_id}").text

    assert "20\u00a0% от 12\u202f000\u00a0₽" in page
    assert "ждёт ещё 30 мин" in page


def test_the_bare_address_leads_to_the_cabinet(shared: Simulator) -> None:
    assert shared.client.get("/").headers["location"] == "/cabinet"


def test_closing_leads_back_and_leaves_the_payment_open(shared: Simulator) -> None:
    payment_id = shared.create()["id"]

    assert f'class="close" href="{RETURN_URL}"' in shared.client.get(f"/pay/{payment_id}").text
    assert shared.payment(payment_id)["status"] == "pending"


def test_a_second_tap_changes_nothing(shared: Simulator) -> None:
    payment_id = shared.create(capture=True)["id"]
    tap = {"action": "card", "number": "5555555555554444"}
    shared.client.post(f"/pay/{payment_id}", data=tap)

    again = shared.client.post(f"/pay/{payment_id}", data=tap)

    assert (again.status_code, "Оплачено" in again.text) == (409, True)
    assert "Оплачено" in shared.client.get(f"/pay/{payment_id}").text


def test_the_page_speaks_english_when_asked_or_told(shared: Simulator) -> None:
    told = {"type": "redirect", "return_url": RETURN_URL, "locale": "en_US"}
    payment_id = shared.create(confirmation=told)["id"]

    assert "Training payment" in shared.client.get(f"/pay/{payment_id}").text
    assert "Учебный платёж" in shared.client.get(f"/pay/{payment_id}?lang=ru").text


def test_an_unknown_payment_is_said_to_be_unknown(shared: Simulator) -> None:
    for payment_id in (UNKNOWN_ID, "short"):
        answer = shared.client.get(f"/pay/{payment_id}")
        assert (answer.status_code, "Такого платежа нет" in answer.text) == (404, True)
        tapped = shared.client.post(f"/pay/{payment_id}", data={"action": "card"})
        assert tapped.status_code == 404


def test_the_page_needs_nothing_from_elsewhere_and_runs_no_scripts(shared: Simulator) -> None:
    payment_id = shared.create(description="<script>alert(1)</script>")["id"]

    page = shared.client.get(f"/pay/{payment_id}")

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert not re.search(r'(src|href)="https?://(?!127\.0\.0\.1)', page.text)
