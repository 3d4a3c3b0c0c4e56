"""Support pays out from the chat: one proposes, another approves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from telegram import Bot
from typing_extensions import override

from activities import ledger
from activities.gateways.offline_geocoder import gazetteer
from activities.gateways.payout_file import PayoutFileGateway
from activities.payouts import PayoutActivities
from bot.visit import Desk
from models.database import Database
from rules import ledger as postings
from rules.errors import BY_NAME
from rules.payouts import RegisterState
from tests.bot.conftest import RecordedOrders, Rows, RunningBot, Simulator
from tests.factories import NOON, at
from workflows.payout_door import PayoutAnswer, PayoutCommand, Payouts


class DirectPayouts(Payouts):
    """The door without a workflow behind it: the activities themselves."""

    activities: PayoutActivities

    def __init__(self, activities: PayoutActivities) -> None:
        object.__setattr__(self, "activities", activities)

    @override
    async def say(self, command: PayoutCommand) -> PayoutAnswer:
        answer = await at().run(self.activities.decide_payout, command)
        if answer.refused is not None:
            raise BY_NAME[answer.refused]()
        if answer.state is RegisterState.APPROVED:
            return await at().run(self.activities.send_payouts, command.register_id)
        return answer


@pytest.fixture
def desk(telegram: Bot, database: Database, orders: RecordedOrders, tmp_path: Path) -> Desk:
    """A desk where people can be paid out."""
    made = Desk(bot=telegram, database=database, orders=orders, places=gazetteer())
    files = PayoutFileGateway(tmp_path / "payouts")
    return replace(made, payouts=DirectPayouts(PayoutActivities(database, files)))


async def test_two_of_support_pay_out_a_compensation(
    running_bot: RunningBot, simulator: Simulator, database: Database, rows: Rows
) -> None:
    anna, boris, vera = [await simulator.person(name) for name in ("Анна", "Борис", "Вера")]
    for person in (anna, boris, vera):
        await person.text("/start")
        await person.sees("Здравствуйте")
    await rows("UPDATE users SET is_support = true WHERE first_name <> 'Вера'")
    (client,) = await rows("SELECT id FROM users WHERE first_name = 'Вера'")
    async with database.transaction() as session:
        journal = postings.compensated("earlier", 1, client.id, 480_00)
        await ledger.post(session, journal, None, NOON)

    await anna.text("/payouts clients")
    await anna.sees("P-101: ждёт второго человека, получателей 1, сумма 480\u00a0₽")
    await anna.text("/payout P-101 approve")
    await anna.sees("Утвердить должен другой человек")
    await boris.text("/payout p-101 approve")
    await boris.sees("P-101: отправлен в банк")
    await boris.text(f"/payout P-101 paid K-{client.id}")
    await boris.sees("P-101: закрыт")
    await anna.text("/payouts")
    await anna.sees("P-101 · закрыт · 480\u00a0₽")
    await anna.text("/payouts contractors")
    await anna.sees("Выплачивать пока некому")
    await vera.text("/payouts")
    await vera.text("/money")
    await vera.sees("Выплата вам –480\u00a0₽ → 0\u00a0₽")

    assert not any("P-101" in str(one.get("text")) for one in await vera.messages())
