"""The cashier: the only one to move an order's money, with one task for each attempt."""

import asyncio
import contextlib
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError, RetryState

from activities.messages import PaymentStep
from activities.payments import PaymentActivities
from rules import booking, native, payments, stuck, troubles
from rules.payments import AttemptState, Op, Seen, Step
from texts.timeline import intent_label, label, payment_label
from workflows.order_record import OrderRecord
from workflows.policies import (
    MONEY_HEARTBEAT,
    MONEY_RETRY,
    MONEY_TIMEOUT,
    PAGE_PATIENCE,
    PAYMENTS_TASK_QUEUE,
)

_ACTIVITIES = {
    Op.CREATE: PaymentActivities.create_payment,
    Op.GET: PaymentActivities.get_payment,
    Op.CAPTURE: PaymentActivities.capture_payment,
    Op.VOID: PaymentActivities.void_payment,
    Op.REFUND: PaymentActivities.create_refund,
    Op.GET_REFUND: PaymentActivities.get_refund,
}


class Cashier(OrderRecord):
    """Performs what the pure payment machine asks for: one task for each attempt.

    Within an attempt one operation at a time; what fails there holds up no other attempt.
    """

    # Attempts about which something was said; each is looked at once before its next poll.
    _noticed: frozenset[int] = frozenset()
    # The attempts about which the provider is being asked.
    _asking: frozenset[int] = frozenset()
    # What Telegram says was paid by invoices of this order.
    _heard: tuple[native.Paid, ...] = ()

    async def keep_money(self) -> None:
        """Run until cancelled; `rules.payments.steps` decides, this only acts and waits."""
        # A task for each attempt, in the order of their numbers, so that a replay does the same.
        tasks: list[asyncio.Task[None]] = []
        try:
            while True:
                tasks.extend(
                    asyncio.create_task(self._keep_attempt(one.number))
                    for one in self.money.attempts[len(tasks) :]
                )
                await workflow.wait_condition(lambda: len(self.money.attempts) > len(tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _keep_attempt(self, number: int) -> None:
        try:
            while True:
                step = self._step_now(number)
                if step is None:
                    await self._wait_for_step(number)
                    continue
                self._noticed -= {number}
                await self._perform(step)
        except Exception as fault:
            # A task of its own fails silently; the story must stop with it, visibly.
            self._fault = fault
            raise

    def _step_of(self, number: int) -> Step | None:
        return payments.step_of(self._attempt(number), self.order.policy)

    def _step_now(self, number: int) -> Step | None:
        step = self._step_of(number)
        if step is None or step.at is None or step.at <= workflow.now():
            return step
        # A notice is a reason to look before the next poll, never to take money earlier.
        is_look = step.op in (Op.GET, Op.GET_REFUND)
        return step if is_look and number in self._noticed else None

    async def _wait_for_step(self, number: int) -> None:
        before, step = self._attempt(number), self._step_of(number)
        self._noticed -= {number}

        def changed() -> bool:
            if self._attempt(number) is not before:
                return True
            return number in self._noticed and step is not None

        if step is None or step.at is None:
            await workflow.wait_condition(changed)
            return
        left, offset = step.at - workflow.now(), self.order.utc_offset_minutes
        summary = intent_label(step.attempt, step.op, step.at, offset)
        try:
            await workflow.wait_condition(changed, timeout=left, timeout_summary=summary)
        except TimeoutError:
            return

    async def _perform(self, step: Step) -> None:
        attempt, asked_at = self._attempt(step.attempt), workflow.now()
        self.money = self.money.with_attempt(payments.asked(attempt, step))
        refund = next((one for one in attempt.refunds if one.seq == step.refund_seq), None)
        self._asking |= {step.attempt}
        try:
            seen = await workflow.execute_activity_method(
                _ACTIVITIES[step.op],
                PaymentStep(
                    order_id=self.order.order_id,
                    number=self.order.number,
                    client_id=self.order.client_id,
                    attempt=attempt.number,
                    op=step.op,
                    method=attempt.method,
                    amount_kopecks=step.amount_kopecks or attempt.amount_kopecks,
                    attempt_kopecks=attempt.amount_kopecks,
                    provider_id=attempt.provider_id,
                    released=attempt.released,
                    late=attempt.late,
                    was_held=attempt.was_held,
                    refund_seq=step.refund_seq,
                    refund_provider_id=refund.provider_id if refund is not None else None,
                ),
                task_queue=PAYMENTS_TASK_QUEUE,
                start_to_close_timeout=MONEY_TIMEOUT,
                # Not an end: the same operation is asked for again, but its silence is known.
                schedule_to_close_timeout=troubles.patience(attempt, step.op),
                heartbeat_timeout=MONEY_HEARTBEAT,
                retry_policy=MONEY_RETRY,
                summary=payment_label(
                    step.attempt,
                    step.op,
                    step.amount_kopecks or attempt.amount_kopecks,
                    step.refund_seq,
                ),
            )
        except ActivityError as failure:
            if failure.retry_state is not RetryState.TIMEOUT:
                raise
            await self._hear_nothing(step, asked_at)
            return
        await self._learn(step, seen)

    async def _hear_nothing(self, step: Step, asked_at: datetime) -> None:
        self._asking -= {step.attempt}
        attempt = troubles.unanswered(self._attempt(step.attempt), step, asked_at)
        self.money = self.money.with_attempt(attempt)
        await self._review_money()

    async def _learn(self, step: Step, seen: Seen) -> None:
        # The attempt may have been released while the provider was asked: read it anew.
        self._asking -= {step.attempt}
        now = workflow.now()
        before = self._attempt(step.attempt)
        attempt = payments.observe(before, seen, now)
        attempt = troubles.learned(attempt, step, seen, now)
        self.money = self.money.with_attempt(attempt)
        if self._heard:
            self._take_heard()
        self._describe()
        gone = before.amount_kopecks - attempt.amount_kopecks
        if gone > 0 and not attempt.released:
            due = before.refund_due_kopecks
            self.decide(booking.captured_in_part(self.order, gone, due, now))
            await self.written()
        lost = attempt.state in (AttemptState.EXPIRED, AttemptState.VOIDED)
        if lost and self.order.prepaid and not attempt.released:
            self.decide(booking.hold_lost(self.order, now))
            await self.written()
        await self._review_money()

    async def _review_money(self) -> None:
        """Say what must be said of money that does not move, or moves again."""
        is_new = False
        while change := stuck.review(self.order, self.money, workflow.now()):
            self.decide(change)
            is_new = True
        if is_new:
            await self.written()

    def _attempt(self, number: int) -> payments.Attempt:
        return next(one for one in self.money.attempts if one.number == number)

    def hear_of(self, paid: native.Paid) -> None:
        """Telegram says that an invoice was paid; remembered until an attempt has taken it."""
        self._heard = (*self._heard, paid)
        self._take_heard()

    def _take_heard(self) -> None:
        for paid in self._heard:
            self.money = native.hear_of(self.money, paid, workflow.now())

    def look_now(self) -> None:
        """Somebody says that something happened at the provider: look at once."""
        self._noticed = frozenset(one.number for one in self.money.attempts)

    async def answer_awaited(self) -> None:
        """Wait a moment for what the provider is just saying about the wanted attempt.

        A person may hear of a declined card before this workflow does; his next tap must not
        get the dead page again. An outage must not hold him up either.
        """
        current = self.money.current
        if current is None or current.number not in self._asking:
            return
        if current.state is AttemptState.REQUESTED:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: current.number not in self._asking,
                timeout=PAGE_PATIENCE,
                timeout_summary=label("payment_page"),
            )

    @property
    def money_at_rest(self) -> bool:
        """Nothing is pending at the provider and nothing is due."""
        return payments.next_step(self.money, self.order.policy) is None
