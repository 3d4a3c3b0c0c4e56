"""Where receipts go, asked once; which of them support must look at."""

from __future__ import annotations

from models.database import Database
from tests import factories
from tests.bot.conftest import Rows, RunningBot, Simulator


async def _receipt(rows: Rows, order_id: str, state: str, reason: str = "") -> int:
    """A prepayment's receipt in a state; 2 400 ₽."""
    await rows(
        "INSERT INTO payment_attempts (order_id, number, method, amount_kopecks, state, released,"
        " late, created_at, updated_at)"
        " VALUES (:id, 1, 'card', 240000, 'captured', false, false, now(), now())",
        id=order_id,
    )
    [row] = await rows(
        "INSERT INTO receipts (order_id, attempt, kind, seq, amount_kopecks, mode, state, inside,"
        " by_email, generation, request_bytes, tries, next_at, reason, person_since, due_since,"
        " updated_at) VALUES (:id, 1, 'prepayment', 0, 240000, 'full_prepayment', :state, false,"
        " false, 0, 'anna', 0, now() + interval '1 day', :reason,"
        " CASE WHEN :reason <> '' THEN now() END, now(), now()) RETURNING id",
        id=order_id,
        state=state,
        reason=reason,
    )
    return int(row.id)


async def test_a_client_gives_an_address_changes_it_and_has_it_erased(
    simulator: Simulator, database: Database, rows: Rows, running_bot: RunningBot
) -> None:
    anna = await simulator.person("Анна")
    user_id = await factories.person(database, telegram_id=anna.id)
    await anna.text("/start")
    await anna.sees("С возвращением")
    order = await factories.placed(database, user_id)
    await _receipt(rows, order.order_id, "awaiting_contact")
    await rows(
        "INSERT INTO outbox (chat_user_id, kind, order_id, role, notice, params, state, attempts)"
        " VALUES (:user, 'notice', :id, 'client', 'text.receipt.ask',"
        " '{\"number\": \"D-1001\"}', 'pending', 0)",
        user=user_id,
        id=order.order_id,
    )
    await anna.sees("D-1001: предоплата получена. Куда прислать чек?")
    await anna.tap("✉️ Указать почту")
    await anna.sees("Напишите адрес почты")
    await anna.text("анна собака майл")
    await anna.sees("Это не похоже на адрес почты")
    await anna.text("anna@mail.ru")
    await anna.sees("чеки придут на anna@mail.ru")

    [receipt] = await rows("SELECT state, generation FROM receipts")
    assert tuple(receipt) == ("due", 1)
    await anna.text("/email anna@mail.ru, boris@mail.ru")
    await anna.sees("Проверьте его")
    await anna.text("/email a.petrova@example.com")
    await anna.sees("чеки придут на a.petrova@example.com")
    [user] = await rows("SELECT email FROM users WHERE id = :id", id=user_id)
    assert user.email == "a.petrova@example.com"

    await rows("UPDATE orders SET money_closed_at = now(), state = 'cancelled'")
    await anna.text("/delete_me")
    await anna.sees("Сначала завершите")
    await rows("UPDATE receipts SET state = 'needs_person', request_bytes = 'anna@mail.ru'")
    await rows(
        "INSERT INTO payment_operations (key, order_id, attempt, op, seq, path, request_bytes,"
        " status, sends, created_at) VALUES (gen_random_uuid(), :id, 1, 'create', 0, '/payments',"
        " 'anna@mail.ru', 'done', 1, now())",
        id=order.order_id,
    )
    await anna.text("/delete_me")
    await anna.tap("🗑 Да")
    await anna.sees("Удалили ваши")
    [user] = await rows("SELECT email, phone FROM users WHERE id = :id", id=user_id)
    assert tuple(user) == (None, None)
    for table in ("receipts", "payment_operations"):
        [kept] = await rows(f"SELECT request_bytes FROM {table}")
        assert bytes(kept.request_bytes) == b""


async def test_support_lists_what_needs_a_person_and_decides(
    simulator: Simulator, database: Database, rows: Rows, running_bot: RunningBot
) -> None:
    boss = await simulator.person("Ольга")
    await factories.person(database, telegram_id=boss.id, is_support=True)
    order = await factories.placed(database)
    number = await _receipt(rows, order.order_id, "needs_person", "canceled")

    await boss.text("/receipts")
    await boss.sees(f"R-{number} D-{order.number}: предоплата, 2\u00a0400\u00a0₽. Касса его")
    await boss.text(f"/receipt R-{number} again")
    await boss.sees("отправим снова")
    await boss.text("/receipts")
    await boss.sees("Все чеки в порядке")
    await rows("UPDATE receipts SET state = 'needs_person', reason = 'refused'")
    await boss.text(f"/receipt {number} done")
    await boss.sees("отмечено")
    await boss.text(f"/receipt {number} done")
    await boss.sees("Такого")
    [receipt] = await rows("SELECT state, closed_by IS NOT NULL AS by_hand FROM receipts")
    assert tuple(receipt) == ("done_by_hand", True)
