"""`Idempotency-Key`: the same key and body get the first answer, another body is refused."""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid5

from fastapi import Header, Request
from pydantic import BaseModel
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Caller
from api.problems import Problem
from models.telegram import TapRow

_ORDERS = UUID("4f0c2a4e-53f2-5d55-8a5a-6f7264657273")
"""The name space of order ids made from a caller and his key; never change it."""

KEY_CHARACTERS_MAX = 128


async def idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key")] = None,
) -> str:
    """The key of this request.

    Raises:
        Problem: 400 if it is missing, too long or not printable ASCII.
    """
    given = (key or "").strip()
    if (
        not given
        or len(given) > KEY_CHARACTERS_MAX
        or not (given.isascii() and given.isprintable())
    ):
        raise Problem(400, "IdempotencyKeyMissing", "Send an Idempotency-Key of 1-128 characters.")
    return given


async def json_only(request: Request) -> None:
    """A body must say that it is JSON; browsers cannot send that across sites unasked.

    Raises:
        Problem: 415 otherwise.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "UnsupportedMediaType", "Send application/json.")


def order_id_of(caller: Caller, key: str) -> str:
    """The id of the order that this caller creates under this key."""
    return str(uuid5(_ORDERS, f"{caller.name}:{key}"))


def short(key: str) -> str:
    """A key as a part of an intent."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Attempt:
    """One use of a key: what for, by whom."""

    caller: Caller
    key: str
    path: str
    body: BaseModel

    @property
    def row_key(self) -> str:
        """Where it is remembered; the key itself stays out of the database."""
        return f"api:{self.caller.name}:{short(self.key)}"

    @property
    def fingerprint(self) -> str:
        """The same for the same request."""
        words = f"{self.path}\n{self.body.model_dump_json()}"
        return hashlib.sha256(words.encode()).hexdigest()


async def remember(session: AsyncSession, attempt: Attempt) -> tuple[bool, dict[str, Any]]:
    """Note the use of a key: whether it is the first one, and the answer given before, if any.

    Raises:
        Problem: 422, the key was used for something else.
    """
    noted = await session.exec(
        insert(TapRow)
        .values(intent_key=attempt.row_key, answer=json.dumps({"fingerprint": attempt.fingerprint}))
        .on_conflict_do_nothing()
        .returning(col(TapRow.intent_key))
    )
    if noted.first() is not None:
        return True, {}
    found = await session.exec(
        select(col(TapRow.answer)).where(col(TapRow.intent_key) == attempt.row_key)
    )
    before: dict[str, Any] = json.loads(found.one())
    if before["fingerprint"] != attempt.fingerprint:
        raise Problem(422, "IdempotencyKeyReused", "This key was used for another request.")
    return False, before


async def remember_answer(session: AsyncSession, attempt: Attempt, **answer: object) -> None:
    """Keep the answer, for whoever repeats the request."""
    words = json.dumps({"fingerprint": attempt.fingerprint, **answer}, ensure_ascii=False)
    await session.exec(
        update(TapRow).where(col(TapRow.intent_key) == attempt.row_key).values(answer=words)
    )
