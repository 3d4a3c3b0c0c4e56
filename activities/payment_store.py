"""The money tables as seen from a worker thread: each method is one transaction on the loop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import (
    break_outside,
    mirror,
    native_invoices,
    payment_card,
    payment_health,
    payment_outcomes,
    payment_records,
)
from activities.messages import PaymentStep
from activities.payment_answers import seen_attempt
from activities.payment_records import Build, Prepared, Shop
from activities.ports import IntegrityBreach, ProviderPayment, ProviderRefund
from models.database import Database
from models.payments import OperationStatus, PaymentAttemptRow, RefundRow
from rules import outage
from rules.outage import Health, Weather
from rules.payments import AttemptState, Refund, RefundState, Seen
from rules.reconciliation import ADOPTED_FROM, CHARGED_BACK
from rules.troubles import TOO_HIGH

DATABASE_SECONDS = 15.0
_T = TypeVar("_T")


def business_now() -> datetime:
    """The business clock: when this attempt of the activity was scheduled."""
    return activity.info().current_attempt_scheduled_time


def sending_now() -> datetime:
    """When this attempt began, by the same clock: it may have waited long for a worker.

    The age of a key is told by it, or one that the provider has forgotten would look alive.
    """
    return max(business_now(), activity.info().started_time)


class PaymentStore:
    """Blocking access to the database of another thread's event loop.

    Raises ApplicationError: LedgerViolation when the books would not hold, IntegrityBreach when
    an answer is not believed, DatabaseSlow; nothing of these is believed or dropped.
    """

    def __init__(
        self, database: Database, loop: asyncio.AbstractEventLoop, shop: Shop, *, expect_test: bool
    ) -> None:
        """`loop` is the one that `database` lives on, and never the calling thread's."""
        self._database = database
        self._loop = loop
        self._shop = shop
        self._expect_test = expect_test
        # As last read by any of this process's threads; at first it has to be found out.
        self._is_clear = False

    def prepare(self, step: PaymentStep, build: Build) -> Prepared:
        """Write an operation down before it is sent, or find what it has come to."""
        now = sending_now()
        prepared = self._write(
            lambda session: payment_records.prepare(session, step, self._shop, build, now)
        )
        self._is_clear = prepared.is_clear
        return prepared

    def record(
        self, step: PaymentStep, answer: ProviderPayment | ProviderRefund, key: str | None
    ) -> Seen:
        """Take an answer into the books, once."""
        now, test = business_now(), self._expect_test
        if isinstance(answer, ProviderRefund):
            return self._write(
                lambda session: payment_outcomes.record_refund(session, step, answer, now, key=key)
            )
        return self._write(
            lambda session: payment_outcomes.record_payment(
                session, step, answer, now, test=test, key=key
            )
        )

    def issue_invoice(self, step: PaymentStep, *, is_on: bool) -> Seen:
        """Have an invoice sent that is paid inside Telegram."""
        now, shop = business_now(), self._shop
        return self._write(
            lambda session: native_invoices.issue(session, step, shop, now, is_on=is_on)
        )

    def invoice(self, step: PaymentStep) -> Seen | str:
        """The provider's id of what such an invoice was paid by; else what is recorded of it."""
        now, shop = business_now(), self._shop
        return self._write(lambda session: native_invoices.look_up(session, step, shop, now))

    def refuse_payment(self, step: PaymentStep, key: str, code: str) -> Seen:
        """The payment will not be made."""
        now = business_now()
        return self._write(
            lambda session: payment_outcomes.record_refusal(session, step, key, code, now)
        )

    def refuse_refund(self, step: PaymentStep, key: str) -> Seen:
        """The refund will not be made; its reservation is given back."""
        now = business_now()
        return self._write(
            lambda session: payment_outcomes.record_refund(session, step, None, now, key=key)
        )

    def made_outside(
        self, step: PaymentStep, refunds: Sequence[ProviderRefund]
    ) -> tuple[Refund, ...]:
        """Take refunds that we did not ask for into the books, each once; all such refunds."""
        now = business_now()

        async def post(session: AsyncSession) -> tuple[Refund, ...]:
            for refund in refunds:
                with contextlib.suppress(break_outside.NotYet):
                    await break_outside.post_external(session, refund, now)
            return await _outside(session, step)

        return self._write(post)

    def mark(self, key: str, status: OperationStatus) -> None:
        """Note what became of a send."""
        self._write(lambda session: payment_records.mark(session, key, status))

    def wait_of_look(self) -> timedelta | None:
        """How long a look has to wait while payments are down; None: not at all."""
        now, shop_id = business_now(), self._shop.shop_id

        async def ask(session: AsyncSession) -> timedelta | None:
            health = await payment_health.read(session, shop_id)
            self._is_clear = health.is_clear
            return await payment_health.wait_of_look(session, shop_id, health, now)

        return self._write(ask)

    def unanswered(self, step: PaymentStep, key: str | None) -> timedelta | None:
        """No answer: note it for this operation, for the client's card and for the weather.

        Returns when to ask again if payments are down; None: as usual.
        """
        now = business_now()

        async def note(session: AsyncSession) -> Health:
            await payment_card.doubt(session, step)
            if key is not None:
                await payment_records.mark(session, key, OperationStatus.UNKNOWN)
            return await payment_health.note(session, self._shop.shop_id, now, works=False)

        self._is_clear = False
        health = self._write(note)
        return outage.wait(health, now) if health.weather is Weather.DOWN else None

    def answered(self) -> None:
        """An answer: written only when the weather was not clear; costs nothing otherwise."""
        if self._is_clear:
            return
        now, shop_id = business_now(), self._shop.shop_id
        health = self._write(lambda session: payment_health.note(session, shop_id, now, works=True))
        self._is_clear = health.is_clear

    def payment_id(self, step: PaymentStep) -> str | None:
        """The provider's id of the attempt, if it is known."""
        if step.provider_id is not None:
            return step.provider_id
        attempt = self._write(lambda session: payment_records.lock_attempt(session, step))
        return attempt.provider_id

    def refund_id(self, step: PaymentStep) -> str | None:
        """The provider's id of the refund, if it is known."""
        if step.refund_provider_id is not None:
            return step.refund_provider_id
        refund = self._write(lambda session: payment_records.find_refund(session, step))
        return refund.provider_id if refund is not None else None

    def sent(self, step: PaymentStep) -> Prepared | None:
        """The operation as it was last sent, if it ever was."""
        return self._write(lambda session: payment_records.sent(session, step))

    def troubled(self, step: PaymentStep, trouble: str) -> Seen:
        """What is recorded of the attempt, and what is the matter with the operation."""

        async def read(session: AsyncSession) -> Seen:
            attempt = await session.get(PaymentAttemptRow, (step.order_id, step.attempt))
            seen = Seen(AttemptState.REQUESTED) if attempt is None else seen_attempt(attempt)
            # What was sent back without the order is no longer its to send.
            outside = await _outside(session, step) if trouble == TOO_HIGH else ()
            return replace(seen, trouble=trouble, outside=outside)

        return self._write(read)

    def known_refunds(self, step: PaymentStep) -> set[str]:
        """The provider's ids of the attempt's refunds that are in the books."""

        async def read(session: AsyncSession) -> set[str]:
            found = await session.exec(
                select(RefundRow.provider_id).where(
                    RefundRow.order_id == step.order_id, RefundRow.attempt == step.attempt
                )
            )
            return {one for one in found if one is not None}

        return self._write(read)

    def _write(self, work: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        async def transaction() -> _T:
            async with self._database.transaction() as session:
                return await work(session)

        future = asyncio.run_coroutine_threadsafe(transaction(), self._loop)
        try:
            return future.result(DATABASE_SECONDS)
        except TimeoutError as error:
            future.cancel()
            raise ApplicationError("the database is slow", type="DatabaseSlow") from error
        except IntegrityError as error:
            raise ApplicationError(str(error.orig)[:200], type="LedgerViolation") from error
        except IntegrityBreach as error:
            raise ApplicationError(str(error), type=IntegrityBreach.__name__) from error


async def _outside(session: AsyncSession, step: PaymentStep) -> tuple[Refund, ...]:
    found = await session.exec(
        select(RefundRow)
        .where(RefundRow.order_id == step.order_id, RefundRow.attempt == step.attempt)
        .where(col(RefundRow.seq) >= ADOPTED_FROM)
        .order_by(col(RefundRow.seq))
    )
    made = [Refund(one.seq, one.amount_kopecks, one.state, one.provider_id) for one in found]
    attempt = await session.get(PaymentAttemptRow, (step.order_id, step.attempt))
    taken_back = await mirror.charged_back(session, attempt.provider_id) if attempt else 0
    if taken_back:
        # The payer's bank has returned it; the order is not to return it once more.
        made.append(Refund(CHARGED_BACK, taken_back, RefundState.SUCCEEDED))
    return tuple(made)
