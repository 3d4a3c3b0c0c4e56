import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.orders import OrderState, Role
from rules.payments import Method
from tests.api.stage import Stage, plain_view, refusal, show, write_contractor, write_order
from tests.texts.views import states
from workflows.client import Unavailable
from workflows.messages import ClaimVerdict

VIEWS = states()
BROKEN = ("{", "}", "None", "&lt;b", "Undefined")


async def page_of(api: Stage, name: str) -> tuple[str, Any]:
    """The address of a page of an order in this state, and its row."""
    order = await write_order(api.database)
    await show(api.database, order, VIEWS[name], await write_contractor(api.database))
    return f"/o/{order.secret}", order


def words_of(html: str) -> str:
    return re.sub(r"<(style|script)[^>]*>.*?</\1>", "", html, flags=re.DOTALL)


async def press(api: Stage, url: str, action: str, version: int = 7) -> Any:
    return await api.http.post(url, data={"action": action, "version": str(version)})


@pytest.mark.parametrize("lang", ["ru", "en"])
async def test_every_state_has_its_page(api: Stage, lang: str) -> None:
    order = await write_order(api.database)
    contractor = await write_contractor(api.database)
    for name, view in VIEWS.items():
        await show(api.database, order, view, contractor)
        answer = await api.http.get(f"/o/{order.secret}?lang={lang}")
        words = words_of(answer.text)

        assert answer.status_code == 200, (name, answer.text)
        assert f'<html lang="{lang}"' in answer.text
        assert not [sign for sign in BROKEN if sign in words], name
        for ask in re.findall(r"[?&;]ask=(\w+)", words):
            asked = await api.http.get(f"/o/{order.secret}?lang={lang}&ask={ask}")
            assert asked.status_code == 200, (name, ask)
            assert "<form" in asked.text, (name, ask)


async def test_a_page_is_private_and_loads_nothing_from_elsewhere(api: Stage) -> None:
    url, _ = await page_of(api, "booked")

    answer = await api.http.get(url)

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", answer.text)
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert f'<script nonce="{nonce[1]}">' in answer.text


async def test_the_clients_language_counts_until_the_visitor_chooses(api: Stage) -> None:
    url, _ = await page_of(api, "searching")

    russian = await api.http.get(url, headers={"Accept-Language": "en-GB,en;q=0.9"})
    english = await api.http.get(f"{url}?lang=en", headers={"Accept-Language": "ru"})

    assert 'lang="ru"' in russian.text.splitlines()[1]
    assert 'lang="en"' in english.text.splitlines()[1]
    assert f'action="{url}?lang=en"' in english.text


async def test_an_english_page_calls_the_town_by_its_english_name(api: Stage) -> None:
    url, _ = await page_of(api, "searching")

    english = (await api.http.get(f"{url}?lang=en")).text
    russian = (await api.http.get(f"{url}?lang=ru")).text

    assert "Tver." in english
    assert "Тверь" not in english
    assert "Тверь." in russian


@pytest.mark.parametrize("secret", ["x" * 40, "short", "%00" * 20, "..%2f..%2fetc", "я" * 20])
async def test_an_unknown_secret_gets_a_kind_404(api: Stage, secret: str) -> None:
    for answer in (await api.http.get(f"/o/{secret}"), await press(api, f"/o/{secret}", "paid")):
        assert answer.status_code == 404
    assert "/o/" not in words_of(answer.text) or "page" not in answer.text[:20]


async def test_paying_leads_to_the_providers_page_and_the_same_tap_is_the_same_intent(
    api: Stage,
) -> None:
    url, order = await page_of(api, "awaiting")

    answers = [await press(api, url, "pay_sbp") for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].headers["location"] == "https://yoomoney.ru/checkout/1"
    first, again = api.orders.of("pay")
    assert first == again
    assert first[0] == order.id
    assert first[1].method is Method.SBP
    assert first[2] == f"{order.id}:pay_sbp:7:{order.client_id}"


async def test_cancelling_asks_first_and_names_the_cost(api: Stage) -> None:
    url, _ = await page_of(api, "on_the_way")

    asked = await api.http.get(f"{url}?ask=cancel&lang=en")
    done = await press(api, url, "cancel_r0")

    assert "₽" in asked.text
    assert 'value="cancel_r0"' in asked.text
    assert done.headers["location"] == f"{url}?said=saved"
    (_, said, _), *_ = api.orders.of("cancel")
    assert (said.role, said.reason) == (Role.CLIENT, "changed_mind")


async def test_it_is_said_until_when_a_cancellation_is_free(api: Stage) -> None:
    now = datetime.now(UTC)
    caps = ((now - timedelta(hours=1), 0), (now + timedelta(minutes=30), 500_00))
    order = await write_order(api.database)
    view = replace(VIEWS["booked"], claim_caps=caps, state_since=now)
    await show(api.database, order, view, await write_contractor(api.database))

    asked = await api.http.get(f"/o/{order.secret}?ask=cancel")

    assert "Отменить можно бесплатно: вернём 2\xa0000\xa0₽. Бесплатно до" in asked.text


async def test_an_objection_to_costs_is_asked_for_its_reason(api: Stage) -> None:
    url, order = await page_of(api, "cancelled_made")

    asked = await api.http.get(f"{url}?ask=claim_no")
    await press(api, url, re.findall(r'value="(object_\w+)"', asked.text)[0])

    (order_id, said, _), *_ = api.orders.of("answer_claim")
    assert (order_id, said.verdict) == (order.id, ClaimVerdict.OBJECT)
    assert said.reason != "other"


async def test_without_a_script_a_page_that_waits_loads_itself_again(api: Stage) -> None:
    url, _ = await page_of(api, "awaiting_url")

    waiting = (await api.http.get(f"{url}?said=return")).text
    asked = (await api.http.get(f"{url}?ask=cancel")).text

    assert f'<noscript><meta http-equiv="refresh" content="4;url={url}"></noscript>' in waiting
    # Nobody loses a question that he is reading.
    assert "refresh" not in asked.split("<body>")[0]


@pytest.mark.parametrize(("name", "is_asked"), [("completed", True), ("completed_rated", False)])
async def test_stars_are_offered_with_what_they_mean(api: Stage, name: str, is_asked: bool) -> None:
    url, _ = await page_of(api, name)

    shown = (await api.http.get(f"{url}?lang=ru")).text

    assert ("Оцените бригаду: 1 – плохо" in shown) is is_asked
    assert ('value="rate5"' in shown) is is_asked


async def test_a_cancellation_of_an_older_page_is_asked_again(api: Stage) -> None:
    url, _ = await page_of(api, "on_the_way")

    done = await press(api, url, "cancel_r0", version=6)

    assert done.headers["location"] == f"{url}?ask=cancel"
    assert not api.orders.of("cancel")


async def test_every_button_reaches_its_update(api: Stage) -> None:
    url, _ = await page_of(api, "awaiting_acceptance")
    for action in ("accept_work", "rate5", "slot_yes", "claim_no", "no_show_yes", "slot_ht8rq"):
        assert (await press(api, url, action)).status_code == 303, action

    assert api.orders.of("rate")[0][1].stars == 5
    assert api.orders.of("answer_reschedule")[0][1].agrees
    assert api.orders.of("answer_claim")[0][1].verdict is ClaimVerdict.OBJECT
    assert len(api.orders.of("accept_work")) == len(api.orders.of("no_show_yes")) + 1
    assert api.orders.of("reschedule")[0][1].role is Role.CLIENT
    assert len(api.orders.of("report_no_show")) == 1


@pytest.mark.parametrize(
    "form",
    [
        {"action": "set_off", "version": "7"},
        {"action": "rate9", "version": "7"},
        {"action": "withdraw_r0", "version": "7"},
    ],
)
async def test_what_is_no_clients_button_does_nothing(api: Stage, form: dict[str, str]) -> None:
    url, _ = await page_of(api, "booked")

    answer = await api.http.post(url, data=form)

    assert answer.headers["location"] == f"{url}?said=BadInput"
    assert not api.orders.said


async def test_a_broken_form_is_a_422(api: Stage) -> None:
    url, _ = await page_of(api, "booked")

    for form in ({}, {"action": "<b>", "version": "1"}, {"action": "paid", "version": "-1"}):
        assert (await api.http.post(url, data=form)).status_code == 422
    assert (await api.http.post(url, json={"action": "paid"})).status_code == 422


async def test_another_site_cannot_press_a_button(api: Stage) -> None:
    url, _ = await page_of(api, "booked")
    form = {"action": "cancel_r0", "version": "7"}

    answer = await api.http.post(url, data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert not api.orders.said


async def test_a_refusal_and_an_outage_are_said_in_words(api: Stage) -> None:
    url, _ = await page_of(api, "booked")
    api.orders.refusal = refusal("OrderClosed")
    refused = await press(api, url, "slot_no")
    api.orders.refusal = Unavailable()
    unsure = await press(api, url, "slot_no")

    assert refused.headers["location"] == f"{url}?said=OrderClosed"
    assert unsure.headers["location"] == f"{url}?said=error"
    for name in ("OrderClosed", "error"):
        assert 'class="said"' in (await api.http.get(f"{url}?said={name}")).text
    assert 'class="said"' not in (await api.http.get(f"{url}?said=<script>")).text


async def test_coming_back_from_paying_has_the_order_look_but_seldom(api: Stage) -> None:
    url, order = await page_of(api, "awaiting_url")

    await api.http.get(url, headers={"X-Refresh": "1"})
    assert not api.orders.of("notice")
    for _ in range(20):
        await api.http.get(url)

    assert api.orders.of("notice") == [(order.id, 0)] * 5


async def test_support_is_called_once(api: Stage) -> None:
    url, order = await page_of(api, "booked")

    for _ in range(3):
        assert (await press(api, url, "support")).headers["location"] == f"{url}?said=support"

    found = await api.rows("SELECT order_id::text, role, notice, state FROM outbox")
    assert [tuple(row) for row in found] == [(order.id, "support", "needs_person", "pending")]


async def test_the_crews_phone_is_shown_after_the_prepayment_only(api: Stage) -> None:
    before, _ = await page_of(api, "awaiting")
    assert "tel:" not in (await api.http.get(before)).text

    order = await write_order(api.database)
    contractor = (await api.rows("SELECT id FROM contractors"))[0].id
    await show(api.database, order, VIEWS["booked"], contractor)

    assert 'href="tel:+79004445566"' in (await api.http.get(f"/o/{order.secret}")).text


async def test_what_people_typed_is_inert(api: Stage) -> None:
    order = await write_order(api.database)
    view = replace(plain_view(order), town="<script>alert(1)</script>", state=OrderState.SEARCHING)
    await show(api.database, order, view)

    answer = await api.http.get(f"/o/{order.secret}")

    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
