"""Invoices inside Telegram as payment attempts: issued, looked for, withdrawn; by rows only.

Nothing here asks the provider: Telegram's own integration makes the payment there, and what is
known of it begins with a row that the bot has stored.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import outbox, payment_card, payment_outcomes, receipt_records
from activities.messages import PaymentStep
from activities.payment_answers import known_already, seen_attempt
from activities.payment_records import Shop, ensure_attempt, lock_attempt, lock_order
from activities.receipt_requests import invoiced
from models.invoices import NativeInvoiceRow, NativePaymentRow
from models.payments import OperationStatus, PaymentAttemptRow, PaymentOperationRow
from models.users import UserRow
from rules.attempts import DEAD_STATES, AttemptState, Op
from rules.native import fits
from rules.payments import Seen
from texts.catalogue import say
from texts.formatting import order_number
from texts.language import pick

APPROVAL_LIFE = timedelta(hours=1)
"""Whoever was told that he may pay has this long until the invoice counts as unpaid."""

OFF = "invoices_off"
SENT_BY_TELEGRAM = "telegram/sendInvoice"


async def issue(
    session: AsyncSession, step: PaymentStep, shop: Shop, now: datetime, *, is_on: bool
) -> Seen:
    """Write the operation, the invoice and the message that carries it; safe to repeat.

    Refused for good when invoices are off, the sum does not fit or the client is not in Telegram.
    """
    await lock_order(session, step.order_id)
    await ensure_attempt(session, step, now)
    attempt = await lock_attempt(session, step)
    known = known_already(step, attempt, None)
    if known is not None:
        return known
    client = await session.get_one(UserRow, step.client_id)
    key = payload_of(step, shop)
    if not is_on or client.telegram_id is None or not fits(attempt.amount_kopecks):
        return await payment_outcomes.record_refusal(session, step, key, OFF, now)
    if step.released:
        # Not wanted any more before anybody has seen it.
        return await _end(session, step, attempt, now)
    session.add(
        PaymentOperationRow(
            key=key,
            order_id=step.order_id,
            attempt=step.attempt,
            op=Op.CREATE,
            path=SENT_BY_TELEGRAM,
            request_bytes=await _request(session, step, shop, client, now),
            status=OperationStatus.DONE,
            created_at=now,
        )
    )
    await session.flush()
    session.add(
        NativeInvoiceRow(
            payload=key,
            order_id=step.order_id,
            attempt=step.attempt,
            amount_kopecks=attempt.amount_kopecks,
            created_at=now,
        )
    )
    attempt.state, attempt.updated_at = AttemptState.PENDING, now
    await payment_card.tell(session, step, [])
    await outbox.owe(session, [outbox.invoice(step.order_id, step.client_id, key)])
    return seen_attempt(attempt)


def payload_of(step: PaymentStep, shop: Shop) -> str:
    """The payload of an attempt's invoice: the key of its operation, 36 bytes."""
    return shop.key(replace(step, op=Op.CREATE, refund_seq=0), 0)


async def _request(
    session: AsyncSession, step: PaymentStep, shop: Shop, client: UserRow, now: datetime
) -> bytes:
    lang, number = pick(client.language), order_number(step.number)
    label = say("native.title", lang, number=number)
    request: dict[str, object] = {
        "title": label,
        "description": say("native.description", lang, number=number),
        "payload": payload_of(step, shop),
        "currency": "RUB",
        # A single line: several have been refused by providers.
        "prices": [{"label": label, "amount": step.attempt_kopecks}],
        # With it nobody can pay from a forwarded copy.
        "start_parameter": f"pay{step.number}",
    }
    inside = await receipt_records.inside_invoice(session, shop.tax, step, now)
    if inside is not None:
        receipt, contact = inside
        request["provider_data"] = invoiced(receipt, contact)
        asked = contact is None
        request |= {"need_email": asked, "send_email_to_provider": asked}
    return json.dumps(request, ensure_ascii=False, sort_keys=True).encode()


async def look_up(
    session: AsyncSession, step: PaymentStep, shop: Shop, now: datetime
) -> Seen | str:
    """The provider's id of what was paid, to be fetched and checked; else what is recorded.

    An invoice that the order does not want any more ends here, unless somebody may be paying it.
    """
    await lock_order(session, step.order_id)
    await ensure_attempt(session, step, now)
    attempt = await lock_attempt(session, step)
    if attempt.state in DEAD_STATES:
        # What is paid after the end is an attempt of its own.
        return seen_attempt(attempt)
    paid = step.provider_id or attempt.provider_id or await _reported(session, step, shop)
    if paid is not None:
        if attempt.state is AttemptState.REQUESTED:
            # A second payment of one invoice: the provider has made a receipt of it, too.
            await receipt_records.inside_invoice(session, shop.tax, step, now)
        return paid
    if step.released and await _withdrawn(session, payload_of(step, shop), now):
        return await _end(session, step, attempt, now)
    return seen_attempt(attempt)


async def _reported(session: AsyncSession, step: PaymentStep, shop: Shop) -> str | None:
    """The first payment of this attempt's invoice that is no other attempt's."""
    taken = select(PaymentAttemptRow.provider_id).where(
        PaymentAttemptRow.provider_id == NativePaymentRow.provider_charge_id
    )
    found = await session.exec(
        select(NativePaymentRow.provider_charge_id)
        .where(NativePaymentRow.payload == payload_of(step, shop))
        .where(~taken.exists())
        .order_by(col(NativePaymentRow.received_at), col(NativePaymentRow.telegram_charge_id))
    )
    return found.first()


async def _withdrawn(session: AsyncSession, payload: str, now: datetime) -> bool:
    approved = col(NativeInvoiceRow.approved_at)
    ended = await session.exec(
        update(NativeInvoiceRow)
        .where(col(NativeInvoiceRow.payload) == payload)
        .where(or_(approved.is_(None), approved < now - APPROVAL_LIFE))
        .values(withdrawn_at=now)
        .returning(col(NativeInvoiceRow.payload))
    )
    return ended.first() is not None


async def _end(
    session: AsyncSession, step: PaymentStep, attempt: PaymentAttemptRow, now: datetime
) -> Seen:
    was_sent = attempt.state is AttemptState.PENDING
    attempt.state, attempt.released, attempt.updated_at = AttemptState.EXPIRED, True, now
    await payment_card.tell(session, step, [])
    if was_sent:
        payload = await session.exec(
            select(NativeInvoiceRow.payload).where(
                NativeInvoiceRow.order_id == step.order_id,
                NativeInvoiceRow.attempt == step.attempt,
            )
        )
        gone = outbox.invoice(step.order_id, step.client_id, payload.one(), is_gone=True)
        await outbox.owe(session, [gone])
    return seen_attempt(attempt)
