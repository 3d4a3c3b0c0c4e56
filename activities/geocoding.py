"""Asking a geocoder on the network; the address is a row, the workflow knows its id only."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities import geocoding_book as book
from activities.ports import (
    AddressRefused,
    Geocoder,
    GeocoderDown,
    GeocoderThrottled,
    GeocoderUnusable,
)
from models.database import Database
from models.geocoding import GeocodingRequestRow
from rules import breaker
from rules.breaker import Breaker, Gate
from rules.geocoding import Found
from runtime.logs import get_logger
from runtime.metrics import GEOCODING

ATTEMPTS_MAX = 4
# What a geocoder that names no wait is given.
PAUSE = timedelta(seconds=10)
PAUSE_AT_MOST = timedelta(seconds=60)

_log = get_logger(__name__)


class Answered(StrEnum):
    """What became of a question; the answer itself is a row."""

    FOUND = "found"
    NONE = "none"
    UNAVAILABLE = "unavailable"


class GeocodingActivities:
    """Questions to one geocoder; answers are written once, however often one is asked."""

    def __init__(self, database: Database, geocoder: Geocoder) -> None:
        self._database = database
        self._geocoder = geocoder

    @activity.defn
    async def ask_geocoder(self, request_id: str) -> Answered:
        """Ask, and keep the answer. A question that is gone has been answered before.

        Raises:
            ApplicationError: No answer; retried unless asking again is in vain.
        """
        now = activity.info().current_attempt_scheduled_time
        async with self._database.transaction() as session:
            asked = await session.get(GeocodingRequestRow, request_id)
            if asked is None:
                return Answered.FOUND
            gate = await self._pass(session, now)
        if gate is Gate.OPEN:
            return await self._give_up(request_id, "not_asked")
        try:
            found = await asyncio.to_thread(self._geocoder.find, asked.text, asked.language)
        except AddressRefused:
            found = ()
        except GeocoderDown as failure:
            return await self._down(request_id, str(failure), now)
        except GeocoderThrottled as failure:
            return await self._throttled(request_id, failure.retry_after_seconds, now)
        except GeocoderUnusable as failure:
            return await self._unusable(request_id, str(failure), now)
        return await self._answered(asked, found, now)

    async def _pass(self, session: AsyncSession, now: datetime) -> Gate:
        """Whether this one may ask; of several after an outage only one may."""
        provider = self._geocoder.provider
        if (await book.read_health(session, provider)).is_clear:
            return Gate.CLOSED
        health = await book.lock_health(session, provider)
        gate = breaker.gate(health, now)
        if gate is Gate.HALF_OPEN:
            await book.write_health(session, provider, breaker.asking(health, now))
        return gate

    async def _answered(
        self, asked: GeocodingRequestRow, found: tuple[Found, ...], now: datetime
    ) -> Answered:
        async with self._database.transaction() as session:
            await book.write_answer(session, asked, found, now)
            if not (await book.read_health(session, asked.provider)).is_clear:
                health = await book.lock_health(session, asked.provider)
                await book.write_health(session, asked.provider, breaker.worked(health))
        answered = Answered.FOUND if found else Answered.NONE
        self._count(answered.value)
        return answered

    async def _down(self, request_id: str, why: str, now: datetime) -> Answered:
        """Counted; asked again unless it is the last time or nobody asks any more."""
        health = await self._change(lambda known: breaker.failed(known, now))
        is_last = activity.info().attempt >= ATTEMPTS_MAX
        if is_last or health.opened_at is not None:
            return await self._give_up(request_id, "down")
        self._count("down")
        raise ApplicationError(
            why, type=GeocoderDown.__name__, category=ApplicationErrorCategory.BENIGN
        )

    async def _throttled(self, request_id: str, seconds: float | None, now: datetime) -> Answered:
        """Nobody asks before the pause is over; who would wait too long gives up."""
        wait = PAUSE if seconds is None else timedelta(seconds=seconds)
        await self._change(lambda known: breaker.throttled(known, now, wait))
        if wait > PAUSE_AT_MOST or activity.info().attempt >= ATTEMPTS_MAX:
            return await self._give_up(request_id, "throttled")
        self._count("throttled")
        raise ApplicationError(
            "the geocoder asks for a pause",
            type=GeocoderThrottled.__name__,
            next_retry_delay=wait,
            category=ApplicationErrorCategory.BENIGN,
        )

    async def _unusable(self, request_id: str, why: str, now: datetime) -> Answered:
        """A person has to look: a wrong key, or another version of the geocoder."""
        await self._change(lambda known: breaker.failed(known, now))
        await self._give_up(request_id, "unusable")
        _log.error("geocoder_unusable", provider=self._geocoder.provider.value, reason=why)
        raise ApplicationError(why, type=GeocoderUnusable.__name__, non_retryable=True)

    async def _change(self, change: Callable[[Breaker], Breaker]) -> Breaker:
        provider = self._geocoder.provider
        async with self._database.transaction() as session:
            health = change(await book.lock_health(session, provider))
            await book.write_health(session, provider, health)
        return health

    async def _give_up(self, request_id: str, why: str) -> Answered:
        async with self._database.transaction() as session:
            await book.forget(session, request_id)
        self._count(why)
        return Answered.UNAVAILABLE

    def _count(self, outcome: str) -> None:
        GEOCODING.labels(source=self._geocoder.provider.value, outcome=outcome).inc()
