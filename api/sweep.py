"""Payment notices: stored by the webhook, passed on to their orders here, woken or by the clock."""

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import OrderDoor
from api.limiter import Limiter
from models.database import Database
from models.payments import ProviderNoticeRow
from models.queries.plain import run
from models.queries.reconciliation import enqueue
from runtime.logs import get_logger, order_context
from runtime.metrics import PAYMENT_NOTICES
from workflows.client import Unavailable
from workflows.reconciliation_door import ReconciliationDoor

SWEEP_SECONDS = 3.0
BATCH = 100
# A notice may overtake the answer that makes its object known.
UNKNOWN_AFTER = timedelta(minutes=1)
# The provider repeats a notice for as long, and the order looks by itself anyway.
AGE_MAX = timedelta(hours=24)
_log = get_logger(__name__)

# One row for each order: however many notices name it, it is told once.
_WAITING = text(
    """
    SELECT coalesce(a.order_id, r.order_id, o.id)::text AS order_id, array_agg(n.id) AS ids,
           array_agg(n.object_id) AS objects, array_agg(n.event) AS events
    FROM provider_notices n
    LEFT JOIN payment_attempts a ON a.provider_id = n.object_id
    LEFT JOIN refunds r ON r.provider_id = n.object_id
    LEFT JOIN orders o ON o.id = n.order_id
    WHERE n.passed_on_at IS NULL AND n.received_at > :since
      AND coalesce(a.order_id, r.order_id, o.id) IS NOT NULL
    GROUP BY 1 ORDER BY max(n.id) LIMIT :batch
    """
)

# Nobody here knows these: made in the provider's cabinet, or made up.
_UNKNOWN = text(
    """
    SELECT n.id, n.object_id, n.event FROM provider_notices n
    LEFT JOIN payment_attempts a ON a.provider_id = n.object_id
    LEFT JOIN refunds r ON r.provider_id = n.object_id
    LEFT JOIN orders o ON o.id = n.order_id
    WHERE n.passed_on_at IS NULL AND n.received_at > :since AND n.received_at < :until
      AND coalesce(a.order_id, r.order_id, o.id) IS NULL
    ORDER BY n.id LIMIT :batch
    """
)


@dataclass(frozen=True)
class Notice:
    """The only parts of a notice that are read; `order_hint` is whatever the sender claims."""

    event: str
    object_id: str
    order_hint: str | None = None


async def store_notice(session: AsyncSession, body: bytes, notice: Notice) -> bool:
    """Store a notice; False if the very same bytes were stored before."""
    stored = await session.exec(
        insert(ProviderNoticeRow)
        .values(
            event=notice.event,
            object_id=notice.object_id,
            body_hash=hashlib.sha256(body).hexdigest(),
            order_id=_uuid(notice.order_hint),
        )
        .on_conflict_do_nothing()
        .returning(col(ProviderNoticeRow.id))
    )
    return stored.first() is not None


def _uuid(word: str | None) -> str | None:
    try:
        return str(UUID(word)) if word else None
    except ValueError:
        return None


class Sweep:
    """Passes stored notices on as signals; a repeated signal is harmless, a lost one is not."""

    def __init__(
        self,
        database: Database,
        orders: OrderDoor,
        reconciliation: ReconciliationDoor | None = None,
    ) -> None:
        self._database = database
        self._orders = orders
        self._reconciliation = reconciliation
        self._wake = asyncio.Event()
        # A forged notice that names a real order must not fill its history.
        self._per_order = Limiter(20, 0.1)

    def wake(self) -> None:
        """Look at the table now."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled: pass on whatever waits, when woken and every few seconds."""
        while True:
            try:
                await self.pass_on()
            except Exception as error:  # noqa: BLE001 - the next round tries again
                _log.warning("sweep_failed", error=type(error).__name__)
            try:
                async with asyncio.timeout(SWEEP_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()

    async def pass_on(self) -> int:
        """Signal the orders of stored notices; the number of notices that are done with."""
        since = datetime.now(UTC) - AGE_MAX
        async with self._database.reading() as session:
            found = await run(session, _WAITING, {"since": since, "batch": BATCH})
            waiting = [
                _Waiting(
                    row.order_id, list(row.ids), list(zip(row.objects, row.events, strict=True))
                )
                for row in found
            ]
        done = 0
        for one in waiting:
            with order_context(one.order_id):
                done += await self._tell(one)
        return done + await self._queue_unknown(since)

    async def _queue_unknown(self, since: datetime) -> int:
        """What is not our orders' is looked at by the next run of reconciliation."""
        now = datetime.now(UTC)
        values = {"since": since, "until": now - UNKNOWN_AFTER, "batch": BATCH}
        async with self._database.transaction() as session:
            found = (await run(session, _UNKNOWN, values)).all()
            for row in found:
                await enqueue(session, row.object_id, row.event, now)
            await _passed_on(session, [row.id for row in found])
        PAYMENT_NOTICES.labels("unknown").inc(len(found))
        return len(found)

    async def _tell(self, waiting: "_Waiting") -> int:
        order_id, notice_ids = waiting.order_id, waiting.ids
        if not self._per_order.allows(order_id):
            return 0
        try:
            is_open = await self._orders.tell_payment_notice(order_id, max(notice_ids))
        except Unavailable:
            PAYMENT_NOTICES.labels("postponed").inc()
            return 0
        PAYMENT_NOTICES.labels("passed_on" if is_open else "order_closed").inc(len(notice_ids))
        if not is_open:
            _log.warning("notice_for_closed_order", notice_ids=notice_ids[:10])
        async with self._database.transaction() as session:
            if not is_open:
                for object_id, event in waiting.objects:
                    await enqueue(session, object_id, event, datetime.now(UTC))
            await _passed_on(session, notice_ids, order_id)
        if not is_open and self._reconciliation is not None:
            # If it cannot be started now, the next regular run finds the queue.
            with contextlib.suppress(Unavailable):
                await self._reconciliation.run_now()
        return len(notice_ids)


@dataclass(frozen=True)
class _Waiting:
    """Notices of one order: their rows, and which objects they name."""

    order_id: str
    ids: list[int]
    objects: list[tuple[str, str]]


async def _passed_on(
    session: AsyncSession, notice_ids: list[int], order_id: str | None = None
) -> None:
    known = {} if order_id is None else {"order_id": order_id}
    await session.exec(
        update(ProviderNoticeRow)
        .where(col(ProviderNoticeRow.id).in_(notice_ids))
        .values(passed_on_at=datetime.now(UTC), **known)
    )
