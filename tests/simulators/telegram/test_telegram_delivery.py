"""How updates reach the bot: polls, webhook, copies, order, restarts, lost networks."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx

SECRET_HEADER_VALUE = "Se-cret_1"


async def ask(stand: Any, person: int, data: str = "x") -> None:
    markup = {"inline_keyboard": [[{"text": "✅", "callback_data": data}]]}
    assert (await stand.call("sendMessage", chat_id=person, text="а", reply_markup=markup))["ok"]


async def test_an_offset_confirms_and_nothing_else_does(stand: Any) -> None:
    anna = await stand.person()
    await stand.sim(f"/people/{anna}/text", {"text": "два"})

    once, again = await stand.updates(), await stand.updates()
    rest = await stand.updates(offset=once[0]["update_id"] + 1)

    assert once == again
    assert [update["message"]["text"] for update in rest] == ["два"]
    assert await stand.updates(offset=rest[-1]["update_id"] + 1) == []
    assert [entry["state"] for entry in await stand.see("/updates")] == ["delivered"] * 2


async def test_a_long_poll_returns_as_soon_as_something_is_said(stand: Any) -> None:
    anna = await stand.person(started=False)
    poll = asyncio.create_task(stand.updates(timeout=30))
    await asyncio.sleep(0.05)

    await stand.sim(f"/people/{anna}/text", {"text": "да"})

    (update,) = await asyncio.wait_for(poll, 2)
    assert update["message"]["text"] == "да"


async def test_a_second_poll_ends_the_first_and_a_webhook_ends_both(stand: Any, hook: Any) -> None:
    first = asyncio.create_task(stand.call("getUpdates", timeout=30))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(stand.call("getUpdates", timeout=30))

    ended = await asyncio.wait_for(first, 2)
    assert ended["error_code"] == 409
    assert ended["description"] == (
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance"
        " is running"
    )
    await stand.call("setWebhook", url=hook.url)
    assert (await asyncio.wait_for(second, 2))["error_code"] == 409
    assert await stand.error("getUpdates") == (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to"
        " delete the webhook first"
    )


async def test_a_webhook_gets_the_secret_and_is_repeated_until_200(
    stand: Any, hook: Any, eventually: Any
) -> None:
    hook.statuses = [500, 403]
    anna = await stand.person()
    await stand.sim("/delivery", {"retry_first_seconds": 0.05})
    await stand.call("setWebhook", url=hook.url, secret_token=SECRET_HEADER_VALUE)

    await eventually(lambda: len(hook.bodies) == 3)

    assert len(set(hook.ids)) == 1
    assert set(hook.secrets) == {SECRET_HEADER_VALUE}
    await stand.sim(f"/people/{anna}/text", {"text": "ещё"})
    await eventually(lambda: len(hook.bodies) == 4)

    async def all_delivered() -> bool:
        return {entry["state"] for entry in await stand.see("/updates")} == {"delivered"}

    await eventually(all_delivered)
    told = (await stand.call("getWebhookInfo"))["result"]
    assert told["pending_update_count"] == 0
    assert told["last_error_message"] == "Wrong response from the webhook: 403 Forbidden"
    bad_secret = await stand.error("setWebhook", url=hook.url, secret_token="a b")
    assert bad_secret == "Bad Request: secret token contains unallowed characters"


async def test_messages_of_one_chat_keep_their_order_through_failures(
    stand: Any, hook: Any, eventually: Any
) -> None:
    chance = random.Random(4)
    hook.statuses = [chance.choice([200, 500]) for _ in range(30)]
    await stand.sim("/delivery", {"retry_first_seconds": 0.01, "retry_longest_seconds": 0.02})
    await stand.call("setWebhook", url=hook.url)
    people = [await stand.person(name) for name in ("Анна", "Иван")]
    for number in range(8):
        for person in people:
            await stand.sim(f"/people/{person}/text", {"text": str(number)})

    async def all_delivered() -> bool:
        return {entry["state"] for entry in await stand.see("/updates")} == {"delivered"}

    await eventually(all_delivered)
    for person in people:
        mine = [b for b in hook.bodies if b["message"]["chat"]["id"] == person]
        ids = [body["update_id"] for body in mine]
        assert ids == sorted(ids)
        assert len(set(ids)) == 9


async def test_retry_after_is_honoured(stand: Any, hook: Any, eventually: Any) -> None:
    hook.statuses = [503]
    hook.headers = {"Retry-After": "1"}
    await stand.sim("/delivery", {"retry_first_seconds": 0.01})
    await stand.call("setWebhook", url=hook.url)
    await stand.person()
    await eventually(lambda: len(hook.bodies) == 1)

    await asyncio.sleep(0.5)

    assert len(hook.bodies) == 1
    await eventually(lambda: len(hook.bodies) == 2)


async def test_undelivered_updates_survive_a_restart(
    stand: Any, hook: Any, eventually: Any
) -> None:
    await stand.call("setWebhook", url="http://127.0.0.1:9/closed")
    anna = await stand.person()
    await ask(stand, anna)
    tapped = await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})
    before = await stand.see(f"/people/{anna}/messages")

    await stand.stop()
    await stand.start()

    assert await stand.see(f"/people/{anna}/messages") == before
    await stand.call("setWebhook", url=hook.url)
    await eventually(lambda: tapped["update_id"] in hook.ids)
    after = await stand.sim(f"/people/{anna}/text", {"text": "после"})
    assert after["update_id"] == tapped["update_id"] + 1


async def test_every_update_comes_in_copies_and_out_of_order(
    stand: Any, hook: Any, eventually: Any
) -> None:
    await stand.sim("/delivery", {"copies": 2, "shuffle": True, "delay_ms": 200, "seed": 7})
    await stand.call("setWebhook", url=hook.url)
    anna = await stand.person()
    for number in range(15):
        await stand.sim(f"/people/{anna}/text", {"text": str(number)})

    await eventually(lambda: len(hook.bodies) == 32)

    assert sorted(hook.ids) == sorted(2 * sorted(set(hook.ids)))
    assert hook.ids != sorted(hook.ids)


async def test_copies_reach_a_polling_bot_too_and_none_is_lost(stand: Any) -> None:
    await stand.sim("/delivery", {"copies": 3, "shuffle": True, "delay_ms": 150, "seed": 3})
    anna = await stand.person()
    for number in range(9):
        await stand.sim(f"/people/{anna}/text", {"text": str(number)})
    seen: list[int] = []
    offset = 0
    for _ in range(12):
        found = await stand.updates(offset=offset, timeout=0)
        seen += [update["update_id"] for update in found]
        offset = max([offset, *(update["update_id"] + 1 for update in found)])
        await asyncio.sleep(0.03)

    assert len(set(seen)) == 10
    assert all(seen.count(update_id) >= 3 for update_id in set(seen))
    assert await stand.updates(offset=offset) == []


async def test_a_retapped_button_is_a_new_update_with_the_same_data(stand: Any) -> None:
    anna = await stand.person()
    await ask(stand, anna)
    await stand.sim("/delivery", {"retap": True})

    await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})

    first, second = (await stand.updates())[-2:]
    assert first["update_id"] != second["update_id"]
    assert first["callback_query"]["id"] != second["callback_query"]["id"]
    assert first["callback_query"]["data"] == second["callback_query"]["data"] == "x"


async def test_an_offline_phone_sends_its_taps_again_with_new_ids(stand: Any) -> None:
    anna = await stand.person()
    await ask(stand, anna)
    unanswered = await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})
    await stand.sim(f"/people/{anna}/offline")

    queued = await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})
    said = await stand.sim(f"/people/{anna}/text", {"text": "позже"})
    assert queued == said == {"update_id": None, "queued": True}
    back = await stand.sim(f"/people/{anna}/online")

    assert len(back["update_ids"]) == 3
    assert min(back["update_ids"]) > unanswered["update_id"]
    data = [update.get("callback_query", {}).get("data") for update in await stand.updates()]
    assert data == [None, "x", "x", "x", None]


async def test_taps_expire_after_150_seconds_and_messages_after_a_day(stand: Any) -> None:
    anna = await stand.person()
    await ask(stand, anna)
    await stand.sim(f"/people/{anna}/tap", {"sign": "✅"})

    await stand.sim("/clock", {"advance_seconds": 151})
    assert [list(update)[1] for update in await stand.updates()] == ["message"]
    await stand.sim("/clock", {"advance_seconds": 86_400})
    assert await stand.updates() == []


async def test_a_waiting_tap_returns_the_answer_of_the_bot(stand: Any) -> None:
    anna = await stand.person()
    await ask(stand, anna)
    tap = asyncio.create_task(stand.sim(f"/people/{anna}/tap", {"sign": "✅", "wait": True}))
    await asyncio.sleep(0.05)
    query = (await stand.updates())[-1]["callback_query"]["id"]

    await stand.call("answerCallbackQuery", callback_query_id=query, text="Принято")

    assert (await tap)["answer"] == {"text": "Принято", "show_alert": False}


async def test_the_event_stream_resumes_where_it_was_left(stand: Any) -> None:
    async def events(count: int, last: str = "") -> list[tuple[str, dict[str, Any]]]:
        found: list[tuple[str, dict[str, Any]]] = []
        number = ""
        headers = {"Last-Event-ID": last} if last else {}
        async with stand.http.stream("GET", "/sim/events", headers=headers) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("id: "):
                    number = line.removeprefix("id: ")
                if line.startswith("data: "):
                    found.append((number, json.loads(line.removeprefix("data: "))))
                if len(found) == count:
                    break
        return found

    hello = (await events(1))[0]
    anna = await stand.person()
    await stand.call("sendMessage", chat_id=anna, text="раз")

    missed = await events(4, last=hello[0])

    assert [event["kind"] for _, event in missed] == ["person", "message", "person", "message"]
    assert missed[-1][1]["message"]["text"] == "раз"
    assert (await events(1, last="other-5"))[0][1]["kind"] == "reset"


async def test_sixty_people_tapping_at_once_all_arrive(
    stand: Any, hook: Any, eventually: Any
) -> None:
    await stand.call("setWebhook", url=hook.url, allowed_updates=["callback_query"])
    people = [await stand.person(f"P{number}") for number in range(60)]
    for person in people:
        await ask(stand, person)

    async with httpx.AsyncClient(base_url=stand.url, trust_env=False, timeout=30) as http:
        taps = [http.post(f"/sim/people/{person}/tap", json={"sign": "✅"}) for person in people]
        answers = await asyncio.gather(*taps)

    sent = sorted(answer.json()["update_id"] for answer in answers)
    await eventually(lambda: len(hook.bodies) == 60)
    assert sorted(hook.ids) == sent
