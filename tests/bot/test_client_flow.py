"""A client orders through the bot: few taps, any order of answers, a way out of every step."""

from __future__ import annotations

from rules.catalog import Service
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator

TVER = (56.8587, 35.9176)


async def _order_a_repair(person: Person) -> None:
    await person.text("📝 Новая заявка", is_tap=True)
    await person.tap("Ремонт")
    await person.tap("Ремонт насоса")
    await person.tap("Заменить насос")


async def test_a_first_order_takes_nine_taps_and_nothing_typed(
    running_bot: RunningBot, simulator: Simulator, orders: RecordedOrders, rows: Rows
) -> None:
    anna = await simulator.person("Анна", phone_number="+79161234567")
    await anna.text("/start", is_tap=True)
    await anna.sees("Найдём бригаду")
    anna.taps = 0

    await _order_a_repair(anna)
    await anna.sees("Где участок?")
    await anna.location(*TVER)
    await anna.tap("Как можно скорее")
    await anna.tap("Пропустить")
    await anna.sees("Как с вами связаться?")
    await anna.contact()
    await anna.tap("📨 Отправить")
    await anna.sees("D-1001 принята")

    assert (anna.taps, anna.typed) == (9, 0)
    [placed] = orders.placed
    assert placed.service is Service.REPAIR_PUMP
    assert placed.town == "Тверь"
    [request] = await rows("SELECT id::text, latitude, precision FROM order_requests")
    assert request == (placed.request_id, TVER[0], "pin")
    [user] = await rows("SELECT phone FROM users")
    assert user.phone == "+79161234567"


async def test_who_comes_back_orders_with_five_taps(
    running_bot: RunningBot, simulator: Simulator, orders: RecordedOrders
) -> None:
    anna = await simulator.person("Анна", phone_number="+79161234567")
    await _order_a_repair(anna)
    await anna.sees("Где участок?")
    await anna.location(*TVER)
    await anna.tap("Как можно скорее")
    await anna.tap("Пропустить")
    await anna.sees("Как с вами связаться?")
    await anna.contact()
    await anna.tap("📨 Отправить")
    await anna.sees("D-1001 принята")
    anna.taps = anna.typed = 0

    await _order_a_repair(anna)
    await anna.tap("📨 Отправить")
    for _ in range(200):
        if len(orders.placed) == 2:
            break
        await anna.messages()

    assert (anna.taps, anna.typed) == (5, 0)
    assert orders.placed[0].order_id != orders.placed[1].order_id
