import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import insert

from models.orders import OrderEventRow
from rules.orders import OrderEvent, OrderState, Role
from rules.payments import Method
from tests.api.stage import (
    ORDER,
    Stage,
    refusal,
    show,
    write_contractor,
    write_order,
)
from tests.texts.views import states
from workflows.client import Unavailable

PIN = {"latitude": 56.85, "longitude": 35.91}


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check the shape of an error and return its body."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert (body["status"], body["code"]) == (status, code)
    assert body["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    return body


async def post(api: Stage, path: str, body: Any, **headers: str) -> httpx.Response:
    return await api.http.post(
        f"/api/v1/orders{path}", json=body, headers={**api.as_caller(), **headers}
    )


# --- placing ----------------------------------------------------------------------------------


async def test_an_order_is_placed_once_under_its_key(api: Stage) -> None:
    first = await api.place(key="k1")
    again = await api.place(key="k1")

    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.headers["Location"] == f"/api/v1/orders/{first.json()['id']}"
    assert len(api.orders.of("place")) == 1
    assert len(await api.rows("SELECT 1 FROM order_requests")) == 1


async def test_many_at_once_under_one_key_are_one_order(api: Stage) -> None:
    answers = await asyncio.gather(*(api.place(key="same") for _ in range(8)))

    assert {one.status_code for one in answers} <= {201, 503}
    assert len({one.json()["id"] for one in answers if one.status_code == 201}) == 1
    assert len(await api.rows("SELECT 1 FROM orders")) == 1
    assert len(await api.rows("SELECT 1 FROM users WHERE telegram_id IS NULL")) == 1


async def test_the_same_key_for_another_order_is_refused(api: Stage) -> None:
    await api.place(key="k1")

    is_problem(await api.place(key="k1", comment="другое"), 422, "IdempotencyKeyReused")
    is_problem(
        await api.place(key="k1", contact={"phone": "+79261234567", "name": "Олег"}),
        422,
        "IdempotencyKeyReused",
    )


async def test_keys_of_two_callers_are_apart(api: Stage) -> None:
    one, other = await api.place(key="k1"), await api.place("rival", key="k1")

    assert one.json()["id"] != other.json()["id"]


async def test_what_is_personal_reaches_the_request_and_never_the_workflow(api: Stage) -> None:
    await api.place()

    (told,) = api.orders.of("place")
    assert not [word for word in ("926", "Анна", "Садовая", "собака") if word in repr(told)]
    (row,) = await api.rows(
        "SELECT r.*, u.phone, u.first_name, u.username, u.telegram_id"
        " FROM order_requests r JOIN users u ON u.id = r.client_id"
    )
    assert (row.phone, row.first_name, row.telegram_id) == ("+79261234567", "Анна", None)
    assert (row.address, row.comment, row.town, row.source) == (
        *("Садовая 5", "во дворе собака", "Тверь", "api"),
    )
    assert (row.utc_offset_minutes, row.precision) == (180, "pin")


async def test_a_phone_is_one_client_of_a_caller_however_it_is_written(api: Stage) -> None:
    for phone in ("+7 926 123-45-67", "89261234567"):
        await api.place(contact={"phone": phone, "name": "Анна"})
    await api.place("rival")

    assert len(await api.rows("SELECT DISTINCT client_id FROM orders")) == 2


async def test_an_address_finds_its_town_and_says_when_it_is_not_the_only_one(
    api: Stage,
) -> None:
    found = await api.place(place={"address": "Тверь, Садовая 5"})
    several = is_problem(await api.place(place={"address": "Мирный"}), 422, "BadInput")
    unknown = is_problem(await api.place(place={"address": "Нигде"}), 422, "BadInput")

    assert found.json()["town"] == "Тверь"
    assert [one["region"] for one in several["choices"]] == ["Якутия", "Архангельская область"]
    assert unknown["errors"][0]["pointer"] == "/place/address"
    assert len(api.orders.of("place")) == 1


async def test_a_pin_far_from_everything_is_asked_to_be_confirmed(api: Stage) -> None:
    far = {"latitude": 70.0, "longitude": 35.9}

    asked = is_problem(await api.place(place=far), 422, "BadInput")
    meant = await api.place(place={**far, "far_confirmed": True})

    assert asked["nearest"] == "Тверь"
    assert meant.status_code == 201


async def test_a_refusal_stays_the_answer_of_its_key(api: Stage) -> None:
    api.orders.refusal = refusal("TooManyOrders")
    first = is_problem(await api.place(key="k1"), 409, "TooManyOrders")
    api.orders.refusal = None

    again = is_problem(await api.place(key="k1"), 409, "TooManyOrders")

    assert first["title"] == again["title"]
    assert not await api.rows("SELECT 1 FROM orders")


async def test_an_outage_asks_to_repeat_and_the_repetition_succeeds(api: Stage) -> None:
    api.orders.refusal = Unavailable()
    unsure = await api.place(key="k1")
    is_problem(unsure, 503, "Unavailable")
    assert int(unsure.headers["Retry-After"]) > 0

    api.orders.refusal = None

    assert (await api.place(key="k1")).status_code == 201


@pytest.mark.parametrize(
    "change",
    [
        *({name: 1} for name in ("role", "rating", "prepaid", "price", "client_id", "state")),
        {"place": {**PIN, "contractor_id": 17}},
        {"service": "repair.magic"},
        {"detail": "depth_30"},
        {"detail": None},
        {"place": {}},
        {"place": {"latitude": 56.85}},
        {"place": {"latitude": 91, "longitude": 0}},
        {"place": {"latitude": "56.85", "longitude": 35.91}},
        {"place": {"latitude": 0, "longitude": 0}},
        {"place": {"latitude": True, "longitude": 35.91}},
        {"place": {"address": "х" * 201}},
        {"contact": {"phone": "112", "name": "Анна"}},
        {"contact": {"phone": "+79261234567", "name": ""}},
        {"contact": {"phone": 79261234567, "name": "Анна"}},
        {"contact": {"phone": "+79261234567", "name": "А\x00"}},
        {"comment": "x" * 1001},
        {"comment": "a\x1b[31m"},
        {"wish_day": 1_800_000_000},
        {"wish_day": "2026-13-01"},
        {"wish_day": "2026-09-05T10:00:00"},
    ],
)
async def test_what_the_rules_do_not_allow_is_a_422(api: Stage, change: dict[str, Any]) -> None:
    body = is_problem(await api.place(**change), 422, "BadInput")

    assert body["errors"]
    assert not api.orders.said
    assert not await api.rows("SELECT 1 FROM taps")


@pytest.mark.parametrize("days", [-2, 62])
async def test_a_wished_day_lies_ahead_and_within_60_days(api: Stage, days: int) -> None:
    wished = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()

    is_problem(await api.place(wish_day=wished), 422, "BadTime")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
async def test_numbers_that_are_none_are_refused(api: Stage, number: str) -> None:
    body = json.dumps({**ORDER, "place": {"latitude": "NUMBER", "longitude": 35.9}})
    headers = {**api.as_caller(), "Content-Type": "application/json"}

    answer = await api.http.post(
        "/api/v1/orders", content=body.replace('"NUMBER"', number), headers=headers
    )

    is_problem(answer, 422, "BadInput")


# --- reading ----------------------------------------------------------------------------------


async def test_an_order_is_read_by_its_caller_alone(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]
    telegram = await write_order(api.database)

    for path in ("", "/events"):
        mine = await api.http.get(f"/api/v1/orders/{order_id}{path}", headers=api.as_caller())
        assert mine.status_code == 200, mine.text
        bodies = []
        for caller, one in (("rival", order_id), ("rival", uuid4()), ("shop", telegram.id)):
            answer = await api.http.get(
                f"/api/v1/orders/{one}{path}", headers=api.as_caller(caller)
            )
            bodies.append({**is_problem(answer, 404, "NotYours"), "instance": ""})
        assert bodies[0] == bodies[1] == bodies[2]


async def test_foreign_orders_cannot_be_paid_or_cancelled(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]

    for path, body in (("cancel", {}), ("pay", {"method": "card"})):
        for one in (order_id, uuid4()):
            answer = await api.http.post(
                f"/api/v1/orders/{one}/{path}", json=body, headers=api.as_caller("rival")
            )
            is_problem(answer, 404, "NotYours")
    assert len(api.orders.said) == 1


async def test_an_order_is_shown_in_numbers_and_in_words(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]
    headers = {**api.as_caller(), "Accept-Language": "en"}

    order = (await api.http.get(f"/api/v1/orders/{order_id}", headers=headers)).json()

    assert order["money"]["prepayment_kopecks"] == 80_000
    assert order["number"].startswith("D-")
    assert order["page_url"].startswith("http://127.0.0.1:8000/o/")
    assert order["sentences"][0].startswith("Repair: no water")
    assert order["contractor"] is None


async def test_the_contractors_phone_comes_with_the_prepayment(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]
    contractor = await write_contractor(api.database)
    phones = []
    for name in ("awaiting", "booked"):
        row = (await api.rows("SELECT * FROM orders"))[0]
        await show(api.database, row, states()[name], contractor)
        found = await api.http.get(f"/api/v1/orders/{order_id}", headers=api.as_caller())
        phones.append(found.json()["contractor"]["phone"])

    assert phones == [None, "+79004445566"]


async def test_orders_come_in_pages_newest_first(api: Stage) -> None:
    placed = [(await api.place()).json()["number"] for _ in range(5)]
    await api.place("rival")
    seen: list[str] = []
    query = "?limit=2"
    while query:
        page = (await api.http.get(f"/api/v1/orders{query}", headers=api.as_caller())).json()
        seen += [one["number"] for one in page["items"]]
        query = f"?limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else ""

    assert seen == placed[::-1]
    none = await api.http.get("/api/v1/orders?state=completed", headers=api.as_caller())
    assert none.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=%25%25", "cursor=Jw", "state=paid"]
)
async def test_a_bad_page_is_a_422(api: Stage, query: str) -> None:
    answer = await api.http.get(f"/api/v1/orders?{query}", headers=api.as_caller())

    is_problem(answer, 422, "BadInput")


async def test_a_story_is_told_in_order(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]
    async with api.database.transaction() as session:
        for version, event in enumerate((OrderEvent.PLACED, OrderEvent.WAVE_SENT), start=1):
            await session.exec(
                insert(OrderEventRow).values(
                    order_id=order_id, version=version, at=datetime.now(UTC), event=event
                )
            )

    story = await api.http.get(f"/api/v1/orders/{order_id}/events", headers=api.as_caller())

    assert [one["event"] for one in story.json()["items"]] == ["placed", "wave_sent"]


# --- acting -----------------------------------------------------------------------------------


async def test_an_order_is_cancelled_under_one_intent_per_key(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]
    key = {"Idempotency-Key": "c1"}

    answers = [await post(api, f"/{order_id}/cancel", {"reason": "price"}, **key) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    first, again = api.orders.of("cancel")
    assert first == again
    assert (first[0], first[1].role, first[1].reason) == (order_id, Role.CLIENT, "price")
    other = await post(api, f"/{order_id}/cancel", {"reason": "weather"}, **key)
    is_problem(other, 422, "IdempotencyKeyReused")
    is_problem(await post(api, f"/{order_id}/cancel", {"reason": "because"}), 422, "BadInput")


async def test_a_repeated_cancellation_is_answered_after_the_order_has_closed(
    api: Stage,
) -> None:
    order_id = (await api.place()).json()["id"]
    await post(api, f"/{order_id}/cancel", {}, **{"Idempotency-Key": "c1"})
    row = (await api.rows("SELECT * FROM orders"))[0]
    view = states()["cancelled_free"]
    await show(api.database, row, view)
    api.orders.refusal = refusal("OrderClosed")

    again = await post(api, f"/{order_id}/cancel", {}, **{"Idempotency-Key": "c1"})
    fresh = await post(api, f"/{order_id}/cancel", {})

    assert again.status_code == 200
    assert again.json()["state"] == OrderState.CANCELLED
    is_problem(fresh, 409, "OrderClosed")


async def test_a_payment_is_started(api: Stage) -> None:
    order_id = (await api.place()).json()["id"]

    answer = await post(api, f"/{order_id}/pay", {"method": "sbp"})

    assert answer.json()["payment_url"] == "https://yoomoney.ru/checkout/1"
    assert api.orders.of("pay")[0][1].method is Method.SBP
    is_problem(await post(api, f"/{order_id}/pay", {"method": "cash"}), 422, "BadInput")
    api.orders.refusal = refusal("NotPayable")
    is_problem(await post(api, f"/{order_id}/pay", {"method": "card"}), 409, "NotPayable")
