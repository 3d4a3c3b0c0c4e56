"""Taps on cards: authority is who taps, every tap is answered, every repeat is one intent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from models.database import Database
from rules.errors import OrderClosed, OrderTaken
from rules.orders import Order, Role
from rules.payments import Method
from tests import factories
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator
from workflows import messages
from workflows.client import Unavailable


@dataclass
class Scene:
    """A client and a contractor who know the bot, and the client's order."""

    client: Person
    contractor: Person
    client_id: int
    contractor_id: int
    order: Order
    orders: RecordedOrders

    async def asked(self, count: int = 1) -> list[tuple[str, str, Any, str]]:
        """What the workflow was asked, once it has been asked so often."""
        for _ in range(3000):
            if len(self.orders.asked) >= count:
                break
            await asyncio.sleep(0.01)
        return self.orders.asked


@pytest.fixture
async def scene(
    running_bot: RunningBot, simulator: Simulator, database: Database, orders: RecordedOrders
) -> Scene:
    anna = await simulator.person("Анна")
    ivan = await simulator.person("Иван")
    client_id = await factories.person(database, telegram_id=anna.id)
    owner = await factories.person(database, telegram_id=ivan.id, first_name="Иван")
    contractor_id = await factories.contractor(database, user_id=owner)
    for person in (anna, ivan):
        await person.text("/help")
        await person.sees("Как это работает")
    order = await factories.placed(database, client_id)
    return Scene(anna, ivan, client_id, contractor_id, order, orders)


async def test_an_acceptance_carries_the_contractor_and_one_intent_however_often_it_is_tapped(
    scene: Scene, simulator: Simulator
) -> None:
    await simulator.sim("/delivery", {"retap": True})
    await scene.contractor.force(f"accept:{scene.order.number}:3")

    asked = await scene.asked(2)

    assert {name for name, *_ in asked} == {"accept"}
    assert asked[0][2] == messages.Acceptance(scene.contractor_id)
    assert len({intent for *_, intent in asked}) == 1
    assert asked[0][3].startswith(f"{scene.order.order_id}:accept:3:")


async def test_a_contractor_takes_an_offer_with_one_tap(scene: Scene, rows: Rows) -> None:
    order, ivan = scene.order, scene.contractor
    await rows("UPDATE orders SET facts = jsonb_set(facts, '{state}', '\"searching\"')")
    await rows(
        "INSERT INTO offers (order_id, contractor_id, round, wave, state, until, visit_at,"
        " distance_km, score, rank, terms, reason, created_at) SELECT id, :contractor, 1, 1,"
        " 'live', now() + interval '1 hour', now() + interval '3 hours', 8, 0.8, 1, '{}', '',"
        " now() FROM orders",
        contractor=scene.contractor_id,
    )
    await rows(
        "INSERT INTO outbox (chat_user_id, kind, card_key, order_id, role, params, state,"
        " attempts) SELECT user_id, 'card', :key, CAST(:order AS uuid), 'contractor', '{}',"
        " 'pending', 0 FROM contractors",
        key=f"order:{order.order_id}:contractor:{scene.contractor_id}",
        order=order.order_id,
    )
    await ivan.sees("Новая заявка")
    ivan.taps = ivan.typed = 0

    await ivan.tap("✅ Беру")

    assert [name for name, *_ in await scene.asked()] == ["accept"]
    assert (ivan.taps, ivan.typed) == (1, 0)


async def test_a_named_refusal_is_shown_to_who_tapped(scene: Scene) -> None:
    scene.orders.answers["accept"] = [OrderTaken()]
    await scene.contractor.force(f"accept:{scene.order.number}:3")

    await scene.contractor.answered("уже взяла другая бригада")


async def test_a_closed_workflow_is_answered_from_the_row(
    scene: Scene, rows: Rows, database: Database
) -> None:
    rival = await factories.contractor(database)
    await rows("UPDATE orders SET contractor_id = :id", id=rival)
    scene.orders.answers["accept"] = [OrderClosed()]
    await scene.contractor.force(f"accept:{scene.order.number}:3")

    await scene.contractor.answered("уже взяла другая бригада")


async def test_no_answer_in_time_is_said_and_the_same_intent_is_tried_again(scene: Scene) -> None:
    scene.orders.answers["accept"] = [Unavailable("slow"), Unavailable("slow")]
    await scene.contractor.force(f"accept:{scene.order.number}:3")

    asked = await scene.asked(3)

    await scene.contractor.answered("Минуту")
    assert len({intent for *_, intent in asked}) == 1


@pytest.mark.parametrize("number", ["9999", "x", ""])
async def test_a_stranger_and_an_unknown_order_get_the_same_answer(
    scene: Scene, simulator: Simulator, number: str
) -> None:
    eve = await simulator.person("Ева")
    await eve.text("/help")
    await eve.sees("Как это работает")

    await eve.force(f"cancel_r0:{scene.order.number}:1")
    await eve.force(f"cancel_r0:{number}:1")

    answers: list[Any] = []
    for _ in range(200):
        answers = await simulator.see(f"/people/{eve.id}/answers")
        if len(answers) == 2 and all(one["text"] for one in answers):
            break
        await asyncio.sleep(0.02)
    assert {one["text"] for one in answers} == {
        "Такого заказа у вас нет. Откройте свои заказы кнопкой внизу."
    }
    assert scene.orders.asked == []


async def test_a_contractor_cannot_do_what_is_the_clients(scene: Scene) -> None:
    await scene.contractor.force(f"accept_work:{scene.order.number}:1")

    await scene.contractor.answered("Не получилось")
    assert scene.orders.asked == []


async def test_the_client_cancels_with_two_taps_and_a_reason(scene: Scene) -> None:
    await scene.client.tap("❌ Отменить")
    await scene.client.sees("Отменить заказ")
    await scene.client.tap("❌ Дорого")

    [(name, _, said, _)] = await scene.asked()
    assert name == "cancel"
    assert said == messages.Cancellation(Role.CLIENT, scene.client_id, "price")
    # The question gives way to the card in the same message.
    await scene.client.sees("Ищем бригаду")


async def test_the_way_back_from_a_question_is_the_card(scene: Scene) -> None:
    await scene.client.tap("❌ Отменить")
    await scene.client.tap("↩️ Назад к заказу")

    await scene.client.tap("❌ Отменить")
    assert scene.orders.asked == []


async def test_the_client_chooses_how_to_pay(scene: Scene) -> None:
    await scene.client.force(f"pay_sbp:{scene.order.number}:2")

    [(name, _, said, _)] = await scene.asked()
    assert (name, said) == ("pay", messages.PaymentChoice(scene.client_id, Method.SBP))


async def test_a_question_that_the_card_no_longer_asks_shows_how_things_are(scene: Scene) -> None:
    await scene.client.force(f"slot:{scene.order.number}:1")

    await scene.client.answered("Кнопка старая")
    assert scene.orders.asked == []


async def test_random_callback_data_is_answered_and_changes_nothing(scene: Scene) -> None:
    await scene.client.force("\x00'; DROP TABLE orders; --")

    await scene.client.answered("Кнопка старая")
    assert scene.orders.asked == []


async def test_the_page_of_the_card_opens_anew_from_the_list(scene: Scene) -> None:
    await scene.client.sees("Ищем бригаду")
    await scene.client.text("/orders")
    await scene.client.tap(f"D-{scene.order.number}")

    has_buttons: list[bool] = []
    for _ in range(300):
        seen = await scene.client.messages()
        cards = [one for one in seen if "Ищем бригаду\n" in str(one.get("text"))]
        has_buttons = [bool(one["buttons"]) for one in cards]
        if has_buttons == [False, True]:
            break
        await asyncio.sleep(0.02)
    assert has_buttons == [False, True]
