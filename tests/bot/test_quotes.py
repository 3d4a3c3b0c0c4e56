"""Quotes in the chat: the contractor's few taps, the client's comparison, each metre more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.orders import OrderActivities
from models.database import Database
from models.offers import OfferRow
from rules import booking, choosing, metres, quoting, working
from rules.catalog import Service
from rules.changes import Change
from rules.orders import Offer, Order
from rules.quotes import Offered, QuoteLine, Quotes, Unit
from tests import factories
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator
from texts.formatting import day
from texts.language import Language
from workflows import messages

NOW = datetime.now(UTC)
START = NOW.date() + timedelta(days=14)


def offered(metre: int) -> Offered:
    lines = (QuoteLine("drilling", Unit.METRE, metre * 100, 30, 60),)
    return Offered(lines, ("casing_new",), START, 60)


@dataclass
class Scene:
    """A client, a contractor whom he asked for a quote, and a rival who has quoted."""

    client: Person
    contractor: Person
    client_id: int
    contractor_id: int
    rival_id: int
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


@pytest.fixture
async def scene(
    running_bot: RunningBot, simulator: Simulator, database: Database, orders: RecordedOrders
) -> Scene:
    anna, ivan = await simulator.person("Анна"), await simulator.person("Иван")
    client_id = await factories.person(database, telegram_id=anna.id)
    owner = await factories.person(database, telegram_id=ivan.id, first_name="Иван")
    mine = await factories.contractor(database, user_id=owner)
    rival = await factories.contractor(database)
    for person in (anna, ivan):
        await person.text("/help")
        await person.sees("Как это работает")
    order = await factories.placed(database, client_id, service=Service.DRILLING_WELL)
    until = NOW + timedelta(hours=12)
    sent = tuple(Offer(one, 1, until, until, 8.0) for one in (mine, rival))
    async with database.transaction() as session:
        for one in sent:
            row = OfferRow(
                order_id=order.order_id,
                round=1,
                contractor_id=one.contractor_id,
                wave=1,
                visit_at=until,
                until=until,
                distance_km=8.0,
                rank=1,
                created_at=NOW,
            )
            session.add(row)
    order = quoting.invited(replace(order, quotes=Quotes()), sent)
    stage = Scene(anna, ivan, client_id, mine, rival, order, orders, database)
    await stage.decide(quoting.quoted(order, rival, offered(3_500), NOW))
    return stage


async def test_a_contractor_quotes_with_four_numbers_and_a_review(scene: Scene) -> None:
    ivan = scene.contractor
    await ivan.force(f"open:{scene.order.number}:0")
    await ivan.sees("Нужна ваша цена")
    await ivan.tap("📝 Дать цену")
    await ivan.sees("Какая глубина?")
    await ivan.text("до воды")
    await ivan.sees("Не понял")
    await ivan.text("30-60")
    await ivan.sees("Бурение, цена за метр?")
    await ivan.text("100000")
    await ivan.sees("от 300")
    await ivan.text("3000")
    await ivan.tap("Отдельно не беру")
    await ivan.sees("Доставка техники?")
    await ivan.text("10 000 руб")
    await ivan.sees("Насос и оборудование?")
    await ivan.tap("Отдельно не беру")
    await ivan.tap("⬜ новая обсадная труба")
    await ivan.tap("⬜ паспорт скважины")
    await ivan.tap("Дальше")
    await ivan.tap(day(START, Language.RU))
    await ivan.tap("Нет, по описанию")
    review = await ivan.sees("Проверьте предложение")
    words = str(review["text"]).replace("\u00a0", " ")
    assert "Всего: 100 000–190 000 ₽." in words
    assert "Стоп-глубина 60 м" in words
    assert "Не входит: фильтр" in words
    await ivan.tap("📨 Отправить")
    await ivan.sees("Цена отправлена")

    [(name, _, said, _)] = await scene.asked()
    lines = (
        QuoteLine("drilling", Unit.METRE, 3_000_00, 30, 60),
        QuoteLine("delivery", Unit.JOB, 10_000_00),
    )
    wanted = Offered(lines, ("casing_new", "well_passport"), START, 60)
    assert (name, said) == ("quote", messages.QuoteGiven(scene.contractor_id, wanted))


async def test_a_client_compares_and_chooses_and_nobody_sees_a_rivals_price(scene: Scene) -> None:
    anna, ivan = scene.client, scene.contractor
    await scene.decide(quoting.quoted(scene.order, scene.contractor_id, offered(3_000), NOW))
    await scene.decide(quoting.quotes_in(scene.order, NOW))
    card = await anna.sees("Выберите бригаду")
    words = str(card["text"]).replace("\u00a0", " ")
    assert "90 000–180 000 ₽, 3 000 ₽ за метр, стоп на 60 м" in words
    assert "105 000–210 000 ₽, 3 500 ₽ за метр" in words
    own = await ivan.sees("Ваше предложение")
    assert "105" not in str(own["text"])
    assert "210" not in str(own["text"])

    await anna.tap(f"📋 C-{scene.rival_id}")
    whole = await anna.sees("Не входит: фильтр")
    words = str(whole["text"]).replace("\u00a0", " ")
    assert "Предоплата сейчас: 21 000 ₽" in words
    assert "первый заказ у нас" in words
    await anna.tap("↩️ Назад")
    await anna.tap(f"📋 C-{scene.contractor_id}")
    # Until his quote is shown, the button below the rival's chooses the rival.
    await anna.sees("Предоплата сейчас: 18\u00a0000")
    await anna.tap("✅ Выбрать")
    [(name, _, said, _)] = await scene.asked()
    assert (name, said) == (
        "choose_quote",
        messages.QuoteChoice(scene.client_id, scene.contractor_id),
    )
    await anna.force(f"open:{scene.order.number}:0")
    await anna.tap("📅 Нужно больше времени")
    assert (await scene.asked(2))[1][0] == "extend_choice"
    await ivan.force(f"choose_{scene.rival_id}:{scene.order.number}:3")
    await ivan.tap("❌ Отозвать")
    assert [name for name, *_ in await scene.asked(3)][2:] == ["withdraw_quote"]


async def test_more_metres_are_asked_for_and_answered_with_the_sum_in_sight(
    scene: Scene, rows: Rows
) -> None:
    anna, ivan = scene.client, scene.contractor
    await scene.decide(quoting.quoted(scene.order, scene.contractor_id, offered(3_000), NOW))
    await scene.decide(choosing.chosen(scene.order, scene.contractor_id, NOW))
    await scene.decide(booking.prepaid(scene.order, NOW))
    await scene.decide(working.set_off(scene.order, NOW))
    await scene.decide(working.started(scene.order, NOW))
    await ivan.sees("Бурить не глубже 60 м")
    await ivan.tap("📏 Нужны ещё")
    await ivan.sees("Сколько ещё метров?")
    await ivan.text("101")
    await ivan.sees("от 1 до 100")
    await ivan.tap("+10")
    await ivan.tap("Как в предложении")
    [(name, _, said, _)] = await scene.asked()
    assert (name, said) == (
        "ask_metres",
        messages.MetresAsked(scene.contractor_id, 10, 3_000_00),
    )

    await scene.decide(metres.metres_asked(scene.order, 10, 3_000_00, NOW))
    await anna.sees("Ответьте в карточке")
    question = await anna.sees("Станет 70 м")
    assert "Без вашего согласия" in str(question["text"])
    await anna.tap("✅ Согласен, 30")
    assert (await scene.asked(2))[1][2] == messages.MetresAnswer(scene.client_id, agrees=True)
    await scene.decide(metres.metres_answered(scene.order, agrees=True, now=NOW))
    await ivan.sees("Можно бурить дальше")
    await anna.sees("Согласовано ещё 10 м")
    await rows("UPDATE users SET is_support = true WHERE id = :id", id=scene.client_id)
    await anna.text(f"/why D-{scene.order.number}")
    await anna.sees("клиент согласен")
    await anna.sees(f"C-{scene.rival_id} (не выбрано): 105")
