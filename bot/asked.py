"""Open questions in the place of a card: news of the order make room for them."""

from telegram import Bot

from bot.delivery import edit_html, remove_buttons
from bot.outbox_rows import SHOWN, aside, forget_card, lay_aside, shown_card, touch_card
from bot.rendering import OwedMessage, Renderer
from models.database import Database
from models.telegram import TelegramMessageRow


class OpenQuestions:
    """Finds a card's place beside the question that a person is reading."""

    def __init__(self, database: Database, bot: Bot, renderer: Renderer) -> None:
        self._database = database
        self._bot = bot
        self._renderer = renderer

    async def make_room(
        self, message: OwedMessage, shown: TelegramMessageRow | None
    ) -> TelegramMessageRow | None:
        """The message that the card may change; None if it must be sent as a new one.

        An open question keeps its message and tells what is true now. One that makes no sense any
        more gives way to the card. Repeated, it finds the same.
        """
        if shown is not None and shown.state != SHOWN:
            shown = await self._leave_to_question(message, shown)
        assert message.card_key is not None, "the database gives every card a key"
        async with self._database.reading() as session:
            asked = await shown_card(session, aside(message.card_key))
        if asked is not None:
            await self._ask_again(message, asked)
        return shown

    async def _leave_to_question(
        self, message: OwedMessage, shown: TelegramMessageRow
    ) -> TelegramMessageRow | None:
        question = await self._renderer.question(message, shown.state)
        async with self._database.transaction() as session:
            if question is None:
                await touch_card(session, shown.chat_id, shown.message_id)
                return shown
            earlier = await lay_aside(session, shown.card_key)
        if earlier is not None:
            await remove_buttons(self._bot, shown.chat_id, earlier)
        return None

    async def _ask_again(self, message: OwedMessage, asked: TelegramMessageRow) -> None:
        question = await self._renderer.question(message, asked.state)
        if question is not None:
            # If it fails the next news try again; the workflow decides in any case.
            place = (asked.chat_id, asked.message_id)
            await edit_html(self._bot, *place, question.text, question.keyboard)
            return
        async with self._database.transaction() as session:
            await forget_card(session, asked.card_key)
        await remove_buttons(self._bot, asked.chat_id, asked.message_id)
