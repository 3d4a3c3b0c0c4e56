"""The cashier: one coroutine per order is the only one to move its money."""

import contextlib
from datetime import datetime

from temporalio import workflow

from activities.messages import PaymentStep
from activities.payments import PaymentActivities
from rules import booking, payments
from rules.payments import AttemptState, Op, Seen, Step
from texts.formatting import money as roubles
from texts.language import Language
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
    """Performs what the pure payment machine asks for, one operation at a time."""

    # Attempts about which something was said; each is looked at once before its next poll.
    _noticed: frozenset[int] = frozenset()
    # The attempt that the provider is being asked about.
    _asking: int | None = None

    async def keep_money(self) -> None:
        """Run until cancelled; `rules.payments.next_step` decides, this only acts and waits."""
        try:
            await self._keep_money()
        except Exception as fault:
            # A task of its own fails silently; the story must stop with it, visibly.
            self._fault = fault
            raise

    async def _keep_money(self) -> None:
        while True:
            step = self._step_now()
            if step is None:
                await self._wait_for_money()
                continue
            self._noticed -= {step.attempt}
            await self._perform(step)

    def _step_now(self) -> Step | None:
        steps, now = payments.steps(self.money, self.order.policy), workflow.now()
        due = [step for step in steps if step.at is None or step.at <= now]
        if due:
            return due[0]
        # A notice is a reason to look before the next poll, never to take money earlier. The
        # newest attempt is the one that somebody waits for.
        looks = [
            step
            for step in steps
            if step.op in (Op.GET, Op.GET_REFUND) and step.attempt in self._noticed
        ]
        return max(looks, key=lambda step: step.attempt, default=None)

    async def _wait_for_money(self) -> None:
        before, step = self.money, payments.next_step(self.money, self.order.policy)
        self._noticed = frozenset()

        def changed() -> bool:
            return self.money is not before or (bool(self._noticed) and step is not None)

        deadline = step.at if step is not None else None
        if deadline is None:
            await workflow.wait_condition(changed)
            return
        left = deadline - workflow.now()
        try:
            await workflow.wait_condition(
                changed, timeout=left, timeout_summary=_intent(step, deadline)
            )
        except TimeoutError:
            return

    async def _perform(self, step: Step) -> None:
        attempt = self._attempt(step.attempt)
        refund = next((one for one in attempt.refunds if one.seq == step.refund_seq), None)
        self._asking = step.attempt
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
            heartbeat_timeout=MONEY_HEARTBEAT,
            retry_policy=MONEY_RETRY,
            summary=_summary(step, attempt.amount_kopecks),
        )
        await self._learn(step.attempt, seen)

    async def _learn(self, number: int, seen: Seen) -> None:
        # The attempt may have been released while the provider was asked: read it anew.
        self._asking = None
        before = self.money
        attempt = payments.observe(self._attempt(number), seen, workflow.now())
        self.money = before.with_attempt(attempt)
        self._describe()
        lost = attempt.state in (AttemptState.EXPIRED, AttemptState.VOIDED)
        if lost and self.order.prepaid and not attempt.released:
            self.decide(booking.hold_lost(self.order, workflow.now()))
            await self.written()

    def _attempt(self, number: int) -> payments.Attempt:
        return next(one for one in self.money.attempts if one.number == number)

    def look_now(self) -> None:
        """Somebody says that something happened at the provider: look at once."""
        self._noticed = frozenset(one.number for one in self.money.attempts)

    async def answer_awaited(self) -> None:
        """Wait a moment for what the provider is just saying about the wanted attempt.

        A person may hear of a declined card before this workflow does; his next tap must not
        get the dead page again. An outage must not hold him up either.
        """
        current = self.money.current
        if current is None or self._asking != current.number:
            return
        if current.state is AttemptState.REQUESTED:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._asking != current.number,
                timeout=PAGE_PATIENCE,
                timeout_summary="The provider's answer, before a page is given again",
            )

    @property
    def money_at_rest(self) -> bool:
        """Nothing is pending at the provider and nothing is due."""
        return payments.next_step(self.money, self.order.policy) is None


def _summary(step: Step, attempt_kopecks: int) -> str:
    kopecks = step.amount_kopecks or attempt_kopecks
    seq = f", refund {step.refund_seq}" if step.refund_seq else ""
    return f"Payment {step.attempt}: {step.op.value} {roubles(kopecks, Language.EN)}{seq}"


def _intent(step: Step | None, at: datetime) -> str:
    if step is None:
        return "Money at rest"
    return f"Payment {step.attempt}: {step.op.value} at {at:%d.%m %H:%M:%S} UTC"
