"""Payout registers as they are shown; nothing personal but public numbers."""

from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.payouts import PayoutRegisterRow, PayoutRow

REGISTERS_MAX = 50


@dataclass(frozen=True)
class Register:
    """A register with its payouts."""

    row: PayoutRegisterRow
    payouts: tuple[PayoutRow, ...]


async def registers(session: AsyncSession, limit: int = 10) -> list[PayoutRegisterRow]:
    """The newest registers first."""
    found = await session.exec(
        select(PayoutRegisterRow)
        .order_by(col(PayoutRegisterRow.number).desc())
        .limit(min(limit, REGISTERS_MAX))
    )
    return list(found)


async def register_by_number(session: AsyncSession, number: int) -> Register | None:
    """One register with its payouts by payee."""
    found = await session.exec(
        select(PayoutRegisterRow).where(col(PayoutRegisterRow.number) == number)
    )
    row = found.first()
    if row is None:
        return None
    payouts = await session.exec(
        select(PayoutRow)
        .where(col(PayoutRow.register_id) == row.id)
        .order_by(col(PayoutRow.payee_id))
    )
    return Register(row, tuple(payouts))
