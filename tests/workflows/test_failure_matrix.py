"""The failure matrix, rows 1 to 7: a payment is made, captured, held and let go.

Row  Fault                                          Expected
---  ---------------------------------------------  ----------------------------------------------
 1   create: made, the answer is lost               same key again, one payment, one link
 2   create: 500 and taken back, or then refused    one live link, or told to choose again
 3   create: unanswered for longer than a key       nothing is sent; read: adopted, or a new key
 4   capture: done, killed before it is recorded    asked again, one journal
 5   capture just before / after the hold's end     taken / pay again, same contractor, slot leased
 6   capture: 500, then "too busy", for two hours   the order stays, "confirming"; once
 7   void meets a person's or the staff's capture   void, or seen as taken and refunded

Rows 8 to 16 are in `test_failure_matrix_notices.py`, 17 to 25 in `test_failure_matrix_late.py`.
Every row ends with the invariants of the books and with the provider's own sums.
"""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rules.orders import OrderState
from rules.payments import Method
from runtime.failpoints import configure_failpoints
from tests.money import Money, books_balance, provider_payments
from tests.simulators.yookassa.harness import Simulator
from tests.workflows.troubles import (
    GIVEN_BACK,
    PUMP,
    PUMP_SETTLED,
    SETTLED,
    WELL,
    accepted,
    advance_order_only,
    asked,
    become,
    booked,
    by_key,
    capture_in_the_cabinet,
    ended,
    fault,
    finished,
    hold_ends,
    journals,
    keys,
    longest_use_of_a_key,
    no_faults,
    overloaded,
    posts,
    refunds,
    set_provider_clock,
    statuses,
)
from tests.workflows.world import Town
from workflows import messages

pytestmark = pytest.mark.money

TWO_HOURS = timedelta(hours=2)


@pytest.fixture
def dying(tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Fails the process once at a named place."""

    def die_at(name: str) -> None:
        configure_failpoints(f"{name}=raise", data_dir=tmp_path, production=False)

    yield die_at
    configure_failpoints(None, data_dir=tmp_path, production=False)


async def test_row_01_lost_answer_to_create_is_one_payment_and_one_link(town: Town) -> None:
    order, contractor = await accepted(town)
    fault(town.world, "create", "commit_then_drop", count=2)

    payment = await order.open_page()

    sent = posts(order, "create")
    assert [one["fault"] for one in sent] == ["commit_then_drop"] * 2 + [None]
    assert len(keys(sent)) == 1
    assert statuses(order) == ["pending"]
    order.pay_page(payment)
    await order.tell_notice()
    await order.until(OrderState.BOOKED)
    assert await finished(order, contractor) == SETTLED


async def test_row_02_payment_that_was_taken_back_leaves_one_living_link(town: Town) -> None:
    order, contractor = await accepted(town)
    fault(town.world, "create", "undo_then_500")

    payment = await order.open_page()

    assert statuses(order) == ["canceled", "pending"]
    assert len(keys(posts(order, "create"))) == 1
    order.pay_page(payment)
    await order.tell_notice()
    await order.until(OrderState.BOOKED)
    assert await finished(order, contractor) == SETTLED


async def test_row_02_payment_that_is_refused_after_a_500_may_be_chosen_again(town: Town) -> None:
    order, contractor = await accepted(town)
    fault(town.world, "create", "undo_then_500")
    fault(town.world, "create", "http_400")

    choice = messages.PaymentChoice(order.client_id, Method.CARD)
    answer = await order.door.pay(order.order_id, choice, intent=order.intent())
    assert (answer.payment_url, await order.told("payment_declined")) == (None, 1)
    await order.pay(Method.SBP)

    await order.until(OrderState.BOOKED)
    assert statuses(order) == ["canceled", "succeeded"]
    assert await finished(order, contractor) == SETTLED


@pytest.mark.parametrize("made", [True, False], ids=["made", "never made"])
async def test_row_03_create_unanswered_for_a_day_is_read_before_anything_is_sent(
    made: bool, same_clock: Simulator, town: Town
) -> None:
    order, contractor = await accepted(town, WELL)
    fault(town.world, "create", "commit_then_500" if made else "http_500")
    overloaded(town.world, "create")
    choice = messages.PaymentChoice(order.client_id, Method.CARD)
    page = asyncio.create_task(order.door.pay(order.order_id, choice, intent=order.intent()))
    await asked(order, "create", 2)
    await order.advance(hours=24)
    no_faults(town.world)
    await order.advance(hours=1, minutes=20)
    await page

    assert await longest_use_of_a_key(order) < timedelta(hours=23)
    assert [len(one) for one in by_key(posts(order, "create"))][1:] == ([] if made else [1])
    assert (await order.row())["state"] == OrderState.AWAITING_PREPAYMENT
    # One that was made has waited for its payer longer than the provider lets it.
    assert statuses(order) == ["canceled" if made else "pending"]
    await order.pay()
    await order.advance(minutes=6)
    await order.until(OrderState.BOOKED)
    assert await finished(order, contractor) == Money(
        captured=18_000_00, platform=4_500_00, contractor=13_500_00
    )


async def test_row_04_process_that_dies_after_the_capture_writes_it_down_once(
    dying: Callable[[str], None], town: Town
) -> None:
    order, contractor = await booked(town)
    dying("payment.capture.sent")

    await order.work(contractor)
    await asked(order, "capture", 2)
    await become(order, "succeeded")

    assert len(keys(posts(order, "capture"))) == 1
    await order.accept_work()
    await order.end(days=4)
    assert await journals(order, "captured") == 1
    assert await books_balance(town.world, order) == SETTLED


async def test_row_05_capture_in_the_last_minute_of_a_hold_takes_it(town: Town) -> None:
    order, contractor = await booked(town, PUMP)
    set_provider_clock(town.world, await hold_ends(order) - timedelta(minutes=1))

    await advance_order_only(order, (await order.row())["visit_at"] - timedelta(hours=23))

    await become(order, "succeeded")
    assert (await order.row())["state"] == OrderState.BOOKED
    assert await finished(order, contractor) == PUMP_SETTLED


async def test_row_05_capture_a_second_too_late_asks_to_pay_again_with_the_slot_leased(
    town: Town,
) -> None:
    order, contractor = await booked(town, PUMP)
    set_provider_clock(town.world, await hold_ends(order) + timedelta(seconds=1))

    await advance_order_only(order, (await order.row())["visit_at"] - timedelta(hours=23))

    row = await order.until(OrderState.AWAITING_PREPAYMENT)
    assert row["contractor_id"] == contractor
    assert row["due_at"] - datetime.fromisoformat(row["facts"]["state_since"]) == TWO_HOURS
    assert await town.places_taken(contractor) == 1
    assert await order.told("pay_reminder") == 1
    assert (statuses(order), await journals(order, "captured")) == (["canceled"], 0)
    await books_balance(town.world, order)
    await order.pay(Method.SBP)
    await order.until(OrderState.BOOKED)
    assert await finished(order, contractor) == PUMP_SETTLED


async def test_row_06_capture_that_fails_for_two_hours_is_shown_as_confirming_and_done_once(
    town: Town,
) -> None:
    order, contractor = await booked(town, PUMP)
    fault(town.world, "capture", "http_500", count=6)
    overloaded(town.world, "capture")

    await order.advance_to_visit(hours=24, minutes=-1)
    await order.advance(hours=2)

    row = await order.row()
    assert (row["state"], row["money"]["confirming"]) == (OrderState.BOOKED, True)
    assert (statuses(order), await journals(order, "captured")) == (["waiting_for_capture"], 0)
    assert await order.told("money_stuck") == 1
    await books_balance(town.world, order)
    no_faults(town.world)
    await order.advance(hours=6)
    await become(order, "succeeded")
    assert len(keys(posts(order, "capture"))) == 1
    assert not (await order.row())["money"]["confirming"]
    assert await finished(order, contractor) == PUMP_SETTLED


@pytest.mark.parametrize("method", [Method.CARD, Method.SBP])
async def test_row_07_person_who_pays_while_the_order_is_cancelled_gets_it_back(
    method: Method, town: Town
) -> None:
    order, _ = await accepted(town)
    payment = await order.open_page(method)

    await asyncio.gather(order.cancel(), asyncio.to_thread(order.pay_page, payment, method))
    await order.tell_notice()

    taken = method is Method.SBP
    assert await ended(order) == (GIVEN_BACK if taken else Money())
    assert statuses(order) == ["succeeded" if taken else "canceled"]
    assert (len(posts(order, "cancel")), len(refunds(order))) == (int(not taken), int(taken))


async def test_row_07_hold_that_was_taken_before_its_void_is_refunded(town: Town) -> None:
    order, _ = await booked(town)
    fault(town.world, "cancel", "http_500")
    (payment,) = provider_payments(town.world.simulator, order.order_id)

    await order.cancel()
    await asked(order, "cancel")
    capture_in_the_cabinet(order, payment["id"])

    assert await ended(order) == GIVEN_BACK
    assert [one["status"] for one in posts(order, "cancel")] == [500, 400]
    assert len(refunds(order)) == 1
