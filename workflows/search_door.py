"""The part of the one door that is about a running search."""

from typing import Any
from uuid import UUID

from workflows.messages import OrderAnswer
from workflows.order import OrderWorkflow
from workflows.search_messages import PriceAnswer, PriceOffer, Widening


class SearchDoor:
    """Each method as in `workflows.client`: a person's intent, safe to repeat."""

    async def widen(self, order_id: UUID | str, said: Widening, *, intent: str) -> OrderAnswer:
        """Support widens the radius for this order."""
        return await self._update(order_id, OrderWorkflow.widen, said, intent)

    async def propose_price(
        self, order_id: UUID | str, said: PriceOffer, *, intent: str
    ) -> OrderAnswer:
        """Support proposes a higher price; the client decides."""
        return await self._update(order_id, OrderWorkflow.propose_price, said, intent)

    async def answer_price(
        self, order_id: UUID | str, said: PriceAnswer, *, intent: str
    ) -> OrderAnswer:
        """The client agrees to the proposed price, or keeps the old one."""
        return await self._update(order_id, OrderWorkflow.answer_price, said, intent)

    async def _update(
        self, order_id: UUID | str, update: Any, said: Any, intent: str
    ) -> OrderAnswer:
        raise NotImplementedError
