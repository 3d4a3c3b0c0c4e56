"""One receipt of the queue: what to do with it next, and what an answer means for its row."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid5

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.payment_records import Shop
from activities.ports import IntegrityBreach, ProviderReceipt
from activities.receipt_notices import ask_for_email, tell_person
from activities.receipt_records import contact_of, worded
from activities.receipt_requests import is_about_the_customer, receipt_request
from models.orders import OrderRow
from models.payments import PaymentAttemptRow, RefundRow
from models.receipts import ReceiptRow
from rules.receipts import (
    MOVING,
    Mode,
    ReceiptKind,
    ReceiptState,
    Tax,
    is_late,
    key_is_dead,
    wait_seconds,
)

_KEYS = UUID("4f029f74-3239-550a-8f8c-d87c8d223ab3")
"""The name space of receipts' idempotence keys; never change it."""

_ADDRESS_WANTED = "customer"
_UNTOUCHED = (ReceiptState.SENT, ReceiptState.PENDING)


@dataclass(frozen=True)
class Errand:
    """What to ask of the provider about one receipt."""

    receipt_id: int
    act: Literal["send", "look"]
    type: Literal["payment", "refund"]
    # The payment's id, or the refund's.
    object_id: str
    amount_kopecks: int
    mode: str
    provider_id: str | None
    key: str = ""
    body: bytes = b""
    generation: int = 0
    # The provider's ids of this payment's other receipts.
    others: frozenset[str] = frozenset()

    def among(self, listed: list[ProviderReceipt]) -> ProviderReceipt | None:
        """This receipt in the provider's list, newest first; the oldest that may be it."""
        fitting = [
            one
            for one in listed
            if (one.type, one.amount_kopecks, one.mode)
            == (self.type, self.amount_kopecks, self.mode)
            and one.id not in self.others
            and (self.generation == 0 or one.status != "canceled")
        ]
        return fitting[-1] if fitting else None


async def prepare(
    session: AsyncSession, shop: Shop, receipt_id: int, now: datetime
) -> Errand | None:
    """Write down that a receipt is about to be sent or looked at; None: nothing to ask now.

    Its bytes and its key are in the row before the first send, and the same on every other.
    """
    row = await session.get(ReceiptRow, receipt_id, with_for_update={"skip_locked": True})
    if row is None or row.state not in MOVING:
        return None
    is_dead = row.state is ReceiptState.SENT and key_is_dead(row.first_sent_at, now)
    if row.state is ReceiptState.PENDING or is_dead:
        return await _errand(session, row, "look")
    if not row.request_bytes and not await _write_down(session, row, shop, now):
        return None
    row.state, row.first_sent_at = ReceiptState.SENT, row.first_sent_at or now
    row.next_at, row.updated_at = now + timedelta(seconds=wait_seconds(0)), now
    return await _errand(session, row, "send")


async def _write_down(session: AsyncSession, row: ReceiptRow, shop: Shop, now: datetime) -> bool:
    order = await session.get_one(OrderRow, row.order_id)
    to = await contact_of(session, order.client_id)
    if to is None or (row.reason == _ADDRESS_WANTED and to.email is None):
        await _without_address(session, row, now)
        return False
    mode: Mode = "full_payment" if row.mode == "full_payment" else "full_prepayment"
    said = worded(row.kind, row.amount_kopecks, mode, order.number, shop.tax or Tax())
    row.request_bytes = receipt_request(said, to, await _object_id(session, row))
    row.by_email = to.email is not None
    row.key = _key(shop, row)
    return True


async def _without_address(session: AsyncSession, row: ReceiptRow, now: datetime) -> None:
    if row.state is not ReceiptState.AWAITING_CONTACT:
        row.state, row.updated_at = ReceiptState.AWAITING_CONTACT, now
        row.next_at = await ask_for_email(session, row, now)
    elif row.next_at <= now:
        await _fail(session, row, "no_contact", now)


def _key(shop: Shop, row: ReceiptRow) -> str:
    fact = (row.order_id, row.attempt, row.kind.value, row.seq, row.generation)
    return str(uuid5(_KEYS, ":".join(str(one) for one in (shop.env, shop.shop_id, *fact))))


async def _object_id(session: AsyncSession, row: ReceiptRow) -> str:
    """The provider's id of what the receipt is of; it is known, because money has moved."""
    if row.kind is ReceiptKind.REFUND:
        refund = await session.get_one(RefundRow, (row.order_id, row.attempt, row.seq))
        return refund.provider_id or ""
    attempt = await session.get_one(PaymentAttemptRow, (row.order_id, row.attempt))
    return attempt.provider_id or ""


async def _errand(session: AsyncSession, row: ReceiptRow, act: Literal["send", "look"]) -> Errand:
    others = await session.exec(
        select(ReceiptRow.provider_id).where(
            ReceiptRow.order_id == row.order_id, col(ReceiptRow.id) != row.id
        )
    )
    return Errand(
        receipt_id=row.id,
        act=act,
        type="refund" if row.kind is ReceiptKind.REFUND else "payment",
        object_id=await _object_id(session, row),
        amount_kopecks=row.amount_kopecks,
        mode=row.mode,
        provider_id=row.provider_id,
        key=row.key or "",
        body=row.request_bytes,
        generation=row.generation,
        others=frozenset(one for one in others if one is not None),
    )


async def conclude(
    session: AsyncSession, errand: Errand, found: ProviderReceipt | None, now: datetime
) -> bool:
    """Take the provider's word into the row; None: the provider has no such receipt.

    True if the receipt is further than before. Said twice, the same.
    """
    row = await _locked(session, errand)
    if row is None:
        return False
    if found is None:
        return await _absent(session, row, now)
    if (found.type, found.amount_kopecks) != (errand.type, errand.amount_kopecks):
        raise IntegrityBreach("the provider's receipt tells of something else")
    row.provider_id, row.updated_at = found.id, now
    if found.status == "canceled":
        await _fail(session, row, "canceled", now)
        return True
    if found.status == "succeeded":
        row.state, row.reason, row.person_since = ReceiptState.REGISTERED, "", None
        # Nothing is sent again: what is personal need not be kept.
        row.request_bytes = b""
        return True
    is_new = row.state is ReceiptState.SENT
    if is_new:
        row.state, row.tries = ReceiptState.PENDING, 0
    await _wait_on(session, row, now)
    return is_new


async def _absent(session: AsyncSession, row: ReceiptRow, now: datetime) -> bool:
    if row.state is ReceiptState.PENDING:
        await _wait_on(session, row, now)
        return False
    # Proven absent under a dead key: only now may it be sent under a new one.
    _begin_anew(row, now)
    return True


def _begin_anew(row: ReceiptRow, now: datetime) -> None:
    row.state, row.generation, row.key = ReceiptState.DUE, row.generation + 1, None
    row.request_bytes, row.first_sent_at = b"", None
    row.next_at = row.updated_at = now


async def refused(
    session: AsyncSession, errand: Errand, parameter: str | None, now: datetime
) -> bool:
    """The provider refused it: for its address, or for something that a person must mend."""
    row = await _locked(session, errand)
    if row is None:
        return False
    if is_about_the_customer(parameter) and not row.by_email:
        _begin_anew(row, now)
        row.reason = _ADDRESS_WANTED
    else:
        await _fail(session, row, "refused", now)
    return True


async def unanswered(session: AsyncSession, errand: Errand, now: datetime) -> None:
    """Nobody knows, or nobody could say: the same again later."""
    row = await _locked(session, errand)
    if row is not None:
        await _wait_on(session, row, now)


async def disbelieved(session: AsyncSession, errand: Errand, now: datetime) -> bool:
    """The provider answered about something else: a person must look."""
    row = await _locked(session, errand)
    if row is not None:
        await _fail(session, row, "integrity", now)
    return row is not None


async def _locked(session: AsyncSession, errand: Errand) -> ReceiptRow | None:
    """The row, unless something else has ended or begun it anew meanwhile."""
    row = await session.get(ReceiptRow, errand.receipt_id, with_for_update=True)
    if row is None or row.state not in _UNTOUCHED or row.generation != errand.generation:
        return None
    return row


async def _fail(session: AsyncSession, row: ReceiptRow, reason: str, now: datetime) -> None:
    row.state, row.updated_at, row.request_bytes = ReceiptState.NEEDS_PERSON, now, b""
    await tell_person(session, row, reason, now)
    if reason == "canceled" and not row.by_email:
        # The provider's own cash register writes to e-mail addresses only.
        await ask_for_email(session, row, now)


async def _wait_on(session: AsyncSession, row: ReceiptRow, now: datetime) -> None:
    _next_look(row, now)
    if is_late(row.due_since, now):
        await tell_person(session, row, "late", now)


def _next_look(row: ReceiptRow, now: datetime) -> None:
    row.next_at = now + timedelta(seconds=wait_seconds(row.tries))
    row.tries, row.updated_at = row.tries + 1, now
