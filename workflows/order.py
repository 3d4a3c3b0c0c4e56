"""One order from the first tap to the closed books, read top to bottom.

What people ask comes in through `order_updates`; how a contractor is found is in `order_search`;
how money moves is in `order_money`. Here is only what happens next when nobody says anything.
"""

import asyncio
from datetime import timedelta

from temporalio import workflow

from activities.messages import Opening
from activities.orders import OrderActivities
from rules import booking, claims, payments, searching, working
from rules.errors import RuleViolation
from rules.orders import ClaimState, OrderState, Role
from texts.timeline import label
from workflows.messages import OrderInput, OrderResult
from workflows.order_quotes import Quoting
from workflows.policies import WRITE_RETRY, WRITE_TIMEOUT

# How long the last look at a payment may take before its window is closed.
LAST_LOOK = timedelta(seconds=45)


@workflow.defn(failure_exception_types=[RuleViolation])
class OrderWorkflow(Quoting):
    """The life of one order."""

    @workflow.init
    def __init__(self, said: OrderInput) -> None:
        """Begin with what was said."""
        super().__init__(said)
        self._said = said

    @workflow.run
    async def run(self, _said: OrderInput) -> OrderResult:
        """Live until the job is over and its books are closed."""
        if await self._open():
            cashier = asyncio.create_task(self.keep_money())
            while not self.order.money_closed:
                await self._phase()
            cashier.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._result()

    async def _phase(self) -> None:
        match self.order.state:
            case OrderState.SEARCHING:
                await self.seek()
            case OrderState.AWAITING_PREPAYMENT:
                await self._await_prepayment()
            case OrderState.BOOKED:
                await self._await_start()
            case OrderState.IN_PROGRESS | OrderState.DISPUTED:
                await self._await_word()
            case OrderState.AWAITING_ACCEPTANCE:
                await self._await_acceptance()
            case OrderState.COMPLETED:
                await self._await_settlement()
            case OrderState.CANCELLED:
                await self._await_claim()
            case _:
                await self._close()

    async def _open(self) -> bool:
        """Write the order down; False if the client may not place another one now."""
        self.prepare_quotes()
        said, order = self._said, self.order
        opened = await workflow.execute_activity_method(
            OrderActivities.open,
            Opening(
                order_id=said.order_id,
                request_id=said.request_id,
                client_id=said.client_id,
                service=said.service,
                detail=said.detail,
                town=said.town,
                region=said.region,
                utc_offset_minutes=said.utc_offset_minutes,
                estimate=order.estimate,
                prepayment_kopecks=order.prepayment_kopecks,
                policy_version=said.policy.version,
                created_at=order.created_at,
                unpaid_orders_max=said.policy.client_unpaid_orders_max,
                orders_per_day=said.policy.client_orders_per_day,
                wish_day=said.wish_day,
                quoting=order.quotes is not None,
            ),
            start_to_close_timeout=WRITE_TIMEOUT,
            retry_policy=WRITE_RETRY,
            summary=label("write_down"),
        )
        if opened.refused is not None:
            self._refused_at_the_door = opened.refused
            return False
        before = self.order
        self.order = searching.placed(before, workflow.now()).order
        self._claim_number(opened.number)
        self._show(before)
        return True

    async def _await_prepayment(self) -> None:
        """The slot is leased: remind twice, take one last look, then give it back."""
        # How much there is to pay is known when the acceptance stands in the database.
        await self.written()
        if not self.awaits_prepayment():
            return
        while not self._paid_or_over():
            await self._await_payment_moment()
        if self.order.state is not OrderState.AWAITING_PREPAYMENT:
            return
        self.decide(booking.prepaid(self.order, workflow.now()))
        at = booking.capture_time(self.order)
        self.money = payments.capture_by(self.money, at, self.order.policy)
        await self.written()

    async def _await_payment_moment(self) -> None:
        """Wait for money, the next reminder or the end of the window, which stands in an outage."""

        def changed() -> bool:
            return self._paid_or_over() or self._payments_are_down()

        if self._payments_are_down():
            await self.wait(
                lambda: self._paid_or_over() or not self._payments_are_down(),
                None,
                label("payments_down"),
            )
            return
        remind_at = booking.next_reminder(self.order, workflow.now())
        if remind_at is not None:
            if not await self.wait(changed, remind_at, label("payment_remind")):
                self.decide(booking.payment_reminded(self.order, workflow.now()))
                await self.written()
            return
        due = booking.payment_ends(self.order)
        if await self.wait(changed, due, label("payment_end")):
            return
        await self._look_once_more()
        if not changed():
            self.decide(booking.payment_expired(self.order, workflow.now()))
            await self.written()

    def _paid_or_over(self) -> bool:
        return self.money.is_paid or self.order.state is not OrderState.AWAITING_PREPAYMENT

    def _payments_are_down(self) -> bool:
        return self.order.payments_down_since is not None

    async def _look_once_more(self) -> None:
        # A person who pays in the last second has paid: ask the provider before giving up.
        attempt = self.money.current
        if attempt is None:
            return
        self.look_now()

        def answered() -> bool:
            return self._paid_or_over() or self._attempt(attempt.number) is not attempt

        if await self.wait(answered, workflow.now() + LAST_LOOK, label("payment_look")):
            return
        # No answer yet: it is waited for until it comes, or until payments are known to be down.
        await self.wait(
            lambda: answered() or attempt.number not in self._asking, None, label("payment_answer")
        )

    async def _await_start(self) -> None:
        """The visit is booked: remind, and notice when nobody has started in time."""
        order = self.order
        visit = order.visit_at

        def changed() -> bool:
            now = self.order
            return now.state is not OrderState.BOOKED or now.visit_at != visit

        remind_at = working.visit_reminder_at(order)
        if remind_at is not None and remind_at > workflow.now():
            if await self.wait(changed, remind_at, label("visit_remind")):
                return
            if self.order.set_off_at is None:
                self.decide(working.visit_reminded(self.order, workflow.now()))
                await self.written()
        if not self.order.needs_attention:
            if await self.wait(changed, working.start_ends(order), label("visit_overdue")):
                return
            self.decide(working.start_overdue(self.order, workflow.now()))
            await self.written()
        await self.wait(changed, None, label("visit_word"))

    async def _await_word(self) -> None:
        """Work is under way, or support is deciding: people end this, not a clock."""
        state = self.order.state
        what = label("done" if state is OrderState.IN_PROGRESS else "support")
        await self.wait(lambda: self.order.state is not state, None, what)

    async def _await_acceptance(self) -> None:
        """The client accepts, or his silence does."""
        answered = await self.wait(
            lambda: self.order.state is not OrderState.AWAITING_ACCEPTANCE,
            working.auto_accept_at(self.order),
            label("acceptance"),
        )
        if not answered:
            self.decide(working.work_accepted(self.order, Role.SYSTEM, workflow.now()))
            await self.written()

    async def _await_settlement(self) -> None:
        """After the dispute window the contractor's share is payable; ratings may come in."""

        def disputed() -> bool:
            return self.order.state is not OrderState.COMPLETED

        if await self.wait(disputed, working.dispute_ends(self.order), label("dispute_window")):
            return
        await self.wait(
            lambda: disputed() or working.both_rated(self.order),
            working.review_ends(self.order),
            label("ratings"),
        )
        if not disputed():
            await self._close()

    async def _await_claim(self) -> None:
        """A late cancellation waits a day for the contractor's proven costs, and their answer."""
        claim = self.order.claim
        if claim is None or claim.state is ClaimState.SETTLED:
            await self._close()
            return
        objected = claim.state is ClaimState.OBJECTED
        answered = await self.wait(
            lambda: self.order.claim != claim,
            None if objected else claim.until,
            label("claim_support" if objected else f"claim_{claim.state.value}"),
        )
        if answered:
            return
        self.decide(claims.unanswered(self.order, workflow.now()))
        await self.written()

    async def _close(self) -> None:
        """Wait until nothing is pending at the provider; then the books are closed for good."""
        state = self.order.state
        await self.wait(
            lambda: self.money_at_rest or self.order.state is not state, None, label("money_rest")
        )
        if self.order.state is state:
            self.decide(working.settle_and_close(self.order, workflow.now()))
            await self.written()

    def _result(self) -> OrderResult:
        money = payments.summary(self.money)
        return OrderResult(
            state=self.order.state,
            prepayment_kopecks=self.order.prepayment_kopecks,
            captured_kopecks=money.captured_kopecks,
            refunded_kopecks=money.refunded_kopecks,
            contractor_id=self.order.contractor_id,
        )
