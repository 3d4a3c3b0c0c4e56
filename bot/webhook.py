"""Telling Telegram where updates go, and which commands there are; one replica does it."""

import asyncio

from telegram import Bot, BotCommand
from telegram.error import TelegramError

from models.database import Database
from models.queries.telegram import lock_alone
from runtime.logs import get_logger
from texts.catalogue import say
from texts.language import Language

_log = get_logger(__name__)
_LOCK = 7_310_001
_RETRY_SECONDS = 2.0
_MOST_CONNECTIONS = 40
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member", "pre_checkout_query")
_COMMANDS = (
    *("start", "new", "orders", "money", "email", "help", "support", "lang", "privacy"),
    "delete_me",
    *("work", "offers", "jobs", "radius", "farther", "night", "docs", "rating"),
)


async def keep_set(
    bot: Bot, database: Database, url: str, secret: str | None, stop: asyncio.Event
) -> None:
    """Set the webhook and the commands once; tries again while Telegram is away."""
    while not stop.is_set():
        try:
            async with database.transaction() as session:
                if await lock_alone(session, _LOCK):
                    await bot.set_webhook(
                        url,
                        secret_token=secret,
                        max_connections=_MOST_CONNECTIONS,
                        allowed_updates=ALLOWED_UPDATES,
                    )
                    await set_commands(bot)
        except (TelegramError, OSError, TimeoutError) as error:
            _log.warning("webhook_not_set", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
            continue
        _log.info("webhook_set")
        return


async def set_commands(bot: Bot) -> None:
    """The list behind the menu button: Russian for all, English for those who use it."""
    for lang, code in ((Language.RU, None), (Language.EN, "en")):
        listed = [BotCommand(name, say(f"command.{name}", lang)) for name in _COMMANDS]
        await bot.set_my_commands(listed, language_code=code)
