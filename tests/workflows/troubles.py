"""Orders at each point of their payment, what goes wrong there, and what the provider was asked."""

import asyncio
import itertools
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from activities.gateways.yookassa import YooKassaGateway
from activities.messages import PaymentStep
from activities.payments import PaymentActivities, PaymentTerms
from api.app import create_app
from api.deps import Limits, Places, Services, Site
from api.sweep import Sweep
from rules.catalog import Service
from rules.geo import Place
from rules.orders import OrderState
from rules.payments import Method, Op
from tests.factories import at
from tests.money import Money, books_balance, provider_payments, provider_refunds
from tests.simulators.yookassa.harness import SECRET, SHOP
from tests.workflows.world import WEBHOOKS, Placed, Town, World, eventually
from workflows.client import Orders

SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, prepayment 1 000, half an hour to pay
PUMP = Service.REPAIR_PUMP  # service, prepayment 2 400, two hours to pay
WELL = Service.DRILLING_WELL  # project, prepayment 18 000, a day to pay
SETTLED = Money(captured=1_000_00, platform=250_00, contractor=750_00)
PUMP_SETTLED = Money(captured=2_400_00, platform=600_00, contractor=1_800_00)
GIVEN_BACK = Money(captured=1_000_00, refunded=1_000_00)
# Longer than the provider remembers a key.
LONGER_THAN_A_KEY = timedelta(hours=25)
_ENDINGS = {"capture": "/capture", "cancel": "/cancel"}
_keys = itertools.count()


async def accepted(town: Town, service: Service = SEPTIC) -> tuple[Placed, int]:
    """An order that waits for its prepayment, and its contractor."""
    contractor = await town.contractor()
    order = await town.place(service)
    await order.offered()
    await order.accept(contractor)
    return order, contractor


async def booked(
    town: Town, service: Service = SEPTIC, method: Method = Method.CARD
) -> tuple[Placed, int]:
    """A paid order and its contractor: a card is held, SBP is charged."""
    order, contractor = await accepted(town, service)
    await order.pay(method)
    await order.until(OrderState.BOOKED)
    return order, contractor


def fault(world: World, operation: str, kind: str, **more: Any) -> None:
    """The provider's next such operations go wrong."""
    world.simulator.sim("/faults", operation=operation, kind=kind, **more)


def overloaded(world: World, operation: str = "any") -> None:
    """From now on only told to come back in a day: an outage of any length with few requests."""
    fault(world, operation, "http_429", seconds=LONGER_THAN_A_KEY.total_seconds(), count=1_000)


def no_faults(world: World) -> None:
    """The provider is well again."""
    world.simulator.client.delete("/sim/faults")


async def advance_order_only(order: Placed, moment: datetime) -> None:
    """Move the order's clock to a moment while the provider's stands."""
    span = moment - await order.now()
    await order.world.skipper.fast_forward(order.handle, span)


def set_provider_clock(world: World, moment: datetime) -> None:
    """Move the provider's clock to a moment while all orders' stand."""
    now = datetime.fromisoformat(world.simulator.client.get("/sim/clock").json()["now"])
    world.simulator.sim("/clock", advance_seconds=(moment - now).total_seconds())


def statuses(order: Placed) -> list[str]:
    """What the provider says of the order's payments, oldest first."""
    found = provider_payments(order.world.simulator, order.order_id)
    return [one["status"] for one in reversed(found)]


async def become(order: Placed, *wanted: str) -> None:
    """Wait until the provider says this of the order's payments, oldest first."""

    async def so() -> bool:
        return statuses(order) == list(wanted)

    await eventually(so, f"payments {wanted}")


def refunds(order: Placed) -> list[dict[str, Any]]:
    """The provider's refunds of this order, newest first."""
    simulator = order.world.simulator
    return provider_refunds(simulator, provider_payments(simulator, order.order_id))


def posts(order: Placed, operation: str) -> list[dict[str, Any]]:
    """Every request of an operation that reached the provider for this order, oldest first."""
    simulator = order.world.simulator
    answer = simulator.client.get("/sim/requests", params={"limit": 10_000})
    ids = {one["id"] for one in provider_payments(simulator, order.order_id)}
    return [
        one
        for one in answer.json()["items"]
        if one["method"] == "POST" and _is_about(one, operation, order.order_id, ids)
    ]


def _is_about(request: dict[str, Any], operation: str, order_id: str, ids: set[str]) -> bool:
    path: str = request["path"]
    said = json.loads(request["body"] or "{}")
    if operation == "create":
        return path == "/v3/payments" and bool(said["metadata"].get("order") == order_id)
    if operation == "refund":
        return path == "/v3/refunds" and said["payment_id"] in ids
    return path in {f"/v3/payments/{one}{_ENDINGS[operation]}" for one in ids}


async def happened(order: Placed, event: str) -> None:
    """Wait until the order's story tells an event."""

    async def there() -> bool:
        return event in await order.story()

    await eventually(there, event)


async def asked(order: Placed, operation: str, times: int = 1) -> list[dict[str, Any]]:
    """Wait until an operation has reached the provider so often."""

    async def so() -> list[dict[str, Any]]:
        found = posts(order, operation)
        return found if len(found) >= times else []

    found: list[dict[str, Any]] = await eventually(so, f"{times} times {operation}")
    return found


def keys(requests: list[dict[str, Any]]) -> set[str]:
    """Under which idempotence keys."""
    return {one["key"] for one in requests}


def by_key(requests: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The requests of each idempotence key, in the order of its first use."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in requests:
        found.setdefault(one["key"], []).append(one)
    return list(found.values())


async def longest_use_of_a_key(order: Placed) -> timedelta:
    """From the first to the last send under one key, on the order's clock."""
    sql = "SELECT max(last_sent_at - first_sent_at) FROM payment_operations WHERE order_id = :id"
    found: timedelta = await order.world.value(sql, id=order.order_id)
    return found


async def hold_ends(order: Placed) -> datetime:
    """When the provider lets the order's hold go."""
    sql = "SELECT hold_ends_at FROM payment_attempts WHERE order_id = :id AND state = 'held'"
    found: datetime = await order.world.value(sql, id=order.order_id)
    return found


def capture_in_the_cabinet(order: Placed, payment: str) -> None:
    """Staff take the held money by hand; our program knows nothing of it."""
    answer = order.world.simulator.post(f"/payments/{payment}/capture", {})
    assert answer.status_code == 200, answer.text


async def journals(order: Placed, kind: str) -> int:
    """How often this was written into the order's books."""
    sql = "SELECT count(*) FROM journals WHERE order_id = :id AND kind = :kind"
    return int(await order.world.value(sql, id=order.order_id, kind=kind))


async def finished(order: Placed, contractor: int) -> Money:
    """The work is done, paid and settled; the sums, once the books are seen to hold."""
    await order.work(contractor)
    await order.accept_work()
    result = await order.end(days=4)
    assert result.state is OrderState.COMPLETED
    return await books_balance(order.world, order)


async def ended(order: Placed, state: OrderState = OrderState.CANCELLED) -> Money:
    """Time passes until the books are closed; the sums, once they are seen to hold."""
    result = await order.end()
    assert result.state is state
    return await books_balance(order.world, order)


async def perform(order: Placed, op: Op, *, url: str = "http://127.0.0.1:8000", **said: Any) -> Any:
    """A second process performs an operation of this order; `url` is what it would say in it."""
    row, world = await order.row(), order.world
    gateway = YooKassaGateway(SHOP, SECRET, f"{world.simulator.url}/v3", read_timeout=2.0)
    terms = PaymentTerms(env="test", shop_id=SHOP, public_url=url, expect_test=True)
    activities = PaymentActivities(world.database, gateway, asyncio.get_running_loop(), terms)
    kopecks = row["prepayment_kopecks"]
    step = PaymentStep(
        order_id=order.order_id,
        number=row["number"],
        client_id=order.client_id,
        attempt=said.pop("attempt", 1),
        op=op,
        method=said.pop("method", Method.CARD),
        amount_kopecks=said.pop("amount_kopecks", kopecks),
        attempt_kopecks=kopecks,
        **said,
    )
    operations = {Op.CREATE: activities.create_payment, Op.REFUND: activities.create_refund}
    return await asyncio.to_thread(at(await order.now()).run, operations[op], step)


@dataclass
class Hook:
    """The product's own address for the provider's notices, before real orders."""

    http: httpx.AsyncClient
    sweep: Sweep

    async def tell(self, order: Placed, *events: tuple[str, dict[str, Any]], seed: int = 0) -> None:
        """Each notice five times in disorder, each passed on; none of them in a run without."""
        if WEBHOOKS == "dropped":
            await order.advance(seconds=11)
            return
        told = [one for one in events for _ in range(5)]
        random.Random(seed).shuffle(told)
        for event, shown in told:
            # As after a changed word in it: the same notice is not stored a second time.
            body = {"type": "notification", "event": event, "object": shown, "n": next(_keys)}
            answer = await self.http.post("/webhooks/yookassa", json=body)
            assert answer.status_code == 200
        await self.sweep.pass_on()


def _no_town(_latitude: float, _longitude: float) -> tuple[Place, float]:
    raise AssertionError("nobody asks for a town here")


@asynccontextmanager
async def hooked(world: World) -> AsyncIterator[Hook]:
    """The API on the world's database and orders."""
    services = Services(
        database=world.database,
        orders=Orders(world.client),
        places=Places(lambda _: [], _no_town),
        site=Site("http://127.0.0.1:8000"),
        limits=Limits(hook=(1_000, 100.0)),
    )
    app = create_app(services)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=services.site.public_url) as http:
        yield Hook(http, app.state.sweep)
