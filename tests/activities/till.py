"""One order's money from the workflow's side: real activities, real tables, a real provider."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from activities.gateways.yookassa import YooKassaGateway
from activities.messages import PaymentStep
from activities.payments import PaymentActivities, PaymentTerms
from activities.ports import PaymentGateway
from models.database import Database
from rules.orders import Order
from rules.payments import Method, Op, Seen
from tests.factories import NOON, at
from tests.simulators.yookassa.harness import SECRET, SHOP, Simulator

PUBLIC_URL = "http://127.0.0.1:8000"
TERMS = PaymentTerms(env="test", shop_id=SHOP, public_url=PUBLIC_URL, expect_test=True)


@dataclass
class Till:
    """Performs payment steps of one order; `now` is the business clock."""

    database: Database
    provider: Simulator
    order: Order
    gateway: PaymentGateway
    attempt: int = 1
    method: Method = Method.CARD
    released: bool = False
    now: datetime = NOON
    activities: PaymentActivities = field(init=False)

    def __post_init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.activities = PaymentActivities(self.database, self.gateway, loop, TERMS)

    @property
    def kopecks(self) -> int:
        return self.order.prepayment_kopecks

    def step(self, op: Op, **fields: Any) -> PaymentStep:
        step = PaymentStep(
            order_id=self.order.order_id,
            number=self.order.number,
            client_id=self.order.client_id,
            attempt=self.attempt,
            op=op,
            method=self.method,
            amount_kopecks=self.kopecks,
            attempt_kopecks=self.kopecks,
            released=self.released,
        )
        return replace(step, **fields)

    async def run(self, op: Op, **fields: Any) -> Seen:
        perform: dict[Op, Callable[[PaymentStep], Seen]] = {
            Op.CREATE: self.activities.create_payment,
            Op.GET: self.activities.get_payment,
            Op.CAPTURE: self.activities.capture_payment,
            Op.VOID: self.activities.void_payment,
            Op.REFUND: self.activities.create_refund,
            Op.GET_REFUND: self.activities.get_refund,
        }
        environment, step = at(self.now), self.step(op, **fields)
        return await asyncio.to_thread(environment.run, perform[op], step)

    async def refund(self, kopecks: int, seq: int = 1) -> Seen:
        return await self.run(Op.REFUND, amount_kopecks=kopecks, refund_seq=seq)

    async def pay(self, number: str | None = None) -> None:
        """The client pays what was created."""
        wish = {"method": self.method.value, **({"number": number} if number else {})}
        await asyncio.to_thread(self.provider.sim, f"/pay/{self.payment()['id']}", **wish)

    async def held(self) -> Seen:
        await self.run(Op.CREATE)
        await self.pay()
        return await self.run(Op.GET)

    async def captured(self) -> Seen:
        await self.held()
        return await self.run(Op.CAPTURE)

    def fault(self, operation: str, kind: str, **more: Any) -> None:
        self.provider.sim("/faults", operation=operation, kind=kind, **more)

    def payments(self) -> list[dict[str, Any]]:
        """The provider's own list of this order's payments."""
        items = self.provider.listing("payments")
        return [one for one in items if one["metadata"].get("order") == self.order.order_id]

    def payment(self) -> dict[str, Any]:
        return self.payments()[0]

    def refunds(self) -> list[dict[str, Any]]:
        ids = {one["id"] for one in self.payments()}
        return [one for one in self.provider.listing("refunds") if one["payment_id"] in ids]


def gateway(provider: Simulator, read_timeout: float = 5.0) -> YooKassaGateway:
    """The product's own gateway."""
    return YooKassaGateway(SHOP, SECRET, f"{provider.url}/v3", read_timeout=read_timeout)
