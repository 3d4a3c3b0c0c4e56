"""Five hundred orders' money from their seeds: the payment machine, the rules and the real ledger.

A run is its seed: `DRILLFLOW_TEST_MONEY_SEED=1234` plays that one alone and prints its story.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from random import Random
from typing import Any

import pytest
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession
from typing_extensions import override

from activities import ledger
from models.database import Database
from models.payments import PaymentAttemptRow, RefundRow
from models.queries.invariants import violations
from models.queries.plain import run
from models.reconciliation import ProviderObjectRow
from rules import searching
from rules.catalog import Service
from rules.ledger import Journal
from rules.orders import Order
from rules.payments import Attempt, AttemptState, RefundState, Seen, Step, summary
from rules.reconciliation import ObjectKind
from tests.activities.money_life import CONTRACTORS, Life
from tests.factories import NOON, placed

RUNS, BATCH = 500, 125
_ONE = os.environ.get("DRILLFLOW_TEST_MONEY_SEED")
SEEDS = [[int(_ONE)]] if _ONE else [list(range(at, at + BATCH)) for at in range(0, RUNS, BATCH)]
SERVICES = (Service.REPAIR_PUMP, Service.DRILLING_WELL, Service.SEWAGE_OVERFLOW)

_COPY = """
    INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object(
        'id', wanted.id, 'request_id', wanted.id, 'secret', wanted.id,
        'number', 100000 + wanted.at))).*
    FROM {table} t, unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS wanted(id, at)
    WHERE t.id = :template
"""


async def _like(database: Database, template: Order, ids: list[str]) -> None:
    """Orders' rows for many runs at once, copied from one that was placed."""
    async with database.transaction() as session:
        connection = await session.connection()
        found = await connection.execute(
            text("SELECT CAST(request_id AS text) FROM orders WHERE id = :id"),
            {"id": template.order_id},
        )
        for table, row in (("order_requests", found.scalar_one()), ("orders", template.order_id)):
            terms = {"ids": ids, "template": row}
            await connection.execute(text(_COPY.format(table=table)), terms)


def _uuid(seed: int) -> str:
    return f"00000000-0000-4000-8000-{seed:012d}"


def _life(template: Order, seed: int, session: AsyncSession, life: type[Life] = Life) -> Life:
    chance = Random(seed)
    service = chance.choice(SERVICES)
    order = replace(template, order_id=_uuid(seed), service=service)
    accepted = searching.assigned(order, CONTRACTORS[0], NOON).order

    async def post(journal: Journal) -> None:
        await ledger.post(session, journal, order.order_id, NOON)
        # As a commit would: nothing that the database refuses waits for the end of the batch.
        await run(session, _NOW)
        await run(session, _LATER)

    return life(accepted, NOON, chance, post)


_NOW, _LATER = text("SET CONSTRAINTS ALL IMMEDIATE"), text("SET CONSTRAINTS ALL DEFERRED")


async def _written(session: AsyncSession, life: Life) -> None:
    """What the product keeps beside the ledger, and what it mirrors of the provider."""
    order_id, rows = life.order.order_id, [*_attempts(life), *_refunds(life), *_mirrored(life)]
    for kind in (PaymentAttemptRow, RefundRow, ProviderObjectRow):
        session.add_all([row for row in rows if isinstance(row, kind)])
        await session.flush()
    closed = text("UPDATE orders SET money_closed_at = :now, money = :money WHERE id = :id")
    closed = closed.bindparams(bindparam("money", type_=JSONB))
    shown = asdict(summary(life.money))
    await run(session, closed, {"now": life.now, "id": order_id, "money": shown})


def _attempts(life: Life) -> list[Any]:
    return [
        PaymentAttemptRow(
            order_id=life.order.order_id,
            number=one.number,
            method=one.method,
            amount_kopecks=one.amount_kopecks,
            state=one.state,
            provider_id=one.provider_id,
            released=one.released,
            late=one.late,
            created_at=NOON,
            updated_at=life.now,
        )
        for one in life.money.attempts
    ]


def _refunds(life: Life) -> list[Any]:
    return [
        RefundRow(
            order_id=life.order.order_id,
            attempt=attempt.number,
            seq=refund.seq,
            amount_kopecks=refund.amount_kopecks,
            state=refund.state,
            provider_id=refund.provider_id,
            created_at=NOON,
            updated_at=life.now,
        )
        for attempt in life.money.attempts
        for refund in attempt.refunds
    ]


def _mirrored(life: Life) -> list[Any]:
    """The provider's own word, not what we have heard of it."""
    said: list[Any] = []
    for payment in life.bank.payments.values():
        taken = payment.state is AttemptState.CAPTURED
        back = life.model.given_back.get(payment.name, 0)
        said.append(
            ProviderObjectRow(
                id=payment.name,
                kind=ObjectKind.PAYMENT,
                status="succeeded" if taken else "canceled",
                amount_kopecks=payment.kopecks,
                income_kopecks=payment.kopecks,
                refunded_kopecks=back,
                seen_at=life.now,
            )
        )
        said += [
            ProviderObjectRow(
                id=str(one.provider_id),
                kind=ObjectKind.REFUND,
                payment_id=payment.name,
                status="succeeded" if one.state is RefundState.SUCCEEDED else "canceled",
                amount_kopecks=one.amount_kopecks,
                seen_at=life.now,
            )
            for one in payment.refunds.values()
        ]
    return said


_SUMS = text(
    """
    SELECT CAST(order_id AS text) AS order_id, held_kopecks, captured_kopecks, refunded_kopecks,
           refund_pending_kopecks, deposit_kopecks, platform_kopecks, contractor_kopecks
    FROM order_money WHERE captured_kopecks > 0 OR held_kopecks > 0 OR platform_kopecks > 0
    """
)


def _wanted(life: Life) -> dict[str, Any]:
    model = life.model
    return {
        "order_id": life.order.order_id,
        "held_kopecks": 0,
        "captured_kopecks": sum(model.taken.values()),
        "refunded_kopecks": sum(model.given_back.values()),
        "refund_pending_kopecks": 0,
        "deposit_kopecks": 0,
        "platform_kopecks": model.platform,
        "contractor_kopecks": model.contractor,
    }


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
async def test_ledger_says_what_must_become_of_everybodys_money(
    seeds: list[int], database: Database
) -> None:
    template = await placed(database)
    await _like(database, template, [_uuid(seed) for seed in seeds])
    lives: dict[str, Life] = {}
    async with database.transaction() as session:
        for seed in seeds:
            life = _life(template, seed, session)
            async with _named(seed, life):
                await life.live()
            await _written(session, life)
            lives[life.order.order_id] = life
    async with database.reading() as session:
        found = (await run(session, _SUMS)).mappings().all()
        broken = await violations(session)
    said = {row["order_id"]: dict(row) for row in found}
    for order_id, life in lives.items():
        if order_id in said or life.model.taken:
            assert said.get(order_id) == _wanted(life), f"seed {int(order_id[-12:])}: {life.story}"
    assert broken == {}
    if _ONE is None:
        _is_worth_it(list(lives.values()))


@asynccontextmanager
async def _named(seed: int, life: Life) -> AsyncIterator[None]:
    try:
        yield
    except (AssertionError, DBAPIError, LookupError) as error:
        raise AssertionError(f"seed {seed}: {error}\n" + "\n".join(life.story)) from error


def _is_worth_it(lives: list[Life]) -> None:
    """Runs in which nothing happens prove nothing."""
    paid = sum(bool(life.model.taken) for life in lives)
    back = sum(bool(life.model.given_back) for life in lives)
    kept = sum(life.model.kept > 0 for life in lives)
    assert paid > len(lives) / 3, f"only {paid} took money"
    assert back > len(lives) / 8, f"only {back} gave money back"
    assert kept > len(lives) / 12, f"only {kept} kept money"


async def _sums_differ(session: AsyncSession, life: Life) -> bool:
    await session.flush()
    found = (await run(session, _SUMS)).mappings().all()
    mine = [dict(row) for row in found if row["order_id"] == life.order.order_id]
    return bool(mine) and mine[0] != _wanted(life)


class CapturesTwice(Life):
    """The capture is posted again, under another name."""

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        once = self.post

        async def twice(journal: Journal) -> object:
            if journal.kind == "captured":
                again = replace(journal, source_id=f"{journal.source_id}:again")
                await once(replace(again, resolves_kind="", resolves_source_id=""))
            return await once(journal)

        self.post = twice


class LosesRefunds(Life):
    """A refund that the provider has refused counts as sent."""

    @override
    async def _learn(self, before: Attempt, step: Step, seen: Seen) -> None:
        if seen.refund is not None and seen.refund.state is RefundState.FAILED:
            seen = replace(seen, refund=replace(seen.refund, state=RefundState.SUCCEEDED))
        await super()._learn(before, step, seen)


class RefundsTooMuch(Life):
    """The sum that is reserved and sent back is twice what is due."""

    @override
    def _refund_terms(self, attempt: Attempt, step: Step) -> tuple[str, str, int]:
        order_id, name, kopecks = super()._refund_terms(attempt, step)
        return order_id, name, 2 * kopecks


@pytest.mark.parametrize("bug", [CapturesTwice, LosesRefunds, RefundsTooMuch])
async def test_planted_bug_is_caught(bug: type[Life], database: Database) -> None:
    template = await placed(database)
    seeds = range(60)
    await _like(database, template, [_uuid(seed) for seed in seeds])
    caught: list[str] = []
    for seed in seeds:
        try:
            async with database.transaction() as session:
                life = _life(template, seed, session, bug)
                await life.live()
                if await _sums_differ(session, life):
                    caught.append(f"seed {seed}: the ledger differs from the model")
        except (AssertionError, DBAPIError, LookupError) as error:
            caught.append(f"seed {seed}: {str(error)[:120]}")
        if caught:
            return
    raise AssertionError(f"{bug.__name__} went through {len(seeds)} runs")
