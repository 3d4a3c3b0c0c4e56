"""Repairs that only write down what has happened at the provider; each has one effect.

Money that came in for an order that does not want it lies in suspense as an attempt of its own,
numbered from `ADOPTED_FROM`, and goes back through the same operations as any other refund.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import ledger, mirror, payment_card
from activities.messages import PaymentStep
from activities.payment_outcomes import record_payment, record_refund
from activities.payment_records import attempt_key, lock_order
from activities.ports import IntegrityBreach, ProviderPayment, ProviderRefund
from models.orders import OrderRow
from models.payments import PaymentAttemptRow, RefundRow
from models.queries.plain import run
from rules import ledger as postings
from rules import outside
from rules.payments import AttemptState, Method, Op
from rules.reconciliation import ADOPTED_FROM

_BLOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
_DEAD = (
    AttemptState.VOIDED,
    AttemptState.DECLINED,
    AttemptState.EXPIRED,
    AttemptState.FAILED,
    AttemptState.REQUESTED,
)


async def step_for(
    session: AsyncSession,
    attempt: PaymentAttemptRow,
    op: Op = Op.GET,
    refund: RefundRow | None = None,
) -> PaymentStep:
    """The step by which the payment machine takes an answer about this attempt into the books."""
    order = await session.get_one(OrderRow, attempt.order_id)
    return PaymentStep(
        order_id=attempt.order_id,
        number=order.number,
        client_id=order.client_id,
        attempt=attempt.number,
        op=op,
        method=attempt.method,
        amount_kopecks=refund.amount_kopecks if refund is not None else attempt.amount_kopecks,
        attempt_kopecks=attempt.amount_kopecks,
        provider_id=attempt.provider_id,
        released=True,
        late=attempt.late,
        refund_seq=refund.seq if refund is not None else 0,
        refund_provider_id=refund.provider_id if refund is not None else None,
    )


def with_refund(step: PaymentStep, kopecks: int, seq: int) -> PaymentStep:
    """The same step with an amount and a refund's number."""
    return replace(step, amount_kopecks=kopecks, refund_seq=seq)


async def adopt(
    session: AsyncSession, payment: ProviderPayment, now: datetime, *, test: bool
) -> str | None:
    """Take a payment that nobody here knows into the books; the id of the order it came for.

    Raises:
        IntegrityBreach: It is of the other mode.
    """
    if payment.test is not test:
        raise IntegrityBreach("the payment differs in test")
    if payment.status not in ("succeeded", "waiting_for_capture"):
        return None
    # Two runs that adopt the same payment queue here.
    await run(session, _BLOCK, {"name": f"adopt:{payment.id}"})
    await mirror.see(session, [payment], now)
    order_id = mirror.order_of(payment)
    order = await session.get(OrderRow, order_id) if order_id is not None else None
    if order is None:
        if payment.status == "succeeded":
            await _post_foreign(session, payment, now)
        return None
    await lock_order(session, order.id)
    known = await session.exec(
        select(PaymentAttemptRow).where(PaymentAttemptRow.provider_id == payment.id)
    )
    attempt = known.one_or_none() or await _new_attempt(session, order, payment, now)
    await late_success(session, attempt, payment, now)
    return order.id


async def _post_foreign(session: AsyncSession, payment: ProviderPayment, now: datetime) -> None:
    journals = [outside.foreign_captured(payment.id, payment.amount_kopecks)]
    if payment.income_kopecks is not None and payment.income_kopecks < payment.amount_kopecks:
        fee = payment.amount_kopecks - payment.income_kopecks
        journals.append(outside.foreign_fee(payment.id, fee))
    for journal in journals:
        await ledger.post(session, journal, None, now)


async def _new_attempt(
    session: AsyncSession, order: OrderRow, payment: ProviderPayment, now: datetime
) -> PaymentAttemptRow:
    attempts = (
        await session.exec(select(PaymentAttemptRow).where(PaymentAttemptRow.order_id == order.id))
    ).all()
    named = next(
        (one for one in attempts if str(one.number) == payment.metadata.get("attempt")), None
    )
    newest = max((one.number for one in attempts), default=0)
    stands = any(one.state is AttemptState.CAPTURED and not one.released for one in attempts)
    row = PaymentAttemptRow(
        order_id=order.id,
        number=max(newest + 1, ADOPTED_FROM),
        method=named.method if named is not None else Method.CARD,
        amount_kopecks=payment.amount_kopecks,
        state=AttemptState.REQUESTED,
        provider_id=payment.id,
        # Beside a payment that stands it may be a second one or somebody's mistake: two people
        # look. On its own it can only be money that the order did not wait for any more.
        released=not stands,
        late=True,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def late_success(
    session: AsyncSession, attempt: PaymentAttemptRow, payment: ProviderPayment, now: datetime
) -> None:
    """A payment that was given up has been paid after all: its money lies in suspense.

    Raises:
        IntegrityBreach: The amount is another one.
    """
    if payment.amount_kopecks != attempt.amount_kopecks:
        raise IntegrityBreach("the provider's answer differs in amount")
    if attempt.state not in _DEAD:
        return
    step = await step_for(session, attempt)
    name, kopecks = attempt_key(step), attempt.amount_kopecks
    attempt.provider_id, attempt.late, attempt.updated_at = payment.id, True, now
    if attempt.number < ADOPTED_FROM:
        attempt.released = True
    if payment.status == "waiting_for_capture":
        attempt.state = AttemptState.HELD
        journals = [postings.held(attempt.order_id, name, kopecks, late=True)]
    else:
        attempt.state = AttemptState.CAPTURED
        journals = [postings.captured(attempt.order_id, name, kopecks, was_held=False, late=True)]
        if payment.income_kopecks is not None and payment.income_kopecks < kopecks:
            journals.append(postings.provider_fee(name, kopecks - payment.income_kopecks))
    for journal in journals:
        await ledger.post(session, journal, attempt.order_id, now)
    await payment_card.tell(session, step, [])


async def apply_payment(
    session: AsyncSession,
    attempt: PaymentAttemptRow,
    payment: ProviderPayment,
    now: datetime,
    *,
    test: bool,
) -> None:
    """Bring a closed order's attempt to where the provider says that it is.

    Raises:
        IntegrityBreach: It is not this attempt's payment.
    """
    await lock_order(session, attempt.order_id)
    await mirror.see(session, [payment], now)
    is_paid = payment.status in ("succeeded", "waiting_for_capture")
    if is_paid and attempt.state in _DEAD:
        await late_success(session, attempt, payment, now)
    elif attempt.number >= ADOPTED_FROM:
        await _follow(session, attempt, payment, now)
    else:
        await record_payment(session, await step_for(session, attempt), payment, now, test=test)


async def _follow(
    session: AsyncSession, attempt: PaymentAttemptRow, payment: ProviderPayment, now: datetime
) -> None:
    """An adopted hold has ended: it was let go, or somebody has captured it in the cabinet."""
    if attempt.state is not AttemptState.HELD or payment.status not in ("succeeded", "canceled"):
        return
    step = await step_for(session, attempt)
    name, kopecks = attempt_key(step), attempt.amount_kopecks
    if payment.status == "succeeded":
        attempt.state = AttemptState.CAPTURED
        journal = postings.captured(attempt.order_id, name, kopecks, was_held=True, late=True)
    else:
        attempt.state = AttemptState.VOIDED
        journal = postings.voided(attempt.order_id, name, kopecks, late=True)
    attempt.updated_at = now
    await ledger.post(session, journal, attempt.order_id, now)
    await payment_card.tell(session, step, [])


async def apply_refund(
    session: AsyncSession, row: RefundRow, refund: ProviderRefund, now: datetime
) -> None:
    """Bring a closed order's refund to where the provider says that it is.

    Raises:
        IntegrityBreach: It is another refund, or it has two different ends.
    """
    attempt = await session.get_one(PaymentAttemptRow, (row.order_id, row.attempt))
    step = await step_for(session, attempt, Op.GET_REFUND, row)
    await record_refund(session, step, refund, now)


async def post_fee(
    session: AsyncSession, attempt: PaymentAttemptRow, kopecks: int, now: datetime
) -> None:
    """The provider's fee that was not known when the money came in."""
    await lock_order(session, attempt.order_id)
    name = f"{attempt.order_id}:{attempt.number}"
    await ledger.post(session, postings.provider_fee(name, kopecks), attempt.order_id, now)
