"""A question that a person is reading outlives the news of the order; nothing is hidden by it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.orders import OrderActivities
from models.database import Database
from models.offers import OfferRow
from rules import booking, cancelling, searching
from rules.changes import Change
from rules.orders import Offer, Order, Role
from tests import factories
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator
from workflows import messages

NOW = datetime.now(UTC)
UNTIL = NOW + timedelta(hours=1)


@dataclass
class Scene:
    """A client whose order is offered to one contractor."""

    client: Person
    contractor: Person
    client_id: int
    contractor_id: int
    order: Order
    orders: RecordedOrders
    database: Database

    async def decide(self, change: Change) -> None:
        """What the order's workflow would have written."""
        self.order = change.order
        activities = OrderActivities(self.database)
        done = await factories.at(NOW).run(activities.commit, factories.commit(change, now=NOW))
        assert done.refused is None

    async def accepted(self) -> None:
        await self.decide(searching.accepted(self.order, self.contractor_id, NOW))


async def _seen(person: Person, *starts: str) -> list[dict[str, Any]]:
    """Wait until the bot's newest messages begin so, the oldest first; those messages."""
    told: list[dict[str, Any]] = []
    for _ in range(1200):
        told = [one for one in await person.messages() if one["from"] == "bot"]
        found = [one for one in told if any(start in str(one["text"]) for start in starts)]
        if [next(s for s in starts if s in str(one["text"])) for one in found] == list(starts):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"{starts} never stood so: {[one['text'] for one in told]}")


def _labels(message: dict[str, Any]) -> list[str]:
    return [one["text"] for row in message.get("buttons") or [] for one in row]


@pytest.fixture
async def scene(
    running_bot: RunningBot, simulator: Simulator, database: Database, orders: RecordedOrders
) -> Scene:
    anna, ivan = await simulator.person("Анна"), await simulator.person("Иван")
    client_id = await factories.person(database, telegram_id=anna.id)
    owner = await factories.person(database, telegram_id=ivan.id, first_name="Иван")
    mine = await factories.contractor(database, user_id=owner)
    for person in (anna, ivan):
        await person.text("/help")
        await person.sees("Как это работает")
    order = await factories.placed(database, client_id)
    offer = Offer(mine, 1, UNTIL, UNTIL, 8.0)
    async with database.transaction() as session:
        row = OfferRow(
            order_id=order.order_id,
            round=1,
            contractor_id=mine,
            wave=1,
            visit_at=UNTIL,
            until=UNTIL,
            distance_km=8.0,
            rank=1,
            created_at=NOW,
        )
        session.add(row)
    order = searching.wave_sent(order, (offer,))
    return Scene(anna, ivan, client_id, mine, order, orders, database)


async def test_a_question_stays_with_its_reasons_and_the_news_come_below_it(scene: Scene) -> None:
    anna = scene.client
    await anna.tap("❌ Отменить")
    await anna.sees("Отменить заказ")

    await scene.accepted()
    question, card = await _seen(anna, "Отменить заказ", "Бригада найдена\n")
    assert "❌ Долго ждать" in _labels(question)
    assert any(one.startswith("💳") for one in _labels(card))
    # More news: the question says what is true now, and still waits.
    await scene.decide(booking.prepaid(scene.order, NOW))
    await _seen(anna, "Если отменить сейчас", "Выезд назначен\n")

    await anna.tap("❌ Долго ждать")
    for _ in range(3000):
        if scene.orders.asked:
            break
        await asyncio.sleep(0.01)
    [(name, _, said, _)] = scene.orders.asked
    assert (name, said) == (
        "cancel",
        messages.Cancellation(Role.CLIENT, scene.client_id, "too_long"),
    )
    # An answered question leaves no buttons behind.
    await _seen(anna, "Выезд назначен\n")


async def test_the_way_back_from_a_question_that_stood_aside_is_the_card_below(
    scene: Scene,
) -> None:
    anna = scene.client
    await anna.tap("❌ Отменить")
    await anna.sees("Отменить заказ")
    await scene.accepted()
    await _seen(anna, "Отменить заказ", "Бригада найдена\n")

    await anna.tap("↩️ Назад к заказу")
    await _seen(anna, "Бригада найдена\n")
    assert scene.orders.asked == []


async def test_a_question_that_nobody_asks_any_more_gives_way(scene: Scene, rows: Rows) -> None:
    anna, ivan = scene.client, scene.contractor
    await ivan.force(f"open:{scene.order.number}:0")
    await ivan.tap("❌ Не могу")
    await ivan.sees("Почему не берёте")
    await anna.tap("❌ Отменить")
    await anna.sees("Отменить заказ")
    await scene.accepted()
    await _seen(anna, "Отменить заказ", "Бригада найдена\n")
    # His own acceptance, from another phone: nothing is left to refuse.
    await _seen(ivan, "Заявка ваша, ждём")

    cancelled = cancelling.cancelled(scene.order, Role.CLIENT, "price", NOW)
    await scene.decide(cancelled)
    question, card = await _seen(anna, "Отменить заказ", "Заказ отменён\n")
    for _ in range(600):
        if not _labels(question):
            break
        question, card = await _seen(anna, "Отменить заказ", "Заказ отменён\n")
        await asyncio.sleep(0.02)
    assert _labels(question) == []
    assert "❌ Отменить" not in _labels(card)
    left = await rows("SELECT 1 FROM telegram_messages WHERE state <> 'shown'")
    assert left == []
