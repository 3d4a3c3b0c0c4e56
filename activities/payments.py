"""Money at the provider: each operation a row before it is sent, and sent under one key.

Synchronous on purpose: the provider's package blocks, so these run in a thread pool on their own
task queue; the database belongs to the event loop and is reached through `PaymentStore`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import payment_bodies
from activities.messages import PaymentStep
from activities.payment_exchange import Exchange, take_turn
from activities.payment_records import Build, Prepared, Shop
from activities.payment_store import PaymentStore
from activities.ports import (
    PaymentGateway,
    ProviderPayment,
    ProviderRefund,
    Refused,
)
from activities.receipt_requests import is_about_a_receipt
from models.database import Database
from models.payments import OperationStatus
from rules import troubles
from rules.payments import Method, Op, Seen
from rules.receipts import Tax
from runtime.failpoints import failpoint

# Payments of a day are read back to prove that one is absent; with more, nothing is proven.
PAYMENTS_READ_MAX = 10_000
# Their clock and ours may differ.
CLOCK_MARGIN = timedelta(hours=1)
# Failures that asking again at once would only repeat, and what `rules.troubles` calls them.
_DEFINITE = {
    "IntegrityBreach": troubles.BREACH,
    "NotProven": troubles.NOT_PROVEN,
    "OperationRefused": troubles.REFUSED,
    "PaymentNotFound": troubles.NOT_FOUND,
    "RefundTooHigh": troubles.TOO_HIGH,
}


@dataclass(frozen=True)
class PaymentTerms:
    """What a process knows of its shop: part of every key, and what each answer must say."""

    env: str
    shop_id: str
    public_url: str
    # Every answer's `test` flag must be this.
    expect_test: bool
    # What receipts say of taxes; None: no receipts are made.
    tax: Tax | None = None
    # Whether the bot may send invoices that are paid inside Telegram.
    invoices: bool = False


@dataclass(frozen=True)
class _Operation:
    """How one operation is asked for, looked for, and what a definite refusal means."""

    build: Build
    find: Callable[[PaymentStep, Prepared], Seen | None]
    refused: Callable[[PaymentStep, Prepared, str], Seen]


class PaymentActivities:
    """The six operations; run twice, each has one effect at the provider and in the books.

    Weather is an ApplicationError and retried: NotSent, Unknown, ProviderBusy, Waits and those of
    `PaymentStore`. A definite answer that is not what was asked for is a `trouble` of the result.
    """

    def __init__(
        self,
        database: Database,
        gateway: PaymentGateway,
        loop: asyncio.AbstractEventLoop,
        terms: PaymentTerms,
    ) -> None:
        """`loop` is the one that `database` lives on; activities run in other threads."""
        self._gateway = gateway
        self._takes_invoices = terms.invoices
        shop = Shop(terms.env, terms.shop_id, terms.tax)
        self._store = PaymentStore(database, loop, shop, expect_test=terms.expect_test)
        self._exchange = Exchange(self._store)
        ended, build = self._find_ended, payment_bodies
        self._operations = {
            Op.CREATE: _Operation(
                build.creation(terms.public_url), self._find_created, self._not_created
            ),
            Op.CAPTURE: _Operation(build.capture, ended, self._not_changed),
            Op.VOID: _Operation(build.void, ended, self._not_changed),
            Op.REFUND: _Operation(build.refund, self._find_refunded, self._not_refunded),
        }

    @activity.defn(no_thread_cancel_exception=True)
    def create_payment(self, step: PaymentStep) -> Seen:
        """Make the attempt's payment; the client pays on the page that the answer names.

        Inside Telegram he pays the invoice that the bot sends, and the payment is made there.
        """
        is_native = step.method is Method.TELEGRAM
        return self._come_to_an_end(step, self._invoice if is_native else self._operate)

    @activity.defn(no_thread_cancel_exception=True)
    def get_payment(self, step: PaymentStep) -> Seen:
        """Look at the attempt's payment."""
        return self._come_to_an_end(step, self._look)

    @activity.defn(no_thread_cancel_exception=True)
    def capture_payment(self, step: PaymentStep) -> Seen:
        """Take what is held; a hold that has ended is seen as such."""
        return self._come_to_an_end(step, self._operate)

    @activity.defn(no_thread_cancel_exception=True)
    def void_payment(self, step: PaymentStep) -> Seen:
        """Let a hold go; if it was captured meanwhile, that is seen."""
        return self._come_to_an_end(step, self._operate)

    @activity.defn(no_thread_cancel_exception=True)
    def create_refund(self, step: PaymentStep) -> Seen:
        """Send money back; a refund that the provider refuses is seen as failed."""
        return self._come_to_an_end(step, self._operate)

    @activity.defn(no_thread_cancel_exception=True)
    def get_refund(self, step: PaymentStep) -> Seen:
        """Look at a refund; its failure comes with no notice."""
        return self._come_to_an_end(step, self._look_at_refund)

    def _come_to_an_end(self, step: PaymentStep, work: Callable[[PaymentStep], Seen]) -> Seen:
        try:
            return work(step)
        except ApplicationError as failure:
            trouble = _DEFINITE.get(failure.type or "")
            if trouble is None:
                raise
            activity.logger.warning("%s: %s: %s", step.op.value, failure.type, failure.message)
            return self._store.troubled(step, trouble)

    def _invoice(self, step: PaymentStep) -> Seen:
        return self._store.issue_invoice(step, is_on=self._takes_invoices)

    def _look_at_invoice(self, step: PaymentStep) -> Seen:
        found = self._store.invoice(step)
        if isinstance(found, Seen):
            return found
        take_turn(step, self._store.wait_of_look())
        return self._store.record(step, self._fetch(step, found), None)

    def _look(self, step: PaymentStep) -> Seen:
        if step.method is Method.TELEGRAM:
            return self._look_at_invoice(step)
        payment_id = self._store.payment_id(step)
        if payment_id is None:
            return self._search(step, Op.CREATE)
        take_turn(step, self._store.wait_of_look())
        return self._store.record(step, self._fetch(step, payment_id), None)

    def _look_at_refund(self, step: PaymentStep) -> Seen:
        refund_id = self._store.refund_id(step)
        if refund_id is None:
            return self._search(step, Op.REFUND)
        take_turn(step, self._store.wait_of_look())
        refund = self._exchange.read(step, lambda: self._gateway.get_refund(refund_id))
        return self._store.record(step, refund, None)

    def _search(self, step: PaymentStep, op: Op) -> Seen:
        """Look for what a request has made whose answer could not be believed."""
        asked = replace(step, op=op)
        prepared = self._store.sent(asked)
        found = self._operations[op].find(asked, prepared) if prepared is not None else None
        if found is None:
            raise ApplicationError("nothing is there to look at", type="PaymentNotFound")
        return found

    def _operate(self, step: PaymentStep) -> Seen:
        operation = self._operations[step.op]
        prepared = self._store.prepare(step, operation.build)
        take_turn(step, prepared.wait)
        if prepared.known is None and prepared.is_dead:
            found = operation.find(step, prepared)
            if found is not None:
                return found
            # Proven absent: only now may it be asked for under a new key.
            prepared = self._start_anew(step, prepared, operation)
            take_turn(step, prepared.wait)
        if prepared.known is not None:
            return prepared.known
        request = prepared.request
        try:
            answer = self._exchange.ask(
                step,
                lambda: self._gateway.post(request.path, request.body, prepared.key),
                prepared.key,
            )
        except Refused as refusal:
            if step.op is Op.CREATE and is_about_a_receipt(refusal.parameter):
                # A receipt must not hold up a payment: asked for anew, it travels without one.
                self._store.mark(prepared.key, OperationStatus.REFUSED)
                raise ApplicationError("the receipt was refused", type="ReceiptRefused") from None
            return operation.refused(step, prepared, refusal.code)
        failpoint(f"payment.{step.op.value}.sent")
        return self._store.record(step, answer, prepared.key)

    def _start_anew(self, step: PaymentStep, prepared: Prepared, operation: _Operation) -> Prepared:
        if step.op is Op.REFUND:
            # A new refund has a new number, which is the payment machine's to give.
            self._store.refuse_refund(step, prepared.key)
        else:
            self._store.mark(prepared.key, OperationStatus.REFUSED)
        return self._store.prepare(step, operation.build)

    def _fetch(self, step: PaymentStep, payment_id: str) -> ProviderPayment:
        return self._exchange.read(step, lambda: self._gateway.get_payment(payment_id))

    def _find_created(self, step: PaymentStep, prepared: Prepared) -> Seen | None:
        since = prepared.first_sent_at - CLOCK_MARGIN
        listed = self._exchange.read(
            step, lambda: self._gateway.list_payments(since, PAYMENTS_READ_MAX)
        )
        for payment in listed:
            if payment.metadata.get("op") == prepared.key:
                return self._store.record(step, payment, prepared.key)
        if len(listed) >= PAYMENTS_READ_MAX:
            raise ApplicationError("too many payments to prove one absent", type="NotProven")
        return None

    def _find_ended(self, step: PaymentStep, prepared: Prepared) -> Seen | None:
        payment = self._fetch(step, self._known_id(step))
        if payment.status not in ("succeeded", "canceled"):
            return None
        return self._store.record(step, payment, prepared.key)

    def _find_refunded(self, step: PaymentStep, prepared: Prepared) -> Seen | None:
        for refund in self._unknown_refunds(step):
            if _may_be(refund, step):
                return self._store.record(step, refund, prepared.key)
        return None

    def _unknown_refunds(self, step: PaymentStep) -> list[ProviderRefund]:
        payment_id, known = self._known_id(step), self._store.known_refunds(step)
        listed = self._exchange.read(step, lambda: self._gateway.list_refunds(payment_id))
        return [refund for refund in listed if refund.id not in known]

    def _known_id(self, step: PaymentStep) -> str:
        payment_id = self._store.payment_id(step)
        if payment_id is None:
            raise ApplicationError("the provider's id is not known", type="AttemptUnknown")
        return payment_id

    def _not_created(self, step: PaymentStep, prepared: Prepared, code: str) -> Seen:
        # An earlier send may have made it, though its answer was lost and the next is a refusal.
        found = self._find_created(step, prepared) if prepared.sends > 1 else None
        if found is not None:
            return found
        return self._store.refuse_payment(step, prepared.key, code)

    def _not_changed(self, step: PaymentStep, prepared: Prepared, code: str) -> Seen:
        ended = self._find_ended(step, prepared)
        if ended is not None:
            return ended
        # The hold stands and the request was refused: the next try has a key of its own.
        self._store.mark(prepared.key, OperationStatus.REFUSED)
        raise ApplicationError(f"{step.op.value} refused: {code}", type="OperationRefused")

    def _not_refunded(self, step: PaymentStep, prepared: Prepared, code: str) -> Seen:
        found = self._find_refunded(step, prepared)
        if found is not None:
            return found
        activity.logger.warning("refund refused: %s", code)
        seen = self._store.refuse_refund(step, prepared.key)
        # Staff may have sent a part back by hand: written down, it is no longer ours to send.
        made = [one for one in self._unknown_refunds(step) if one.status == "succeeded"]
        return replace(seen, outside=self._store.made_outside(step, made)) if made else seen


def _may_be(refund: ProviderRefund, step: PaymentStep) -> bool:
    return refund.amount_kopecks == step.amount_kopecks and refund.status != "canceled"
