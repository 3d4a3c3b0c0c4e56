"""The rows of money: an operation before it is sent, an answer with all that follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar
from temporalio.exceptions import ApplicationError

from activities import ledger, mirror, payment_card, payment_health, receipt_records
from activities.messages import PaymentStep
from activities.payment_answers import known_already
from models.orders import OrderRow
from models.payments import (
    OperationStatus,
    PaymentAttemptRow,
    PaymentOperationRow,
    ProviderHealthRow,
    RefundRow,
)
from rules.ledger import refund_requested
from rules.outage import Health
from rules.payments import AttemptState, Op, RefundState, Seen
from rules.receipts import Tax

_KEYS = UUID("7f0f6a3c-6c1e-5d0e-9a57-64726c666c77")
"""The name space of idempotence keys; never change it."""

KEY_LIFE = timedelta(hours=23)
"""The provider forgets a key after 24 h; then the same key would be a second operation."""

_UNANSWERED = (OperationStatus.NEW, OperationStatus.SENT, OperationStatus.UNKNOWN)


@dataclass(frozen=True)
class Request:
    """Where an operation is posted and its exact bytes."""

    path: str
    body: bytes


Build = Callable[[PaymentStep, PaymentAttemptRow, str, str], Request]
"""From the step, its attempt, the order's secret and the key to the request."""


@dataclass(frozen=True)
class Prepared:
    """An operation ready to be sent, or what it has come to already.

    `is_dead`: its key has lived too long, so that only reading is allowed.
    """

    key: str
    request: Request
    first_sent_at: datetime
    provider_id: str | None
    sends: int = 1
    is_dead: bool = False
    known: Seen | None = None
    is_clear: bool = True
    # It is not its turn: payments are down, or others have waited for longer.
    wait: timedelta | None = None


@dataclass(frozen=True)
class Shop:
    """Whose keys these are: the same order in another environment or shop has other keys."""

    env: str
    shop_id: str
    # What its receipts say of taxes; None: it makes none.
    tax: Tax | None = None

    def key(self, step: PaymentStep, seq: int) -> str:
        """The idempotence key of one operation; the same for ever."""
        names = (self.env, self.shop_id, step.order_id, step.attempt, step.op.value, seq)
        return str(uuid5(_KEYS, ":".join(str(name) for name in names)))


def attempt_key(step: PaymentStep) -> str:
    """An attempt's id in the journals."""
    return f"{step.order_id}:{step.attempt}"


def refund_key(step: PaymentStep) -> str:
    """A refund's id in the journals."""
    return f"{step.order_id}:{step.attempt}:{step.refund_seq}"


async def lock_order(session: AsyncSession, order_id: str) -> str:
    """Lock an order's row, the queue of all who write its money; returns its secret."""
    found = await session.exec(
        select(OrderRow.secret).where(OrderRow.id == order_id).with_for_update(key_share=True)
    )
    return found.one()


async def _lock_and_look_up(session: AsyncSession, order_id: str, shop: Shop) -> tuple[str, Health]:
    """The order's secret and the weather in one statement, because every operation asks."""
    found = await session.exec(
        select(OrderRow.secret, ProviderHealthRow)
        .outerjoin(ProviderHealthRow, col(ProviderHealthRow.shop_id) == shop.shop_id)
        .where(OrderRow.id == order_id)
        .with_for_update(of=OrderRow, key_share=True)
    )
    secret, health = found.one()
    return secret, payment_health.health_of(health)


async def lock_attempt(session: AsyncSession, step: PaymentStep) -> PaymentAttemptRow:
    """The attempt's row.

    Raises:
        ApplicationError: AttemptUnknown, when nothing was ever asked of the provider for it.
    """
    row = await session.get(
        PaymentAttemptRow, (step.order_id, step.attempt), with_for_update={"key_share": True}
    )
    if row is None:
        raise ApplicationError("no such payment attempt", type="AttemptUnknown")
    return row


async def find_refund(session: AsyncSession, step: PaymentStep) -> RefundRow | None:
    """The refund's row, if it was asked for."""
    return await session.get(RefundRow, (step.order_id, step.attempt, step.refund_seq))


async def prepare(
    session: AsyncSession, step: PaymentStep, shop: Shop, build: Build, now: datetime
) -> Prepared:
    """Write the operation down; committed before its first send, and found again ever after."""
    secret, health = await _lock_and_look_up(session, step.order_id, shop)
    if step.op is Op.CREATE:
        await ensure_attempt(session, step, now)
    attempt = await lock_attempt(session, step)
    refund = await find_refund(session, step) if step.op is Op.REFUND else None
    known = known_already(step, attempt, refund)
    if known is not None:
        return Prepared("", Request("", b""), now, attempt.provider_id, known=known)
    if step.op is Op.REFUND and refund is None:
        await _reserve_refund(session, step, attempt, now)
    row = await _operation(session, step, shop, now)
    if row.path == "":
        request = build(step, attempt, secret, row.key)
        body = await receipt_records.carry(session, shop.tax, row, request.body, step, now)
        row.path, row.request_bytes = request.path, body
    first = row.first_sent_at or now
    request = Request(row.path, row.request_bytes)
    wait = await payment_health.wait_of_operation(session, row, shop.shop_id, health, now)
    if wait is not None:
        await payment_card.doubt(session, step)
        return Prepared(row.key, request, first, attempt.provider_id, row.sends, wait=wait)
    is_dead = now - first >= KEY_LIFE
    if not is_dead:
        row.first_sent_at, row.last_sent_at, row.sends = first, now, row.sends + 1
        row.status = OperationStatus.SENT
    return Prepared(
        row.key,
        request,
        first,
        attempt.provider_id,
        row.sends,
        is_dead,
        is_clear=health.is_clear,
    )


async def sent(session: AsyncSession, step: PaymentStep) -> Prepared | None:
    """The newest operation of this kind as it was sent; None if nothing ever was."""
    row = (await session.exec(_operations(step))).first()
    if row is None or row.first_sent_at is None:
        return None
    request = Request(row.path, row.request_bytes)
    return Prepared(row.key, request, row.first_sent_at, row.provider_id, row.sends)


async def ensure_attempt(session: AsyncSession, step: PaymentStep, now: datetime) -> None:
    """Write the attempt's row, once."""
    await session.exec(
        insert(PaymentAttemptRow)
        .values(
            order_id=step.order_id,
            number=step.attempt,
            method=step.method,
            amount_kopecks=step.attempt_kopecks,
            state=AttemptState.REQUESTED,
            released=step.released,
            late=False,
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing()
    )


def _operations(step: PaymentStep) -> SelectOfScalar[PaymentOperationRow]:
    """The requests of one kind for an attempt, the newest first; a refund's are its own only."""
    found = (
        select(PaymentOperationRow)
        .where(PaymentOperationRow.order_id == step.order_id)
        .where(PaymentOperationRow.attempt == step.attempt, PaymentOperationRow.op == step.op)
        .order_by(col(PaymentOperationRow.seq).desc())
    )
    if step.op is Op.REFUND:
        found = found.where(PaymentOperationRow.seq == step.refund_seq)
    return found


async def _operation(
    session: AsyncSession, step: PaymentStep, shop: Shop, now: datetime
) -> PaymentOperationRow:
    newest = (await session.exec(_operations(step))).first()
    if newest is not None and (newest.status in _UNANSWERED or step.op is Op.REFUND):
        return newest
    # A refund's number is the machine's; the others count what was refused or proven absent.
    seq = step.refund_seq if step.op is Op.REFUND else (newest.seq + 1 if newest else 0)
    row = PaymentOperationRow(
        key=shop.key(step, seq),
        order_id=step.order_id,
        attempt=step.attempt,
        op=step.op,
        seq=seq,
        path="",
        created_at=now,
    )
    session.add(row)
    return row


async def _reserve_refund(
    session: AsyncSession, step: PaymentStep, attempt: PaymentAttemptRow, now: datetime
) -> None:
    """Reserve the sum before it is asked for, so that no second refund can exceed the rest.

    Raises:
        ApplicationError: RefundTooHigh, when the attempt has not that much left.
    """
    found = await session.exec(
        select(RefundRow.amount_kopecks).where(
            RefundRow.order_id == step.order_id,
            RefundRow.attempt == step.attempt,
            RefundRow.state != RefundState.FAILED,
        )
    )
    left = attempt.amount_kopecks - sum(found)
    # What the payer's bank has taken back is not given back a second time.
    left -= await mirror.charged_back(session, attempt.provider_id)
    if attempt.state is not AttemptState.CAPTURED or step.amount_kopecks > left:
        raise ApplicationError(f"{left} kopecks can be refunded", type="RefundTooHigh")
    session.add(
        RefundRow(
            order_id=step.order_id,
            attempt=step.attempt,
            seq=step.refund_seq,
            amount_kopecks=step.amount_kopecks,
            created_at=now,
            updated_at=now,
        )
    )
    journal = refund_requested(
        step.order_id, refund_key(step), step.amount_kopecks, late=attempt.late
    )
    await ledger.post(session, journal, step.order_id, now)


async def mark(session: AsyncSession, key: str, status: OperationStatus) -> None:
    """Note what became of a send; what is concluded stays so."""
    row = await session.get(PaymentOperationRow, key, with_for_update=True)
    if row is not None and row.status in _UNANSWERED:
        row.status = status
