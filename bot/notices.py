"""Owes a person a catalogue text through the outbox, in order with everything else."""

import json

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards import PLAIN
from models.queries.plain import run

_OWE = text("""
    INSERT INTO outbox (chat_user_id, kind, role, notice, params, state, attempts)
    VALUES (:user, 'notice', 'system', :notice, CAST(:params AS jsonb), 'pending', 0)
""")


async def owe_text(session: AsyncSession, user_id: int, key: str, **params: object) -> None:
    """A text of the catalogue for this person, filled in from `params` when it is sent."""
    values = {"user": user_id, "notice": f"{PLAIN}{key}", "params": json.dumps(params)}
    await run(session, _OWE, values)
