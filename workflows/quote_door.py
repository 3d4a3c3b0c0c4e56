"""The part of the one door that is about quotes and metres beyond the stop depth."""

from typing import Any
from uuid import UUID

from workflows import messages
from workflows.order import OrderWorkflow


class QuoteDoor:
    """Each method as in `workflows.client`: a person's intent, safe to repeat."""

    async def quote(
        self, order_id: UUID | str, said: messages.QuoteGiven, *, intent: str
    ) -> messages.OrderAnswer:
        """A contractor quotes, or changes his quote."""
        return await self._update(order_id, OrderWorkflow.quote, said, intent)

    async def withdraw_quote(
        self, order_id: UUID | str, said: messages.ContractorStep, *, intent: str
    ) -> messages.OrderAnswer:
        """A contractor takes his quote back."""
        return await self._update(order_id, OrderWorkflow.withdraw_quote, said, intent)

    async def choose_quote(
        self, order_id: UUID | str, said: messages.QuoteChoice, *, intent: str
    ) -> messages.OrderAnswer:
        """The client chooses a quote; the answer is the committed verdict."""
        return await self._update(order_id, OrderWorkflow.choose_quote, said, intent)

    async def extend_choice(
        self, order_id: UUID | str, said: messages.MoreTime, *, intent: str
    ) -> messages.OrderAnswer:
        """The client asks for more time to choose."""
        return await self._update(order_id, OrderWorkflow.extend_choice, said, intent)

    async def ask_metres(
        self, order_id: UUID | str, said: messages.MetresAsked, *, intent: str
    ) -> messages.OrderAnswer:
        """The contractor asks for metres beyond the stop depth."""
        return await self._update(order_id, OrderWorkflow.ask_metres, said, intent)

    async def answer_metres(
        self, order_id: UUID | str, said: messages.MetresAnswer, *, intent: str
    ) -> messages.OrderAnswer:
        """The client answers."""
        return await self._update(order_id, OrderWorkflow.answer_metres, said, intent)

    async def _update(
        self, order_id: UUID | str, update: Any, said: Any, intent: str
    ) -> messages.OrderAnswer:
        raise NotImplementedError
