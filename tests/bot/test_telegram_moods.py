"""Telegram throttles, forgets, moves its ids, and shows us a group: nothing is lost or leaked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from bot.app import Reception, build
from bot.inbox import Inbox, Postponed, StoredUpdate
from bot.visit import Desk
from models.database import Database
from models.queries.telegram import store_update
from tests import factories
from tests.bot.conftest import GENEROUS, Rows, RunningBot, Simulator


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until there is something."""
    for _ in range(1500):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it never happened")


async def test_a_person_is_answered_as_soon_as_telegram_allows_it_again(
    running_bot: RunningBot, simulator: Simulator
) -> None:
    anna = await simulator.person("Анна")
    fault = {"kind": "429", "method": "sendMessage", "chat_id": anna.id, "retry_after_seconds": 1}
    await simulator.sim("/faults", {**fault, "count": 1})
    await anna.text("/help")

    await anna.sees("Как это работает")

    calls = await simulator.see("/calls", method="sendMessage", chat_id=anna.id)
    assert [call["status"] for call in calls] == [429, 200]
    assert calls[1]["at"] - calls[0]["at"] >= 1


async def test_an_update_is_not_served_again_before_telegram_wants_it(
    database: Database, rows: Rows
) -> None:
    async with database.transaction() as session:
        await store_update(session, 77, {"update_id": 1, "message": {"chat": {"id": 1}}})

    async def serve(_: StoredUpdate) -> None:
        raise Postponed("throttled", 600.0)

    stop = asyncio.Event()
    running = asyncio.create_task(Inbox(database, 77, serve, serve).run(stop))
    wait = "SELECT next_at - now() AS left FROM telegram_updates WHERE error = 'throttled'"
    [row] = await until(lambda: rows(wait))
    stop.set()
    await running

    assert row.left.total_seconds() > 300


async def test_a_question_to_support_survives_a_throttled_and_a_failing_telegram(
    running_bot: RunningBot, simulator: Simulator, database: Database, rows: Rows
) -> None:
    anna, helper = await simulator.person("Анна"), await simulator.person("Ольга")
    await factories.person(database, telegram_id=helper.id)
    await helper.text("/help")
    await helper.sees("Как это работает")
    await rows("UPDATE users SET is_support = true WHERE telegram_id = :id", id=helper.id)
    await anna.text("/support")
    await anna.sees("Напишите")
    for kind in ("429", "500", "drop_before"):
        await simulator.sim("/faults", {"kind": kind, "chat_id": helper.id})
    await anna.text("Где бригада?")

    await helper.sees("Где бригада?")

    told = [one for one in await helper.messages() if "Где бригада?" in str(one.get("text"))]
    assert len(told) == 1


async def test_who_writes_again_is_reachable_although_the_unblocking_was_missed(
    running_bot: RunningBot, simulator: Simulator, rows: Rows
) -> None:
    anna = await simulator.person("Анна")
    await anna.text("/help")
    await anna.sees("Как это работает")
    await rows("UPDATE users SET blocked_at = now()")

    await anna.text("/lang")

    await until(lambda: rows("SELECT 1 FROM users WHERE blocked_at IS NULL"))


async def test_after_a_quiet_week_lower_ids_are_heard_too(
    simulator: Simulator,
    running_bot: RunningBot,
    rows: Rows,
) -> None:
    anna = await simulator.person("Анна")
    await anna.text("/help")
    await anna.sees("Как это работает")
    done = "SELECT count(*) AS n FROM telegram_updates WHERE state = 'done'"
    for count in (2, 3, 4):
        # The next id is anything: one of these is lower than the one before.
        await simulator.sim("/clock", {"advance_seconds": 8 * 86_400})
        await anna.text("/help")
        await until(partial(_reaches, rows, done, count))


async def _reaches(rows: Rows, counting: str, count: int) -> bool:
    return bool((await rows(counting))[0].n >= count)


async def test_supports_group_may_talk_and_move_the_bot_without_an_answer_or_a_block(
    simulator: Simulator, desk: Desk, rows: Rows
) -> None:
    olga = await simulator.person("Ольга")
    group = await simulator.sim("/groups", {"title": "Поддержка", "creator": olga.id})
    running = RunningBot(build(replace(desk, support_chat=group["id"]), Reception(), GENEROUS))
    running.start()
    where = f"/groups/{group['id']}"
    await simulator.sim(f"{where}/text", {"person_id": olga.id, "text": "Кто сегодня дежурит?"})
    await simulator.sim(f"{where}/text", {"person_id": olga.id, "text": "Мои заявки"})
    await simulator.sim(f"{where}/bot", {"person_id": olga.id, "status": "member"})
    await simulator.sim(f"{where}/bot", {"person_id": olga.id, "status": "kicked"})

    done = "SELECT count(*) AS n FROM telegram_updates WHERE state = 'done'"
    await until(partial(_reaches, rows, done, 4))
    await running.end()

    said = await simulator.see(f"{where}/messages")
    assert [one["text"] for one in said if one["from"] == "bot"] == []
    assert [one.blocked_at for one in await rows("SELECT blocked_at FROM users")] == [None]
