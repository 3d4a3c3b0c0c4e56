"""Which files there are, by order and by person."""

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.files import FileRow
from rules.files import FileKind


async def files_of(session: AsyncSession, order_id: str, kind: FileKind) -> list[str]:
    """The ids of an order's files of one kind, the oldest first."""
    found = await session.exec(
        select(FileRow.id)
        .where(FileRow.order_id == order_id, FileRow.kind == kind)
        .where(col(FileRow.erased_at).is_(None))
        .order_by(col(FileRow.created_at), col(FileRow.id))
    )
    return list(found.all())


async def files_from(session: AsyncSession, user_id: int) -> list[str]:
    """The ids of all files that a person has sent and that are still there."""
    found = await session.exec(
        select(FileRow.id)
        .where(FileRow.uploaded_by == user_id)
        .where(col(FileRow.erased_at).is_(None))
    )
    return list(found.all())


async def move_files(session: AsyncSession, before: str, now: str) -> None:
    """The files belong to another order: the one they were sent for was not taken."""
    await session.exec(update(FileRow).where(col(FileRow.order_id) == before).values(order_id=now))
