"""Receipts as rows: written with the facts that they tell of, in the facts' own transaction."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.messages import PaymentStep
from activities.receipt_requests import carried
from models.payments import PaymentAttemptRow, PaymentOperationRow, RefundRow
from models.receipts import ReceiptRow
from models.users import UserRow
from rules.ledger import Journal, deposit
from rules.payments import AttemptState, Op, RefundState
from rules.receipts import (
    Contact,
    Mode,
    Receipt,
    ReceiptKind,
    ReceiptState,
    Tax,
    contact,
    earned_kopecks,
    mode_of,
    receipt,
)
from texts.catalogue import say
from texts.formatting import order_number
from texts.language import Language

_EARNED_BY = ("settled", "costs_kept")


async def contact_of(session: AsyncSession, client_id: int) -> Contact | None:
    """Where a client's receipts can go; None when nothing is known."""
    user = await session.get(UserRow, client_id)
    if user is None:
        return None
    return contact(user.email, user.phone, phone_verified=user.phone_verified_at is not None)


def worded(kind: ReceiptKind, kopecks: int, mode: Mode, number: int, tax: Tax) -> Receipt:
    """The receipt of an order's fact; what was paid for is named by the order's number only."""
    words = say("receipt.item", Language.RU, number=order_number(number))
    return receipt(kind, kopecks, mode, words, tax)


async def carry(
    session: AsyncSession,
    tax: Tax | None,
    operation: PaymentOperationRow,
    body: bytes,
    step: PaymentStep,
    now: datetime,
) -> bytes:
    """A new operation's request, with its receipt inside if it can travel so; it is planned.

    Without an address, or once a request was refused, the receipt travels alone, after the
    money: it must not be able to hold that up. `tax` None: this shop makes no receipts.
    """
    if tax is None or step.op not in (Op.CREATE, Op.REFUND):
        return body
    is_refund = step.op is Op.REFUND
    if is_refund and not await _has(session, step.order_id, step.attempt, ReceiptKind.PREPAYMENT):
        return body
    kind = ReceiptKind.REFUND if is_refund else ReceiptKind.PREPAYMENT
    kopecks = step.amount_kopecks if is_refund else step.attempt_kopecks
    earned = await _has(session, step.order_id, step.attempt, ReceiptKind.SETTLEMENT)
    mode = mode_of(kind, earned=is_refund and earned)
    to = None if await _was_refused(session, operation, step) else await _address(session, step)
    row = {
        "inside": to is not None,
        "by_email": to is not None and to.email is not None,
        "amount_kopecks": kopecks,
        "mode": mode,
        "updated_at": now,
    }
    await _plan(session, step, kind, row)
    if to is None:
        return body
    return carried(body, worded(kind, kopecks, mode, step.number, tax), to)


async def inside_invoice(
    session: AsyncSession, tax: Tax | None, step: PaymentStep, now: datetime
) -> tuple[Receipt, Contact | None] | None:
    """The receipt that goes with an invoice inside Telegram; it is planned.

    Without an address Telegram asks for one. None: this shop makes no receipts.
    """
    if tax is None:
        return None
    to, kopecks = await _address(session, step), step.attempt_kopecks
    mode = mode_of(ReceiptKind.PREPAYMENT, earned=False)
    row = {
        "inside": True,
        "by_email": to is None or to.email is not None,
        "amount_kopecks": kopecks,
        "mode": mode,
        "updated_at": now,
    }
    await _plan(session, step, ReceiptKind.PREPAYMENT, row)
    return worded(ReceiptKind.PREPAYMENT, kopecks, mode, step.number, tax), to


async def _address(session: AsyncSession, step: PaymentStep) -> Contact | None:
    return await contact_of(session, step.client_id)


async def _plan(
    session: AsyncSession, step: PaymentStep, kind: ReceiptKind, row: Mapping[str, object]
) -> None:
    statement = insert(ReceiptRow).values(
        order_id=step.order_id,
        attempt=step.attempt,
        kind=kind,
        seq=step.refund_seq,
        state=ReceiptState.PLANNED,
        generation=0,
        request_bytes=b"",
        tries=0,
        reason="",
        next_at=row["updated_at"],
        due_since=row["updated_at"],
        **row,
    )
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["order_id", "attempt", "kind", "seq"],
            set_=dict(row),
            where=col(ReceiptRow.state) == ReceiptState.PLANNED,
        )
    )


async def _was_refused(
    session: AsyncSession, operation: PaymentOperationRow, step: PaymentStep
) -> bool:
    """Whether the same was asked for before in vain, perhaps because of its receipt."""
    if step.op is Op.CREATE:
        return operation.seq > 0
    failed = await session.exec(
        select(RefundRow.seq).where(
            RefundRow.order_id == step.order_id,
            RefundRow.attempt == step.attempt,
            RefundRow.state == RefundState.FAILED,
        )
    )
    return failed.first() is not None


async def _has(session: AsyncSession, order_id: str, attempt: int, kind: ReceiptKind) -> bool:
    found = await session.exec(
        select(ReceiptRow.id).where(
            ReceiptRow.order_id == order_id,
            ReceiptRow.attempt == attempt,
            ReceiptRow.kind == kind,
            ReceiptRow.state != ReceiptState.PLANNED,
        )
    )
    return found.first() is not None


async def owe_planned(
    session: AsyncSession, step: PaymentStep, kind: ReceiptKind, kopecks: int, now: datetime
) -> None:
    """So much has moved: its planned receipt is due, or on its way inside the request.

    Of a hold a person may have taken a part; what travelled inside tells of the whole, and the
    provider corrects it itself.
    """
    here = (
        update(ReceiptRow)
        .where(col(ReceiptRow.order_id) == step.order_id)
        .where(col(ReceiptRow.attempt) == step.attempt, col(ReceiptRow.kind) == kind)
        .where(col(ReceiptRow.state) == ReceiptState.PLANNED)
    )
    if kind is ReceiptKind.REFUND:
        here = here.where(col(ReceiptRow.seq) == step.refund_seq)
    since = {"next_at": now, "due_since": now, "updated_at": now}
    inside = col(ReceiptRow.inside)
    await session.exec(here.where(inside).values(state=ReceiptState.PENDING, **since))
    due = here.where(~inside).values(state=ReceiptState.DUE, amount_kopecks=kopecks, **since)
    await session.exec(due)


async def owe_earned(
    session: AsyncSession, order_id: str, journals: Iterable[Journal], now: datetime
) -> None:
    """What was kept of the prepayment is earned: the second receipt is due, once per order."""
    account = deposit(order_id)
    settled = sum(
        line.debit_kopecks
        for journal in journals
        if journal.kind in _EARNED_BY
        for line in journal.entries
        if line.account == account
    )
    if settled <= 0:
        return
    for attempt in await _paid_attempts(session, order_id):
        kopecks = earned_kopecks(attempt.amount_kopecks, await _returned(session, attempt), settled)
        if kopecks > 0:
            settled -= kopecks
            await _owe_settlement(session, attempt, kopecks, now)


async def _owe_settlement(
    session: AsyncSession, attempt: PaymentAttemptRow, kopecks: int, now: datetime
) -> None:
    await session.exec(
        insert(ReceiptRow)
        .values(
            order_id=attempt.order_id,
            attempt=attempt.number,
            kind=ReceiptKind.SETTLEMENT,
            seq=0,
            amount_kopecks=kopecks,
            mode=mode_of(ReceiptKind.SETTLEMENT, earned=True),
            state=ReceiptState.DUE,
            inside=False,
            by_email=False,
            generation=0,
            request_bytes=b"",
            tries=0,
            reason="",
            next_at=now,
            due_since=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["order_id", "attempt", "kind", "seq"])
    )


async def _paid_attempts(session: AsyncSession, order_id: str) -> list[PaymentAttemptRow]:
    """The payments that the order kept and that were told of by a receipt."""
    found = await session.exec(
        select(PaymentAttemptRow)
        .join(
            ReceiptRow,
            (col(ReceiptRow.order_id) == col(PaymentAttemptRow.order_id))
            & (col(ReceiptRow.attempt) == col(PaymentAttemptRow.number)),
        )
        .where(PaymentAttemptRow.order_id == order_id)
        .where(PaymentAttemptRow.state == AttemptState.CAPTURED)
        .where(col(PaymentAttemptRow.released).is_(False))
        .where(ReceiptRow.kind == ReceiptKind.PREPAYMENT)
        .order_by(col(PaymentAttemptRow.number).desc())
    )
    return list(found)


async def _returned(session: AsyncSession, attempt: PaymentAttemptRow) -> int:
    found = await session.exec(
        select(RefundRow.amount_kopecks).where(
            RefundRow.order_id == attempt.order_id,
            RefundRow.attempt == attempt.number,
            RefundRow.state != RefundState.FAILED,
        )
    )
    return sum(found)
