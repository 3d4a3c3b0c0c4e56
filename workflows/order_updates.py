"""What people may ask of an order: updates with an answer, signals for facts.

Every update has the same shape: its validator makes the decision once to refuse in time, the
handler makes it again in the same activation, changes the order before its first await, and
answers when the change stands in the database.
"""

from temporalio import workflow

from rules import credit, payments
from rules.changes import Change
from rules.errors import BY_NAME, PaymentsUnavailable, RuleViolation, TransitionRefused
from rules.orders import Order
from rules.payments import AttemptState, Method
from workflows import decisions, messages
from workflows.messages import OrderAnswer
from workflows.order_search_updates import SearchUpdates


class Updates(SearchUpdates):
    """Handlers of updates and signals."""

    _refused_at_the_door: str | None = None

    @workflow.update(description="The order stands in the database (or was refused)")
    async def placed(self) -> OrderAnswer:
        """Answer when the first write is done."""
        await workflow.wait_condition(
            lambda: self.order.number > 0 or self._refused_at_the_door is not None
        )
        if self._refused_at_the_door is not None:
            raise BY_NAME.get(self._refused_at_the_door, RuleViolation)()
        return self.answer()

    @workflow.update(description="A contractor takes the order")
    async def accept(self, said: messages.Acceptance) -> OrderAnswer:
        """Claim before the first await, so that exactly one can win; then wait for the commit."""
        await self.offer_known(said.contractor_id)
        answer = await self._act(decisions.accept(self.order, said, workflow.now()))
        self._check_won(said.contractor_id)
        return answer

    @accept.validator
    def _may_accept(self, said: messages.Acceptance) -> None:
        if not self.may_be_asked(said.contractor_id):
            decisions.accept(self._opened(), said, workflow.now())

    @workflow.update(description="A contractor refuses his offer")
    async def decline(self, said: messages.Refusal) -> OrderAnswer:
        """The next wave starts at once when all have answered."""
        await self.offer_known(said.contractor_id)
        return await self._act(decisions.decline(self.order, said, workflow.now()))

    @decline.validator
    def _may_decline(self, said: messages.Refusal) -> None:
        if not self.may_be_asked(said.contractor_id):
            decisions.decline(self._opened(), said, workflow.now())

    @workflow.update(description="Support gives the order to a contractor")
    async def assign(self, said: messages.Assignment) -> OrderAnswer:
        """As an acceptance; the contractor's free capacity still has the last word."""
        answer = await self._act(decisions.assign(self.order, said, workflow.now()))
        self._check_won(said.contractor_id)
        return answer

    @assign.validator
    def _may_assign(self, said: messages.Assignment) -> None:
        decisions.assign(self._opened(), said, workflow.now())

    @workflow.update(description="The client chooses how to pay")
    async def pay(self, said: messages.PaymentChoice) -> OrderAnswer:
        """Answer with the payment page; the same method again answers with the same page."""
        await self.answer_awaited()
        # How much the credit pays is known when the acceptance stands in the database.
        await self.written()
        decisions.check_payment(self.order, self.money, said)
        current = self.money.current
        if current is None or current.method is not said.method:
            self.money = payments.request(
                self.money, said.method, credit.to_pay(self.order), workflow.now()
            )
        return self.answer(await self._payment_page(said.method))

    @pay.validator
    def _may_pay(self, said: messages.PaymentChoice) -> None:
        decisions.check_payment(self._opened(), self.money, said)

    async def _payment_page(self, method: Method) -> str | None:
        number = len(self.money.attempts)
        await workflow.wait_condition(
            # While payments are down there is no page; the client is told when there is one.
            lambda: (
                self._attempt(number).state is not AttemptState.REQUESTED
                or self._attempt(number).is_frozen
                or self.order.payments_down_since is not None
            )
        )
        attempt = self._attempt(number)
        if attempt.method is method and attempt.state is AttemptState.FAILED:
            raise PaymentsUnavailable(attempt.decline_reason or "")
        if attempt.is_frozen and attempt.confirmation_url is None:
            # What was answered is not believed, and a person looks into it: no page for now.
            raise PaymentsUnavailable()
        return attempt.confirmation_url

    @workflow.update(description="The client or support ends the order")
    async def cancel(self, said: messages.Cancellation) -> OrderAnswer:
        """From any open state, mid-payment included."""
        return await self._act(decisions.cancel(self.order, said, workflow.now()))

    @cancel.validator
    def _may_cancel(self, said: messages.Cancellation) -> None:
        decisions.cancel(self._opened(), said, workflow.now())

    @workflow.update(description="The contractor leaves the job")
    async def withdraw(self, said: messages.Withdrawal) -> OrderAnswer:
        """The order searches again, price and money kept."""
        return await self._act(decisions.withdraw(self.order, said, workflow.now()))

    @withdraw.validator
    def _may_withdraw(self, said: messages.Withdrawal) -> None:
        decisions.withdraw(self._opened(), said, workflow.now())

    @workflow.update(description="The client says that nobody came")
    async def report_no_show(self, said: messages.NoShowReport) -> OrderAnswer:
        """As a withdrawal, once the grace after the agreed time has passed."""
        return await self._act(decisions.report_no_show(self.order, said, workflow.now()))

    @report_no_show.validator
    def _may_report_no_show(self, said: messages.NoShowReport) -> None:
        decisions.report_no_show(self._opened(), said, workflow.now())

    @workflow.update(description="The contractor is on the way")
    async def set_off(self, said: messages.ContractorStep) -> OrderAnswer:
        """The client is told."""
        return await self._act(decisions.set_off(self.order, said, workflow.now()))

    @set_off.validator
    def _may_set_off(self, said: messages.ContractorStep) -> None:
        decisions.set_off(self._opened(), said, workflow.now())

    @workflow.update(description="Work begins")
    async def start(self, said: messages.ContractorStep) -> OrderAnswer:
        """A hold is captured now at the latest."""
        return await self._act(decisions.start(self.order, said, workflow.now()))

    @start.validator
    def _may_start(self, said: messages.ContractorStep) -> None:
        decisions.start(self._opened(), said, workflow.now())

    @workflow.update(description="The work is done")
    async def done(self, said: messages.Completion) -> OrderAnswer:
        """The client has a window to accept it."""
        return await self._act(decisions.done(self.order, said, workflow.now()))

    @done.validator
    def _may_be_done(self, said: messages.Completion) -> None:
        decisions.done(self._opened(), said, workflow.now())

    @workflow.update(description="The client accepts the work")
    async def accept_work(self, said: messages.WorkAcceptance) -> OrderAnswer:
        """The order is completed; its money settles after the dispute window."""
        return await self._act(decisions.accept_work(self.order, said, workflow.now()))

    @accept_work.validator
    def _may_accept_work(self, said: messages.WorkAcceptance) -> None:
        decisions.accept_work(self._opened(), said, workflow.now())

    @workflow.update(description="One side rates the other")
    async def rate(self, said: messages.Rating) -> OrderAnswer:
        """Blind until both have rated or the window ends."""
        return await self._act(decisions.rate(self.order, said, workflow.now()))

    @rate.validator
    def _may_rate(self, said: messages.Rating) -> None:
        decisions.rate(self._opened(), said, workflow.now())

    @workflow.update(description="One side proposes another time")
    async def reschedule(self, said: messages.Rescheduling) -> OrderAnswer:
        """The newest proposal counts until it is answered."""
        return await self._act(decisions.reschedule(self.order, said, workflow.now()))

    @reschedule.validator
    def _may_reschedule(self, said: messages.Rescheduling) -> None:
        decisions.reschedule(self._opened(), said, workflow.now())

    @workflow.update(description="The other side answers the proposed time")
    async def answer_reschedule(self, said: messages.ReschedulingAnswer) -> OrderAnswer:
        """An agreed time moves every clock that counts to the visit."""
        return await self._act(decisions.answer_reschedule(self.order, said, workflow.now()))

    @answer_reschedule.validator
    def _may_answer_reschedule(self, said: messages.ReschedulingAnswer) -> None:
        decisions.answer_reschedule(self._opened(), said, workflow.now())

    @workflow.update(description="The contractor claims costs, or says there were none")
    async def claim(self, said: messages.CostClaim) -> OrderAnswer:
        """At most the cap that the policy sets for this cancellation."""
        return await self._act(decisions.claim(self.order, said, workflow.now()))

    @claim.validator
    def _may_claim(self, said: messages.CostClaim) -> None:
        decisions.claim(self._opened(), said, workflow.now())

    @workflow.update(description="The client or support answers a cost claim")
    async def answer_claim(self, said: messages.ClaimAnswer) -> OrderAnswer:
        """Agreement or a decision settles it; an objection goes to a person."""
        return await self._act(decisions.answer_claim(self.order, said, workflow.now()))

    @answer_claim.validator
    def _may_answer_claim(self, said: messages.ClaimAnswer) -> None:
        decisions.answer_claim(self._opened(), said, workflow.now())

    @workflow.update(description="Support freezes the order")
    async def open_dispute(self, said: messages.Dispute) -> OrderAnswer:
        """Nothing moves until support has decided."""
        return await self._act(decisions.open_dispute(self.order, said, workflow.now()))

    @open_dispute.validator
    def _may_open_dispute(self, said: messages.Dispute) -> None:
        decisions.open_dispute(self._opened(), said, workflow.now())

    @workflow.update(description="Support decides a dispute")
    async def resolve_dispute(self, said: messages.DisputeDecision) -> OrderAnswer:
        """A part goes back to the client, the rest is settled as usual."""
        return await self._act(decisions.resolve_dispute(self.order, said, workflow.now()))

    @resolve_dispute.validator
    def _may_resolve_dispute(self, said: messages.DisputeDecision) -> None:
        decisions.resolve_dispute(self._opened(), said, workflow.now())

    @workflow.signal(description="Something happened at the payment provider")
    def payment_notice(self, said: messages.PaymentNotice) -> None:
        """Only a reason to look: what counts is what an activity fetches."""
        if said.paid is not None:
            self.hear_of(said.paid)
        self.look_now()

    @workflow.signal(description="Telegram cannot reach a contractor")
    async def recipient_unreachable(self, said: messages.Unreachable) -> None:
        """His offer is skipped at once instead of running out."""
        await self.offer_known(said.contractor_id)
        if self.skip_unreachable(said.contractor_id):
            await self.written()

    @workflow.signal(description="A contractor near an open search came on line")
    def contractor_available(self, _said: messages.ContractorAvailable) -> None:
        """The search looks again at once instead of waiting out its pause."""
        self._available = True

    async def _act(self, change: Change) -> OrderAnswer:
        self.decide(change)
        await self.written()
        return self.answer()

    def _check_won(self, contractor_id: int) -> None:
        refusal = self._refused.pop(contractor_id, None)
        if refusal is not None:
            raise BY_NAME.get(refusal, RuleViolation)()

    def _opened(self) -> Order:
        if self.order.number == 0:
            raise TransitionRefused("the order is being written")
        return self.order
