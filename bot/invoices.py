"""Invoices that are paid inside Telegram: sent from stored rows, taken away when they end."""

import json
from typing import Any

from telegram import Bot, LabeledPrice

from bot.delivery import Fate, Outcome, attempt
from bot.outbox_rows import forget_card, shown_card
from bot.rendering import OwedMessage
from models.database import Database
from models.queries.invoices import content_of

NO_TOKEN = "no provider token"  # noqa: S105 - a reason, not a token


class InvoiceSender:
    """Sends with one provider's token; without it nothing is sent."""

    def __init__(self, bot: Bot, database: Database, provider_token: str | None) -> None:
        self._bot = bot
        self._database = database
        self._provider_token = provider_token

    async def deliver(self, message: OwedMessage) -> Outcome:
        """Send one invoice, or take it out of the chat.

        Sending the same one twice does no harm: both have one payload, and that is paid once.
        """
        payload = str(message.params["payload"])
        if message.params.get("gone"):
            return await self._take_away(payload)
        if self._provider_token is None:
            return Outcome(Fate.REFUSED, reason=NO_TOKEN)
        async with self._database.reading() as session:
            content = await content_of(session, payload)
        if content is None:
            # Paid or ended while it waited to be sent.
            return Outcome(Fate.SAME)
        call = self._bot.send_invoice(
            message.chat_id,
            provider_token=self._provider_token,
            protect_content=True,
            **_arguments(json.loads(content)),
        )
        return await attempt("sendInvoice", call)

    async def _take_away(self, payload: str) -> Outcome:
        async with self._database.reading() as session:
            shown = await shown_card(session, f"invoice:{payload}")
        if shown is None:
            return Outcome(Fate.SAME)
        outcome = await attempt(
            "deleteMessage", self._bot.delete_message(shown.chat_id, shown.message_id)
        )
        if outcome.fate in (Fate.SENT, Fate.GONE, Fate.REFUSED):
            # Older than 48 h it stays; whoever presses its button is told that it has ended.
            async with self._database.transaction() as session:
                await forget_card(session, f"invoice:{payload}")
            return Outcome(Fate.SAME)
        return outcome


def _arguments(content: dict[str, Any]) -> dict[str, Any]:
    prices = [LabeledPrice(one["label"], one["amount"]) for one in content["prices"]]
    return {**content, "prices": prices}
