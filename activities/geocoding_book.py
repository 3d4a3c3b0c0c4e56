"""What is known of addresses: answers kept, questions under way, and whether a geocoder works."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from models.database import Database
from models.geocoding import GeocoderHealthRow, GeocodingAnswerRow, GeocodingRequestRow
from rules import breaker
from rules.breaker import Breaker, Gate
from rules.geocoding import Exactness, Found, Provider, cache_key, expires_at
from runtime import metrics

QUESTION_KEPT = timedelta(hours=1)
"""A question that nobody has answered by then is forgotten, and the address with it."""


class AddressBook:
    """The answers of one provider, for all processes; every method is one short transaction."""

    def __init__(self, database: Database, provider: Provider) -> None:
        self._database = database
        self.provider = provider

    async def known(self, text: str, language: str, now: datetime) -> tuple[Found, ...] | None:
        """The answer that is kept, () when nothing was found; None when none is kept."""
        async with self._database.reading() as session:
            row = await session.get(GeocodingAnswerRow, cache_key(self.provider, language, text))
        if row is None or (row.expires_at is not None and row.expires_at <= now):
            return None
        return tuple(_found(one) for one in row.found)

    async def question(self, text: str, language: str, now: datetime) -> str | None:
        """The id of the question, the same for all who ask it now; None: do not ask now."""
        key = cache_key(self.provider, language, text)
        async with self._database.transaction() as session:
            health = await read_health(session, self.provider)
            if breaker.gate(health, now) is Gate.OPEN:
                return None
            await _forget_old(session, now)
            row = insert(GeocodingRequestRow).values(
                id=str(uuid4()),
                key=key,
                provider=self.provider,
                language=language,
                text=text,
                asked_at=now,
            )
            asked = await session.exec(
                row.on_conflict_do_update(
                    index_elements=["key"], set_={"asked_at": row.excluded.asked_at}
                ).returning(col(GeocodingRequestRow.id))
            )
            return str(asked.scalar_one())


def address_book(database: Database, geocoder: str) -> AddressBook | None:
    """The book of the geocoder that the settings name; None for our own table."""
    known = geocoder in tuple(Provider)
    return AddressBook(database, Provider(geocoder)) if known else None


async def write_answer(
    session: AsyncSession, asked: GeocodingRequestRow, found: tuple[Found, ...], now: datetime
) -> None:
    """Keep an answer and forget the question; the same again changes nothing."""
    values: dict[str, Any] = {
        "provider": asked.provider,
        "found": [asdict(one) for one in found],
        "answered_at": now,
        "expires_at": expires_at(asked.provider, is_found=bool(found), now=now),
    }
    await session.exec(
        insert(GeocodingAnswerRow)
        .values(key=asked.key, **values)
        .on_conflict_do_update(index_elements=["key"], set_=values)
    )
    await forget(session, asked.id)
    await session.exec(delete(GeocodingAnswerRow).where(col(GeocodingAnswerRow.expires_at) <= now))


async def forget(session: AsyncSession, request_id: str) -> None:
    """The question is over, answered or not."""
    await session.exec(delete(GeocodingRequestRow).where(col(GeocodingRequestRow.id) == request_id))


async def _forget_old(session: AsyncSession, now: datetime) -> None:
    await session.exec(
        delete(GeocodingRequestRow).where(col(GeocodingRequestRow.asked_at) < now - QUESTION_KEPT)
    )


async def read_health(
    session: AsyncSession, provider: Provider, *, for_update: bool = False
) -> Breaker:
    """The breaker as everybody knows it; without a row nothing has ever failed."""
    row = await session.get(
        GeocoderHealthRow, provider, with_for_update=for_update, populate_existing=for_update
    )
    if row is None:
        return Breaker()
    return Breaker(row.failures, row.opened_at, row.probed_at, row.rests_until)


async def lock_health(session: AsyncSession, provider: Provider) -> Breaker:
    """The breaker, which nobody else changes before this transaction ends."""
    await session.exec(
        insert(GeocoderHealthRow).values(provider=provider, failures=0).on_conflict_do_nothing()
    )
    return await read_health(session, provider, for_update=True)


async def write_health(session: AsyncSession, provider: Provider, health: Breaker) -> None:
    """Write what `lock_health` has given, changed."""
    row = await session.get_one(GeocoderHealthRow, provider)
    row.sqlmodel_update(asdict(health))
    session.add(row)
    is_open = health.opened_at is not None or health.rests_until is not None
    metrics.GEOCODER_OPEN.labels(provider=provider.value).set(is_open)


def _found(kept: dict[str, Any]) -> Found:
    return Found(**{**kept, "exactness": Exactness(kept["exactness"])})
