"""Support decides what differs from the payment provider: one proposes, another one approves."""

from __future__ import annotations

from models.database import Database
from tests import factories
from tests.bot.conftest import Rows, RunningBot, Simulator


async def test_one_of_support_proposes_a_repair_and_another_one_approves_it(
    simulator: Simulator, database: Database, rows: Rows, running_bot: RunningBot
) -> None:
    olga, boris = await simulator.person("Ольга"), await simulator.person("Борис")
    for one in (olga, boris):
        await factories.person(database, telegram_id=one.id, is_support=True)
    await rows(
        "INSERT INTO reconciliation_breaks (kind, subject, remedy, state, ours_kopecks,"
        " theirs_kopecks, first_seen, last_seen, note) VALUES ('duplicate_capture', 'p1',"
        " 'refund', 'open', 70000, 70000, now(), now(), '')"
    )

    await olga.text("/breaks")
    await olga.sees("B-1 вторая оплата заказа, p1")
    await olga.text("/repair B-1")
    await olga.sees("B-1: предложено")
    await olga.text("/approve B-1")
    await olga.sees("Подтвердить должен другой человек")
    await boris.text("/approve B-1")
    await boris.sees("B-1: подтверждено")
    await boris.text("/dismiss B-1 поздно")
    await boris.sees("С этим расхождением так уже нельзя")

    [row] = await rows("SELECT state, proposed_by <> approved_by AS two FROM reconciliation_breaks")
    assert tuple(row) == ("repairing", True)


async def test_nobody_of_support_decides_about_an_order_of_his_own(
    simulator: Simulator, database: Database, rows: Rows, running_bot: RunningBot
) -> None:
    olga = await simulator.person("Ольга")
    user_id = await factories.person(database, telegram_id=olga.id, is_support=True)
    order = await factories.placed(database, user_id)

    for command in ("/refund", "/dispute", "/resolve"):
        await olga.text(f"{command} D-{order.number} 100")
        await olga.sees("Это ваш собственный заказ")

    assert await rows("SELECT state FROM orders") == [("searching",)]
