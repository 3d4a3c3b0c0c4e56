"""Nothing personal enters Temporal or a log: canaries planted in every row, sought everywhere."""

import asyncio
import contextlib
import logging
import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text as sql
from temporalio.service import RPCError

from rules.catalog import Service
from rules.orders import ClaimItem, OrderState, Role
from rules.payments import Method
from tests.receipts import drained
from tests.workflows.histories import as_text
from tests.workflows.world import Placed, Town, eventually
from workflows import messages

PLANTED = {
    "client's name": "Канареева Пелагея",
    "client's account": "canary_pelageya",
    "client's phone": "+79005550101",
    "client's Telegram id": "7305550199",
    "client's e-mail": "pelageya77@canaryfarm.example",
    "address": "деревня Канарейкино, дом 77",
    "comment": "код от ворот 4815162342, собака Тузик",
    "contractor's name": "Кенаров Афанасий",
    "contractor's account": "canary_afanasy",
    "contractor's phone": "+79005550202",
    "contractor's Telegram id": "7305550299",
}
PIN = (".137913791379", ".246824682468")
# A fraction of a second is any digits at all, those of the pin as well.
CLOCKS = re.compile(r"\d\d:\d\d:\d\d\.\d+|\b\d+\.\d+s\b")
CLOCKS_OF_A_RECORD = {"created", "msecs", "relativeCreated"}


def traces() -> dict[str, str]:
    """What must not be found: each canary, and telling parts of it."""
    parts = {f"{what}, {part}": part for what, word in PLANTED.items() for part in word.split()}
    told = {name: part for name, part in parts.items() if len(part) > 3}
    # Three decimals of the pin are a hundred metres.
    return {**PLANTED, **told, "latitude": PIN[0][:5], "longitude": PIN[1][:5], "dog": "Тузик"}


def traces_in(told: str) -> set[str]:
    """Names of the traces that are found in a text."""
    timeless = CLOCKS.sub("", told)
    return {what for what, trace in traces().items() if trace in timeless}


def logged(records: list[logging.LogRecord]) -> str:
    """All that log records say and carry, but when."""
    carried = [
        {name: value for name, value in vars(one).items() if name not in CLOCKS_OF_A_RECORD}
        for one in records
    ]
    said = zip(records, carried, strict=True)
    return "\n".join(f"{one.getMessage()} {fields}" for one, fields in said)


def pin(town: Town) -> None:
    """Move the town to where its pin is known to many decimals."""
    town.latitude = float(f"{int(town.latitude)}{PIN[0]}")
    town.longitude = float(f"{int(town.longitude)}{PIN[1]}")


async def plant(town: Town) -> tuple[int, int]:
    """A client and a contractor with canaries in every field that holds something personal."""
    pin(town)
    client = await town.person()
    contractor = await town.contractor()
    async with town.world.database.transaction() as session:
        connection = await session.connection()
        person = "UPDATE users SET first_name = :name, username = :account, phone = :phone,"
        person += " telegram_id = :telegram WHERE id = "
        await connection.execute(sql(f"{person} :id"), {**_words("client"), "id": client})
        await connection.execute(
            sql(f"{person} (SELECT user_id FROM contractors WHERE id = :id)"),
            {**_words("contractor"), "id": contractor},
        )
        await connection.execute(
            sql("UPDATE users SET email = :email WHERE id = :id"),
            {"email": PLANTED["client's e-mail"], "id": client},
        )
        await connection.execute(
            sql("UPDATE contractors SET name = :name WHERE id = :id"),
            {"name": PLANTED["contractor's name"], "id": contractor},
        )
    return client, contractor


def _words(who: str) -> dict[str, Any]:
    return {
        "name": PLANTED[f"{who}'s name"],
        "account": PLANTED[f"{who}'s account"],
        "phone": PLANTED[f"{who}'s phone"],
        "telegram": int(PLANTED[f"{who}'s Telegram id"]),
    }


async def visible(order: Placed) -> str:
    """Everything Temporal tells of an order."""
    described = await order.handle.describe()
    metadata: Any = await order.handle.query("__temporal_workflow_metadata")
    seen = [
        as_text(await order.handle.fetch_history()),
        str(described.raw_description),
        str(described.typed_search_attributes),
        str(await described.memo()),
        str(await described.static_summary()),
        str(await described.static_details()),
        str(metadata),
        str(await order.handle.result()),
    ]
    return "\n".join(seen)


async def completed(town: Town, client: int, contractor: int) -> Placed:
    """Moved to another time, done, accepted and rated."""
    order = await town.place(
        Service.REPAIR_PUMP,
        client_id=client,
        address=PLANTED["address"],
        comment=PLANTED["comment"],
    )
    await order.book(method=Method.SBP)
    visit = (await order.row())["visit_at"]
    wish = messages.Rescheduling(Role.CONTRACTOR, contractor, visit.replace(minute=30))
    await order.door.reschedule(order.order_id, wish, intent=order.intent())
    agreed = messages.ReschedulingAnswer(Role.CLIENT, client, True)
    await order.door.answer_reschedule(order.order_id, agreed, intent=order.intent())
    await order.work(contractor)
    await order.accept_work()
    await order.rate(Role.CLIENT, client, 5)
    await order.rate(Role.CONTRACTOR, contractor, 5)
    await order.advance(days=8)
    return order


async def cancelled(town: Town, client: int, contractor: int) -> Placed:
    """Cancelled when the contractor was on the way, his claim objected to and decided."""
    order = await town.place(
        Service.SEWAGE_OVERFLOW,
        client_id=client,
        address=PLANTED["address"],
        comment=PLANTED["comment"],
    )
    await order.book()
    step = messages.ContractorStep(contractor)
    await order.door.set_off(order.order_id, step, intent=order.intent())
    await order.cancel()
    # A picture is named by an id that tells nothing of it.
    proven = ClaimItem("travel", 400_00, (str(uuid4()),))
    claim = messages.CostClaim(contractor, 400_00, "travel", (proven,))
    await order.door.claim(order.order_id, claim, intent=order.intent())
    for role, actor, verdict, granted in (
        (Role.CLIENT, client, messages.ClaimVerdict.OBJECT, None),
        (Role.SUPPORT, 1, messages.ClaimVerdict.DECIDE, 300_00),
    ):
        said = messages.ClaimAnswer(role, actor, verdict, granted)
        await order.door.answer_claim(order.order_id, said, intent=order.intent())
    return order


async def test_nothing_personal_is_in_a_history_an_attribute_or_a_log(
    town: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    client, contractor = await plant(town)
    orders = [
        await completed(town, client, contractor),
        await cancelled(town, client, contractor),
    ]
    ends = [(await order.closed()).state for order in orders]
    assert ends == [OrderState.COMPLETED, OrderState.CANCELLED]

    row = await orders[0].row()
    assert row["address"] == PLANTED["address"], "the canaries were really planted"
    receipts = await drained(town.world, orders[0].order_id)
    sent = town.world.simulator.listing("requests")
    assert receipts.moved, "a receipt is made"
    assert any(PLANTED["client's e-mail"] in one["body"] for one in sent), "for this address"
    places = {
        "the first order": await visible(orders[0]),
        "the second order": await visible(orders[1]),
        "the receipts": as_text(await receipts.handle.fetch_history()),
        "the log": logged(caplog.records) + "".join(capfd.readouterr()),
    }
    assert all(orders[0].said.town in told for told in list(places.values())[:2]), "it is sought"
    found = {(where, what) for where, told in places.items() for what in traces_in(told)}
    assert not found


async def test_a_failing_database_tells_nothing_personal(
    town: Town, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The database's own messages name the values of the row that it refused."""
    pin(town)
    order = await town.try_place(
        Service.SEWAGE_OVERFLOW,
        address=PLANTED["address"],
        comment=PLANTED["comment"],
    )
    async with town.world.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            sql(
                "ALTER TABLE orders ADD CONSTRAINT planted"
                f" CHECK (id <> '{order.order_id}') NOT VALID"
            )
        )
    placing = asyncio.create_task(town.world_place(order))

    async def refused() -> bool:
        with contextlib.suppress(RPCError):  # it has not begun yet
            described = await order.handle.describe()
            return any(one.attempt > 1 for one in described.raw_description.pending_activities)
        return False

    try:
        await eventually(refused, "the database refuses the row")
        pending = str((await order.handle.describe()).raw_description)
    finally:
        async with town.world.database.transaction() as session:
            connection = await session.connection()
            await connection.execute(sql("ALTER TABLE orders DROP CONSTRAINT planted"))
    await placing
    errors = "\n".join(str(one.exc_text) for one in caplog.records)
    told = pending + logged(caplog.records) + errors + "".join(capfd.readouterr())
    told += as_text(await order.handle.fetch_history())
    assert "planted" in told, "what failed is still told"
    assert not traces_in(told)
