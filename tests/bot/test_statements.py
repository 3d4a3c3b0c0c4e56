"""`/money`: one's own movements, ten at a time, in words."""

from __future__ import annotations

from activities import ledger
from models.database import Database
from rules import ledger as postings
from tests.bot.conftest import Person, Rows, RunningBot, Simulator
from tests.factories import NOON


async def _user(person: Person, rows: Rows) -> int:
    (row,) = await rows("SELECT id FROM users WHERE telegram_id = :id", id=person.id)
    return int(row.id)


async def test_a_client_turns_the_pages_of_his_own_money(
    running_bot: RunningBot, simulator: Simulator, database: Database, rows: Rows
) -> None:
    anna, boris = await simulator.person("Анна"), await simulator.person("Борис")
    for person in (anna, boris):
        await person.text("/money")
        await person.sees("Движений пока нет")
    client = await _user(anna, rows)
    async with database.transaction() as session:
        for number in range(1, 13):
            journal = postings.compensated("earlier", number, client, number * 100_00)
            await ledger.post(session, journal, None, NOON)

    await anna.text("/money")
    page = await anna.sees("01.06 · Компенсация вам +1\u00a0200\u00a0₽ → 7\u00a0800\u00a0₽")
    await anna.tap("Раньше")
    older = await anna.sees("Компенсация вам +100\u00a0₽ → 100\u00a0₽")
    await boris.force("money:client:0")
    await boris.sees("Движений пока нет")

    assert str(page["text"]).count("Компенсация вам") == 10
    assert str(older["text"]).count("Компенсация вам") == 2
    assert "компенсация: 7\u00a0800\u00a0₽" in str(page["text"])


async def test_a_contractor_sees_his_share_and_asks_for_his_own_orders_apart(
    running_bot: RunningBot, simulator: Simulator, database: Database, rows: Rows
) -> None:
    ivan = await simulator.person("Иван")
    await ivan.text("/lang en")
    await ivan.sees("English")
    user = await _user(ivan, rows)
    (crew,) = await rows(
        "INSERT INTO contractors (user_id, name, status, online, town, region, latitude, longitude,"
        " radius_km, farther_ok, night_ok, utc_offset_minutes, rating, reviews, points, completed,"
        " offers_90d, accepted_90d, capacity, busy, held, joined_at) VALUES (:user, 'I', 'active',"
        " true, 'T', 'T', 56.8, 35.9, 50, false, false, 180, 4.6, 0, 100, 0, 0, 0, 1, 0, 0, now())"
        " RETURNING id",
        user=user,
    )
    async with database.transaction() as session:
        paid = postings.captured("x", "x:1", 800_00, was_held=False)
        kept = postings.costs_kept("x", crew.id, 800_00)
        for journal in (paid, kept, postings.penalised("x", 1, crew.id, 300_00)):
            await ledger.post(session, journal, None, NOON)

    await ivan.text("/money")
    await ivan.sees("Your balance: 500\u00a0₽, to be paid out: 500\u00a0₽.")
    await ivan.sees("Your costs +800\u00a0₽ → 800\u00a0₽")
    await ivan.text("/money client")
    await ivan.sees("Nothing has moved yet")
