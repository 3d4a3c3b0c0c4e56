"""One update being served: who it is from, and the few ways to answer."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from telegram import Bot, InlineKeyboardMarkup, Update

from bot.delivery import (
    Fate,
    Markup,
    Outcome,
    attempt,
    edit_html,
    patiently,
    remove_buttons,
    send_html,
)
from bot.inbox import Postponed
from bot.keyboards import main_menu
from bot.outbox_rows import touch_card
from bot.places import PlaceFinder
from models.contractors import ContractorRow
from models.database import Database
from models.files import FileStore
from models.users import UserRow
from rules.policy import POLICY_V1, Policy
from rules.words import tidy
from texts.catalogue import screen
from texts.language import Language, pick
from workflows.client import Orders
from workflows.geocoding_door import AddressFinder
from workflows.payout_door import Payouts
from workflows.reconciliation_door import ReconciliationDoor

ANSWER_CHARACTERS_MAX = 200


@dataclass(frozen=True)
class Desk:
    """What all handlers work with."""

    bot: Bot
    database: Database
    orders: Orders
    places: PlaceFinder
    # None where no files can be kept.
    files: FileStore | None = None
    # None where only our own table of places is asked.
    addresses: AddressFinder | None = None
    # None where nobody is paid out.
    payouts: Payouts | None = None
    # None where nothing is compared with the payment provider.
    reconciliation: ReconciliationDoor | None = None
    policy: Policy = POLICY_V1
    public_url: str = ""
    # Contractors may work without moderation (local use).
    activates_at_once: bool = False
    support_ids: frozenset[int] = field(default_factory=frozenset)
    support_chat: int | None = None
    # What Telegram knows our payment provider by; None: no invoices inside Telegram.
    provider_token: str | None = field(default=None, repr=False)


@dataclass
class Visit:
    """A person's update; `attempt` counts how often it has been tried."""

    desk: Desk
    update: Update
    user: UserRow
    contractor: ContractorRow | None
    chat_id: int
    attempt: int = 1
    is_answered: bool = False

    @property
    def lang(self) -> Language:
        """The person's language."""
        return pick(self.user.language)

    @property
    def today(self) -> date:
        """Today in UTC: near enough to refuse the buttons of last week."""
        return datetime.now(UTC).date()

    @property
    def is_support(self) -> bool:
        """Whether this person may act for support."""
        return self.user.is_support or self.user.telegram_id in self.desk.support_ids

    @property
    def is_in_group(self) -> bool:
        """Whether others read along: support's group, where only what is meant for us counts."""
        return self.chat_id < 0

    @property
    def tapped_message_id(self) -> int | None:
        """The message whose button was tapped."""
        query = self.update.callback_query
        return query.message.message_id if query is not None and query.message else None

    @property
    def words(self) -> str:
        """What was typed, without unseen signs; empty if nothing was."""
        message = self.update.message
        return tidy(message.text or "") if message is not None else ""

    async def say(self, key: str, markup: Markup | None = None, **values: object) -> None:
        """Send a catalogue text as a new message."""
        await self.send(screen(key, self.lang, **values), markup)

    async def say_with_menu(self, key: str, **values: object) -> None:
        """Send a catalogue text with the big words below the chat."""
        menu = main_menu(self.lang, is_contractor=self.contractor is not None)
        await self.say(key, menu, **values)

    async def send(self, html: str, markup: Markup | None = None) -> int | None:
        """Send a new message; its id, if Telegram said one.

        Raises:
            Postponed: Telegram could not take it now; the update is served again.
        """
        outcome = await patiently(lambda: send_html(self.desk.bot, self.chat_id, html, markup))
        must_have_gone(outcome)
        return outcome.message_id

    async def replace_tapped(
        self, html: str, markup: InlineKeyboardMarkup | None = None, *, asking: str = ""
    ) -> None:
        """Show something else in the message whose button was tapped, or send it anew.

        `asking` names the question that it is: news of the order do not wipe it away.
        """
        message_id = self.tapped_message_id
        if message_id is None:
            await self.send(html, markup)
            return
        async with self.desk.database.transaction() as session:
            # If it was a card, its next rendering must not be taken for 'the same'.
            await touch_card(session, self.chat_id, message_id, asking)
        outcome = await edit_html(self.desk.bot, self.chat_id, message_id, html, markup)
        if outcome.fate in (Fate.GONE, Fate.REFUSED):
            await self.send(html, markup)
            return
        must_have_gone(outcome)

    async def retire_tapped(self) -> None:
        """Take the buttons off the message whose button was tapped: its question is answered."""
        if self.tapped_message_id is not None:
            await self.retire(self.tapped_message_id)

    async def retire(self, message_id: int) -> None:
        """Take the buttons off a message of ours; no harm if it cannot be done."""
        await remove_buttons(self.desk.bot, self.chat_id, message_id)

    async def remove(self, message_id: int) -> None:
        """Delete a message of ours; where Telegram refuses, at least its buttons go."""
        call = self.desk.bot.delete_message(self.chat_id, message_id)
        outcome = await attempt("deleteMessage", call)
        if outcome.fate is not Fate.SENT:
            await self.retire(message_id)

    async def answer(self, words: str = "", *, alert: bool = False) -> None:
        """Answer a tap, once; too late is no harm."""
        query = self.update.callback_query
        if query is None or self.is_answered:
            return
        self.is_answered = True
        call = self.desk.bot.answer_callback_query(
            query.id, words[:ANSWER_CHARACTERS_MAX] or None, show_alert=alert
        )
        await attempt("answerCallbackQuery", call)


def must_have_gone(outcome: Outcome) -> None:
    """Let the update come again, not before Telegram wants it, if a message may be missing.

    Raises:
        Postponed: It may be.
    """
    if outcome.fate in (Fate.THROTTLED, Fate.NOT_SENT, Fate.UNKNOWN):
        raise Postponed(outcome.reason, outcome.wait_seconds)
