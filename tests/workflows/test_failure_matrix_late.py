"""The failure matrix, rows 17 to 25: keys, processes, lies and long outages.

Row  Fault                                          Expected
---  ---------------------------------------------  ----------------------------------------------
17   "too many requests", then a changed key        few tries, one call for a person, nothing lost
18   a newer version would send another body        the stored bytes go out on every try
19   the workflow is set back to its start          the same keys: nothing is charged again
20   the database dies after the provider's yes     asked again, one journal
21   the clock jumps by a day between two tries     the old key is dead: read first, then a new one
22   an answer with another sum, currency, shop     nothing believed, frozen, a person called
23   SBP, the contractor leaves, nobody replaces    all goes back, the fee is the platform's
24   a receipt is not registered                    the order goes on, a person is called
25   nothing answers for three days                 places kept, what is due is taken, lost holds
                                                    are paid again

Every row ends with the invariants of the books and with the provider's own sums.
"""

import asyncio
import contextlib
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.exceptions import ApplicationError

from rules.errors import PaymentsUnavailable, RuleViolation
from rules.orders import OrderState
from rules.payments import Method, Op
from tests.money import Money, books_balance, kopecks, provider_payments
from tests.receipts import NEEDS_PERSON, drained
from tests.simulators.yookassa.harness import Simulator
from tests.workflows.troubles import (
    SETTLED,
    WELL,
    accepted,
    asked,
    become,
    booked,
    by_key,
    fault,
    finished,
    happened,
    journals,
    keys,
    longest_use_of_a_key,
    no_faults,
    overloaded,
    perform,
    posts,
    statuses,
)
from tests.workflows.world import Placed, Town, World, eventually
from workflows import messages

pytestmark = pytest.mark.money

A_DAY_WITH_A_KEY = timedelta(hours=23)
LIES = [
    ("get", "wrong_amount"),
    ("get", "wrong_currency"),
    ("create", "wrong_test"),
]


async def test_row_17_overload_and_a_changed_key_slow_down_and_call_a_person_once(
    town: Town,
) -> None:
    order, contractor = await booked(town)
    fault(town.world, "capture", "http_429", count=2)
    fault(town.world, "capture", "http_401", count=2)
    overloaded(town.world, "capture")

    await order.work(contractor)
    await order.advance(hours=3)

    assert len(posts(order, "capture")) < 10
    assert (statuses(order), await order.told("money_stuck")) == (["waiting_for_capture"], 1)
    await books_balance(town.world, order)
    no_faults(town.world)
    await order.advance(hours=6)
    await become(order, "succeeded")
    assert len(keys(posts(order, "capture"))) == 1
    await order.accept_work()
    await order.end(days=4)
    assert await order.told("money_stuck") == 1
    assert await books_balance(town.world, order) == SETTLED


async def test_row_18_the_stored_bytes_go_out_on_every_try_also_from_a_newer_version(
    town: Town,
) -> None:
    order, contractor = await accepted(town)
    fault(town.world, "create", "http_500", count=1_000)
    page = asyncio.create_task(order.open_page())
    await asked(order, "create")
    with pytest.raises(ApplicationError, match="500"):
        await perform(order, Op.CREATE, url="https://another.example")
    no_faults(town.world)
    order.pay_page(await page)
    await order.tell_notice()
    await order.until(OrderState.BOOKED)
    for operation in ("capture", "refund"):
        fault(town.world, operation, "commit_then_drop")
        fault(town.world, operation, "http_500")
    await order.work(contractor)
    await become(order, "succeeded")
    await order.door.open_dispute(order.order_id, messages.Dispute(1), intent=order.intent())
    said = messages.DisputeDecision(1, 400_00)
    await order.door.resolve_dispute(order.order_id, said, intent=order.intent())
    await order.end(days=4)

    stored = await town.world.rows(
        "SELECT op, request_bytes FROM payment_operations WHERE order_id = :id", id=order.order_id
    )
    sent = {op: [one["body"] for one in posts(order, op)] for op in ("create", "capture", "refund")}
    assert [len(bodies) > 2 for bodies in sent.values()] == [True] * 3
    assert {op: {body.encode() for body in bodies} for op, bodies in sent.items()} == {
        row["op"]: {bytes(row["request_bytes"])} for row in stored
    }
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00, refunded=400_00, platform=150_00, contractor=450_00
    )


async def test_row_19_order_that_is_set_back_before_its_payment_charges_nothing_again(
    town: Town,
) -> None:
    order, contractor = await booked(town)
    await order.advance(minutes=6)
    await become(order, "succeeded")
    version = (await order.row())["version"]

    await _set_back(order, "create_payment")
    step = messages.ContractorStep(contractor)

    async def is_booked_again() -> bool:
        with contextlib.suppress(RuleViolation):
            await order.door.set_off(order.order_id, step, intent=order.intent())
            return True
        return False

    await eventually(is_booked_again, "the same decisions again")
    assert (await order.story()).count("prepaid") == 1
    assert (await order.row())["version"] == version + 1
    await order.door.start(order.order_id, step, intent=order.intent())
    await order.door.done(order.order_id, messages.Completion(contractor), intent=order.intent())
    await order.accept_work()
    result = await order.end(days=4)
    assert result.state is OrderState.COMPLETED
    assert (len(posts(order, "create")), len(posts(order, "capture"))) == (1, 1)
    assert await books_balance(town.world, order) == SETTLED


async def _set_back(order: Placed, activity: str) -> None:
    """Reset the workflow to the task that first asked for an activity; what follows is new."""
    event = await anext(
        event
        async for event in order.handle.fetch_history_events()
        if event.activity_task_scheduled_event_attributes.activity_type.name == activity
    )
    scheduled = event.activity_task_scheduled_event_attributes
    await order.world.client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=order.world.client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=order.handle.id),
            reason="a mistake in a deploy",
            workflow_task_finish_event_id=scheduled.workflow_task_completed_event_id,
            request_id=str(uuid.uuid4()),
        )
    )


async def test_row_20_database_that_dies_after_the_providers_yes_is_written_once(
    town: Town,
) -> None:
    order, contractor = await booked(town)
    async with town.world.database.engine.connect() as other:
        await other.execute(text("LOCK TABLE journals IN SHARE ROW EXCLUSIVE MODE"))
        await order.work(contractor)
        await become(order, "succeeded")
        await eventually(lambda: _kill_who_waits(town.world), "the writer's connection cut")
        assert await journals(order, "captured") == 0
        await other.rollback()

    await asked(order, "capture", 2)
    await order.accept_work()
    await order.end(days=4)
    assert len(keys(posts(order, "capture"))) == 1
    assert await journals(order, "captured") == 1
    assert await books_balance(town.world, order) == SETTLED


async def _kill_who_waits(world: World) -> bool:
    """End the connections that wait for the lock, as a failing server would."""
    killed = await world.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(killed)


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
async def test_row_21_after_a_jump_of_the_clock_the_old_key_is_never_used_again(
    taken: bool, town: Town
) -> None:
    order, contractor = await booked(town)
    fault(town.world, "capture", "commit_then_500" if taken else "http_500")
    overloaded(town.world, "capture")

    await order.work(contractor)
    await asked(order, "capture", 2)
    await order.advance(hours=24)
    no_faults(town.world)
    await order.advance(hours=6)

    await become(order, "succeeded")
    assert await longest_use_of_a_key(order) < A_DAY_WITH_A_KEY
    assert [len(one) for one in by_key(posts(order, "capture"))][1:] == ([] if taken else [1])
    await order.end(days=4)
    assert await journals(order, "captured") == 1
    assert await books_balance(town.world, order) == SETTLED


@pytest.mark.parametrize(("operation", "lie"), LIES)
async def test_row_22_answer_about_something_else_freezes_the_money_and_calls_a_person(
    operation: str, lie: str, town: Town
) -> None:
    order, contractor = await accepted(town)
    for one in {operation, "get", "list"}:
        fault(town.world, one, lie, count=1_000)
    with contextlib.suppress(PaymentsUnavailable):
        await order.open_page()
    (payment,) = provider_payments(town.world.simulator, order.order_id)
    order.pay_page(payment["id"])
    await order.tell_notice()
    await happened(order, "money_stuck")
    await order.advance(minutes=20)

    assert await journals(order, "held") == 0
    assert (await order.row())["state"] == OrderState.AWAITING_PREPAYMENT
    assert (len(posts(order, "create")), statuses(order)) == (1, ["waiting_for_capture"])
    no_faults(town.world)
    await order.advance(minutes=15)
    await order.until(OrderState.BOOKED)
    assert (await order.told("money_stuck"), await order.told("money_recovered")) == (1, 1)
    assert await finished(order, contractor) == SETTLED


async def test_row_22_capture_with_a_false_answer_is_neither_believed_nor_repeated(
    town: Town,
) -> None:
    order, contractor = await booked(town)
    for operation in ("capture", "get"):
        fault(town.world, operation, "wrong_shop", count=1_000)

    await order.work(contractor)
    await happened(order, "money_stuck")
    await order.advance(hours=2)

    assert (statuses(order), await journals(order, "captured")) == (["succeeded"], 0)
    assert (len(posts(order, "capture")), await order.told("money_stuck")) == (1, 1)
    no_faults(town.world)
    await order.advance(hours=2)
    await order.accept_work()
    await order.end(days=4)
    assert await order.told("money_recovered") == 1
    assert await books_balance(town.world, order) == SETTLED


async def test_row_23_paid_by_sbp_and_nobody_comes_gives_all_back_and_keeps_the_fee(
    town: Town,
) -> None:
    order, contractor = await booked(town, method=Method.SBP)

    await order.withdraw(contractor)
    await order.advance(hours=49)
    result = await order.end()

    assert result.state is OrderState.NO_CONTRACTOR
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00, refunded=1_000_00, compensation=100_00, penalty=100_00
    )
    (payment,) = provider_payments(town.world.simulator, order.order_id)
    fee = kopecks(payment["amount"]) - kopecks(payment["income_amount"])
    sql = (
        "SELECT sum(e.debit_kopecks - e.credit_kopecks) FROM journals j"
        " JOIN entries e ON e.journal_id = j.id WHERE j.order_id = :id AND e.account = 'psp_fee'"
    )
    assert fee > 0
    assert await town.world.value(sql, id=order.order_id) == fee


async def test_row_24_receipt_that_is_not_registered_calls_a_person_and_stops_nothing(
    town: Town,
) -> None:
    order, contractor = await accepted(town)
    await _is_reachable(town.world, order.client_id)
    fault(town.world, "receipts.create", "receipt_canceled")
    await order.pay(Method.SBP)
    await order.until(OrderState.BOOKED)
    await drained(town.world, order.order_id)
    town.world.simulator.sim("/clock", advance_seconds=5)
    await drained(town.world, order.order_id)

    assert await order.told(NEEDS_PERSON) == 1
    assert not (await order.row())["needs_attention"]
    assert await finished(order, contractor) == SETTLED


async def _is_reachable(world: World, client_id: int) -> None:
    async with world.database.transaction() as session:
        connection = await session.connection()
        sql = text("UPDATE users SET email = 'anna@example.ru' WHERE id = :id")
        await connection.execute(sql, {"id": client_id})


async def test_row_25_three_days_without_an_answer_keep_places_take_what_is_due_and_lose_nothing(
    same_clock: Simulator, town: Town
) -> None:
    holding = await town.contractor(km=30)
    lost = await town.place(WELL, wish_day=town.in_days(20))
    await lost.book(holding)
    await lost.advance(days=5)
    due, contractor = await booked(town)
    new, _ = await accepted(town)
    overloaded(town.world)
    tap = messages.PaymentChoice(new.client_id, Method.CARD)
    page = asyncio.create_task(new.door.pay(new.order_id, tap, intent=new.intent()))
    await asked(new, "create")

    for order in (lost, due, new):
        await town.world.skipper.fast_forward(order.handle, timedelta(days=3))
    town.world.simulator.sim("/clock", advance_seconds=3 * 86_400)
    row = await new.row()
    assert (row["state"], row["due_at"]) == (OrderState.AWAITING_PREPAYMENT, None)
    assert (await page).payment_url is None
    assert await new.told("payments_down") == 1
    assert [await journals(order, "captured") for order in (lost, due, new)] == [0, 0, 0]
    assert (await due.row())["contractor_id"] == contractor

    no_faults(town.world)
    for order in (lost, due):
        await town.world.skipper.fast_forward(order.handle, timedelta(hours=6, minutes=5))
    while not await new.told("payments_back"):
        await town.world.skipper.fast_forward(new.handle, timedelta(minutes=20))
    await become(due, "succeeded")
    await lost.until(OrderState.AWAITING_PREPAYMENT)
    assert (await lost.row())["contractor_id"] == holding
    await new.pay()
    await new.advance(minutes=6)
    await new.until(OrderState.BOOKED)
    for order in (lost, due, new):
        await books_balance(town.world, order)
