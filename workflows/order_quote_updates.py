"""What people may ask of an order while it is quoted, and of metres beyond the stop depth."""

from temporalio import workflow

from rules.errors import QuoteGone
from workflows import decisions, messages
from workflows.messages import OrderAnswer
from workflows.order_updates import Updates


class QuoteUpdates(Updates):
    """Handlers of the same shape as all others: decide, change, write, answer."""

    @workflow.update(description="A contractor quotes")
    async def quote(self, said: messages.QuoteGiven) -> OrderAnswer:
        """Until it is chosen it may be changed; the newest one counts."""
        await self.offer_known(said.contractor_id)
        return await self._act(decisions.quote(self.order, said, workflow.now()))

    @quote.validator
    def _may_quote(self, said: messages.QuoteGiven) -> None:
        if not self.may_be_asked(said.contractor_id):
            decisions.quote(self._opened(), said, workflow.now())

    @workflow.update(description="A contractor takes his quote back")
    async def withdraw_quote(self, said: messages.ContractorStep) -> OrderAnswer:
        """The client chooses among the others."""
        return await self._act(decisions.withdraw_quote(self.order, said, workflow.now()))

    @withdraw_quote.validator
    def _may_withdraw_quote(self, said: messages.ContractorStep) -> None:
        decisions.withdraw_quote(self._opened(), said, workflow.now())

    @workflow.update(description="The client chooses a quote")
    async def choose_quote(self, said: messages.QuoteChoice) -> OrderAnswer:
        """As an acceptance: the contractor's free capacity has the last word."""
        answer = await self._act(decisions.choose_quote(self.order, said, workflow.now()))
        if self._refused.pop(said.contractor_id, None) is not None:
            raise QuoteGone("the contractor has no place left")
        return answer

    @choose_quote.validator
    def _may_choose_quote(self, said: messages.QuoteChoice) -> None:
        decisions.choose_quote(self._opened(), said, workflow.now())

    @workflow.update(description="The client asks for more time to choose")
    async def extend_choice(self, said: messages.MoreTime) -> OrderAnswer:
        """As much again, once."""
        return await self._act(decisions.extend_choice(self.order, said, workflow.now()))

    @extend_choice.validator
    def _may_extend_choice(self, said: messages.MoreTime) -> None:
        decisions.extend_choice(self._opened(), said, workflow.now())

    @workflow.update(description="The contractor asks for metres beyond the stop depth")
    async def ask_metres(self, said: messages.MetresAsked) -> OrderAnswer:
        """Nothing is owed for them without the client's consent."""
        return await self._act(decisions.ask_metres(self.order, said, workflow.now()))

    @ask_metres.validator
    def _may_ask_metres(self, said: messages.MetresAsked) -> None:
        decisions.ask_metres(self._opened(), said, workflow.now())

    @workflow.update(description="The client answers about extra metres")
    async def answer_metres(self, said: messages.MetresAnswer) -> OrderAnswer:
        """Consent moves the stop depth and the most that the job may cost."""
        return await self._act(decisions.answer_metres(self.order, said, workflow.now()))

    @answer_metres.validator
    def _may_answer_metres(self, said: messages.MetresAnswer) -> None:
        decisions.answer_metres(self._opened(), said, workflow.now())
