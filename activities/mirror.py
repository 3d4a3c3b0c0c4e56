"""The mirror: what the provider was last seen to say, written with everything that is believed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities.ports import ProviderPayment, ProviderRefund
from models.payments import PaymentAttemptRow
from models.reconciliation import ProviderObjectRow
from rules.reconciliation import ObjectKind

Answer = ProviderPayment | ProviderRefund
_ATTEMPT_MAX = 1_000_000


async def see(
    session: AsyncSession, answers: Sequence[Answer], now: datetime, *, listed: bool = False
) -> int:
    """Take answers into the mirror; what is final there never becomes open again.

    `listed`: they come from the provider's own lists, not from a question about one object.
    Safe to repeat; returns how many different objects were seen.
    """
    rows = {one.id: _row(one, now, listed=listed) for one in answers}
    if not rows:
        return 0
    # In one order, so that two windows that overlap never wait for each other in a circle.
    statement = insert(ProviderObjectRow).values([rows[name] for name in sorted(rows)])
    new, known = statement.excluded, ProviderObjectRow
    is_open = col(known.status).in_(("pending", "waiting_for_capture"))
    may_move = is_open & ~((col(known.status) != "pending") & (new.status == "pending"))
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "status": case((may_move, new.status), else_=col(known.status)),
                # A hold that is captured in part ends with a smaller amount.
                "amount_kopecks": case(
                    (may_move, new.amount_kopecks), else_=col(known.amount_kopecks)
                ),
                "income_kopecks": func.coalesce(new.income_kopecks, col(known.income_kopecks)),
                "refunded_kopecks": func.greatest(
                    new.refunded_kopecks, col(known.refunded_kopecks)
                ),
                "created_at": func.coalesce(new.created_at, col(known.created_at)),
                "captured_at": func.coalesce(new.captured_at, col(known.captured_at)),
                "seen_at": new.seen_at,
                "listed_at": func.coalesce(new.listed_at, col(known.listed_at)),
            },
        )
    )
    return len(rows)


def _row(answer: Answer, now: datetime, *, listed: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": answer.id,
        "status": answer.status,
        "amount_kopecks": answer.amount_kopecks,
        "created_at": answer.created_at,
        "seen_at": now,
        "listed_at": now if listed else None,
        "income_kopecks": None,
        "refunded_kopecks": 0,
        "payment_id": None,
        "order_id": None,
        "attempt": None,
        "op": None,
        "test": None,
        "captured_at": None,
    }
    if isinstance(answer, ProviderRefund):
        return {**row, "kind": ObjectKind.REFUND, "payment_id": answer.payment_id}
    said = answer.metadata
    return {
        **row,
        "kind": ObjectKind.PAYMENT,
        "income_kopecks": answer.income_kopecks,
        "refunded_kopecks": answer.refunded_kopecks,
        "order_id": _uuid(said.get("order")),
        "attempt": _number(said.get("attempt")),
        "op": said.get("op"),
        "test": answer.test,
        "captured_at": answer.captured_at,
    }


def _uuid(word: str | None) -> str | None:
    try:
        return str(UUID(word)) if word else None
    except ValueError:
        return None


def _number(word: str | None) -> int | None:
    if word is None or not word.isascii() or not word.isdigit() or int(word) > _ATTEMPT_MAX:
        return None
    return int(word)


def order_of(payment: ProviderPayment) -> str | None:
    """The order that the provider's copy of our metadata names."""
    return _uuid(payment.metadata.get("order"))


async def charged_back(session: AsyncSession, payment_id: str | None) -> int:
    """How many kopecks of a payment its payer's bank has taken back."""
    found = await session.exec(
        select(func.coalesce(func.sum(ProviderObjectRow.amount_kopecks), 0)).where(
            ProviderObjectRow.payment_id == payment_id,
            ProviderObjectRow.kind == ObjectKind.CHARGEBACK,
        )
    )
    return int(found.one())


async def charged_back_of(session: AsyncSession, order_id: str) -> int:
    """The same over all payments of an order."""
    found = await session.exec(
        select(func.coalesce(func.sum(ProviderObjectRow.amount_kopecks), 0))
        .join(
            PaymentAttemptRow,
            col(PaymentAttemptRow.provider_id) == col(ProviderObjectRow.payment_id),
        )
        .where(
            PaymentAttemptRow.order_id == order_id,
            ProviderObjectRow.kind == ObjectKind.CHARGEBACK,
        )
    )
    return int(found.one())


async def charge_back(session: AsyncSession, payment_id: str, kopecks: int, now: datetime) -> None:
    """The provider has taken a payment back for the payer's bank; told by people, once."""
    await session.exec(
        insert(ProviderObjectRow)
        .values(
            id=f"chargeback:{payment_id}",
            kind=ObjectKind.CHARGEBACK,
            payment_id=payment_id,
            status="succeeded",
            amount_kopecks=kopecks,
            refunded_kopecks=0,
            seen_at=now,
        )
        .on_conflict_do_nothing()
    )
