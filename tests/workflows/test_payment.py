"""The prepayment: its window, its holds, its late arrivals, and a provider that fails."""

import asyncio
from datetime import timedelta

import pytest

from rules.catalog import Service
from rules.errors import NotPayable
from rules.orders import OrderState, Role
from rules.payments import Method
from tests.money import Money, books_balance, provider_payments, provider_refunds
from tests.simulators.yookassa.harness import Simulator
from tests.workflows.world import Placed, Town, World, eventually

pytestmark = pytest.mark.money

SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, prepayment 1 000, half an hour to pay
PUMP = Service.REPAIR_PUMP  # service, prepayment 2 400, two hours to pay
WELL = Service.DRILLING_WELL  # project, prepayment 18 000
DECLINED_CARD = "5555555555554600"
SETTLED = Money(captured=1_000_00, platform=250_00, contractor=750_00)


async def _accepted(town: Town, service: Service = SEPTIC) -> tuple[Placed, int]:
    contractor = await town.contractor()
    order = await town.place(service)
    await order.offered()
    await order.accept(contractor)
    return order, contractor


def _statuses(world: World, order: Placed) -> list[str]:
    """What the provider says of the order's payments, oldest first."""
    found = provider_payments(world.simulator, order.order_id)
    return [one["status"] for one in reversed(found)]


async def _becomes(world: World, order: Placed, *statuses: str) -> None:
    async def so() -> bool:
        return _statuses(world, order) == list(statuses)

    await eventually(so, f"payments {statuses}, not {_statuses(world, order)}")


async def _settled(order: Placed, contractor: int) -> Money:
    await order.work(contractor)
    await order.accept_work()
    result = await order.end(days=4)
    assert result.state is OrderState.COMPLETED
    return await books_balance(order.world, order)


async def test_two_reminders_and_then_the_slot_is_free_without_points(town: Town) -> None:
    order, contractor = await _accepted(town)
    told = []
    for minutes in (14, 2, 7, 2):  # 14, 16, 23 and 25 minutes of the half hour
        await order.advance(minutes=minutes)
        told.append(await order.told("pay_reminder"))
    assert told == [0, 1, 1, 2]
    await order.advance(minutes=6)

    result = await order.end()
    assert result.state is OrderState.UNPAID
    assert await town.places_taken(contractor) == 0
    assert (
        await town.world.rows(
            "SELECT * FROM points_entries WHERE order_id = :id AND delta < 0", id=order.order_id
        )
        == []
    )
    assert await books_balance(town.world, order) == Money()


async def test_payment_in_the_last_second_counts(town: Town) -> None:
    order, _ = await _accepted(town)
    payment = await order.open_page()
    await order.advance(minutes=29, seconds=50)
    order.pay_page(payment)
    await order.advance(minutes=1)

    assert (await order.row())["state"] == OrderState.BOOKED
    assert await books_balance(town.world, order) == Money()


async def test_declined_card_is_told_and_another_one_pays(town: Town) -> None:
    order, contractor = await _accepted(town)
    order.pay_page(await order.open_page(), number=DECLINED_CARD)
    await order.tell_notice()
    await _becomes(town.world, order, "canceled")

    async def told() -> bool:
        return await order.told("payment_declined") == 1

    await eventually(told, "the decline told")
    await order.pay()
    await order.until(OrderState.BOOKED)
    assert await _settled(order, contractor) == SETTLED


async def test_same_method_again_answers_with_the_same_page(town: Town) -> None:
    order, _ = await _accepted(town)
    assert await order.open_page() == await order.open_page()
    assert _statuses(town.world, order) == ["pending"]


async def test_page_that_is_made_while_the_order_is_cancelled_takes_nothing(town: Town) -> None:
    town.world.simulator.sim("/faults", operation="create", kind="slow", seconds=2)
    order, _ = await _accepted(town)
    page = asyncio.create_task(order.open_page())

    async def asked() -> object:
        sql = "SELECT count(*) FROM payment_operations WHERE order_id = :id"
        return await town.world.value(sql, id=order.order_id)

    await eventually(asked, "the page is being made")
    await order.cancel()
    assert not page.done()
    order.pay_page(await page)
    await order.tell_notice()

    await order.end()
    assert _statuses(town.world, order) == ["canceled"]
    assert await books_balance(town.world, order) == Money()


async def test_hold_is_captured_when_the_free_window_closes(town: Town) -> None:
    order, contractor = await _accepted(town)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.advance(minutes=4)
    assert _statuses(town.world, order) == ["waiting_for_capture"]
    await order.advance(minutes=2)
    await _becomes(town.world, order, "succeeded")
    assert await _settled(order, contractor) == SETTLED


async def test_hold_is_captured_when_work_starts(town: Town) -> None:
    order, contractor = await _accepted(town)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.work(contractor)
    await _becomes(town.world, order, "succeeded")


async def test_hold_is_captured_in_time_before_the_provider_lets_it_go(
    same_clock: Simulator, town: Town
) -> None:
    contractor = await town.contractor()
    order = await town.place(WELL, wish_day=town.in_days(20))
    await order.book(contractor)
    await order.advance(days=6, hours=11)  # held for seven days, margin of twelve hours
    assert _statuses(town.world, order) == ["waiting_for_capture"]
    await order.advance(hours=2)
    await _becomes(town.world, order, "succeeded")
    await order.cancel()

    await order.end()
    assert await books_balance(town.world, order) == Money(captured=18_000_00, refunded=18_000_00)


@pytest.mark.parametrize(
    "kind", ["refuse_before", "commit_then_drop", "http_500", "commit_then_500", "slow"]
)
async def test_failing_provider_takes_and_returns_money_once(kind: str, town: Town) -> None:
    for operation in ("create", "capture", "refund"):
        wish = {"seconds": 3} if kind == "slow" else {}
        town.world.simulator.sim("/faults", operation=operation, kind=kind, **wish)
    order, _ = await _accepted(town)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.advance(minutes=6)
    await _becomes(town.world, order, "succeeded")
    await order.cancel()
    await order.advance(hours=25)

    await order.end()
    faults = town.world.simulator.client.get("/sim/faults").json()["items"]
    assert faults == []
    assert await books_balance(town.world, order) == Money(captured=1_000_00, refunded=1_000_00)
    assert len(provider_payments(town.world.simulator, order.order_id)) == 1


@pytest.mark.parametrize("pending", [False, True])
async def test_refund_that_the_provider_cancels_is_asked_for_anew(
    pending: bool, town: Town
) -> None:
    kind = "refund_pending" if pending else "refund_canceled"
    town.world.simulator.sim("/faults", operation="refund", kind=kind)
    order, _ = await _accepted(town)
    await order.pay(Method.SBP)
    await order.until(OrderState.BOOKED)
    await order.cancel()
    payments = provider_payments(town.world.simulator, order.order_id)

    async def asked() -> list[dict[str, object]]:
        return provider_refunds(town.world.simulator, payments)

    (first,) = await eventually(asked, "a refund asked for")
    if pending:
        town.world.simulator.sim(f"/refunds/{first['id']}/end", status="canceled")

    await order.end()
    assert await books_balance(town.world, order) == Money(captured=1_000_00, refunded=1_000_00)
    rows = await town.world.rows(
        "SELECT seq, state FROM refunds WHERE order_id = :id ORDER BY seq", id=order.order_id
    )
    assert [(row["seq"], row["state"]) for row in rows] == [(1, "failed"), (2, "succeeded")]


@pytest.mark.parametrize("method", [Method.CARD, Method.SBP])
async def test_everything_works_without_a_single_notice(method: Method, town: Town) -> None:
    order, contractor = await _accepted(town)
    order.pay_page(await order.open_page(method), method)
    await order.advance(seconds=11)
    await order.until(OrderState.BOOKED)
    assert await _settled(order, contractor) == SETTLED


async def test_nothing_can_be_paid_before_an_acceptance_or_after_the_end(town: Town) -> None:
    await town.contractor()
    order = await town.place()
    await order.offered()
    with pytest.raises(NotPayable):
        await order.open_page()
    await order.cancel(Role.SUPPORT)


async def test_last_look_finds_the_money_of_a_window_that_is_over(town: Town) -> None:
    order, _ = await _accepted(town, PUMP)
    await order.advance(minutes=110)
    payment = await order.open_page(Method.SBP)
    order.pay_page(payment, Method.SBP)
    await order.advance_to((await order.now()) + timedelta(minutes=11))
    assert (await order.row())["state"] == OrderState.BOOKED
