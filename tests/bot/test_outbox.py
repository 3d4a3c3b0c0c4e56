"""What is owed reaches people once, in order, as the newest state, whatever Telegram does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from telegram import Bot

from bot.cards import CardRenderer, card_key
from bot.limits import Limits
from bot.outbox import Outbox
from models.database import Database
from rules.orders import Role
from tests import factories
from tests.bot.conftest import GENEROUS, Person, Rows, Simulator


@dataclass
class Owing:
    """One client with an order, and the outbox that serves him."""

    person: Person
    user_id: int
    order_id: str
    rows: Rows
    make: Callable[[Limits], Outbox]
    unreachable: list[int] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    outbox: Outbox | None = None

    async def owe(self, notice: str | None = None, **more: Any) -> int:
        """An outbox row: the card, or a notice."""
        values = {"state": "pending", "next_at": None, "params": {}, **more}
        [row] = await self.rows(
            "INSERT INTO outbox (chat_user_id, kind, card_key, order_id, role, notice, params,"
            " state, attempts, next_at) VALUES (:user, :kind, :key, CAST(:order AS uuid), 'client',"
            " :notice, CAST(:params AS jsonb), :state, 0, CAST(:next_at AS timestamptz))"
            " RETURNING id",
            user=self.user_id,
            kind="notice" if notice else "card",
            key=None if notice else card_key(self.order_id, Role.CLIENT, self.user_id),
            order=self.order_id,
            notice=notice,
            **{**values, "params": json.dumps(values["params"])},
        )
        if self.outbox is not None:
            self.outbox.wake()
        return int(row.id)

    def start(self, limits: Limits = GENEROUS) -> None:
        self.outbox = self.make(limits)
        self.task = asyncio.create_task(self.outbox.run(self.stop))

    async def ends(self, row_id: int) -> tuple[str, str | None]:
        """The state and error of a row when it is no longer open."""
        row = None
        for _ in range(600):
            [row] = await self.rows("SELECT state, error FROM outbox WHERE id = :id", id=row_id)
            if row.state not in ("pending", "sending"):
                return row.state, row.error
            await asyncio.sleep(0.02)
        raise AssertionError(f"still {row}")

    async def calls(self, method: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.person.simulator.see("/calls", method=method)
        return found

    async def told(self) -> list[str]:
        """What stands on the person's screen, from the bot."""
        return [str(one["text"]) for one in await self.person.messages() if one["from"] == "bot"]


@pytest.fixture
async def owing(
    simulator: Simulator, telegram: Bot, database: Database, rows: Rows
) -> AsyncIterator[Owing]:
    anna = await simulator.person("Анна")
    await anna.text("/start")
    user_id = await factories.person(database, telegram_id=anna.id)
    order = await factories.placed(database, user_id)
    await rows("DELETE FROM outbox")
    renderer = CardRenderer(database, "")

    async def blocked(user: int) -> None:
        found.unreachable.append(user)

    def make(limits: Limits) -> Outbox:
        return Outbox(database, telegram, renderer, blocked, limits=limits)

    found = Owing(anna, user_id, order.order_id, rows, make)
    yield found
    found.stop.set()
    if found.task is not None:
        await found.task


async def test_many_rows_of_a_card_become_one_message(owing: Owing) -> None:
    owed = [await owing.owe() for _ in range(5)]
    owing.start()

    assert [await owing.ends(one) for one in owed] == [("sent", None)] + [("skipped", "newer")] * 4
    assert len(await owing.told()) == 1


async def test_a_changed_card_is_edited_in_place_and_an_unchanged_one_is_left_alone(
    owing: Owing, rows: Rows
) -> None:
    owing.start()
    await owing.ends(await owing.owe())
    await owing.ends(await owing.owe())
    assert await owing.calls("editMessageText") == []

    await rows("UPDATE users SET language = 'en'")
    await owing.ends(await owing.owe())

    assert len(await owing.calls("editMessageText")) == 1
    assert len(await owing.told()) == 1


async def test_a_card_that_telegram_finds_not_modified_counts_as_shown(
    owing: Owing, rows: Rows
) -> None:
    owing.start()
    await owing.ends(await owing.owe())
    await rows("UPDATE telegram_messages SET content_hash = ''")

    assert await owing.ends(await owing.owe()) == ("sent", None)
    [call] = await owing.calls("editMessageText")
    assert "not modified" in call["response"]["description"]


async def test_a_card_whose_message_is_gone_is_sent_anew(
    owing: Owing, rows: Rows, telegram: Bot
) -> None:
    owing.start()
    await owing.ends(await owing.owe())
    [shown] = await rows("SELECT chat_id, message_id FROM telegram_messages")
    await telegram.delete_message(shown.chat_id, shown.message_id)
    await rows("UPDATE users SET language = 'en'")

    assert await owing.ends(await owing.owe()) == ("sent", None)
    assert len(await owing.told()) == 1


async def test_who_has_blocked_the_bot_is_remembered_and_his_orders_are_told(
    owing: Owing, rows: Rows
) -> None:
    await owing.person.simulator.sim(f"/people/{owing.person.id}/block")
    owed = [await owing.owe("still_searching") for _ in range(3)]
    owing.start()

    ends = [await owing.ends(one) for one in owed]

    assert ends == [("failed", "blocked"), ("skipped", "blocked"), ("skipped", "blocked")]
    assert owing.unreachable == [owing.user_id]
    [user] = await rows("SELECT blocked_at FROM users WHERE id = :id", id=owing.user_id)
    assert user.blocked_at is not None


async def test_a_429_delays_and_drops_nothing_and_keeps_the_order(owing: Owing) -> None:
    fault = {"kind": "429", "count": 2, "method": "sendMessage", "retry_after_seconds": 1}
    await owing.person.simulator.sim("/faults", fault)
    await owing.owe("still_searching")
    await owing.owe("please_rate")
    last = await owing.owe("person_searches")
    owing.start()

    assert await owing.ends(last) == ("sent", None)
    first, second, third = await owing.told()
    assert "всё ещё ищем" in first
    assert "работа принята" in second
    assert "сотрудник" in third


@pytest.mark.parametrize(
    ("notice", "copies", "end"),
    [("still_searching", 1, "failed"), ("payment_received", 2, "sent"), (None, 2, "sent")],
)
async def test_an_unknown_end_is_repeated_only_for_cards_and_money(
    owing: Owing, notice: str | None, copies: int, end: str
) -> None:
    await owing.person.simulator.sim("/faults", {"kind": "drop_after", "method": "sendMessage"})
    owed = await owing.owe(notice)
    owing.start()

    assert (await owing.ends(owed))[0] == end
    assert len(await owing.told()) == copies


@pytest.mark.parametrize(
    ("notice", "end"), [("still_searching", "failed"), ("refund_sent", "sent"), (None, "sent")]
)
async def test_what_a_dead_process_was_sending_is_taken_up_after_its_lease(
    owing: Owing, notice: str | None, end: str
) -> None:
    owed = await owing.owe(notice, state="sending")
    owing.start()

    assert (await owing.ends(owed))[0] == end


async def test_one_chat_gets_no_more_than_its_share(owing: Owing) -> None:
    owed = [await owing.owe("still_searching") for _ in range(4)]
    owing.start(Limits(100, 100, 4, 1))

    for one in owed:
        assert await owing.ends(one) == ("sent", None)
    at = [call["at"] for call in await owing.calls("sendMessage")]
    # Three steps of a quarter second; the first message may itself have been late.
    assert at[-1] - at[0] >= 2 / 4
