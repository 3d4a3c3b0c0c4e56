"""Appeals about costs: once, by the losing side, decided by another, posted when two agree."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities import break_goodwill
from activities.ports import IntegrityBreach
from models.database import Database
from models.orders import OrderEventRow, OrderRow
from models.queries import appeals, ledger
from models.queries.invariants import violations
from models.reconciliation import ReconciliationBreakRow
from models.users import UserRow
from rules.breaks import BreakState
from rules.errors import AppealClosed, BadInput, MoneyStillMoves, SamePersonTwice
from rules.orders import OrderEvent, OrderState, Role
from rules.views import OrderView
from tests.api.stage import plain_view, write_contractor, write_order
from tests.texts.views import claim

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = 101, 102, 103


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def decided(database: Database) -> OrderView:
    """Support granted 200 of the 500 roubles claimed; the books are closed."""
    contractor = await write_contractor(database)
    order = await write_order(database, state=OrderState.CANCELLED, money_closed_at=NOW)
    async with database.transaction() as session:
        row = await session.get_one(OrderRow, order.id)
        row.contractor_id = contractor
        session.add(
            OrderEventRow(
                order_id=order.id,
                version=9,
                at=NOW,
                event=OrderEvent.CLAIM_SETTLED,
                by_role=Role.SUPPORT,
                actor_id=FIRST,
            )
        )
    lost = replace(
        claim("settled", 200_00),
        asked_kopecks=500_00,
        decided_by=Role.SUPPORT,
        until=NOW + timedelta(days=7),
    )
    return replace(plain_view(order), contractor_id=contractor, claim=lost)


async def _person(database: Database) -> int:
    async with database.transaction() as session:
        row = UserRow(first_name="Иван")
        session.add(row)
        await session.flush()
        return int(row.id)


async def test_the_losing_side_appeals_once_and_in_time(
    database: Database, decided: OrderView
) -> None:
    user, late = await _person(database), NOW + timedelta(days=7)
    granted = replace(claim("settled", 500_00), asked_kopecks=500_00, decided_by=Role.SUPPORT)
    won = replace(decided, claim=granted)
    async with database.transaction() as session:
        with pytest.raises(AppealClosed):
            await appeals.appeal(session, decided, Role.CLIENT, user, late)
        with pytest.raises(AppealClosed):
            await appeals.appeal(session, won, Role.CONTRACTOR, user, NOW)
        assert await appeals.appeal(session, decided, Role.CONTRACTOR, user, NOW)
        assert not await appeals.appeal(session, decided, Role.CONTRACTOR, user, late)
        assert await appeals.appeal(session, decided, Role.CLIENT, user, NOW)
    async with database.reading() as session:
        known = await appeals.appeals_of(session, decided.order_id)
    assert {one.role: one.first_by for one in known} == {
        Role.CONTRACTOR: FIRST,
        Role.CLIENT: FIRST,
    }


@pytest.mark.parametrize(
    ("role", "kopecks", "refused", "account"),
    [
        (Role.CONTRACTOR, 350_00, (199_99, 500_01), "contractor:{contractor}:payable"),
        (Role.CLIENT, 50_00, (200_01, -1), "client:{client}:credit"),
    ],
)
async def test_another_person_decides_and_a_third_has_it_posted_once(
    database: Database,
    decided: OrderView,
    role: Role,
    kopecks: int,
    refused: tuple[int, int],
    account: str,
) -> None:
    order_id, user = decided.order_id, await _person(database)
    async with database.transaction() as session:
        await appeals.appeal(session, decided, role, user, NOW)
        with pytest.raises(SamePersonTwice):
            await appeals.decide(session, order_id, FIRST, kopecks, NOW)
        for wrong in refused:
            with pytest.raises(BadInput):
                await appeals.decide(session, order_id, SECOND, wrong, NOW)
        order = await session.get_one(OrderRow, order_id)
        order.money_closed_at = None
        with pytest.raises(MoneyStillMoves):
            await appeals.decide(session, order_id, SECOND, kopecks, NOW)
        order.money_closed_at = NOW
        said = await appeals.decide(session, order_id, SECOND, kopecks, NOW)
        assert said.difference_kopecks == 150_00
        with pytest.raises(AppealClosed):
            await appeals.decide(session, order_id, SECOND, kopecks, NOW)

    async with database.transaction() as session:
        row = await session.get_one(ReconciliationBreakRow, 1)
        assert (row.state, row.proposed_by) == (BreakState.AWAITING_APPROVAL, f"tg:{SECOND}")
        with pytest.raises(IntegrityBreach):
            await break_goodwill.post(session, row, NOW)
        row.approved_by = f"tg:{THIRD}"
        for _ in range(2):
            await break_goodwill.post(session, row, NOW)

    name = account.format(contractor=decided.contractor_id, client=order.client_id)
    async with database.reading() as session:
        [balance] = await ledger.balances(session, name)
        assert balance.posted_kopecks == 150_00
        assert await violations(session) == {}


async def test_a_decision_that_stands_moves_nothing(database: Database, decided: OrderView) -> None:
    user = await _person(database)
    async with database.transaction() as session:
        await appeals.appeal(session, decided, Role.CONTRACTOR, user, NOW)
        said = await appeals.decide(session, decided.order_id, SECOND, 200_00, NOW)
        assert said.difference_kopecks == 0
        assert await session.get(ReconciliationBreakRow, 1) is None
