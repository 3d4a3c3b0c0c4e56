"""A small world around real workflows: PostgreSQL, Temporal, and the payment simulator over HTTP.

One world per session; each test gets a town of its own, far from all others, so that its orders
meet only its contractors. `advance` moves an order's clock and the provider's together.
"""

import asyncio
import contextlib
import itertools
import os
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.orders import OrderRequestRow
from models.users import UserRow
from rules.catalog import DETAILS, Service, ServiceType
from rules.orders import OrderState, Role
from rules.payments import Method
from rules.policy import POLICY_V1, Policy
from tests.simulators.yookassa.harness import Simulator
from workflows import messages
from workflows.client import Orders, workflow_id
from workflows.messages import OrderAnswer, OrderInput
from workflows.order import OrderWorkflow

PATIENCE_SECONDS = 60.0
# Not by the hour at which a test is run, and without quotes unless it is about them.
DAYLIGHT = replace(POLICY_V1, night_from_hour=0, night_to_hour=0, project_quotes=False)
# What becomes of the provider's notices: normal, dropped or fivefold.
WEBHOOKS = os.environ.get("DRILLFLOW_TEST_WEBHOOKS", "normal")
_NOTICES = {"normal": 1, "dropped": 0, "fivefold": 5}
_towns = itertools.count()
_intents = itertools.count()


async def eventually(check: Callable[[], Awaitable[Any]], what: str) -> Any:
    """Poll until `check` is true; fails with its name."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        found = await check()
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"did not happen: {what}"
        await asyncio.sleep(0.05)


@dataclass
class World:
    """Everything real that an order needs."""

    database: Database
    client: Client
    skipper: TimeSkipper
    simulator: Simulator
    switch: Callable[[Simulator], None]

    def turn_to(self, simulator: Simulator) -> None:
        """Let the orders and the tests meet at another provider."""
        self.switch(simulator)
        self.simulator = simulator

    def town(self) -> "Town":
        """A place of its own on the map."""
        number = next(_towns)
        return Town(self, 40.0 + (number % 8) * 4, (number // 8) * 6 - 170.0)

    async def rows(self, sql: str, **values: Any) -> list[Any]:
        """Read by SQL."""
        async with self.database.reading() as session:
            connection = await session.connection()
            return list((await connection.execute(text(sql), values)).mappings().all())

    async def value(self, sql: str, **values: Any) -> Any:
        """One value by SQL."""
        rows = await self.rows(sql, **values)
        return next(iter(rows[0].values())) if rows else None


@dataclass
class Town:
    """One test's place: its client, its contractors, its orders."""

    world: World
    latitude: float
    longitude: float
    orders: list["Placed"] = field(default_factory=list)
    name: str = "Город"
    region: str = "Край"

    @staticmethod
    def in_days(days: int) -> date:
        """A day to wish for."""
        return (datetime.now(UTC) + timedelta(days=days)).date()

    async def person(self, name: str = "Анна") -> int:
        """A user's id."""
        async with self.world.database.transaction() as session:
            row = UserRow(first_name=name, phone="+79001234567")
            session.add(row)
            await session.flush()
            return int(row.id)

    async def contractor(
        self, *services: ServiceType, km: float = 1.0, capacity: int = 3, **fields: Any
    ) -> int:
        """An active contractor on line, `km` north of the town's centre."""
        user = await self.person("Иван")
        async with self.world.database.transaction() as session:
            row = ContractorRow(
                user_id=user,
                name="Иван",
                status=ContractorStatus.ACTIVE,
                online=fields.pop("online", True),
                town=self.name,
                region=self.region,
                latitude=self.latitude + km / 111.2,
                longitude=self.longitude,
                radius_km=fields.pop("radius_km", 50),
                capacity=capacity,
                night_ok=fields.pop("night_ok", True),
                **fields,
            )
            session.add(row)
            await session.flush()
            for service in services or tuple(ServiceType):
                session.add(ContractorServiceRow(contractor_id=row.id, service_type=service))
            return int(row.id)

    async def places_taken(self, contractor: int) -> int:
        """Jobs won and places held of a contractor's capacity."""
        statement = "SELECT busy + held FROM contractors WHERE id = :id"
        return int(await self.world.value(statement, id=contractor))

    async def place(self, service: Service = Service.REPAIR_PUMP, **terms: Any) -> "Placed":
        """A client's order, placed through the one door; `terms` as for `try_place`."""
        placed = await self.try_place(service, **terms)
        await self.world_place(placed)
        return placed

    async def try_place(
        self,
        service: Service = Service.REPAIR_PUMP,
        *,
        policy: Policy = DAYLIGHT,
        wish_day: date | None = None,
        client_id: int | None = None,
        **personal: Any,
    ) -> "Placed":
        """Write the request only; `world_place` starts it."""
        client = client_id or await self.person()
        request = OrderRequestRow(
            id=str(uuid.uuid4()),
            client_id=client,
            service=service,
            detail=DETAILS[service][0],
            town=self.name,
            region=self.region,
            **{"utc_offset_minutes": 180, **personal},
            latitude=self.latitude,
            longitude=self.longitude,
        )
        async with self.world.database.transaction() as session:
            session.add(request)
        order_id = str(uuid.uuid4())
        said = OrderInput(
            order_id=order_id,
            request_id=request.id,
            client_id=client,
            service=service,
            detail=request.detail,
            town=request.town,
            region=request.region,
            utc_offset_minutes=request.utc_offset_minutes,
            policy=policy,
            wish_day=wish_day,
        )
        placed = Placed(self.world, order_id, client, said)
        self.orders.append(placed)
        return placed

    async def world_place(self, placed: "Placed") -> OrderAnswer:
        """Start the workflow on the real clock; time is moved by hand."""
        with self.world.skipper.with_time_skipping_disabled():
            return await Orders(self.world.skipper.client).place(placed.said)

    async def close(self) -> None:
        """End what is still open, so that it disturbs nobody."""
        for order in self.orders:
            handle = self.world.client.get_workflow_handle(workflow_id(order.order_id))
            description = await handle.describe()
            if description.close_time is None:
                await handle.terminate("the test is over")


@dataclass
class Placed:
    """One order in the hands of a test."""

    world: World
    order_id: str
    client_id: int
    said: OrderInput

    @property
    def door(self) -> Orders:
        """The typed client, as the bot uses it."""
        return Orders(self.world.client)

    @property
    def handle(self) -> WorkflowHandle[OrderWorkflow, messages.OrderResult]:
        """The workflow."""
        return self.world.client.get_workflow_handle_for(
            OrderWorkflow.run, workflow_id(self.order_id)
        )

    def intent(self) -> str:
        """A new intent for every tap."""
        return f"{self.order_id}:test:{next(_intents)}"

    async def row(self) -> Any:
        """The committed row."""
        rows = await self.world.rows("SELECT * FROM orders WHERE id = :id", id=self.order_id)
        return rows[0] if rows else None

    async def until(self, state: OrderState) -> Any:
        """Wait until the row is in a state."""

        async def there() -> Any:
            row = await self.row()
            return row if row is not None and row["state"] == state else None

        return await eventually(there, f"order in {state}")

    async def offered(self, count: int = 1) -> list[int]:
        """Wait for live offers; contractors by rank."""

        async def there() -> Any:
            rows = await self.world.rows(
                "SELECT contractor_id FROM offers WHERE order_id = :id AND state = 'live'"
                " ORDER BY round DESC, wave DESC, rank",
                id=self.order_id,
            )
            return rows if len(rows) >= count else None

        return [row["contractor_id"] for row in await eventually(there, f"{count} live offers")]

    async def advance(self, **time: float) -> None:
        """Move this order's clock and the provider's."""
        span = timedelta(**time)
        self.world.simulator.sim("/clock", advance_seconds=span.total_seconds())
        try:
            await self.world.skipper.fast_forward(self.handle, span)
        except RPCError as error:
            # Time goes on for an order that has ended, too.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def now(self) -> datetime:
        """This order's clock."""
        return await self.world.skipper.get_current_time(self.handle)

    async def advance_to(self, moment: datetime) -> None:
        """Move both clocks until this order's shows `moment`."""
        await self.advance(seconds=(moment - await self.now()).total_seconds())

    async def advance_to_visit(self, **before: float) -> None:
        """Move on until the agreed visit is `before` ahead."""
        await self.advance_to((await self.row())["visit_at"] - timedelta(**before))

    async def tell_notice(self) -> None:
        """The provider says that something happened; lost or repeated if the run says so."""
        for _ in range(_NOTICES[WEBHOOKS]):
            await self.door.tell_payment_notice(self.order_id)
        if not _NOTICES[WEBHOOKS]:
            await self.advance(seconds=11)

    async def accept(self, contractor: int) -> OrderAnswer:
        """A contractor takes it."""
        return await self.door.accept(
            self.order_id, messages.Acceptance(contractor), intent=self.intent()
        )

    async def decline(self, contractor: int, reason: str = "busy") -> OrderAnswer:
        """A contractor refuses."""
        return await self.door.decline(
            self.order_id, messages.Refusal(contractor, reason), intent=self.intent()
        )

    async def open_page(self, method: Method = Method.CARD) -> str:
        """The client chooses how to pay; the provider's payment id."""
        answer = await self.door.pay(
            self.order_id, messages.PaymentChoice(self.client_id, method), intent=self.intent()
        )
        assert answer.payment_url is not None
        return answer.payment_url.rstrip("/").rpartition("/")[2]

    async def pay(self, method: Method = Method.CARD) -> str:
        """Open the page, pay, and let the notice come in."""
        payment = await self.open_page(method)
        self.pay_page(payment, method)
        await self.tell_notice()
        return payment

    def pay_page(self, payment: str, method: Method = Method.CARD, **wish: str) -> None:
        """A person pays on the provider's page; nobody has heard of it yet."""
        self.world.simulator.sim(f"/pay/{payment}", method=method.value, **wish)

    async def book(self, contractor: int | None = None, method: Method = Method.CARD) -> int:
        """Accepted by the first one asked, and paid."""
        winner = contractor or (await self.offered())[0]
        await self.accept(winner)
        await self.pay(method)
        await self.until(OrderState.BOOKED)
        return winner

    async def cancel(self, role: Role = Role.CLIENT, reason: str = "other") -> OrderAnswer:
        """The client or support ends it."""
        actor = self.client_id if role is Role.CLIENT else 1
        return await self.door.cancel(
            self.order_id, messages.Cancellation(role, actor, reason), intent=self.intent()
        )

    async def withdraw(self, contractor: int, reason: str = "ill") -> OrderAnswer:
        """The contractor leaves."""
        return await self.door.withdraw(
            self.order_id, messages.Withdrawal(contractor, reason), intent=self.intent()
        )

    async def work(self, contractor: int) -> None:
        """On the way, start, done."""
        step = messages.ContractorStep(contractor)
        await self.door.set_off(self.order_id, step, intent=self.intent())
        await self.door.start(self.order_id, step, intent=self.intent())
        await self.door.done(self.order_id, messages.Completion(contractor), intent=self.intent())

    async def accept_work(self) -> OrderAnswer:
        """The client accepts."""
        return await self.door.accept_work(
            self.order_id, messages.WorkAcceptance(self.client_id), intent=self.intent()
        )

    async def rate(self, role: Role, actor: int, stars: int = 5) -> OrderAnswer:
        """One side's stars."""
        return await self.door.rate(
            self.order_id, messages.Rating(role, actor, stars), intent=self.intent()
        )

    async def closed(self) -> messages.OrderResult:
        """Wait until the books are closed and the workflow has ended."""
        return await asyncio.wait_for(self.handle.result(), PATIENCE_SECONDS)

    async def end(self, *, days: int = 1, times: int = 8) -> messages.OrderResult:
        """Let time pass until the books are closed."""
        for _ in range(times):
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(self.handle.result(), 0.05)
            await self.advance(days=days)
        return await self.closed()

    async def story(self) -> list[str]:
        """What happened, as the committed events tell it."""
        rows = await self.world.rows(
            "SELECT event FROM order_events WHERE order_id = :id ORDER BY version, id",
            id=self.order_id,
        )
        return [row["event"] for row in rows]

    async def offers(self) -> dict[int, str]:
        """What became of each contractor's newest offer."""
        rows = await self.world.rows(
            "SELECT contractor_id, state FROM offers WHERE order_id = :id ORDER BY round",
            id=self.order_id,
        )
        return {row["contractor_id"]: row["state"] for row in rows}

    async def offers_become(self, wanted: dict[int, str]) -> None:
        """Wait for what becomes of the offers."""

        async def there() -> bool:
            return await self.offers() == wanted

        await eventually(there, f"offers {wanted}")

    async def told(self, notice: str) -> int:
        """How often a notice about this order is owed or sent."""
        sql = "SELECT count(*) FROM outbox WHERE order_id = :id AND notice = :notice"
        found = await self.world.value(sql, id=self.order_id, notice=notice)
        return int(found)
