"""What support says in the chat: why, wider, dearer, by hand; and who is told no, and how."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from activities.orders import OrderActivities
from bot.handlers.guard import EXAMPLES
from models.database import Database
from rules import booking, search_changes, searching, working
from rules.catalog import ServiceType
from rules.changes import Change
from rules.errors import BadInput, NoCapacity, OrderClosed, OrderTaken, TransitionRefused
from rules.orders import Offer, Order, Role
from rules.policy import POLICY_V1
from tests import factories
from tests.activities.test_offers import send, terms_for
from tests.activities.test_quotas import set_row
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator
from workflows import messages
from workflows.client import Unavailable
from workflows.search_messages import PriceAnswer, PriceOffer, Widening

NOW = datetime.now(UTC)
REFUSED = "Сейчас с этим заказом так нельзя"


@dataclass
class Scene:
    """Support with a phone, a client, a contractor; one order, searching."""

    olga: Person
    anna: Person
    ivan: Person
    support_id: int
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

    async def asked(self, count: int = 1) -> list[tuple[str, str, Any, str]]:
        """What the workflow was asked, once it has been asked so often."""
        for _ in range(3000):
            if len(self.orders.asked) >= count:
                break
            await asyncio.sleep(0.01)
        return self.orders.asked

    async def worked(self) -> None:
        """The order is done and accepted, by this contractor."""
        mine = self.contractor_id
        offer = Offer(mine, 1, NOW, NOW, 8.0)
        self.order = searching.wave_sent(self.order, (offer,))
        await self.decide(searching.assigned(self.order, mine, NOW))
        for step in (booking.prepaid, working.set_off, working.started):
            await self.decide(step(self.order, NOW))
        await self.decide(working.done(self.order, None, NOW))
        await self.decide(working.work_accepted(self.order, Role.CLIENT, NOW))


@pytest.fixture
async def scene(
    running_bot: RunningBot, simulator: Simulator, database: Database, orders: RecordedOrders
) -> Scene:
    olga, anna, ivan = [await simulator.person(one) for one in ("Ольга", "Анна", "Иван")]
    support_id = await factories.person(database, telegram_id=olga.id, is_support=True)
    client_id = await factories.person(database, telegram_id=anna.id)
    owner = await factories.person(database, telegram_id=ivan.id, first_name="Иван")
    mine = await factories.contractor(
        database, user_id=owner, completed=9, joined_at=factories.NOON
    )
    for person in (olga, anna, ivan):
        await person.text("/help")
        await person.sees("Как это работает")
    order = await factories.placed(database, client_id)
    return Scene(olga, anna, ivan, support_id, client_id, mine, order, orders, database)


async def _is_told(scene: Scene, rows: Rows, who: int, words: str, order: int = 0) -> None:
    """One phone, in turn in each contractor's hand: what he reads of an order."""
    await rows("UPDATE users SET telegram_id = NULL WHERE telegram_id = :t", t=scene.ivan.id)
    await rows(
        "UPDATE users SET telegram_id = :t FROM contractors c"
        " WHERE c.user_id = users.id AND c.id = :c",
        t=scene.ivan.id,
        c=who,
    )
    await scene.ivan.text(f"/why D-{order or scene.order.number}")
    told = await scene.ivan.sees(words)
    assert "C-" not in str(told["text"])


async def test_why_is_everything_for_support_and_ones_own_place_for_a_contractor(
    scene: Scene, rows: Rows
) -> None:
    database, number = scene.database, scene.order.number
    old = {"completed": 9, "joined_at": factories.NOON}
    make = factories.contractor
    chosen, lower = scene.contractor_id, await make(database, latitude=57.0, **old)
    newcomer = await make(database, latitude=57.1)
    far = await make(database, latitude=57.9, **old)
    full = await make(database, busy=1, **old)
    asleep = await make(database, utc_offset_minutes=-600, **old)
    refused = await make(database, **old)
    trade = await make(database, ServiceType.SEWAGE, **old)
    await scene.olga.text(f"/why d{number}")
    await scene.olga.sees("Бригаду ещё не искали")
    await send(database, terms_for(scene.order, asked=(refused,)))
    await set_row(database, "contractors", far, online=False)
    explored = await factories.placed(
        database, policy=replace(POLICY_V1, exploration_permille=1000)
    )
    await send(database, terms_for(explored, explore=True))

    is_told = partial(_is_told, scene, rows)
    await is_told(chosen, "Заявку вам предлагали. 1-е место")
    await is_told(lower, "Вы подходили и были на 3-м месте из 3")
    await is_told(newcomer, "Вам помогла надбавка новичка: 0,10")
    await is_told(far, "Место дальше вашего круга")
    await is_told(full, "не было свободного времени")
    await is_told(asleep, "Согласиться: /night")
    await is_told(refused, "Вас уже спрашивали")
    await is_told(trade, "Такой работы нет среди ваших")
    await is_told(newcomer, "Поставлен первым, чтобы новичок получил работу", explored.number)
    await is_told(lower, "первым шёл новичок", explored.number)
    await scene.ivan.text("/why D-9999")
    await scene.ivan.sees("Такого заказа у вас нет")
    await scene.ivan.text("/why")
    await scene.ivan.sees("Напишите номер заявки")
    await scene.anna.text(f"/why D-{number}")
    await scene.anna.sees("Не понял")

    await scene.olga.text(f"/why D-{number}")
    whole = str((await scene.olga.sees("правила v1, жребий"))["text"])
    for words in (
        f"C-{chosen}, ждём ответа",
        f"C-{newcomer}, –",
        f"C-{lower}, –",
        "новичок 0,10",
        "слишком далеко – 1",
        "нет свободного времени – 1",
        "не работают ночью – 1",
        "уже спрашивали – 1",
    ):
        assert words in whole, (words, whole)


async def test_a_command_of_support_does_not_exist_for_anybody_else(scene: Scene) -> None:
    for person in (scene.anna, scene.ivan):
        for said in ("widen {} 30", "price {} 99000", "reassign {} C-17", "refund {}", "who {}"):
            await person.text(f"/{said.format(f'D-{scene.order.number}')}")
        await person.text("спасибо")
        told: list[str] = []
        for _ in range(1200):
            told = [str(one["text"]) for one in await person.messages() if one["from"] == "bot"]
            if len([one for one in told if one.startswith("Не понял")]) == 6:
                break
            await asyncio.sleep(0.05)
        assert not any("C-" in one or "U-" in one for one in told)
    assert scene.orders.asked == []


async def test_support_learns_what_was_wrong_with_a_command_and_how_it_goes(
    scene: Scene, rows: Rows
) -> None:
    olga, name = scene.olga, f"D-{scene.order.number}"
    for wrong in ("widen", f"widen {name} far", f"price {name}", f"reassign {name}", "order x"):
        await olga.text(f"/{wrong}")
        await olga.sees(f"Напишите так: {EXAMPLES[wrong.split()[0]]}")
    for unknown in ("order D-9999", f"reassign {name} C-999"):
        await olga.text(f"/{unknown}")
    await olga.sees("Такого номера у нас нет")
    idle = await factories.contractor(scene.database, status="suspended")
    await olga.text(f"/reassign {name} C-{idle}")
    await olga.sees(f"Сначала разрешите: /approve C-{idle}")
    owner = await factories.contractor(scene.database, user_id=scene.client_id)
    await olga.text(f"/reassign {name} C-{owner}")
    await olga.sees("и есть клиент этого заказа")
    mine = await factories.placed(scene.database, scene.support_id)
    await olga.text(f"/refund D-{mine.number}")
    await olga.sees("решить должен другой сотрудник")
    assert scene.orders.asked == []

    refusals = {"propose_price": BadInput(), "widen": TransitionRefused(), "cancel": OrderClosed()}
    scene.orders.answers |= {one: [error] for one, error in refusals.items()}
    scene.orders.answers["assign"] = [OrderTaken(), NoCapacity()]
    await olga.text(f"/price {name} 1000")
    told = str((await olga.sees("Новая цена должна быть выше"))["text"])
    assert "12 000–45 000 ₽" in told.replace("\u00a0", " "), told
    for said, words in (
        (f"widen {name} 30", REFUSED),
        (f"refund {name}", "Заказ закрыт"),
        (f"reassign {name} C-{scene.contractor_id}", "У заказа уже есть бригада"),
        (f"reassign {name} C-{scene.contractor_id}", "У этой бригады нет свободного времени"),
    ):
        await olga.text(f"/{said}")
        await olga.sees(words)

    # Who does not hear at once whether it was done is told so; trying again is one intent.
    scene.orders.asked.clear()
    scene.orders.answers["assign"] = [Unavailable("slow"), Unavailable("slow")]
    await olga.text(f"/reassign {name} C-{scene.contractor_id}")
    await olga.sees("Минуту, проверяем")
    await rows("UPDATE orders SET version = version + 1")
    asked = await scene.asked(3)
    assert {one[0] for one in asked} == {"assign"}
    assert len({one[3] for one in asked}) == 1
    assert asked[0][2] == messages.Assignment(scene.support_id, scene.contractor_id)


async def test_support_widens_and_raises_and_the_client_says_no_and_yes(scene: Scene) -> None:
    olga, anna, name = scene.olga, scene.anna, f"D-{scene.order.number}"
    far = await factories.contractor(scene.database, latitude=57.5)
    await olga.text(f"/order {name}")
    await olga.sees("Что можно: /why, /widen, /price")
    await olga.text(f"/widen {name} 40")
    told = await olga.sees("Спрашиваем тех, кто согласен ехать дальше")
    assert f"C-{far} (71" in str(told["text"])
    await olga.text(f"/price {name} 40000 60000")
    asked = await scene.asked(2)
    assert [one[:1] + one[2:3] for one in asked] == [
        ("widen", Widening(scene.support_id, 40)),
        ("propose_price", PriceOffer(scene.support_id, 40_000_00, 60_000_00)),
    ]

    proposed = search_changes.price_proposed(
        scene.order, (40_000_00, 60_000_00), scene.support_id, NOW
    )
    await scene.decide(proposed)
    await anna.sees("Ответьте в карточке")
    card = await anna.sees("Ищем бригаду\n")
    words = str(card["text"]).replace("\u00a0", " ")
    assert "За 40 000–60 000 ₽ бригада найдётся быстрее" in words
    assert "предоплата будет 8 000 ₽" in words
    await anna.tap("❌ Оставить")
    await scene.asked(3)
    await anna.tap("✅ Согласиться")
    answers = [one[2] for one in await scene.asked(4)][2:]
    assert answers == [PriceAnswer(scene.client_id, agrees=yes) for yes in (False, True)]
    await scene.decide(search_changes.price_answered(scene.order, agrees=False, now=NOW))
    await olga.sees("клиент оставил прежнюю цену. Что дальше: /order")


async def test_either_side_may_end_an_acquaintance_after_a_bad_rating_and_is_asked_twice(
    scene: Scene, rows: Rows
) -> None:
    await scene.worked()
    for person, who in ((scene.anna, "client"), (scene.ivan, "contractor")):
        await person.force(f"block:{scene.order.number}:1")
        await person.answered("Кнопка старая")
        assert await rows("SELECT 1 FROM blocks WHERE by_role = :who", who=who) == []
        await person.tap("⭐ 2")
        await person.tap("⭐ Да, 2 из 5")
        await rows(
            "UPDATE orders SET facts = facts || CAST(:stars AS jsonb)",
            stars=f'{{"{who}_stars": 2}}',
        )
        await person.force(f"open:{scene.order.number}:0")
        await person.tap("🚫 Больше не сводить")
        await person.tap("🚫 Да, больше не сводить")
        await person.answered("Больше не сведём вас")
        [row] = await rows("SELECT * FROM blocks WHERE by_role = :who", who=who)
        assert (row.client_id, row.contractor_id) == (scene.client_id, scene.contractor_id)
    assert [(name, said.stars) for name, _, said, _ in scene.orders.asked] == [("rate", 2)] * 2

    again = await factories.placed(scene.database, scene.client_id)
    await send(scene.database, terms_for(again))
    await scene.ivan.text(f"/why D-{again.number}")
    await scene.ivan.sees("просили больше вас не сводить")


async def test_a_contractor_agrees_to_the_night_and_to_distance_and_takes_it_back(
    scene: Scene, rows: Rows
) -> None:
    ivan = scene.ivan
    await ivan.text("/night")
    await ivan.sees("Ночью вас не будим")
    await ivan.tap("Да")
    await ivan.sees("Ночью зовём вас")
    await ivan.text("☰ Ещё")
    await ivan.tap("🛣 Ездить ли дальше")
    question = await ivan.sees("Звать вас дальше")
    assert "До 75 км" in str(question["text"]).replace("\u00a0", " ")
    await ivan.tap("Да")
    await ivan.sees("Зовём вас и дальше")
    [row] = await rows("SELECT night_ok, farther_ok FROM contractors")
    assert tuple(row) == (True, True)
    await ivan.text("/night")
    await ivan.tap("Нет")
    await ivan.sees("Ночью вас не будим.")
    [row] = await rows("SELECT night_ok, farther_ok FROM contractors")
    assert tuple(row) == (False, True)
