"""Receipts on the real processes: the worker has made their schedule, and a payment its receipt."""

from temporalio.client import Client, ScheduleDescription, ScheduleOverlapPolicy

from models.database import Database
from models.queries import receipts
from tests.e2e.house import House, Village
from tests.e2e.orders import urgent
from tests.receipts import REGISTERING_SECONDS, made
from workflows.policies import TASK_QUEUE
from workflows.receipts import EVERY, SCHEDULE_ID, ReceiptsWorkflow


async def _schedule(address: str) -> ScheduleDescription:
    client = await Client.connect(address)
    return await client.get_schedule_handle(SCHEDULE_ID).describe()


async def _drain(address: str, order_id: str, number: int) -> None:
    client = await Client.connect(address)
    run = f"receipts-of-{order_id}-{number}"
    await client.execute_workflow(ReceiptsWorkflow.run, order_id, id=run, task_queue=TASK_QUEUE)


async def _give_email(database: Database, user_id: int, house: House) -> None:
    (row,) = await house.rows("SELECT now() AS now")
    async with database.transaction() as session:
        await receipts.give_email(session, user_id, "anna@mail.ru", row["now"])


def test_a_payment_has_its_receipt_and_the_schedule_is_there(
    house: House, village: Village
) -> None:
    address = house.stack.environment["DRILLFLOW_TEMPORAL_ADDRESS"]
    schedule = house.run(_schedule(address)).schedule
    assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    assert [one.every for one in schedule.spec.intervals] == [EVERY]

    client = village.client()
    user_id = house.value("SELECT id FROM users WHERE telegram_id = :id", id=client.id)
    house.run(_give_email(house.database, user_id, house))
    order = urgent(village, client)
    order.book(village.crew(), "sbp")
    house.run(_drain(address, order.order_id, 1))
    house.simulator.sim("/clock", advance_seconds=REGISTERING_SECONDS)
    house.run(_drain(address, order.order_id, 2))

    states = house.read("SELECT state, inside FROM receipts WHERE order_id = :i", i=order.order_id)
    assert [tuple(one.values()) for one in states] == [("registered", True)]
    (payment,) = order.payments()
    assert made(house.simulator, payment["id"]) == [("payment", "full_prepayment", 1000_00)]
