"""What people decide about a break: by two of them, and nothing is silenced for ever."""

import pytest

from models.database import Database
from models.queries import breaks as decisions
from models.reconciliation import ProviderObjectRow, ReconciliationBreakRow
from rules.errors import BreakClosed, OwnOrder, SamePersonTwice
from rules.reconciliation import BreakClass, BreakState, ObjectKind, Remedy
from tests.models.conftest import NOON, Town

PAYMENT = "p-1"


async def _payment(database: Database) -> None:
    async with database.transaction() as session:
        session.add(
            ProviderObjectRow(
                id=PAYMENT,
                kind=ObjectKind.PAYMENT,
                status="succeeded",
                amount_kopecks=700_00,
                refunded_kopecks=0,
                seen_at=NOON,
            )
        )


async def test_a_broken_invariant_cannot_be_put_aside(database: Database) -> None:
    async with database.transaction() as session:
        row = ReconciliationBreakRow(
            kind=BreakClass.INVARIANT,
            subject="M8",
            remedy=Remedy.PERSON,
            ours_kopecks=0,
            theirs_kopecks=0,
            first_seen=NOON,
            last_seen=NOON,
        )
        session.add(row)
        await session.flush()

        with pytest.raises(BreakClosed):
            await decisions.dismiss(session, row.id, "tg:1", "never mind", NOON)
        assert row.state is BreakState.OPEN


async def test_a_chargeback_that_was_dismissed_for_its_sum_can_be_said_anew(
    database: Database,
) -> None:
    await _payment(database)
    async with database.transaction() as session:
        wrong = await decisions.charge_back(session, PAYMENT, 70_00, "tg:1", NOON)
        with pytest.raises(BreakClosed):
            await decisions.charge_back(session, PAYMENT, 700_00, "tg:1", NOON)
        await decisions.dismiss(session, wrong.id, "tg:2", "a nought is missing", NOON)

    async with database.transaction() as session:
        right = await decisions.charge_back(session, PAYMENT, 700_00, "tg:2", NOON)
        with pytest.raises(SamePersonTwice):
            await decisions.approve(session, right.id, "tg:2")
        await decisions.approve(session, right.id, "tg:1")
    assert (right.id, right.theirs_kopecks) == (wrong.id, 700_00)


@pytest.mark.parametrize("kopecks", [0, 700_01])
async def test_a_chargeback_is_of_something_and_not_of_more_than_was_paid(
    database: Database, kopecks: int
) -> None:
    await _payment(database)
    async with database.transaction() as session:
        with pytest.raises(BreakClosed):
            await decisions.charge_back(session, PAYMENT, kopecks, "tg:1", NOON)


async def test_who_is_a_party_to_the_order_does_not_decide_about_its_money(
    database: Database, town: Town
) -> None:
    crew = await town.add_contractor()
    client = await town.add_person()
    order = await town.add_order(client, contractor_id=crew.id)
    async with database.transaction() as session:
        row = ReconciliationBreakRow(
            kind=BreakClass.DUPLICATE_CAPTURE,
            subject=PAYMENT,
            remedy=Remedy.REFUND,
            order_id=order.id,
            ours_kopecks=700_00,
            theirs_kopecks=700_00,
            first_seen=NOON,
            last_seen=NOON,
        )
        session.add(row)
        await session.flush()
        for party in (client.id, crew.user_id):
            with pytest.raises(OwnOrder):
                await decisions.propose(session, row.id, f"tg:{party}")
        await decisions.propose(session, row.id, "tg:999")
        for party in (client.id, crew.user_id):
            with pytest.raises(OwnOrder):
                await decisions.approve(session, row.id, f"tg:{party}")
        await decisions.approve(session, row.id, "tg:998")
        assert row.state is BreakState.REPAIRING
