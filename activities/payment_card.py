"""An order's money as its rows say it, for the client's card and page."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter
from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from activities import outbox
from activities.messages import PaymentStep
from models.orders import OrderRow
from models.payments import PaymentAttemptRow, RefundRow
from rules.changes import Notice
from rules.payments import Attempt, Money, MoneySummary, Op, Refund, summary

Told = tuple[Notice, Mapping[str, int | str]]
_SUMMARY = TypeAdapter(MoneySummary)


async def tell(session: AsyncSession, step: PaymentStep, notices: Sequence[Told]) -> None:
    """The order's money as all its attempts say it, the client's card and what he must know."""
    await _show(session, step, summary(await money_of(session, step.order_id)))
    owed = [
        outbox.client_notice(step.order_id, step.client_id, notice, **params)
        for notice, params in notices
    ]
    await outbox.owe(session, [outbox.client_card(step.order_id, step.client_id), *owed])


async def doubt(session: AsyncSession, step: PaymentStep) -> None:
    """The client's money may be moving, and the answer has not come: once, until it comes."""
    if step.op not in (Op.CREATE, Op.CAPTURE):
        return
    shown = await session.exec(
        select(OrderRow.money).where(OrderRow.id == step.order_id).with_for_update(key_share=True)
    )
    if shown.one().get("confirming"):
        return
    sums = summary(await money_of(session, step.order_id))
    await _show(session, step, sums, confirming=True)
    await outbox.owe(session, [outbox.client_card(step.order_id, step.client_id)])


async def _show(
    session: AsyncSession, step: PaymentStep, sums: MoneySummary, *, confirming: bool = False
) -> None:
    facts = _SUMMARY.dump_python(sums, mode="json")
    facts["confirming"] = sums.confirming or confirming
    await session.exec(
        update(OrderRow).where(col(OrderRow.id) == step.order_id).values(money=facts)
    )


async def money_of(session: AsyncSession, order_id: str) -> Money:
    """All attempts and refunds of an order as its rows say them."""
    await session.flush()
    attempts = await session.exec(
        select(PaymentAttemptRow)
        .where(PaymentAttemptRow.order_id == order_id)
        .order_by(col(PaymentAttemptRow.number))
    )
    found = await session.exec(
        select(RefundRow).where(RefundRow.order_id == order_id).order_by(col(RefundRow.seq))
    )
    refunds = found.all()
    return Money(
        tuple(
            _attempt(one, [refund for refund in refunds if refund.attempt == one.number])
            for one in attempts
        )
    )


def _attempt(row: PaymentAttemptRow, refunds: list[RefundRow]) -> Attempt:
    return Attempt(
        number=row.number,
        method=row.method,
        amount_kopecks=row.amount_kopecks,
        created_at=row.created_at,
        state=row.state,
        provider_id=row.provider_id,
        confirmation_url=row.confirmation_url,
        decline_reason=row.decline_reason,
        hold_ends_at=row.hold_ends_at,
        released=row.released,
        late=row.late,
        refunds=tuple(
            Refund(one.seq, one.amount_kopecks, one.state, one.provider_id) for one in refunds
        ),
    )
