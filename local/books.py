"""What the database and the provider say about one order, read side by side."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

CLOSED_SECONDS = 90.0
ORDER = """
    SELECT CAST(id AS text) AS id, state, money_closed_at, prepayment_kopecks FROM orders
    WHERE CAST(:number AS bigint) IS NULL OR number = :number ORDER BY created_at DESC LIMIT 1
"""
JOURNALS = """
    SELECT j.kind, j.phase, j.source, e.account, e.debit_kopecks, e.credit_kopecks
    FROM journals j JOIN entries e ON e.journal_id = j.id
    WHERE j.order_id = CAST(:order_id AS uuid) ORDER BY e.id
"""
SERVED = """
    SELECT count(*) FROM telegram_updates
    WHERE update_id = ANY(CAST(:wanted AS bigint[])) AND state = 'done'
"""
OFFERS = """
    SELECT o.contractor_id, o.wave, o.state, o.distance_km, o.rank, o.score, o.terms
    FROM offers o WHERE o.order_id = (SELECT id FROM orders ORDER BY created_at DESC LIMIT 1)
    ORDER BY o.wave, o.rank
"""
# A reservation counts until a later journal posts or voids it.
DEPOSIT = """
    SELECT coalesce(sum(e.credit_kopecks - e.debit_kopecks), 0)
    FROM entries e JOIN journals j ON j.id = e.journal_id
    WHERE e.account = :account AND (
        j.phase = 'posted'
        OR (j.phase = 'pending'
            AND NOT EXISTS (SELECT 1 FROM journals later WHERE later.resolves_id = j.id)))
"""


@dataclass(frozen=True)
class Books:
    """One order's money in kopecks and the state it is in."""

    order_id: str
    state: str
    is_settled: bool
    prepayment_kopecks: int
    deposit_kopecks: int
    ledger_sum_kopecks: int
    journals: list[dict[str, Any]]


def read_books(database_url: str, number: int | None = None) -> Books | None:
    """The newest order (or the one with this public number); None if there is none."""
    return asyncio.run(_read(database_url, number))


def captured_kopecks(yookassa_url: str, order_id: str) -> int:
    """What the provider captured for the order and did not give back, from its own list."""
    answer = httpx.get(f"{yookassa_url}/sim/payments", trust_env=False)
    answer.raise_for_status()
    captured = 0
    for payment in answer.json()["items"]:
        if order_id in str(payment.get("metadata", {})) and payment["status"] == "succeeded":
            captured += _kopecks(payment["amount"]) - _kopecks(payment.get("refunded_amount"))
    return captured


def read_offers(database_url: str) -> list[dict[str, Any]]:
    """Who was asked for the newest order, in which wave, and what the score was made of."""
    return asyncio.run(_read_offers(database_url))


async def _read_offers(database_url: str) -> list[dict[str, Any]]:
    engine = create_async_engine(database_url, connect_args={"command_timeout": 5, "timeout": 5})
    try:
        async with engine.connect() as connection:
            rows = (await connection.execute(text(OFFERS))).mappings().all()
    finally:
        await engine.dispose()
    return [dict(row) for row in rows]


def served(database_url: str, update_ids: set[int]) -> bool:
    """Whether the bot has done with all of these updates."""
    return asyncio.run(_served(database_url, update_ids))


async def _served(database_url: str, update_ids: set[int]) -> bool:
    engine = create_async_engine(database_url, connect_args={"command_timeout": 5, "timeout": 5})
    try:
        async with engine.connect() as connection:
            found = await connection.execute(text(SERVED), {"wanted": sorted(update_ids)})
            return bool(found.scalar_one() == len(update_ids))
    finally:
        await engine.dispose()


async def _read(database_url: str, number: int | None) -> Books | None:
    engine = create_async_engine(database_url, connect_args={"command_timeout": 5, "timeout": 5})
    try:
        async with engine.connect() as connection:
            orders = await connection.execute(text(ORDER), {"number": number})
            order = orders.mappings().first()
            if order is None:
                return None
            lines = await connection.execute(text(JOURNALS), {"order_id": order["id"]})
            rows = lines.mappings().all()
            account = f"order:{order['id']}:deposit"
            deposit = (await connection.execute(text(DEPOSIT), {"account": account})).scalar_one()
    finally:
        await engine.dispose()
    return Books(
        order_id=order["id"],
        state=order["state"],
        is_settled=order["money_closed_at"] is not None,
        prepayment_kopecks=order["prepayment_kopecks"],
        deposit_kopecks=int(deposit),
        ledger_sum_kopecks=sum(row["debit_kopecks"] - row["credit_kopecks"] for row in rows),
        journals=[dict(row) for row in rows],
    )


def _kopecks(amount: dict[str, str] | None) -> int:
    if not amount:
        return 0
    roubles, _, kopecks = amount["value"].partition(".")
    return int(roubles) * 100 + int(kopecks.ljust(2, "0"))
