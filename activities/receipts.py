"""Draining the queue of receipts: each row is sent or looked at, and no order waits for it.

Synchronous like all that speaks to the payment provider; run twice, each receipt is made once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import receipt_queue
from activities.payment_records import Shop
from activities.payment_store import DATABASE_SECONDS, sending_now
from activities.ports import (
    IntegrityBreach,
    NotSent,
    ProviderReceipt,
    ReceiptGateway,
    Refused,
    Unknown,
)
from activities.receipt_queue import Errand
from models.database import Database
from models.queries import receipts
from runtime import metrics
from runtime.failpoints import failpoint

BATCH = 20
# Nothing about the receipt is wrong: the shop's keys were changed, or we ask too often.
_WEATHER = (401, 403, 429)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Draining:
    """Which receipts: all that are due, or all of one order, due or not."""

    order_id: str | None = None


@dataclass(frozen=True)
class Drained:
    """How many receipts were looked at, and how many are further than before."""

    looked: int = 0
    moved: int = 0


class ReceiptActivities:
    """Makes receipts at the provider and watches them until they are registered."""

    def __init__(
        self,
        database: Database,
        gateway: ReceiptGateway,
        loop: asyncio.AbstractEventLoop,
        shop: Shop,
    ) -> None:
        """`loop` is the one that `database` lives on; without `shop.tax` nothing is due."""
        self._database = database
        self._gateway = gateway
        self._loop = loop
        self._shop = shop

    @activity.defn(no_thread_cancel_exception=True)
    def drain_receipts(self, draining: Draining) -> Drained:
        """Take the next receipts as far as they go now; stops when the provider is away."""
        now = sending_now()
        due = self._write(
            lambda session: receipts.due_receipts(session, now, BATCH, draining.order_id)
        )
        moved = looked = 0
        for receipt_id in due:
            looked += 1
            try:
                moved += self._advance(receipt_id, now)
            except (NotSent, Unknown):
                break
        counted = self._write(receipts.counts)
        for state, count in counted.items():
            metrics.RECEIPTS.labels(state=state.value).set(count)
        return Drained(looked, moved)

    def _advance(self, receipt_id: int, now: datetime) -> bool:
        errand = self._write(
            lambda session: receipt_queue.prepare(session, self._shop, receipt_id, now)
        )
        if errand is None:
            return False
        outcome = "ok"
        try:
            found = self._exchange(errand)
            failpoint("receipt.sent")
            return self._write(lambda session: receipt_queue.conclude(session, errand, found, now))
        except (NotSent, Unknown) as failure:
            outcome = type(failure).__name__
            self._write(lambda session: receipt_queue.unanswered(session, errand, now))
            raise
        except IntegrityBreach as breach:
            outcome = type(breach).__name__
            return self._write(lambda session: receipt_queue.disbelieved(session, errand, now))
        except Refused as refusal:
            outcome = refusal.code
            return self._refused(errand, refusal, now)
        finally:
            operation = f"receipt_{errand.act}"
            metrics.PAYMENT_OPERATIONS.labels(operation=operation, outcome=outcome).inc()

    def _refused(self, errand: Errand, refusal: Refused, now: datetime) -> bool:
        if errand.act == "look" or refusal.http_status in _WEATHER:
            self._write(lambda session: receipt_queue.unanswered(session, errand, now))
            return False
        activity.logger.warning("receipt refused: %s %s", refusal.code, refusal.parameter)
        return self._write(
            lambda session: receipt_queue.refused(session, errand, refusal.parameter, now)
        )

    def _exchange(self, errand: Errand) -> ProviderReceipt | None:
        if errand.act == "send":
            return self._gateway.create_receipt(errand.body, errand.key)
        if errand.provider_id is not None:
            return self._gateway.get_receipt(errand.provider_id)
        if errand.type == "refund":
            return errand.among(self._gateway.list_receipts(refund_id=errand.object_id))
        return errand.among(self._gateway.list_receipts(payment_id=errand.object_id))

    def _write(self, work: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        async def transaction() -> _T:
            async with self._database.transaction() as session:
                return await work(session)

        future = asyncio.run_coroutine_threadsafe(transaction(), self._loop)
        try:
            return future.result(DATABASE_SECONDS)
        except TimeoutError as error:
            future.cancel()
            raise ApplicationError("the database is slow", type="DatabaseSlow") from error
