"""What programs and browsers should not send: a problem that names the field, and no effect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from copy import deepcopy
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
import pytest

from rules.orders import OrderState
from tests.workflows.afterwards import INSIDES
from tests.workflows.afterwards import (
    nothing_lost_nothing_doubled_the_books_balance_and_the_person_was_told as all_is_well,
)
from tests.workflows.outside import Outside
from tests.workflows.people import Someone, Village
from tests.workflows.world import Placed
from texts.catalogue import say
from texts.language import Language

ORDER: dict[str, Any] = {
    "service": "repair.no_water",
    "detail": "symptom_silent",
    "place": {"latitude": 56.86, "longitude": 35.9, "address": "Садовая 5"},
    "contact": {"phone": "8 (926) 123-45-67", "name": "Анна"},
    "comment": "во дворе собака",
}
HTML = "<b>жирно <script>alert(1)</script> & <i>нет конца"
# What is sent instead, and the field that the answer must name.
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no such service": ({"service": "repair.tap"}, "/service"),
    "a number as a service": ({"service": 7}, "/service"),
    "depth of 100,000 m": ({"service": "drilling.well", "detail": "depth_100000"}, "/detail"),
    "a detail of another service": ({"detail": "depth_30"}, "/detail"),
    "location in the sea": ({"place": {"latitude": 74.0, "longitude": 160.0}}, "/place"),
    "location at 0,0": ({"place": {"latitude": 0.0, "longitude": 0.0}}, "/place"),
    "latitude of 91": ({"place": {"latitude": 91.0, "longitude": 35.9}}, "/place/latitude"),
    "latitude in words": ({"place": {"latitude": "56", "longitude": 35.9}}, "/place/latitude"),
    "half a pin": ({"place": {"latitude": 56.86}}, "/place"),
    "no place": ({"place": {}}, "/place"),
    "address not found": ({"place": {"address": "Ыыыы, 5"}}, "/place/address"),
    "address of 10,000 characters": ({"place": {"address": "я" * 10_000}}, "/place/address"),
    "comment of 10,000 characters": ({"comment": "я" * 10_000}, "/comment"),
    "comment with NUL": ({"comment": "вода\x00"}, "/comment"),
    "half a surrogate pair": ({"comment": "вода\ud83d"}, "/comment"),
    "unseen comment": ({"comment": "\u200b\u202e"}, "/comment"),
    "comment as a list": ({"comment": ["вода"]}, "/comment"),
    "no phone": ({"contact": {"phone": "12", "name": "Анна"}}, "/contact/phone"),
    "phone in words": ({"contact": {"phone": HTML[:30], "name": "Анна"}}, "/contact/phone"),
    "name without letters": ({"contact": {"phone": "+79261234567", "name": "…"}}, "/contact/name"),
    "name of 10,000 letters": (
        {"contact": {"phone": "+79261234567", "name": "Я" * 10_000}},
        "/contact/name",
    ),
    "no contact": ({"contact": None}, "/contact"),
    "a day that is past": ({"wish_day": "2020-02-29"}, "/wish_day"),
    "a day in a hundred years": ({"wish_day": "2126-01-01"}, "/wish_day"),
    "the 30th of February": ({"wish_day": "2027-02-30"}, "/wish_day"),
    "a day as seconds": ({"wish_day": 1_800_000_000}, "/wish_day"),
    "an unknown field": ({"price": 1}, "/price"),
}
NOT_JSON = (b"", b"[]", b"null", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 30_000, b'"\\ud800"')
_TAG = re.compile(r"<[^>]*>")


def is_a_problem(answer: httpx.Response, lang: Language) -> dict[str, Any]:
    """It is problem+json with a sentence in that language and nothing of our insides."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json", body
    assert 400 <= answer.status_code < 500, body
    assert body["title"], body
    for words in (body["title_ru"], body["detail"]):
        assert words, body
        assert not INSIDES.search(words), body
    for one in body.get("errors", ()):
        # A field's sentence is for who writes programs: it may list the codes that are known.
        assert re.fullmatch(r"[A-Z][^<>{}]+\.", one["detail"]), body
        assert not re.search("Value error|Traceback|Exception", one["detail"]), body
    is_russian = re.search("[а-яё]", body["detail"]) is not None
    assert is_russian is (lang is Language.RU), body
    return body


async def orders_of_programs(outside: Outside) -> int:
    """How many requests programs have made."""
    rows = await outside.run("SELECT count(*) AS n FROM order_requests WHERE source = 'api'")
    return int(rows[0]["n"])


@pytest.mark.parametrize("lang", Language, ids=str)
async def test_order_with_each_bad_value(lang: Language, outside: Outside) -> None:
    before = await orders_of_programs(outside)
    for name, (changes, field) in BAD.items():
        body = {**deepcopy(ORDER), **changes}
        answer = await outside.api_post("/orders", body, **{"Accept-Language": lang.value})
        told = is_a_problem(answer, lang)
        assert answer.status_code == 422, (name, told)
        pointers = [one["pointer"] for one in told.get("errors", ())]
        assert any(one.startswith(field) for one in pointers), (name, told)
    for sent in NOT_JSON:
        answer = await outside.api_post("/orders", sent, **{"Accept-Language": lang.value})
        is_a_problem(answer, lang)
    assert await orders_of_programs(outside) == before


async def test_order_of_a_program_with_odd_but_good_words(outside: Outside) -> None:
    for comment in ("👨\u200d👩\u200d👧 вода\r\nвторая строка", "5\u00a0м", "שלום مرحبا", HTML):
        answer = await outside.api_post("/orders", {**ORDER, "comment": comment})
        assert answer.status_code == 201, answer.text
        path = f"/orders/{answer.json()['id']}/cancel"
        assert (await outside.api_post(path, {"reason": "price"})).status_code == 200
        bad = await outside.api_post(path, {"reason": HTML})
        assert is_a_problem(bad, Language.RU)["errors"][0]["pointer"] == "/reason"


def shown(page: httpx.Response, lang: Language) -> str:
    """What a person reads of a page; it is of his language, and nothing in it is alive."""
    html = page.text
    assert "<script>alert" not in html
    words = unescape(_TAG.sub(" ", re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", html)))
    assert not INSIDES.search(words), words
    assert re.search("[а-яё]" if lang is Language.RU else "[a-z]", words), words
    return words


async def secret_of(order: Placed) -> str:
    """Where its page is."""
    return f"/o/{(await order.row())['secret']}"


async def pages(village: Village, comment: str = "") -> list[tuple[Someone, Placed, str]]:
    """A Russian and an English client with an order each."""
    found = []
    for client in await village.both():
        order = await village.order(client, comment=comment)
        found.append((client, order, await secret_of(order)))
    return found


async def test_orders_page_with_bad_addresses_and_bad_words(village: Village) -> None:
    http = village.outside.http
    for client, order, path in await pages(village, HTML):
        before = await order.row()
        for query in (
            "",
            "?ask=cancel",
            "?ask=<script>",
            f"?said={HTML}",
            "?said=%00",
            "?lang=zz",
            "?ask=refund_now&said=OrderClosed",
            "?paid=1",
            "?lang[]=1",
            "?said=" + "я" * 500,
        ):
            answer = await http.get(path + query)
            assert answer.status_code == 200, answer.text
            shown(answer, client.lang)
        headers = {"Accept-Language": client.lang.value}
        for other in (
            path[:-3],
            path + "A",
            "/o/%00",
            "/o/<script>",
            "/o/" + "a" * 500,
            "/o/я" * 9,
        ):
            answer = await http.get(other, headers=headers)
            assert answer.status_code == 404, other
        assert (await order.row())["version"] == before["version"]
        await all_is_well(client, typed=(HTML,))


async def test_orders_page_with_bad_buttons(village: Village) -> None:
    http = village.outside.http
    for client, order, path in await pages(village):
        version = (await order.row())["version"]
        for form in (
            {},
            {"action": "cancel_r0"},
            {"action": HTML, "version": "1"},
            {"action": "cancel_r0", "version": "-1"},
            {"action": "x", "version": "٣"},
            {"action": "\x00", "version": "1"},
            {"version": "1"},
            {"action": "cancel_r0", "version": "9" * 40},
        ):
            answer = await http.post(
                path, data=form, headers={"Accept-Language": client.lang.value}
            )
            is_a_problem(answer, client.lang)
        for action in (
            "pay_card",
            "accept_work",
            "rate5",
            "rate9",
            "slot_yes",
            "slot_zzzzzz",
            "claim_no",
            "no_show_yes",
            "done",
            "accept",
            "drop",
        ):
            answer = await http.post(path, data={"action": action, "version": str(version)})
            assert answer.status_code == 303, (action, answer.text)
            shown(await http.get(answer.headers["location"]), client.lang)
        assert (await order.row())["state"] == OrderState.SEARCHING
        await all_is_well(client)


@pytest.mark.parametrize("first", ["page", "bot"])
async def test_two_doors_at_once(first: str, village: Village) -> None:
    """The page, the bot and a program end the same order at once; whoever is first is heard."""
    for client, order, path in await pages(village):
        row = await order.row()
        tap = f"cancel_r0:{row['number']}:{row['version']}"
        form = {"action": "cancel_r0", "version": str(row["version"])}

        async def page(path: str = path, form: dict[str, str] = form) -> None:
            await village.outside.http.post(path, data=form)

        async def bot(client: Someone = client, tap: str = tap) -> None:
            await client.forge(tap)

        async def api(order: Placed = order) -> None:
            # Nobody's but the client's: the same answer as for an order that does not exist.
            wrong = await village.outside.api_post(f"/orders/{order.order_id}/cancel", {})
            assert wrong.status_code == 404

        doors: dict[str, Callable[[], Awaitable[None]]] = {"page": page, "bot": bot, "api": api}
        wanted = [doors.pop(first), *doors.values()]
        await asyncio.gather(*(door() for door in (*wanted, *wanted)))
        await order.closed()
        after = await order.row()
        assert (after["state"], after["version"] > row["version"]) == (OrderState.CANCELLED, True)
        story = await order.story()
        assert story.count("cancelled") == 1, story
        shown(await village.outside.http.get(path), client.lang)
        form["version"] = str(after["version"])
        answer = await village.outside.http.post(path, data=form)
        closed = shown(await village.outside.http.get(answer.headers["location"]), client.lang)
        assert say("refusal.OrderClosed", client.lang) in closed
        await all_is_well(client)


async def test_same_key_for_two_orders_at_once_is_one_order(outside: Outside) -> None:
    key, before = f"k-{uuid4()}", await orders_of_programs(outside)
    answers = await asyncio.gather(*(outside.api_post("/orders", ORDER, key) for _ in range(4)))
    assert {one.status_code for one in answers} == {201}, [one.text for one in answers]
    assert len({one.json()["id"] for one in answers}) == 1
    other = await outside.api_post("/orders", {**ORDER, "comment": "другое"}, key)
    assert (other.status_code, other.json()["code"]) == (422, "IdempotencyKeyReused")
    assert await orders_of_programs(outside) == before + 1
    await outside.api_post(f"/orders/{answers[0].json()['id']}/cancel", {})
