"""People and contractors by the ids they are known under."""

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.contractors import ContractorRow, ContractorServiceRow
from models.orders import OrderRow
from models.queries.orders import is_order
from models.users import UserRow
from rules.catalog import ServiceType


async def user_by_telegram_id(session: AsyncSession, telegram_id: int) -> UserRow | None:
    """The person behind a Telegram account."""
    found = await session.exec(select(UserRow).where(col(UserRow.telegram_id) == telegram_id))
    return found.one_or_none()


async def contractor_by_telegram_id(
    session: AsyncSession, telegram_id: int
) -> ContractorRow | None:
    """The contractor whose owner has this Telegram account."""
    found = await session.exec(
        select(ContractorRow)
        .join(UserRow, col(UserRow.id) == col(ContractorRow.user_id))
        .where(col(UserRow.telegram_id) == telegram_id)
    )
    return found.one_or_none()


async def contractor_by_user(session: AsyncSession, user_id: int) -> ContractorRow | None:
    """The contractor that a person is."""
    found = await session.exec(select(ContractorRow).where(col(ContractorRow.user_id) == user_id))
    return found.one_or_none()


async def contractor_user(session: AsyncSession, contractor_id: int) -> UserRow | None:
    """The person behind a contractor."""
    found = await session.exec(
        select(UserRow)
        .join(ContractorRow, col(ContractorRow.user_id) == col(UserRow.id))
        .where(col(ContractorRow.id) == contractor_id)
    )
    return found.one_or_none()


async def services_of(session: AsyncSession, contractor_id: int) -> list[ServiceType]:
    """What a contractor offers."""
    found = await session.exec(
        select(col(ContractorServiceRow.service_type))
        .where(col(ContractorServiceRow.contractor_id) == contractor_id)
        .order_by(col(ContractorServiceRow.service_type))
    )
    return list(found)


async def order_row(session: AsyncSession, order: str | int) -> OrderRow | None:
    """An order's row by id or number."""
    return (await session.exec(select(OrderRow).where(is_order(order)))).one_or_none()
