"""The bot put together: inbox, outbox, and what wakes them; no state of its own."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bot import polling, webhook
from bot.cards import CardRenderer
from bot.handlers.contractor import tell_unreachable
from bot.inbox import CHANNEL as INBOX_CHANNEL
from bot.inbox import Inbox
from bot.limits import Limits
from bot.outbox import CHANNEL as OUTBOX_CHANNEL
from bot.outbox import Outbox
from bot.router import Router
from bot.visit import Desk
from models.database import Database


@dataclass(frozen=True)
class Reception:
    """How updates reach the inbox: by webhook at `url` with its secret, or by polling."""

    url: str | None = None
    secret: str | None = None


class BotApp:
    """Runs until stopped; any number of replicas may run at once."""

    def __init__(self, desk: Desk, reception: Reception, limits: Limits | None = None) -> None:
        self._desk = desk
        self._reception = reception
        router = Router(desk)
        self.inbox = Inbox(desk.database, desk.bot.id, router.serve, router.apologise)
        self.outbox = Outbox(
            desk.database,
            desk.bot,
            CardRenderer(
                desk.database,
                desk.public_url,
                find=desk.places.find,
                takes_invoices=desk.provider_token is not None,
                policy=desk.policy,
            ),
            lambda user_id: tell_unreachable(desk, user_id),
            support_chat=desk.support_chat,
            limits=limits,
        )
        self.outbox.send_invoices_by(desk.provider_token)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; then what is being handled or sent is finished."""
        desk = self._desk
        wakers = [
            asyncio.create_task(_wake(desk.database, INBOX_CHANNEL, self.inbox.wake)),
            asyncio.create_task(_wake(desk.database, OUTBOX_CHANNEL, self.outbox.wake)),
            asyncio.create_task(self._receive(stop)),
        ]
        try:
            await asyncio.gather(self.inbox.run(stop), self.outbox.run(stop))
        finally:
            for task in wakers:
                task.cancel()
            await asyncio.gather(*wakers, return_exceptions=True)

    async def _receive(self, stop: asyncio.Event) -> None:
        desk, reception = self._desk, self._reception
        if reception.url is not None:
            await webhook.keep_set(desk.bot, desk.database, reception.url, reception.secret, stop)
        else:
            await polling.poll(desk.bot, desk.database, self.inbox.wake, stop)


def build(desk: Desk, reception: Reception, limits: Limits | None = None) -> BotApp:
    """The bot, ready to run; `desk.bot` must be initialised."""
    return BotApp(desk, reception, limits)


async def _wake(database: Database, channel: str, wake: Callable[[], None]) -> None:
    async for _ in database.listen(channel):
        wake()
