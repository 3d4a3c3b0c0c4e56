"""Queries before a payment, answered at once by whoever polls: never behind the inbox."""

import asyncio
from datetime import UTC, datetime

from telegram import Bot, PreCheckoutQuery

from bot.delivery import attempt
from models.database import Database
from models.queries.invoices import judge, query_of
from rules.native import Verdict
from runtime.logs import get_logger
from texts.catalogue import say
from texts.language import pick

LOOK_SECONDS = 0.8
"""Telegram waits for ten seconds; a person should not."""

_log = get_logger(__name__)


async def answer_checkout(bot: Bot, database: Database, asked: PreCheckoutQuery) -> None:
    """Answer one query from one indexed read; a look that takes too long is a no."""
    query = query_of(asked.to_dict())
    verdict, language = Verdict.LATER, query.language
    try:
        async with asyncio.timeout(LOOK_SECONDS), database.transaction() as session:
            verdict, language = await judge(session, query, datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 - whatever it is, Telegram needs an answer
        _log.warning("checkout_not_judged", error=type(error).__name__)
    words = None if verdict is Verdict.OK else say(f"native.refused.{verdict}", pick(language))
    call = bot.answer_pre_checkout_query(query.id, verdict is Verdict.OK, words)
    await attempt("answerPreCheckoutQuery", call)
