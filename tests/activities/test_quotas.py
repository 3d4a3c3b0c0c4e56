"""Quotas, blocks and the antifraud gate: counted by the query, kept by the acceptance's commit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from activities.messages import Committed
from activities.orders import OrderActivities
from models.database import Database
from rules import booking, searching
from rules.catalog import Service
from rules.orders import Offer, Order, Role
from rules.policy import POLICY_V1
from rules.quotas import quota_of
from tests.activities.conftest import Books
from tests.activities.test_offers import send, terms_for
from tests.factories import NOON, at, commit, contractor, person, placed


async def set_row(database: Database, table: str, row_id: int, **fields: Any) -> None:
    names = ", ".join(f"{name} = :{name}" for name in fields)
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text(f"UPDATE {table} SET {names} WHERE id = :id"),
            {"id": row_id, **fields},
        )


async def take(
    database: Database, order: Order, who: int, now: datetime = NOON
) -> tuple[Order, Committed]:
    """He accepts; the commit carries his quota, as the workflow sends it."""
    offered = searching.wave_sent(
        order, (Offer(who, 1, now + timedelta(hours=1), now + timedelta(days=2)),)
    )
    change = searching.accepted(offered, who, now)
    said = commit(change, now=now)
    quota = quota_of(order.policy, order.job_class)
    said = replace(said, changes=tuple(replace(one, quota=quota) for one in said.changes))
    return change.order, await at(now).run(OrderActivities(database).commit, said)


async def excluded(database: Database, now: datetime = NOON, **fields: Any) -> dict[str, int]:
    wave = await send(database, terms_for(await placed(database, **fields), now=now))
    return {"asked": len(wave.offers), **wave.exclusions}


async def test_a_newcomer_takes_half_and_a_full_day_is_a_named_refusal(
    database: Database, books: Books
) -> None:
    who = await contractor(database, capacity=9)
    client = await person(database)
    orders = [await placed(database, client) for _ in range(3)]
    answers = [(await take(database, order, who))[1] for order in orders]

    assert [one.refused for one in answers] == [None, None, "QuotaReached"]
    assert await books.capacity(who) == (2, 0)
    assert await excluded(database) == {"asked": 0, "quota": 1}
    # Another job class has its own quota, and an experienced contractor twice as much.
    assert (await excluded(database, service=Service.REPAIR_NO_WATER))["asked"] == 1
    await set_row(database, "contractors", who, completed=3)
    assert (await excluded(database))["asked"] == 1


async def test_the_day_and_the_week_are_those_of_his_own_clock(database: Database) -> None:
    """Half past nine in the evening, UTC, is Monday in Moscow and still Sunday farther west."""
    sunday = datetime(2026, 6, 7, 21, 30, tzinfo=UTC)
    policy = replace(
        POLICY_V1,
        night_from_hour=0,
        night_to_hour=0,
        service=replace(POLICY_V1.service, accepts_per_day=9, accepts_per_week=2),
    )
    east = await contractor(database, capacity=9, utc_offset_minutes=180)
    await take(database, await placed(database, policy=policy), east, sunday - timedelta(hours=1))
    assert await excluded(database, sunday, policy=policy) == {"asked": 1}

    await set_row(database, "contractors", east, utc_offset_minutes=120, held=0)
    assert await excluded(database, sunday, policy=policy) == {"asked": 0, "quota": 1}


async def test_an_unpaid_job_leaves_its_place_in_the_quota(database: Database) -> None:
    who = await contractor(database, capacity=9)
    won, _ = await take(database, await placed(database), who)
    await take(database, await placed(database), who)
    assert await excluded(database) == {"asked": 0, "quota": 1}

    later = NOON + timedelta(hours=2)
    unpaid = commit(booking.payment_expired(won, later), now=later)
    await at(later).run(OrderActivities(database).commit, unpaid)
    assert (await excluded(database, later))["asked"] == 1


async def test_open_jobs_of_a_class_are_limited_whatever_the_capacity(database: Database) -> None:
    who = await contractor(database, capacity=9, completed=50)
    policy = replace(POLICY_V1, service=replace(POLICY_V1.service, open_jobs_max=1))
    await take(database, await placed(database, policy=policy), who)
    # Next week's quota is free, the job is not done.
    later = NOON + timedelta(days=14)

    assert await excluded(database, later, policy=policy) == {"asked": 0, "quota": 1}
    assert (await take(database, await placed(database, policy=policy), who, later))[
        1
    ].refused == "QuotaReached"


async def test_support_may_give_an_order_beyond_the_quota(database: Database) -> None:
    who = await contractor(database, capacity=9)
    for _ in range(2):
        await take(database, await placed(database), who)
    change = searching.assigned(await placed(database), who, NOON)

    assert (await at().run(OrderActivities(database).commit, commit(change))).refused is None


@pytest.mark.parametrize("by", [Role.CLIENT, Role.CONTRACTOR])
async def test_whoever_does_not_want_the_other_is_not_offered_him(
    by: Role, database: Database
) -> None:
    who, client = await contractor(database), await person(database)
    order = await placed(database, client)
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text("INSERT INTO blocks VALUES (:client, :who, :by, CAST(:order AS uuid))"),
            {"client": client, "who": who, "by": by.value, "order": order.order_id},
        )

    wave = await send(database, terms_for(order))
    assert (wave.offers, wave.exclusions) == ((), {"parted": 1})
    assert (await excluded(database))["asked"] == 1


@pytest.mark.parametrize(("score", "asked"), [(69, 1), (70, 0)])
async def test_the_antifraud_gate_shuts_out_persons_and_crews(
    score: int, asked: int, database: Database, books: Books
) -> None:
    one, other = await contractor(database), await contractor(database)
    await set_row(database, "contractors", one, fraud_score=score)
    user = await books.value("SELECT user_id FROM contractors WHERE id = :id", id=other)
    await set_row(database, "users", user, fraud_score=score)

    wave = await send(database, terms_for(await placed(database), size=2))
    assert len(wave.offers) == 2 * asked
    assert wave.exclusions.get("fraud", 0) == 2 * (1 - asked)
