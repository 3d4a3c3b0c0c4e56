"""Recording what the provider was seen to say: rows, journals, the card, in one transaction."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import ledger, mirror, receipt_records
from activities.messages import PaymentStep
from activities.payment_answers import (
    Expected,
    check_payment,
    check_refund,
    moves_on,
    refund_state_of,
    seen_attempt,
    seen_refund,
    state_of,
)
from activities.payment_card import Told, tell
from activities.payment_records import (
    attempt_key,
    find_refund,
    lock_attempt,
    lock_order,
    refund_key,
)
from activities.ports import IntegrityBreach, ProviderPayment, ProviderRefund
from models.invoices import NativeInvoiceRow, NativePaymentRow
from models.ledger import JournalRow
from models.payments import OperationStatus, PaymentAttemptRow, PaymentOperationRow
from rules import ledger as postings
from rules.attempts import RANK
from rules.changes import Notice
from rules.payments import AttemptState, Method, RefundState, Seen
from rules.receipts import ReceiptKind

_UNPAID = (AttemptState.REQUESTED, AttemptState.PENDING)
_PAID = (AttemptState.HELD, AttemptState.CAPTURED)
_DECLINED = (AttemptState.DECLINED, AttemptState.FAILED)
_REFUND_FINAL = (RefundState.SUCCEEDED, RefundState.FAILED)


async def record_payment(
    session: AsyncSession,
    step: PaymentStep,
    payment: ProviderPayment,
    now: datetime,
    *,
    test: bool,
    key: str | None = None,
) -> Seen:
    """Take a fetched payment into the books, once; `key` names the operation it answers.

    Raises:
        IntegrityBreach: It is not this attempt's payment; nothing is written.
    """
    await lock_order(session, step.order_id)
    attempt = await lock_attempt(session, step)
    is_native = attempt.method is Method.TELEGRAM
    if is_native:
        await _check_reported(session, step, payment.id)
    check_payment(
        Expected(
            step.order_id,
            step.attempt,
            attempt.amount_kopecks,
            attempt.provider_id,
            test,
            is_hold=attempt.method is Method.CARD and attempt.state in RANK,
            is_native=is_native,
        ),
        payment,
    )
    await mirror.see(session, [payment], now)
    before, state = attempt.state, state_of(payment, attempt.state)
    attempt.released = attempt.released or step.released
    attempt.provider_id = payment.id
    if moves_on(before, state):
        if state is AttemptState.CAPTURED:
            attempt.amount_kopecks = payment.amount_kopecks
        if key is None and before is AttemptState.HELD:
            # Seen by a look: what was asked for and falsely answered has come to its end.
            await _conclude_all(session, step)
        attempt.late = attempt.late or (before in _UNPAID and state in _PAID and attempt.released)
        attempt.state = state
        attempt.confirmation_url = payment.confirmation_url or attempt.confirmation_url
        attempt.hold_ends_at = payment.expires_at or attempt.hold_ends_at
        attempt.decline_reason = payment.cancellation_reason or attempt.decline_reason
        attempt.updated_at = now
        await _post_move(session, step, attempt, before, payment, now)
        await tell(session, step, _notices(attempt, before))
    if key is not None:
        await _conclude(session, key, OperationStatus.DONE, payment)
    return seen_attempt(attempt)


async def _check_reported(session: AsyncSession, step: PaymentStep, payment_id: str) -> None:
    """Telegram must have named this payment as one of an invoice of this order."""
    found = await session.exec(
        select(NativeInvoiceRow.order_id)
        .join(
            NativePaymentRow,
            col(NativePaymentRow.payload) == cast(col(NativeInvoiceRow.payload), Text),
        )
        .where(NativePaymentRow.provider_charge_id == payment_id)
    )
    if found.one_or_none() != step.order_id:
        raise IntegrityBreach("a payment that no invoice of this order was paid by")
    foreign = await session.exec(
        select(JournalRow.id).where(
            JournalRow.source == "provider",
            JournalRow.source_id == payment_id,
            JournalRow.kind == "captured",
        )
    )
    if foreign.first() is not None:
        # Nobody's until now, and in suspense: a person gives it back, it is not taken twice.
        raise IntegrityBreach("a payment that is in the books as nobody's")


async def record_refusal(
    session: AsyncSession, step: PaymentStep, key: str, code: str, now: datetime
) -> Seen:
    """The provider refused to make the payment: this attempt has failed for good."""
    await lock_order(session, step.order_id)
    attempt = await lock_attempt(session, step)
    if attempt.state is AttemptState.REQUESTED:
        attempt.state, attempt.decline_reason = AttemptState.FAILED, code
        attempt.released = attempt.released or step.released
        attempt.updated_at = now
        await tell(session, step, _notices(attempt, AttemptState.REQUESTED))
    await _conclude(session, key, OperationStatus.REFUSED)
    return seen_attempt(attempt)


async def _post_move(
    session: AsyncSession,
    step: PaymentStep,
    attempt: PaymentAttemptRow,
    before: AttemptState,
    payment: ProviderPayment,
    now: datetime,
) -> None:
    name, kopecks, late = attempt_key(step), attempt.amount_kopecks, attempt.late
    was_held = before is AttemptState.HELD
    journals: list[postings.Journal] = []
    match attempt.state:
        case AttemptState.HELD:
            journals.append(postings.held(step.order_id, name, kopecks, late=late))
        case AttemptState.CAPTURED:
            journals.append(
                postings.captured(step.order_id, name, kopecks, was_held=was_held, late=late)
            )
            if payment.income_kopecks is not None and payment.income_kopecks < kopecks:
                journals.append(postings.provider_fee(name, kopecks - payment.income_kopecks))
        case AttemptState.VOIDED | AttemptState.EXPIRED | AttemptState.DECLINED if was_held:
            journals.append(postings.voided(step.order_id, name, kopecks, late=late))
        case _:
            pass
    for journal in journals:
        await ledger.post(session, journal, step.order_id, now)
    if attempt.state is AttemptState.CAPTURED:
        await receipt_records.owe_planned(session, step, ReceiptKind.PREPAYMENT, kopecks, now)


def _notices(attempt: PaymentAttemptRow, before: AttemptState) -> list[Told]:
    if attempt.state in _DECLINED and not attempt.released:
        return [(Notice.PAYMENT_DECLINED, {"declined": attempt.decline_reason or ""})]
    if before is AttemptState.HELD and attempt.state not in _PAID and attempt.released:
        return [(_returned(attempt), {"kopecks": attempt.amount_kopecks})]
    return []


def _returned(attempt: PaymentAttemptRow) -> Notice:
    return Notice.LATE_MONEY_RETURNED if attempt.late else Notice.REFUND_SENT


async def record_refund(
    session: AsyncSession,
    step: PaymentStep,
    refund: ProviderRefund | None,
    now: datetime,
    *,
    key: str | None = None,
) -> Seen:
    """Take a fetched refund into the books, once; None: it will not happen.

    Raises:
        IntegrityBreach: It is not this refund, or it has two different ends.
    """
    await lock_order(session, step.order_id)
    attempt = await lock_attempt(session, step)
    row = await find_refund(session, step)
    if row is None:
        raise IntegrityBreach("a refund that was never asked for")
    state = RefundState.FAILED
    if refund is not None:
        check_refund(attempt.provider_id, row, refund)
        await mirror.see(session, [refund], now)
        state = refund_state_of(refund)
        row.provider_id, row.reason = refund.id, refund.cancellation_reason or row.reason
    if row.state in _REFUND_FINAL and state in _REFUND_FINAL and row.state is not state:
        raise IntegrityBreach(f"a refund that was {row.state.value} is now {state.value}")
    if row.state not in _REFUND_FINAL and row.state is not state:
        row.state, row.updated_at = state, now
        await _post_refund(session, step, attempt, state, now)
        sent = state is RefundState.SUCCEEDED
        told = (_returned(attempt), {"kopecks": row.amount_kopecks})
        await tell(session, step, [told] if sent else [])
    if key is not None:
        status = OperationStatus.REFUSED if refund is None else OperationStatus.DONE
        await _conclude(session, key, status, refund)
    return seen_refund(attempt, row)


async def _post_refund(
    session: AsyncSession,
    step: PaymentStep,
    attempt: PaymentAttemptRow,
    state: RefundState,
    now: datetime,
) -> None:
    name, kopecks, late = refund_key(step), step.amount_kopecks, attempt.late
    if state is RefundState.SUCCEEDED:
        journal = postings.refund_succeeded(step.order_id, name, kopecks, late=late)
        await receipt_records.owe_planned(session, step, ReceiptKind.REFUND, kopecks, now)
    elif state is RefundState.FAILED:
        journal = postings.refund_failed(step.order_id, name, kopecks, late=late)
    else:
        return
    await ledger.post(session, journal, step.order_id, now)


async def _conclude(
    session: AsyncSession,
    key: str,
    status: OperationStatus,
    answer: ProviderPayment | ProviderRefund | None = None,
) -> None:
    row = await session.get(PaymentOperationRow, key, with_for_update=True)
    if row is None:
        return
    row.status = status
    if answer is not None:
        row.provider_id = answer.id
        row.response = _json(answer)


async def _conclude_all(session: AsyncSession, step: PaymentStep) -> None:
    row = col(PaymentOperationRow.status)
    await session.exec(
        update(PaymentOperationRow)
        .where(col(PaymentOperationRow.order_id) == step.order_id)
        .where(col(PaymentOperationRow.attempt) == step.attempt)
        .where(row.in_((OperationStatus.NEW, OperationStatus.SENT, OperationStatus.UNKNOWN)))
        .values(status=OperationStatus.DONE)
    )


def _json(answer: ProviderPayment | ProviderRefund) -> dict[str, Any]:
    return {
        name: said.isoformat() if isinstance(said, datetime) else said
        for name, said in asdict(answer).items()
    }
