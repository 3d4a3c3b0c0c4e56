"""Receipts in the chat: the client's address for them, and those that support must look at."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot import email_dialogue
from bot.handlers import dialogues
from bot.keyboards import ASK_EMAIL, SKIP_EMAIL
from bot.visit import Visit
from models.queries import receipts
from models.queries.receipts import TroubledReceipt
from rules.errors import BadEmail, BadInput, NotYours
from rules.receipts import read_email
from runtime.logs import get_logger
from texts import formatting
from texts.catalogue import say, screen
from texts.language import Language
from texts.refusals import refusal

_LISTED_MAX = 20
_log = get_logger(__name__)


async def email(visit: Visit, said: str) -> None:
    """`/email anna@mail.ru` sets the address; without a word it is asked for."""
    if not said:
        await dialogues.begin(visit, email_dialogue.begin(), in_place=False)
        return
    try:
        await keep(visit, read_email(said))
    except BadEmail as error:
        await visit.send(refusal(error, visit.lang))


async def ask(visit: Visit, _: str) -> None:
    """The button below the question."""
    await visit.retire_tapped()
    await dialogues.begin(visit, email_dialogue.begin(), in_place=False)


async def skip(visit: Visit, _: str) -> None:
    """No receipt wanted: nobody asks again."""
    async with visit.desk.database.transaction() as session:
        await receipts.skip_email(session, visit.user.id, datetime.now(UTC))
    await visit.replace_tapped(screen("receipt.skipped", visit.lang))


async def keep(visit: Visit, address: str) -> None:
    """Remember the address; receipts that waited for it are sent within a minute."""
    async with visit.desk.database.transaction() as session:
        await receipts.give_email(session, visit.user.id, address, datetime.now(UTC))
    _log.info("receipt_address_set", user=visit.user.id)
    await visit.say_with_menu("receipt.email_set", email=address)


async def list_troubled(visit: Visit, _: list[str]) -> None:
    """`/receipts`: which need a person, the oldest first."""
    async with visit.desk.database.reading() as session:
        found = await receipts.needing_person(session, limit=_LISTED_MAX)
    if not found:
        await visit.say("receipt.none")
        return
    lines = [say("receipt.list", visit.lang, count=len(found))]
    lines += [_line(one, visit.lang) for one in found]
    lines.append(say("receipt.how", visit.lang))
    await visit.send("\n".join(lines))


def _line(one: TroubledReceipt, lang: Language) -> str:
    return say(
        "receipt.line",
        lang,
        receipt=f"R-{one.id}",
        number=formatting.order_number(one.order_number),
        kind=say(f"receipt.kind.{one.kind.value}", lang),
        amount=formatting.money(one.amount_kopecks, lang),
        reason=say(f"receipt.reason.{one.reason}", lang),
    )


async def decide(visit: Visit, said: list[str]) -> None:
    """`/receipt R-12 done`: made by hand. `/receipt R-12 again`: the cause is gone, send it."""
    number, wanted = _number(said), said[1].lower() if len(said) > 1 else ""
    now = datetime.now(UTC)
    async with visit.desk.database.transaction() as session:
        if wanted == "done":
            is_done = await receipts.done_by_hand(session, number, visit.user.id, now)
        elif wanted == "again":
            is_done = await receipts.send_again(session, number, now)
        else:
            raise BadInput("done or again")
    if not is_done:
        raise NotYours()
    _log.info("receipt_decided", receipt=number, decision=wanted, support=visit.user.id)
    await visit.say(f"receipt.{wanted}", receipt=f"R-{number}")


def _number(said: list[str]) -> int:
    digits = said[0].upper().removeprefix("R").removeprefix("-") if said else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise BadInput("which receipt?")
    return int(digits)


TAPS: dict[str, Callable[[Visit, str], Awaitable[None]]] = {ASK_EMAIL: ask, SKIP_EMAIL: skip}
