"""Running a statement written in SQL inside a session."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, TextClause
from sqlmodel.ext.asyncio.session import AsyncSession


async def run(
    session: AsyncSession, statement: TextClause, parameters: Mapping[str, Any] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Execute it in the session's transaction, after what the session has not written yet."""
    await session.flush()
    connection = await session.connection()
    return await connection.execute(statement, parameters)
