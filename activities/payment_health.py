"""The payment service's weather in the database: one row that all workers read and write."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.payments import OperationStatus, PaymentOperationRow, ProviderHealthRow
from rules import outage
from rules.outage import Health, Weather
from rules.payments import Op
from runtime import metrics

_WAITING = (OperationStatus.NEW, OperationStatus.SENT, OperationStatus.UNKNOWN)


def health_of(row: ProviderHealthRow | None) -> Health:
    """What a row says; without one nothing has ever failed."""
    if row is None:
        return Health()
    health = Health(row.weather, row.failures, row.since, row.probed_at)
    metrics.PAYMENT_SERVICE_DOWN.set(health.weather is Weather.DOWN)
    return health


async def read(session: AsyncSession, shop_id: str) -> Health:
    """The weather as everybody knows it."""
    return health_of(await session.get(ProviderHealthRow, shop_id))


async def wait_of_look(
    session: AsyncSession, shop_id: str, health: Health, now: datetime
) -> timedelta | None:
    """How long a look at the provider has to wait; None: it may be taken now."""
    if health.weather is not Weather.DOWN or await _probes(session, shop_id, now):
        return None
    return outage.wait(health, now)


async def wait_of_operation(
    session: AsyncSession, row: PaymentOperationRow, shop_id: str, health: Health, now: datetime
) -> timedelta | None:
    """How long an operation has to wait for its turn; None: it may be sent now."""
    if health.weather is Weather.FAIR:
        return None
    row.asked_at = now
    if health.weather is Weather.DOWN:
        return await wait_of_look(session, shop_id, health, now)
    ahead = await _ahead_of(session, row, now) if outage.is_draining(health, now) else 0
    return outage.DRAIN_WAIT * (1 + ahead // 10) if ahead >= outage.DRAIN_AT_ONCE else None


async def _probes(session: AsyncSession, shop_id: str, now: datetime) -> bool:
    """Whether this one is let through; of several at a time only one is."""
    row = await session.get(
        ProviderHealthRow, shop_id, with_for_update=True, populate_existing=True
    )
    health = health_of(row)
    if row is None or health.weather is not Weather.DOWN:
        return True
    if not outage.may_probe(health, now):
        return False
    row.probed_at = outage.probing(health, now).probed_at
    return True


async def _ahead_of(session: AsyncSession, row: PaymentOperationRow, now: datetime) -> int:
    """How many go before: the oldest first, what is due before new payments."""
    await session.flush()
    other, is_new = PaymentOperationRow, row.op is Op.CREATE
    at = col(other.created_at)
    older = or_(at < row.created_at, and_(at == row.created_at, col(other.key) < row.key))
    creates = col(other.op) == Op.CREATE
    first = or_(~creates, older) if is_new else and_(~creates, older)
    found = await session.exec(
        select(func.count())
        .select_from(other)
        .where(col(other.status).in_(_WAITING), col(other.key) != row.key, first)
        .where(col(other.asked_at).between(now - outage.WAITING_FOR, now + outage.WAITING_FOR))
    )
    return int(found.one())


async def note(session: AsyncSession, shop_id: str, now: datetime, *, works: bool) -> Health:
    """Take one answer, or its absence, into the row."""
    await session.exec(
        insert(ProviderHealthRow)
        .values(shop_id=shop_id, weather=Weather.FAIR, failures=0)
        .on_conflict_do_nothing()
    )
    row = await session.get_one(ProviderHealthRow, shop_id, with_for_update=True)
    health = health_of(row)
    health = outage.worked(health, now) if works else outage.failed(health, now)
    await session.exec(
        update(ProviderHealthRow)
        .where(col(ProviderHealthRow.shop_id) == shop_id)
        .values(
            weather=health.weather,
            failures=health.failures,
            since=health.since,
            probed_at=health.probed_at,
        )
    )
    metrics.PAYMENT_SERVICE_DOWN.set(health.weather is Weather.DOWN)
    return health
