"""A contractor registers, goes on line, and is told and found."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.app import Reception, build
from bot.visit import Desk
from models.database import Database
from tests import factories
from tests.bot.conftest import GENEROUS, Person, RecordedOrders, Rows, RunningBot, Simulator


async def _register(ivan: Person) -> None:
    await ivan.text("/work")
    await ivan.tap("Иван")
    await ivan.tap("⬜ Ремонт")
    await ivan.tap("☑️ Ремонт")
    await ivan.tap("⬜ Ремонт")
    await ivan.tap("⬜ Бурение")
    await ivan.tap("Дальше")
    await ivan.sees("Откуда выезжаете?")
    await ivan.text("Тверь")
    await ivan.tap("до 50")
    await ivan.sees("Ваш телефон")
    await ivan.contact()
    await ivan.tap("📨 Отправить")


async def test_a_contractor_registers_and_hears_of_open_searches_when_he_comes_on_line(
    running_bot: RunningBot,
    simulator: Simulator,
    database: Database,
    orders: RecordedOrders,
    rows: Rows,
) -> None:
    order = await factories.placed(database)
    await rows("UPDATE orders SET state = 'searching'")
    ivan = await simulator.person("Иван", phone_number="+79261234567")
    await _register(ivan)
    await ivan.sees("Всё готово, вы C-17!")

    await ivan.text("🟢 На линии")
    await ivan.sees("Вы на линии")

    [contractor] = await rows("SELECT name, status, online, radius_km, town FROM contractors")
    assert tuple(contractor) == ("Иван", "active", True, 50.0, "Тверь")
    services = await rows("SELECT service_type FROM contractor_services ORDER BY 1")
    assert [one.service_type for one in services] == ["drilling", "repair"]
    for _ in range(200):
        if orders.told:
            break
        await asyncio.sleep(0.01)
    [(name, order_id, said)] = orders.told
    assert (name, order_id, said.contractor_id) == ("contractor_available", order.order_id, 17)


async def test_somebody_elses_contact_is_refused(
    running_bot: RunningBot, simulator: Simulator, rows: Rows
) -> None:
    ivan = await simulator.person("Иван", phone_number="+79261234567")
    await ivan.text("/work")
    await ivan.tap("Иван")
    await ivan.tap("⬜ Ремонт")
    await ivan.tap("Дальше")
    await ivan.sees("Откуда выезжаете?")
    await ivan.location(*factories.TVER)
    await ivan.tap("до 25")
    await ivan.sees("Ваш телефон")

    await ivan.contact(user_id=1)
    await ivan.sees("Это чужой контакт")
    await ivan.contact(is_forwarded=True)

    [user] = await rows("SELECT phone FROM users")
    assert user.phone is None


async def test_without_local_use_a_contractor_waits_for_approval(
    desk: Desk, simulator: Simulator, database: Database, rows: Rows
) -> None:
    olga = await simulator.person("Ольга")
    strict = replace(desk, activates_at_once=False, support_ids=frozenset({olga.id}))
    running = RunningBot(build(strict, Reception(), GENEROUS))
    running.start()
    ivan = await simulator.person("Иван", phone_number="+79261234567")
    await _register(ivan)
    await ivan.sees("Анкета отправлена")
    await ivan.text("🟢 На линии")
    await ivan.sees("ещё на проверке")

    await ivan.text("/approve C-17")
    await ivan.sees("Не понял")
    await olga.text("/approve C-17")
    await ivan.sees("Всё готово, вы C-17!")
    await running.end()


async def test_what_a_person_asks_reaches_support_and_the_reply_comes_back(
    desk: Desk, simulator: Simulator
) -> None:
    olga = await simulator.person("Ольга")
    strict = replace(desk, support_ids=frozenset({olga.id}))
    running = RunningBot(build(strict, Reception(), GENEROUS))
    running.start()
    await olga.text("/start")
    await olga.sees("Найдём бригаду")
    anna = await simulator.person("Анна")
    await anna.text("/support")
    await anna.sees("Напишите, что случилось")
    await anna.text("Где <b>бригада</b>?")
    await anna.sees("Передали человеку")

    asked = await olga.sees("Где <b>бригада</b>?")
    body = {"text": "Едет, десять минут", "reply_to": asked["message_id"]}
    await simulator.sim(f"/people/{olga.id}/text", body)

    await anna.sees("Едет, десять минут")
    await running.end()


async def test_data_is_erased_in_two_steps_once_no_order_is_open(
    running_bot: RunningBot, simulator: Simulator, database: Database, rows: Rows
) -> None:
    anna = await simulator.person("Анна")
    user_id = await factories.person(database, telegram_id=anna.id)
    await factories.placed(database, user_id)
    await anna.text("/delete_me")
    await anna.sees("Сначала завершите")
    await rows("UPDATE orders SET money_closed_at = now(), state = 'cancelled'")

    await anna.text("/delete_me")
    await anna.tap("🗑 Да")
    await anna.sees("Удалили ваши")

    [user] = await rows("SELECT first_name, phone, erased_at FROM users")
    assert (user.first_name, user.phone) == ("", None)
    assert user.erased_at is not None
    [request] = await rows("SELECT address, comment FROM order_requests")
    assert tuple(request) == (None, None)
