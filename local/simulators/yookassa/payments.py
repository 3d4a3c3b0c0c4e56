"""What may happen to a payment, and when it expires by itself."""

from dataclasses import replace
from typing import Any

from local.simulators.yookassa.cards import (
    GOOD_CARD,
    asks_three_d_secure,
    decline_of,
    party_of,
)
from local.simulators.yookassa.checks import PaymentAsk
from local.simulators.yookassa.clock import SimulatorClock
from local.simulators.yookassa.notices import Notices
from local.simulators.yookassa.problems import ApiProblem, invalid, not_found
from local.simulators.yookassa.records import ID_FORM, Payment, new_id, payment_object
from local.simulators.yookassa.store import Store
from local.simulators.yookassa.terms import MAX_KOPECKS, Shop


class Payments:
    """Payments of one shop. Every method is to be called inside a transaction."""

    def __init__(self, store: Store, clock: SimulatorClock, notices: Notices, shop: Shop) -> None:
        self._store = store
        self._clock = clock
        self._notices = notices
        self._shop = shop

    def shown(self, payment: Payment) -> dict[str, Any]:
        """The API object."""
        return payment_object(payment, self._shop.shop_id, self._shop.public_url)

    def find(self, payment_id: str) -> Payment:
        """The payment; 400 for something that is no id, 404 for an unknown one."""
        if not ID_FORM.fullmatch(payment_id):
            raise invalid("Incorrect payment_id: 36 characters", "payment_id")
        payment = self._store.payment(payment_id)
        if payment is None:
            raise not_found("Payment", "payment_id")
        return payment

    def create(self, ask: PaymentAsk) -> Payment:
        """A new payment that waits for a person."""
        now = self._clock.now_ms()
        payment = Payment(
            id=new_id(now),
            amount_kopecks=ask.amount_kopecks,
            capture=ask.capture,
            created_ms=now,
            confirm_until_ms=now + self._shop.terms.confirmation_seconds * 1000,
            method=ask.method,
            return_url=ask.return_url,
            locale=ask.locale,
            description=ask.description,
            metadata=ask.metadata,
        )
        self._store.save_payment(payment)
        return payment

    def capture(self, payment_id: str, amount_kopecks: int | None) -> Payment:
        """Take the held money or a part of it; the rest goes back to the person."""
        payment = self.find(payment_id)
        if payment.status != "waiting_for_capture":
            raise invalid(f"Payment in status {payment.status} cannot be captured", "payment_id")
        taken = payment.amount_kopecks if amount_kopecks is None else amount_kopecks
        if taken > payment.amount_kopecks:
            raise invalid("Amount is larger than what is held", "amount.value")
        return self._succeed(replace(payment, amount_kopecks=taken))

    def cancel(self, payment_id: str) -> Payment:
        """Let held money go. A payment nobody has paid yet cannot be cancelled."""
        payment = self.find(payment_id)
        if payment.status != "waiting_for_capture":
            raise invalid(f"Payment in status {payment.status} cannot be canceled", "payment_id")
        return self._end(payment, "merchant", "canceled_by_merchant")

    def drop_hold(self, payment_id: str, reason: str) -> Payment:
        """The bank or the provider lets held money go; 409 when nothing is held."""
        payment = self.find(payment_id)
        if payment.status != "waiting_for_capture":
            raise ApiProblem(409, "invalid_request", f"Payment is {payment.status}", "payment_id")
        return self._end(payment, party_of(reason), reason)

    def methods_of(self, payment: Payment) -> list[str]:
        """What the person may pay with: SBP never shows up in a two-stage payment."""
        return [
            name
            for name in self._shop.terms.methods
            if payment.method in {None, name}
            and (payment.capture or name != "sbp")
            and payment.amount_kopecks <= MAX_KOPECKS[name]
        ]

    def pay(
        self, payment: Payment, method: str, number: str = GOOD_CARD, decline: str | None = None
    ) -> Payment:
        """A person pays; 409 when the payment or the method does not allow it.

        `decline` is the reason with which the bank refuses, whatever the card.
        """
        if payment.status != "pending":
            raise ApiProblem(409, "invalid_request", f"Payment is {payment.status}", "payment_id")
        if method not in self.methods_of(payment):
            raise ApiProblem(409, "invalid_request", "Method is not offered", "method")
        payment = replace(payment, paid_with=method)
        if method == "bank_card":
            payment = replace(payment, card_first6=number[:6], card_last4=number[-4:])
            payment = replace(payment, three_d_secure=asks_three_d_secure(number))
            refused = decline_of(number)
            if decline is None and refused is not None:
                decline = refused.reason
        if decline is not None:
            return self._end(payment, party_of(decline), decline)
        if payment.capture:
            return self._succeed(payment)
        return self._hold(payment)

    def expire_due(self) -> None:
        """End what waited too long: an hour for the person, a week for the shop."""
        for payment in self._store.payments_due(self._clock.now_ms()):
            reason = "confirmation" if payment.status == "pending" else "capture"
            self._end(payment, "yoo_money", f"expired_on_{reason}")

    def undo_create(self, payment_id: str) -> None:
        """The provider takes its own new payment back after a 500."""
        payment = self.find(payment_id)
        if payment.status == "pending":
            self._end(payment, "yoo_money", "internal_timeout")

    def _hold(self, payment: Payment) -> Payment:
        until = self._clock.now_ms() + self._shop.terms.hold_seconds * 1000
        held = replace(
            payment,
            status="waiting_for_capture",
            hold_until_ms=until,
            held_kopecks=payment.amount_kopecks,
        )
        return self._save_and_tell(held, "payment.waiting_for_capture")

    def _succeed(self, payment: Payment) -> Payment:
        done = replace(
            payment, status="succeeded", captured_ms=self._clock.now_ms(), hold_until_ms=None
        )
        return self._save_and_tell(done, "payment.succeeded")

    def _end(self, payment: Payment, party: str, reason: str) -> Payment:
        ended = replace(
            payment,
            status="canceled",
            cancel_party=party,
            cancel_reason=reason,
            hold_until_ms=None,
        )
        return self._save_and_tell(ended, "payment.canceled")

    def _save_and_tell(self, payment: Payment, event: str) -> Payment:
        self._store.save_payment(payment)
        self._notices.tell(event, self.shown(payment))
        return payment
