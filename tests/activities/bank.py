"""A provider without a network: what he does to the client's money, and how answers get lost."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from rules.payments import AttemptState, Method, Op, Refund, RefundState, Seen, Step
from tests.money_model import OrderMoney

PAGE, HOLD = timedelta(hours=1), timedelta(days=7)


class Unanswered(Exception):
    """Nobody knows whether it has happened."""


@dataclass
class Payment:
    """One payment as the provider has it; amounts in kopecks."""

    name: str
    kopecks: int
    method: Method
    until: datetime
    state: AttemptState = AttemptState.PENDING
    refunds: dict[int, Refund] = field(default_factory=dict)

    @property
    def refundable(self) -> int:
        """What may still go back."""
        going = (one for one in self.refunds.values() if one.state is not RefundState.FAILED)
        return self.kopecks - sum(one.amount_kopecks for one in going)


@dataclass
class Bank:
    """All payments of one order, by attempt; the model sees what the client sees."""

    name: str
    model: OrderMoney
    chance: Random
    payments: dict[int, Payment] = field(default_factory=dict)
    is_kind: bool = False

    def ask(self, step: Step, method: Method, kopecks: int, now: datetime) -> Seen:
        """One exchange; an operation that was asked for before is never done twice.

        Raises:
            Unanswered: Before or after it has happened.
        """
        self.let_expire(now)
        luck = 1.0 if self.is_kind else self.chance.random()
        if luck < 0.12:
            raise Unanswered
        does: dict[Op, Callable[[], Seen]] = {
            Op.CREATE: lambda: self._create(step, method, kopecks, now),
            Op.GET: lambda: self._seen(step.attempt),
            Op.CAPTURE: lambda: self._capture(step.attempt),
            Op.VOID: lambda: self._void(step.attempt),
            Op.REFUND: lambda: self._refund(step),
            Op.GET_REFUND: lambda: self._look_at_refund(step),
        }
        seen = does[step.op]()
        if luck < 0.27:
            raise Unanswered
        return seen

    def pay(self, attempt: int, now: datetime, *, good: bool = True) -> None:
        """The client pays on a page, if it is still open."""
        self.let_expire(now)
        payment = self.payments.get(attempt)
        if payment is None or payment.state is not AttemptState.PENDING:
            return
        if not good:
            payment.state = AttemptState.DECLINED
        elif payment.method is Method.CARD:
            payment.state, payment.until = AttemptState.HELD, now + HOLD
        else:
            self._take(payment)

    def let_expire(self, now: datetime) -> None:
        """An hour for the person, a week for the shop."""
        for payment in self.payments.values():
            if payment.state in (AttemptState.PENDING, AttemptState.HELD) and now >= payment.until:
                payment.state = AttemptState.EXPIRED

    def _take(self, payment: Payment) -> None:
        payment.state = AttemptState.CAPTURED
        self.model.bank_takes(payment.name, payment.kopecks)

    def _seen(self, attempt: int) -> Seen:
        payment = self.payments[attempt]
        return Seen(payment.state, payment.name, "https://pay", payment.until)

    def _create(self, step: Step, method: Method, kopecks: int, now: datetime) -> Seen:
        if step.attempt not in self.payments:
            name = f"{self.name}-p{step.attempt}"
            self.payments[step.attempt] = Payment(name, kopecks, method, now + PAGE)
        # The first answer again, whatever has become of it.
        return Seen(AttemptState.PENDING, self.payments[step.attempt].name, "https://pay")

    def _capture(self, attempt: int) -> Seen:
        payment = self.payments[attempt]
        if payment.state is AttemptState.HELD:
            self._take(payment)
        return self._seen(attempt)

    def _void(self, attempt: int) -> Seen:
        payment = self.payments[attempt]
        if payment.state is AttemptState.HELD:
            payment.state = AttemptState.VOIDED
        return self._seen(attempt)

    def _refund(self, step: Step) -> Seen:
        payment = self.payments[step.attempt]
        if step.refund_seq not in payment.refunds:
            if step.amount_kopecks > payment.refundable:
                state = RefundState.FAILED
            elif self.is_kind:
                state = RefundState.SUCCEEDED
            else:
                likely = (RefundState.SUCCEEDED, RefundState.PENDING, RefundState.FAILED)
                state = self.chance.choices(likely, (6, 3, 2))[0]
            self._end_refund(payment, step.refund_seq, step.amount_kopecks, state)
        return self._seen_refund(payment, step.refund_seq)

    def _look_at_refund(self, step: Step) -> Seen:
        payment = self.payments[step.attempt]
        refund = payment.refunds[step.refund_seq]
        if refund.state is RefundState.PENDING and (self.is_kind or self.chance.random() < 0.6):
            likely = (RefundState.SUCCEEDED, RefundState.FAILED)
            state = self.chance.choices(likely, (2, 0 if self.is_kind else 1))[0]
            self._end_refund(payment, refund.seq, refund.amount_kopecks, state)
        return self._seen_refund(payment, step.refund_seq)

    def _end_refund(self, payment: Payment, seq: int, kopecks: int, state: RefundState) -> None:
        payment.refunds[seq] = Refund(seq, kopecks, state, f"{payment.name}-r{seq}")
        if state is RefundState.SUCCEEDED:
            self.model.bank_gives_back(payment.name, kopecks)

    @staticmethod
    def _seen_refund(payment: Payment, seq: int) -> Seen:
        return Seen(payment.state, payment.name, refund=payment.refunds[seq])
