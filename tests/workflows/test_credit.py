"""A compensation pays a part of the next prepayment: through real orders to the closed books."""

from datetime import UTC, datetime, timedelta

import pytest

from activities import ledger
from rules import ledger as postings
from rules.orders import OrderState, Role
from rules.payments import Method
from tests.money import Money, books_balance, provider_payments
from tests.workflows.troubles import advance_order_only, hold_ends, set_provider_clock
from tests.workflows.world import Placed, Town
from workflows.messages import ClaimAnswer, ClaimVerdict, CostClaim

pytestmark = pytest.mark.money


async def _credited(town: Town, roubles: int) -> int:
    """A client with the compensation of an earlier order."""
    client = await town.person()
    async with town.world.database.transaction() as session:
        journal = postings.compensated("earlier", client, client, roubles * 100)
        await ledger.post(session, journal, None, datetime.now(UTC))
    return client


async def _available(order: Placed) -> int:
    """What the client's credit may still be spent on, in roubles."""
    found = await order.world.value(
        "SELECT available_kopecks FROM account_balances WHERE account = :account",
        account=postings.credit(order.client_id),
    )
    return int(found) // 100


def _asked(order: Placed) -> list[str]:
    payments = provider_payments(order.world.simulator, order.order_id)
    return [one["amount"]["value"] for one in payments]


async def test_the_provider_takes_what_the_credit_leaves_and_the_whole_is_settled(
    town: Town,
) -> None:
    first, second = await town.contractor(km=1), await town.contractor(km=2)
    order = await town.place(client_id=await _credited(town, 300))
    await order.accept((await order.offered())[0])
    page = await order.open_page(Method.SBP)
    await order.withdraw(first)
    # The open page has its amount; the next acceptance reserves exactly what it leaves.
    await order.accept((await order.offered())[0])
    order.pay_page(page, Method.SBP)
    await order.tell_notice()
    await order.until(OrderState.BOOKED)

    assert _asked(order) == ["2100.00"]
    assert await _available(order) == 0
    await order.work(second)
    await order.accept_work()
    assert (await order.end(days=8)).state is OrderState.COMPLETED
    assert await books_balance(town.world, order) == Money(
        captured=2_100_00, platform=600_00, contractor=1_800_00, credit=300_00
    )


async def test_a_late_cancellation_returns_the_provider_s_part_first(town: Town) -> None:
    contractor = await town.contractor()
    client = await _credited(town, 300)
    order = await town.place(client_id=client, wish_day=town.in_days(4))
    await order.book(contractor, Method.CARD)
    await order.advance_to_visit(hours=1)
    await order.cancel()  # 1 680 of 2 100 go back, 720 wait for the contractor's costs
    claim = CostClaim(contractor, 200_00, "travel")
    await order.door.claim(order.order_id, claim, intent=order.intent())
    agreed = ClaimAnswer(Role.CLIENT, client, ClaimVerdict.AGREE)
    await order.door.answer_claim(order.order_id, agreed, intent=order.intent())

    assert (await order.end()).state is OrderState.CANCELLED
    assert await books_balance(town.world, order) == Money(
        captured=2_100_00, refunded=2_100_00, contractor=200_00, credit=200_00
    )
    assert await _available(order) == 100


async def test_a_lost_hold_asks_for_the_same_part_again(town: Town) -> None:
    contractor = await town.contractor()
    client = await _credited(town, 300)
    order = await town.place(client_id=client, wish_day=town.in_days(4))
    await order.book(contractor, Method.CARD)
    set_provider_clock(town.world, await hold_ends(order) + timedelta(seconds=1))

    await advance_order_only(order, (await order.row())["visit_at"] - timedelta(hours=23))
    row = await order.until(OrderState.AWAITING_PREPAYMENT)

    assert row["facts"]["credit_kopecks"] == 300_00
    assert await _available(order) == 0
    await books_balance(town.world, order)
    await order.pay(Method.SBP)
    await order.until(OrderState.BOOKED)
    assert _asked(order) == ["2100.00", "2100.00"]
    await order.work(contractor)
    await order.accept_work()
    assert (await order.end(days=8)).state is OrderState.COMPLETED
    assert await books_balance(town.world, order) == Money(
        captured=2_100_00, platform=600_00, contractor=1_800_00, credit=300_00
    )
