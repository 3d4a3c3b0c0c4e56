"""Receipts as people ask for them: which need a person, and what a person did about them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, text, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.orders import OrderRow
from models.queries.plain import run
from models.receipts import ReceiptRow
from models.users import UserRow
from rules.receipts import MOVING, ReceiptKind, ReceiptState

LISTED_MAX = 50
# A receipt of one payment waits for an earlier one that the provider has not got yet.
_DUE = text("""
    SELECT r.id FROM receipts r
    WHERE r.state IN ('due', 'awaiting_contact', 'sent', 'pending')
      AND (r.next_at <= :now OR CAST(:order AS uuid) IS NOT NULL)
      AND (CAST(:order AS uuid) IS NULL OR r.order_id = CAST(:order AS uuid))
      AND NOT EXISTS (
        SELECT 1 FROM receipts earlier WHERE earlier.order_id = r.order_id
          AND earlier.attempt = r.attempt AND earlier.id < r.id
          AND earlier.state IN ('due', 'sent', 'awaiting_contact'))
    ORDER BY r.next_at, r.id LIMIT :room
""")
_SET_EMAIL = text("UPDATE users SET email = :email WHERE id = :user")
_DONE = text("""
    UPDATE receipts SET state = 'done_by_hand', person_since = NULL, request_bytes = '',
        closed_by = :by, updated_at = :now
    WHERE id = :id AND state NOT IN ('planned', 'registered', 'done_by_hand')
""")
_SKIP = text("""
    UPDATE receipts SET next_at = :now, updated_at = :now WHERE state = 'awaiting_contact'
      AND order_id IN (SELECT id FROM orders WHERE client_id = :user)
""")


@dataclass(frozen=True)
class TroubledReceipt:
    """One receipt that a person should look at; amount in kopecks."""

    id: int
    order_id: str
    order_number: int
    kind: ReceiptKind
    state: ReceiptState
    amount_kopecks: int
    reason: str
    since: datetime


async def due_receipts(
    session: AsyncSession, now: datetime, room: int, order_id: str | None = None
) -> list[int]:
    """Ids of what is to be done next, the longest due first; of one order, due or not."""
    found = await run(session, _DUE, {"now": now, "room": room, "order": order_id})
    return [int(one) for one in found.scalars()]


async def needing_person(
    session: AsyncSession, *, after_id: int = 0, limit: int = LISTED_MAX
) -> list[TroubledReceipt]:
    """What needs a person, the oldest first: refused, canceled, without an address, or late."""
    found = await session.exec(
        select(ReceiptRow, OrderRow.number)
        .join(OrderRow, col(OrderRow.id) == col(ReceiptRow.order_id))
        .where(col(ReceiptRow.person_since).is_not(None), col(ReceiptRow.id) > after_id)
        .order_by(col(ReceiptRow.id))
        .limit(limit)
    )
    return [_troubled(row, number) for row, number in found]


def _troubled(row: ReceiptRow, number: int) -> TroubledReceipt:
    return TroubledReceipt(
        id=row.id,
        order_id=row.order_id,
        order_number=number,
        kind=row.kind,
        state=row.state,
        amount_kopecks=row.amount_kopecks,
        reason=row.reason,
        since=row.person_since or row.updated_at,
    )


async def counts(session: AsyncSession) -> dict[ReceiptState, int]:
    """How many receipts there are in each state that is not at rest."""
    open_states = (*MOVING, ReceiptState.NEEDS_PERSON)
    found = await session.exec(
        select(ReceiptRow.state, func.count())
        .where(col(ReceiptRow.state).in_(open_states))
        .group_by(col(ReceiptRow.state))
    )
    counted = {ReceiptState(state): int(count) for state, count in found}
    return {state: counted.get(state, 0) for state in open_states}


async def give_email(session: AsyncSession, user_id: int, email: str, now: datetime) -> None:
    """A client's address for receipts; what waited for one is due again."""
    await run(session, _SET_EMAIL, {"user": user_id, "email": email})
    his = select(OrderRow.id).where(OrderRow.client_id == user_id)
    state, reason = col(ReceiptRow.state), col(ReceiptRow.reason)
    failed = (state == ReceiptState.NEEDS_PERSON) & reason.in_(("canceled", "no_contact"))
    await session.exec(
        update(ReceiptRow)
        .where(col(ReceiptRow.order_id).in_(his), col(ReceiptRow.by_email).is_(False))
        # What failed without an e-mail address may succeed with one.
        .where((state == ReceiptState.AWAITING_CONTACT) | failed)
        .values(_anew(now))
    )


async def skip_email(session: AsyncSession, user_id: int, now: datetime) -> None:
    """A client gives no address: a person decides about his receipts, and he is not asked again."""
    await session.exec(
        update(UserRow)
        .where(col(UserRow.id) == user_id, col(UserRow.email_asked_at).is_(None))
        .values(email_asked_at=now)
    )
    await run(session, _SKIP, {"user": user_id, "now": now})


async def send_again(session: AsyncSession, receipt_id: int, now: datetime) -> bool:
    """A person has removed the cause: a new receipt of the same fact; False if none waits."""
    found = await session.exec(
        update(ReceiptRow)
        .where(col(ReceiptRow.id) == receipt_id)
        .where(col(ReceiptRow.state) == ReceiptState.NEEDS_PERSON)
        .values(_anew(now))
    )
    return found.rowcount > 0


def _anew(now: datetime) -> dict[str, object]:
    """A new receipt of the same fact, under a key of its own and by itself."""
    return {
        "state": ReceiptState.DUE,
        "generation": col(ReceiptRow.generation) + 1,
        "key": None,
        "tries": 0,
        "request_bytes": b"",
        "first_sent_at": None,
        "provider_id": None,
        "inside": False,
        "reason": "",
        "person_since": None,
        "next_at": now,
        "due_since": now,
        "updated_at": now,
    }


async def done_by_hand(session: AsyncSession, receipt_id: int, by: int, now: datetime) -> bool:
    """A person made it at the cash register; False if there is nothing to be done."""
    found = await run(session, _DONE, {"id": receipt_id, "by": by, "now": now})
    return found.rowcount > 0
