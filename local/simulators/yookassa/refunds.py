"""Refunds: of succeeded payments only, never more than is left."""

from dataclasses import replace
from typing import Any, Literal

from local.simulators.yookassa.checks import RefundAsk
from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.faults import REFUND_KINDS, Faults
from local.simulators.yookassa.notices import Notices
from local.simulators.yookassa.payments import Payments
from local.simulators.yookassa.problems import ApiProblem, invalid, not_found
from local.simulators.yookassa.records import ID_FORM, Refund, new_id, refund_object
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import REFUND_YEARS_MS

_NO_MONEY = "insufficient_funds"


class Refunds:
    """Refunds of one shop. Every method is to be called inside a transaction."""

    def __init__(
        self,
        store: Store,
        clock: SimulatorClock,
        notices: Notices,
        payments: Payments,
        faults: Faults,
    ) -> None:
        self._store = store
        self._clock = clock
        self._notices = notices
        self._payments = payments
        self._faults = faults

    def find(self, refund_id: str) -> Refund:
        """The refund; 400 for something that is no id, 404 for an unknown one."""
        if not ID_FORM.fullmatch(refund_id):
            raise invalid("Incorrect refund_id: 36 characters", "refund_id")
        refund = self._store.refund(refund_id)
        if refund is None:
            raise not_found("Refund", "refund_id")
        return refund

    def create(self, ask: RefundAsk, source: str = "api") -> Refund:
        """Give money back; ends at once unless a planted fault leaves it pending or canceled."""
        payment = self._payments.find(ask.payment_id)
        if payment.status != "succeeded":
            raise invalid("Only a succeeded payment can be refunded", "payment_id")
        if self._clock.now_ms() - payment.created_ms > REFUND_YEARS_MS:
            raise invalid("The payment is older than three years", "payment_id")
        if ask.amount_kopecks > payment.refundable_kopecks:
            raise invalid("Refund is larger than what is left of the payment", "amount.value")
        now = self._clock.now_ms()
        refund = Refund(
            id=new_id(now),
            payment_id=payment.id,
            amount_kopecks=ask.amount_kopecks,
            created_ms=now,
            status="pending",
            source=source,
            description=ask.description,
            metadata=ask.metadata,
            method=payment.paid_with,
        )
        self._store.save_payment(
            replace(payment, refunding_kopecks=payment.refunding_kopecks + refund.amount_kopecks)
        )
        fault = self._faults.take("refunds.create", REFUND_KINDS) if source == "api" else None
        if fault is None:
            return self.settle(refund, "succeeded")
        if fault.kind == "refund_canceled":
            return self.settle(refund, "canceled", fault.reason or _NO_MONEY)
        if fault.seconds is not None:
            refund = replace(
                refund,
                due_ms=now + int(fault.seconds * 1000),
                ends=fault.ends,
                cancel_reason=(fault.reason or _NO_MONEY) if fault.ends == "canceled" else None,
            )
        self._store.save_refund(refund)
        return refund

    def settle(
        self,
        refund: Refund,
        status: Literal["succeeded", "canceled"],
        reason: str | None = None,
    ) -> Refund:
        """End a pending refund. Success has a notice, failure has none, as with the provider."""
        if refund.status != "pending":
            raise ApiProblem(409, "invalid_request", f"Refund is {refund.status}", "refund_id")
        payment = self._payments.find(refund.payment_id)
        returned = refund.amount_kopecks if status == "succeeded" else 0
        self._store.save_payment(
            replace(
                payment,
                refunding_kopecks=payment.refunding_kopecks - refund.amount_kopecks,
                refunded_kopecks=payment.refunded_kopecks + returned,
            )
        )
        refund = replace(refund, status=status, cancel_reason=reason, due_ms=None)
        self._store.save_refund(refund)
        if status == "succeeded":
            self._notices.tell("refund.succeeded", refund_object(refund))
        return refund

    def finish_due(self) -> None:
        """Let slow refunds end when their time has come."""
        for refund in self._store.refunds_due(self._clock.now_ms()):
            self.settle(refund, refund.ends, refund.cancel_reason)

    def undo(self, refund_id: str) -> None:
        """The provider takes its own new refund back after a 500: it stays, canceled."""
        refund = self.find(refund_id)
        payment = self._payments.find(refund.payment_id)
        taken = refund.amount_kopecks
        if refund.status == "succeeded":
            payment = replace(payment, refunded_kopecks=payment.refunded_kopecks - taken)
        elif refund.status == "pending":
            payment = replace(payment, refunding_kopecks=payment.refunding_kopecks - taken)
        self._store.save_payment(payment)
        self._store.save_refund(
            replace(refund, status="canceled", cancel_reason="general_decline", due_ms=None)
        )

    @staticmethod
    def shown(refund: Refund) -> dict[str, Any]:
        """The API object."""
        return refund_object(refund)
