"""The outbox: what is owed to people is sent in order per chat, the newest state of a card only.

Rows are claimed for a lease. Between a send and its record lies the one window that nothing
closes, because Telegram takes no idempotency key: a card is then sent once more (the old one
answers with the truth), a plain notice is not, a notice about money is.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import Bot

from bot import limits as rate
from bot.asked import OpenQuestions
from bot.delivery import Fate, Outcome, edit_html, remove_buttons, send_html
from bot.invoices import InvoiceSender
from bot.limits import Limits
from bot.outbox_rows import (
    claim_rows,
    collapse,
    copy_to_support,
    finish,
    forget_card,
    keep_card,
    mark_blocked,
    postpone,
    shown_card,
    take_lease,
)
from bot.rendering import OwedMessage, Rendered, Renderer
from models.database import Database
from models.queries.plain import run
from models.telegram import OutboxKind
from rules.changes import Notice
from runtime.failpoints import failpoint_async
from runtime.logs import get_logger, order_context
from runtime.metrics import OUTBOX_OLDEST_SECONDS, OUTBOX_PENDING
from runtime.signals import drain

CHANNEL = "outbox"
LEASE_SECONDS = 16.0
SWEEP_SECONDS = 1.0
DRAIN_SECONDS = 10.0
BACKOFF_MAX_SECONDS = 30.0
SENT_AGAIN_WHEN_IN_DOUBT = frozenset(
    {
        Notice.PAYMENT_RECEIVED,
        Notice.REFUND_SENT,
        Notice.LATE_MONEY_RETURNED,
        Notice.CONTRACTOR_FOUND,
        Notice.CLIENT_PAID,
    }
)

_log = get_logger(__name__)
_WAITING = text(
    "SELECT count(*), min(created_at) FROM outbox WHERE state IN ('pending', 'sending')"
)

Blocked = Callable[[int], Awaitable[None]]


class Outbox:
    """Sends until it is stopped; `blocked` is told of each person who cannot be reached."""

    def __init__(
        self,
        database: Database,
        bot: Bot,
        renderer: Renderer,
        blocked: Blocked,
        *,
        support_chat: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._invoices = InvoiceSender(bot, database, None)
        self._database = database
        self._bot = bot
        self._renderer = renderer
        self._questions = OpenQuestions(database, bot, renderer)
        self._blocked = blocked
        self._support_chat = support_chat
        self._limits = limits or Limits()
        self._lease = timedelta(seconds=LEASE_SECONDS)
        self._concurrency = 8
        self._running: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        # When the first message that the limits hold back may go.
        self._due: datetime | None = None

    def send_invoices_by(self, provider_token: str | None) -> None:
        """Which payment provider Telegram is to charge by; None: no invoice is sent."""
        self._invoices = InvoiceSender(self._bot, self._database, provider_token)

    def wake(self) -> None:
        """Look at the table now."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop` is set, then let what is being sent finish."""
        try:
            while not stop.is_set():
                await self._look()
                await self._pause(stop)
        finally:
            await drain(self._running, within_seconds=DRAIN_SECONDS)

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (self._wake, stop)]
        timeout = SWEEP_SECONDS
        if self._due is not None:
            timeout = min(timeout, max(0.0, (self._due - datetime.now(UTC)).total_seconds()))
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._wake.clear()

    async def _look(self) -> None:
        room = self._concurrency - len(self._running)
        if room <= 0:
            return
        try:
            found = await self._claim(room)
        except Exception as error:  # noqa: BLE001 - the database may be away; the loop goes on
            _log.warning("outbox_unavailable", error=type(error).__name__)
            return
        for message in found:
            task = asyncio.create_task(self._send(message))
            self._running.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        # The chat's next message may go now.
        self.wake()

    async def _claim(self, room: int) -> list[OwedMessage]:
        now = datetime.now(UTC)
        self._due = None
        claimed: list[OwedMessage] = []
        async with self._database.transaction() as session:
            count, oldest = (await run(session, _WAITING)).one()
            for message in await claim_rows(session, self._support_chat, now, room):
                if await self._may_go(session, message, now):
                    await take_lease(session, message.id, now + self._lease)
                    if message.card_key is not None:
                        await collapse(session, message.card_key, message.id)
                    claimed.append(message)
        OUTBOX_PENDING.set(count)
        OUTBOX_OLDEST_SECONDS.set((now - oldest).total_seconds() if oldest else 0)
        return claimed

    async def _may_go(self, session: AsyncSession, message: OwedMessage, now: datetime) -> bool:
        if message.user_id is None and self._support_chat is None:
            await copy_to_support(session, message.id)
            return False
        if message.doubtful and not _again(message):
            await finish(session, message.id, "failed", "nobody knows whether it arrived")
            return False
        wait_until = await rate.take(session, message.chat_id, self._limits, now)
        if wait_until is not None:
            self._due = min(self._due or wait_until, wait_until)
            await postpone(session, message.id, wait_until, message.doubtful)
            return False
        return True

    async def _send(self, message: OwedMessage) -> None:
        with order_context(message.order_id or ""):
            try:
                await self._deliver(message)
            except Exception:  # noqa: BLE001 - it is logged and tried again
                # The lease ends by itself; the row is looked at again.
                _log.exception("message_not_recorded", outbox_id=message.id)

    async def _deliver(self, message: OwedMessage) -> None:
        if message.kind is OutboxKind.INVOICE:
            sent = await self._invoices.deliver(message)
            await self._conclude(message, sent, Rendered(str(message.params["payload"])))
            return
        rendered = await self._renderer.render(message)
        if rendered is None or message.chat_id == 0:
            await self._record(message, None, "skipped", "nothing to say")
            return
        if message.kind is OutboxKind.NOTICE:
            await self._conclude(message, await self._say(message, rendered), rendered)
            return
        await self._show(message, rendered)

    async def _say(self, message: OwedMessage, rendered: Rendered) -> Outcome:
        return await send_html(self._bot, message.chat_id, rendered.text, rendered.keyboard)

    async def _show(self, message: OwedMessage, rendered: Rendered) -> None:
        assert message.card_key is not None, "the database gives every card a key"
        async with self._database.reading() as session:
            shown = await shown_card(session, message.card_key)
        shown = await self._questions.make_room(message, shown)
        anew = bool(message.params.get("anew")) and not message.doubtful
        if shown is None or shown.chat_id != message.chat_id or anew:
            outcome = await self._say(message, rendered)
            await self._conclude(message, outcome, rendered)
            if shown is not None and outcome.fate is Fate.SENT:
                # It does not matter if this fails: an old button tells the truth too.
                await remove_buttons(self._bot, shown.chat_id, shown.message_id)
            return
        if shown.content_hash == rendered.content_hash:
            await self._record(message, None, "sent", None)
            return
        outcome = await edit_html(
            self._bot, shown.chat_id, shown.message_id, rendered.text, rendered.keyboard
        )
        if outcome.fate is Fate.GONE:
            # Deleted by the person: a new one, at the next look.
            async with self._database.transaction() as session:
                await forget_card(session, message.card_key)
                await postpone(session, message.id, datetime.now(UTC), doubtful=False)
            return
        kept = Outcome(outcome.fate, shown.message_id, outcome.wait_seconds, outcome.reason)
        await self._conclude(message, kept, rendered)

    async def _conclude(self, message: OwedMessage, outcome: Outcome, rendered: Rendered) -> None:
        if outcome.fate in (Fate.SENT, Fate.SAME):
            await failpoint_async("bot.sent.before_mark")
            shown = Outcome(Fate.SENT, outcome.message_id)
            await self._record(message, shown, "sent", None, rendered)
        elif outcome.fate is Fate.BLOCKED:
            await self._unreachable(message)
        elif outcome.fate in (Fate.THROTTLED, Fate.NOT_SENT, Fate.UNKNOWN):
            await self._later(message, outcome)
        else:
            _log.error("message_refused", reason=outcome.reason, outbox_id=message.id)
            await self._record(message, None, "failed", outcome.reason)

    async def _unreachable(self, message: OwedMessage) -> None:
        if message.user_id is not None:
            # First the workflow, then the mark: a crash in between only repeats it.
            await self._blocked(message.user_id)
            async with self._database.transaction() as session:
                await mark_blocked(session, message.user_id)
        await self._record(message, None, "failed", "blocked")

    async def _later(self, message: OwedMessage, outcome: Outcome) -> None:
        now = datetime.now(UTC)
        wait = outcome.wait_seconds or min(BACKOFF_MAX_SECONDS, 0.5 * 2 ** min(message.attempts, 6))
        async with self._database.transaction() as session:
            if outcome.fate is Fate.THROTTLED:
                until = now + timedelta(seconds=wait)
                await rate.hold_back(session, message.chat_id, until, self._limits)
            in_doubt = outcome.fate is Fate.UNKNOWN
            await postpone(session, message.id, now + timedelta(seconds=wait), in_doubt)

    async def _record(
        self,
        message: OwedMessage,
        outcome: Outcome | None,
        state: str,
        error: str | None,
        rendered: Rendered | None = None,
    ) -> None:
        async with self._database.transaction() as session:
            is_kept = True
            if outcome and rendered and message.card_key and outcome.message_id is not None:
                is_kept = await keep_card(
                    session,
                    message.card_key,
                    message.chat_id,
                    outcome.message_id,
                    rendered.content_hash,
                )
            if not is_kept:
                # A question was asked there meanwhile: it gets its place back.
                await postpone(session, message.id, datetime.now(UTC), doubtful=False)
                return
            await finish(session, message.id, state, error)


def _again(message: OwedMessage) -> bool:
    if message.kind in (OutboxKind.CARD, OutboxKind.INVOICE):
        return True
    return message.notice in SENT_AGAIN_WHEN_IN_DOUBT and message.attempts <= 2
