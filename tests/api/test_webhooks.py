import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from api.deps import TelegramHook
from api.sweep import Sweep
from models.payments import PaymentAttemptRow
from models.queries.plain import run
from rules.payments import AttemptState, Method
from tests.api.stage import HOOK_SECRET, Stage, write_order
from workflows.client import Unavailable

HEADER = "X-Telegram-Bot-Api-Secret-Token"
SIGNED = {HEADER: HOOK_SECRET}
TAP = {
    "update_id": 7,
    "callback_query": {"id": "1", "from": {"id": 5}, "message": {"chat": {"id": 55}}},
}
LONG_AGO = datetime.now(UTC) - timedelta(hours=25)


def notice(object_id: str = "pay-1", **more: Any) -> dict[str, Any]:
    return {
        "type": "notification",
        "event": "payment.succeeded",
        "object": {"id": object_id, "status": "succeeded", "paid": True, **more},
    }


async def write_attempt(api: Stage, order_id: str, provider_id: str) -> None:
    now = datetime.now(UTC)
    async with api.database.transaction() as session:
        await session.exec(
            insert(PaymentAttemptRow).values(
                order_id=order_id,
                number=1,
                method=Method.CARD,
                amount_kopecks=100,
                state=AttemptState.PENDING,
                provider_id=provider_id,
                created_at=now,
                updated_at=now,
            )
        )


def sweep_of(api: Stage) -> Sweep:
    found: Sweep = api.app.state.sweep
    return found


async def waiting(api: Stage) -> int:
    return len(await api.rows("SELECT 1 FROM provider_notices WHERE passed_on_at IS NULL"))


# --- Telegram ---------------------------------------------------------------------------------


async def test_an_update_is_stored_once_however_often_it_arrives(api: Stage) -> None:
    answers = [
        await api.http.post("/webhooks/telegram", json=TAP, headers=SIGNED) for _ in range(10)
    ]

    assert {one.status_code for one in answers} == {200}
    found = await api.rows("SELECT bot_id, update_id, chat_id, kind, state FROM telegram_updates")
    assert [tuple(row) for row in found] == [(77, 7, 55, "callback_query", "new")]


@pytest.mark.parametrize(
    ("headers", "query"),
    [({}, ""), ({HEADER: "wrong"}, ""), ({HEADER: ""}, ""), ({}, f"?secret={HOOK_SECRET}")],
)
async def test_without_the_secret_nothing_is_stored(
    api: Stage, headers: dict[str, str], query: str
) -> None:
    answer = await api.http.post(f"/webhooks/telegram{query}", json=TAP, headers=headers)

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert not await api.rows("SELECT 1 FROM telegram_updates")


async def test_a_hook_without_a_secret_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="secret"):
        TelegramHook(1, "")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"update_id": true, "message": {}}', b'{"update_id": 1}',
     b'{"update_id": 99999999999999999999, "message": {}}', b"[" * 20_000, b"\xff\xfe"],
)  # fmt: skip
async def test_what_is_no_update_is_a_400(api: Stage, body: bytes) -> None:
    answer = await api.http.post("/webhooks/telegram", content=body, headers=SIGNED)

    assert answer.status_code == 400
    assert not await api.rows("SELECT 1 FROM telegram_updates")


async def test_text_that_a_database_cannot_hold_is_stored_without_the_bad_signs(
    api: Stage,
) -> None:
    body = b'{"update_id": 8, "message": {"chat": {"id": 5}, "text": "a\\u0000b\\ud83dc"}}'

    answer = await api.http.post("/webhooks/telegram", content=body, headers=SIGNED)

    assert answer.status_code == 200
    found = await api.rows("SELECT payload->'message'->>'text' AS words FROM telegram_updates")
    assert found[0].words == "ab?c"


async def test_an_update_may_be_a_megabyte_and_no_more(api: Stage) -> None:
    async def sized(size: int) -> int:
        body = json.dumps({**TAP, "pad": "x" * size}).encode()
        answer = await api.http.post("/webhooks/telegram", content=body, headers=SIGNED)
        return answer.status_code

    assert await sized(1_000_000) == 200
    assert await sized(1_100_000) == 413


async def test_the_bot_is_woken(api: Stage) -> None:
    async with contextlib.aclosing(api.database.listen("telegram_updates")) as payloads:
        assert await anext(payloads) == ""
        await api.http.post("/webhooks/telegram", json=TAP, headers=SIGNED)

        await asyncio.wait_for(anext(payloads), 5)


# --- payments ---------------------------------------------------------------------------------


async def test_a_notice_is_stored_once_and_its_order_told_once(api: Stage) -> None:
    order = await write_order(api.database)
    await write_attempt(api, order.id, "pay-1")

    for _ in range(3):
        assert (await api.http.post("/webhooks/yookassa", json=notice())).status_code == 200
    assert not api.orders.said
    await sweep_of(api).pass_on()
    await sweep_of(api).pass_on()

    stored = await api.rows("SELECT id, order_id::text, event FROM provider_notices")
    assert [(row.order_id, row.event) for row in stored] == [(order.id, "payment.succeeded")]
    assert api.orders.of("notice") == [(order.id, stored[0].id)]
    assert await waiting(api) == 0


async def test_a_notice_that_comes_before_our_own_answer_waits_for_it(api: Stage) -> None:
    order = await write_order(api.database)
    await api.http.post("/webhooks/yookassa", json=notice("pay-2"))
    await sweep_of(api).pass_on()
    assert not api.orders.said

    await write_attempt(api, order.id, "pay-2")
    await sweep_of(api).pass_on()

    assert [told for told, _ in api.orders.of("notice")] == [order.id]


async def test_a_hint_leads_to_an_order_that_exists_but_never_past_the_attempt(
    api: Stage,
) -> None:
    mine = await write_order(api.database)
    other = await write_order(api.database, client_id=mine.client_id)
    await write_attempt(api, mine.id, "pay-3")

    await api.http.post("/webhooks/yookassa", json=notice("pay-3", metadata={"order": other.id}))
    await api.http.post("/webhooks/yookassa", json=notice("new", metadata={"order": other.id}))
    for hint in ("0b5f2f6e-7c1d-4d2e-9a1b-3f1f6d0c7a11", "'; DROP TABLE orders", 5, None):
        body = notice(f"forged-{hint}", metadata={"order": hint})
        assert (await api.http.post("/webhooks/yookassa", json=body)).status_code == 200
    await sweep_of(api).pass_on()

    assert [told for told, _ in api.orders.of("notice")] == [mine.id, other.id]


async def test_a_notice_says_nothing_that_is_believed(api: Stage) -> None:
    order = await write_order(api.database)
    forged = notice("pay-9", amount={"value": "1.00", "currency": "RUB"}, metadata={})

    await api.http.post("/webhooks/yookassa", json=forged)
    await sweep_of(api).pass_on()

    assert not api.orders.said
    row = (await api.rows("SELECT state, prepaid FROM orders WHERE id = :id", id=order.id))[0]
    assert (row.state, row.prepaid) == ("searching", False)
    assert not await api.rows("SELECT 1 FROM journals")


async def test_a_notice_is_kept_until_the_order_could_be_told(api: Stage) -> None:
    order = await write_order(api.database)
    await write_attempt(api, order.id, "pay-1")
    await api.http.post("/webhooks/yookassa", json=notice())
    api.orders.refusal = Unavailable()
    await sweep_of(api).pass_on()
    assert await waiting(api) == 1

    api.orders.refusal = None
    await sweep_of(api).pass_on()

    assert await waiting(api) == 0


async def test_a_notice_for_a_closed_order_is_done_with(api: Stage) -> None:
    order = await write_order(api.database)
    await write_attempt(api, order.id, "pay-1")
    api.orders.is_closed = True
    await api.http.post("/webhooks/yookassa", json=notice())

    assert await sweep_of(api).pass_on() == 1
    assert await waiting(api) == 0


async def test_many_notices_of_one_order_are_one_signal_and_old_ones_none(api: Stage) -> None:
    order = await write_order(api.database)
    await write_attempt(api, order.id, "pay-1")
    for number in range(5):
        await api.http.post("/webhooks/yookassa", json=notice(number=number))
    async with api.database.transaction() as session:
        await run(
            session,
            text("UPDATE provider_notices SET received_at = :then WHERE id = 1"),
            {"then": LONG_AGO},
        )

    assert await sweep_of(api).pass_on() == 4
    assert len(api.orders.of("notice")) == 1


async def test_the_running_sweep_passes_on_what_a_dead_process_had_stored(api: Stage) -> None:
    order = await write_order(api.database)
    await write_attempt(api, order.id, "pay-1")
    await api.http.post("/webhooks/yookassa", json=notice())

    async with api.app.router.lifespan_context(api.app):
        for _ in range(250):
            if not await waiting(api):
                break
            await asyncio.sleep(0.02)

    assert len(api.orders.of("notice")) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"event": 1, "object": {"id": "a"}}', b'{"event": "x"}',
     b'{"event": "x", "object": {"id": {}}}', b'{"event": "x", "object": {"id": "a\\u0000"}}'],
)  # fmt: skip
async def test_what_is_no_notice_is_a_400(api: Stage, body: bytes) -> None:
    answer = await api.http.post("/webhooks/yookassa", content=body)

    assert answer.status_code == 400
    assert not await api.rows("SELECT 1 FROM provider_notices")


async def test_unknown_events_are_accepted_and_large_notices_are_not(api: Stage) -> None:
    unknown = {"event": "something.new", "object": {"id": "x-1"}}

    assert (await api.http.post("/webhooks/yookassa", json=unknown)).status_code == 200
    large = await api.http.post("/webhooks/yookassa", json=notice(pad="x" * 70_000))
    assert large.status_code == 413


QUERY = {
    "id": "q-1",
    "from": {"id": 55, "is_bot": False, "first_name": "Ann", "language_code": "en"},
    "currency": "RUB",
    "total_amount": 210_000,
    "invoice_payload": "6b04c463-0000-5000-80a5-1f5eb0766514",
}


async def test_a_query_before_a_payment_is_answered_in_the_answer_itself(api: Stage) -> None:
    body = {"update_id": 8, "pre_checkout_query": QUERY}

    answer = await api.http.post("/webhooks/telegram", json=body, headers=SIGNED)

    assert answer.json() == {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": "q-1",
        "ok": False,
        "error_message": "We know no such invoice. Nothing was charged.",
    }
    # Whoever waits with his thumb on the button is not behind anything else of this chat.
    assert await api.rows("SELECT 1 FROM telegram_updates") == []
    bad = {"update_id": 9, "pre_checkout_query": {"id": "q-2"}}
    answer = await api.http.post("/webhooks/telegram", json=bad, headers=SIGNED)
    assert answer.status_code == 400
