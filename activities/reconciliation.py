"""Reconciliation: see the provider's lists, compare, repair what is safe, return what is nobody's.

Synchronous like all that speaks to the payment provider; everything may be run twice. It acts on
orders whose books are closed and on money that it has adopted itself; an order that lives is only
told to look.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import break_outside, break_queue, break_records, break_repairs, mirror
from activities.break_goodwill import POSTS
from activities.break_outside import NotYet
from activities.messages import PaymentStep
from activities.payment_store import business_now
from activities.payments import PaymentActivities, PaymentTerms
from activities.ports import IntegrityBreach, NotSent, ProviderLists, Refused, Unknown
from models.database import Database
from models.queries import reconciliation as queries
from models.queries.invariants import INVARIANTS, violations
from models.queries.plain import run
from models.reconciliation import ReconciliationBreakRow, ReconciliationQueueRow
from rules.payments import Op, Seen
from rules.reconciliation import (
    ADOPTED_FROM,
    Remedy,
    Span,
)
from runtime import metrics
from runtime.logs import get_logger

ROUNDS_MAX = 4
DATABASE_SECONDS = 300.0
_PATIENTLY = text("SET LOCAL statement_timeout = '290s'")
BATCH = 500
_log = get_logger(__name__)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Comparing:
    """What was seen since `began` is compared; `span` was listed to its end."""

    began: datetime
    span: Span | None = None


@dataclass(frozen=True)
class Compared:
    """How much differs, what may be repaired now, and which orders should look at their money."""

    found: int = 0
    repairs: tuple[int, ...] = ()
    orders: tuple[str, ...] = field(default_factory=tuple)


class ReconciliationActivities:
    """Compares the provider with our books; see the module."""

    def __init__(
        self,
        database: Database,
        lists: ProviderLists,
        loop: asyncio.AbstractEventLoop,
        cashier: PaymentActivities,
        terms: PaymentTerms,
    ) -> None:
        """`cashier` sends money back under the same rows and keys as an order's workflow."""
        self._database = database
        self._lists = lists
        self._loop = loop
        self._cashier = cashier
        self._test = terms.expect_test
        self._perform: dict[Op, Callable[[PaymentStep], Seen]] = {
            Op.GET: cashier.get_payment,
            Op.VOID: cashier.void_payment,
            Op.REFUND: cashier.create_refund,
            Op.GET_REFUND: cashier.get_refund,
        }

    @activity.defn(no_thread_cancel_exception=True)
    def observe_window(self, span: Span) -> int:
        """Take the provider's lists of a window into the mirror; how many objects there are."""
        now = business_now()
        seen: list[mirror.Answer] = []
        seen += self._ask(
            lambda: self._lists.payments_between(span.since, span.until, by="created_at")
        )
        seen += self._ask(
            lambda: self._lists.payments_between(span.since, span.until, by="captured_at")
        )
        seen += self._ask(lambda: self._lists.refunds_between(span.since, span.until))
        parts = [seen[start : start + BATCH] for start in range(0, len(seen), BATCH)]
        return sum(self._see(part, now, listed=True) for part in parts)

    @activity.defn(no_thread_cancel_exception=True)
    def observe_open(self) -> int:
        """Look at everything that is still open here or there, one by one; how many."""
        now = business_now()
        rows = self._write(lambda session: queries.rows(session, queries.OPEN_THERE))
        return sum(self._look(row["id"], row["kind"], now) for row in rows)

    @activity.defn(no_thread_cancel_exception=True)
    def observe_queue(self) -> int:
        """Look at what notices named after their orders had closed; how many."""
        now = business_now()
        found = self._write(break_queue.waiting)
        for row in found:
            self._look(row.object_id, row.kind.value, now)
            self._done(row, now)
        return len(found)

    @activity.defn
    def compare(self, comparing: Comparing) -> Compared:
        """Compare what was seen, keep what differs, tell support once, set the metrics."""
        now = business_now()

        async def work(session: AsyncSession) -> Compared:
            comparison = await break_records.compare(
                session, comparing.began, comparing.span, now, expect_test=self._test
            )
            await break_records.keep(session, comparison.found, now)
            await break_records.end_healed(session, comparison, now)
            await break_records.tell_support(session, now)
            await break_queue.measure(session, now)
            repairs = await break_queue.repairs(session)
            orders = await break_queue.orders_to_signal(session)
            return Compared(len(comparison.found), repairs, orders)

        return self._write(work)

    @activity.defn(no_thread_cancel_exception=True)
    def repair(self, break_id: int) -> bool:
        """Repair one break that may be repaired now; False if it is not (any more) one.

        What the provider says is fetched anew; what cannot be believed is left to a person.
        """
        row = self._write(lambda session: break_queue.repairable(session, break_id))
        if row is None:
            return False
        now = business_now()
        try:
            self._mend(row, now)
        except NotYet:
            # It stays as it is: a later run knows what became of our own request.
            return False
        except IntegrityBreach as breach:
            reason = str(breach)
            self._write(lambda session: break_queue.give_to_person(session, break_id, reason))
            return False
        self._write(lambda session: break_records.end(session, break_id, now))
        metrics.RECONCILIATION_REPAIRS.labels(kind=row.kind.value).inc()
        return True

    @activity.defn(no_thread_cancel_exception=True)
    def return_money(self) -> int:
        """Void and refund what nobody wants, as far as it goes now; how many steps were taken."""
        now = business_now()
        found = self._write(
            lambda session: queries.rows(session, queries.UNSETTLED, adopted=ADOPTED_FROM)
        )
        return sum(self._settle(row["order_id"], row["number"], now) for row in found)

    @activity.defn
    def check_invariants(self) -> dict[str, int]:
        """Check M1-M12, set the gauges, tell support once of a breach that lasts; rows by name."""
        now = business_now()

        async def work(session: AsyncSession) -> dict[str, int]:
            broken = await violations(session)
            await break_queue.keep_breaches(session, broken, now)
            await break_records.tell_support(session, now)
            await break_queue.measure(session, now)
            drift = next((rows[0] for name, rows in broken.items() if name.startswith("M8 ")), None)
            kopecks = drift["ours"] - drift["theirs"] if drift is not None else 0
            metrics.PSP_CLEARING_DRIFT_KOPECKS.set(float(kopecks))
            return {name: len(rows) for name, rows in broken.items()}

        counts = self._write(work)
        for name in INVARIANTS:
            short = name.partition(" ")[0]
            metrics.MONEY_INVARIANT_VIOLATIONS.labels(invariant=short).set(counts.get(name, 0))
        return counts

    def _look(self, object_id: str, kind: str, now: datetime) -> bool:
        try:
            seen: mirror.Answer = (
                self._ask(lambda: self._lists.get_payment(object_id))
                if kind == "payment"
                else self._ask(lambda: self._lists.get_refund(object_id))
            )
        except (Refused, IntegrityBreach, ValueError) as refusal:
            # A forged notice may name anything.
            _log.warning("object_not_seen", object_id=object_id, reason=str(refusal)[:100])
            return False
        self._see([seen], now)
        return True

    def _see(self, seen: list[mirror.Answer], now: datetime, *, listed: bool = False) -> int:
        return self._write(lambda session: mirror.see(session, seen, now, listed=listed))

    def _done(self, row: ReconciliationQueueRow, now: datetime) -> None:
        self._write(lambda session: break_queue.done(session, row, now))

    def _mend(self, row: ReconciliationBreakRow, now: datetime) -> None:
        provider_id = row.provider_id or ""
        match row.remedy:
            case Remedy.ADOPT:
                payment = self._ask(lambda: self._lists.get_payment(provider_id))
                order_id = self._write(
                    lambda session: break_repairs.adopt(session, payment, now, test=self._test)
                )
                if order_id is None:
                    raise IntegrityBreach("no order of ours: the money lies in suspense")
            case Remedy.APPLY if row.refund_seq is not None:
                refund = self._ask(lambda: self._lists.get_refund(provider_id))
                self._write(lambda session: break_queue.apply_refund(session, row, refund, now))
            case Remedy.APPLY:
                payment = self._ask(lambda: self._lists.get_payment(provider_id))
                self._write(
                    lambda session: break_queue.apply_payment(
                        session, row, payment, now, test=self._test
                    )
                )
            case Remedy.POST_EXTERNAL:
                refund = self._ask(lambda: self._lists.get_refund(provider_id))
                if refund.status != "succeeded":
                    raise IntegrityBreach("the refund has not succeeded")
                self._write(lambda session: break_outside.post_external(session, refund, now))
            case Remedy.POST_FEE:
                self._write(lambda session: break_queue.post_fee(session, row, now))
            case Remedy.REFUND:
                self._write(lambda session: break_queue.release(session, row))
            case Remedy.POST_CHARGEBACK | Remedy.POST_GOODWILL:
                self._write(lambda session: POSTS[row.remedy](session, row, now))
            case _:
                raise IntegrityBreach("a person is needed")

    def _settle(self, order_id: str, number: int, now: datetime) -> int:
        taken = 0
        for _ in range(ROUNDS_MAX):
            step = self._write(
                lambda session: break_queue.next_step(session, order_id, number, now)
            )
            if step is None:
                break
            try:
                self._perform[step.op](step)
            except ApplicationError as failure:
                # Weather: the next run goes on under the same key.
                _log.warning("return_postponed", order_id=order_id, reason=failure.type)
                break
            taken += 1
        return taken

    def _ask(self, exchange: Callable[[], _T]) -> _T:
        try:
            return exchange()
        except (NotSent, Unknown) as failure:
            raise ApplicationError(str(failure), type=type(failure).__name__) from failure
        except Refused as refusal:
            if refusal.http_status in (401, 403, 429):
                wait = timedelta(seconds=refusal.retry_after_seconds or 10)
                raise ApplicationError(
                    str(refusal), type="ProviderBusy", next_retry_delay=wait
                ) from refusal
            raise

    def _write(self, work: Callable[[AsyncSession], Awaitable[_T]]) -> _T:
        async def transaction() -> _T:
            async with self._database.transaction() as session:
                # Whole books are read here; the usual bound is for what a person waits for.
                await run(session, _PATIENTLY)
                return await work(session)

        future = asyncio.run_coroutine_threadsafe(transaction(), self._loop)
        try:
            return future.result(DATABASE_SECONDS)
        except TimeoutError as error:
            future.cancel()
            raise ApplicationError("the database is slow", type="DatabaseSlow") from error
        except IntegrityError as error:
            raise IntegrityBreach(f"the books refuse it: {str(error.orig)[:150]}") from error
