"""What may be asked of a running search: a wider radius, another price, the client's answer."""

from temporalio import workflow

from rules import booking, search_changes
from rules.changes import Change
from rules.orders import Role
from workflows.messages import OrderAnswer
from workflows.order_search import Searching
from workflows.search_messages import PriceAnswer, PriceOffer, Widening


class SearchUpdates(Searching):
    """Handlers like those of `workflows.order_updates`."""

    @workflow.update(description="Support widens the radius for this order")
    async def widen(self, said: Widening) -> OrderAnswer:
        """Those who agreed to farther are asked at once."""
        return await self._change_search(self._widened(said))

    @widen.validator
    def _may_widen(self, said: Widening) -> None:
        self._widened(said)

    @workflow.update(description="Support proposes another price to the client")
    async def propose_price(self, said: PriceOffer) -> OrderAnswer:
        """Nothing changes before he agrees."""
        return await self._change_search(self._priced(said))

    @propose_price.validator
    def _may_propose_price(self, said: PriceOffer) -> None:
        self._priced(said)

    @workflow.update(description="The client answers the proposed price")
    async def answer_price(self, said: PriceAnswer) -> OrderAnswer:
        """Agreed: everybody may be asked again, at the new price."""
        return await self._change_search(self._answered(said))

    @answer_price.validator
    def _may_answer_price(self, said: PriceAnswer) -> None:
        self._answered(said)

    def _widened(self, said: Widening) -> Change:
        now = workflow.now()
        return search_changes.radius_widened(self.order, said.extra_km, said.support_id, now)

    def _priced(self, said: PriceOffer) -> Change:
        price = (said.low_kopecks, said.high_kopecks)
        return search_changes.price_proposed(self.order, price, said.support_id, workflow.now())

    def _answered(self, said: PriceAnswer) -> Change:
        booking.check_party(self.order, Role.CLIENT, said.client_id)
        return search_changes.price_answered(self.order, agrees=said.agrees, now=workflow.now())

    async def _change_search(self, change: Change) -> OrderAnswer:
        self.decide(change)
        self.look_again()
        await self.written()
        return self.answer()
