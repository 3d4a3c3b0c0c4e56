"""Queries before a payment inside Telegram, answered in the webhook's own answer."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from api.problems import Problem
from models.database import Database
from models.queries.invoices import judge, query_of
from rules.native import Verdict
from runtime.logs import get_logger
from texts.catalogue import say
from texts.language import pick

LOOK_SECONDS = 0.8
"""Telegram waits for ten seconds; a person should not."""

_log = get_logger(__name__)


async def checked_out(database: Database, asked: dict[str, Any]) -> dict[str, object]:
    """The Bot API method that answers the query, from one indexed read; no workflow is asked.

    A look that takes too long, or a database that is away, is a no.

    Raises:
        Problem: 400 for what Telegram would never send.
    """
    try:
        query = query_of(asked)
    except ValueError:
        raise Problem(400, "NotAnUpdate") from None
    verdict, language = Verdict.LATER, query.language
    try:
        async with asyncio.timeout(LOOK_SECONDS), database.transaction() as session:
            verdict, language = await judge(session, query, datetime.now(UTC))
    except Exception as error:  # noqa: BLE001 - whatever it is, Telegram needs an answer
        _log.warning("checkout_not_judged", error=type(error).__name__)
    reply: dict[str, object] = {
        "method": "answerPreCheckoutQuery",
        "pre_checkout_query_id": query.id,
        "ok": verdict is Verdict.OK,
    }
    if verdict is not Verdict.OK:
        reply["error_message"] = say(f"native.refused.{verdict}", pick(language))
    return reply
