"""Support's commands for differences from the payment provider: list, repair, approve, dismiss."""

import contextlib
from datetime import UTC, datetime

from bot.visit import Visit
from models.queries import breaks as decisions
from models.queries import reconciliation as queries
from rules.errors import BadInput
from rules.reconciliation import BreakState
from runtime.logs import get_logger
from texts.breaks import break_line, break_number, subject_words
from texts.cards import card_html
from texts.catalogue import say, screen
from workflows.client import Unavailable

_log = get_logger(__name__)


async def list_breaks(visit: Visit, _: list[str]) -> None:
    """`/breaks`: what differs from the provider and waits."""
    lines = []
    async with visit.desk.database.reading() as session:
        for row in await queries.open_breaks(session):
            subject = subject_words(row.subject, await queries.order_number_of(session, row))
            named = (row.id, row.kind, row.state)
            kopecks = (row.ours_kopecks, row.theirs_kopecks)
            lines.append(break_line(named, subject, kopecks, visit.lang))
    if not lines:
        await visit.send(screen("breaks.none", visit.lang))
        return
    await visit.send(card_html(say("breaks.help", visit.lang), lines))


async def repair(visit: Visit, said: list[str]) -> None:
    """`/repair B-1`: propose the repair of a break; another person has to approve it."""
    break_id = _number(said)
    async with visit.desk.database.transaction() as session:
        row = await decisions.propose(session, break_id, _name(visit))
        state = row.state
    await _answer(visit, break_id, state)


async def approve(visit: Visit, said: list[str]) -> None:
    """`/approve B-1`: the second person's word; it is repaired at once."""
    break_id = _number(said)
    async with visit.desk.database.transaction() as session:
        row = await decisions.approve(session, break_id, _name(visit))
        state = row.state
    if visit.desk.reconciliation is not None:
        # If it cannot be started now, the next regular run repairs it.
        with contextlib.suppress(Unavailable):
            await visit.desk.reconciliation.run_now()
    await _answer(visit, break_id, state)


async def dismiss(visit: Visit, said: list[str]) -> None:
    """`/dismiss B-1 why`: nothing is to be done about it."""
    break_id, now = _number(said), datetime.now(UTC)
    async with visit.desk.database.transaction() as session:
        row = await decisions.dismiss(session, break_id, _name(visit), " ".join(said[1:]), now)
        state = row.state
    await _answer(visit, break_id, state)


async def charge_back(visit: Visit, said: list[str]) -> None:
    """`/chargeback payment-id 1500`: the payer's bank took so many roubles back."""
    if len(said) < 2 or not said[1].isdecimal() or len(said[1]) > 9:
        raise BadInput("which payment, and how many roubles?")
    async with visit.desk.database.transaction() as session:
        row = await decisions.charge_back(
            session, said[0], int(said[1]) * 100, _name(visit), datetime.now(UTC)
        )
        break_id, state = row.id, row.state
    await _answer(visit, break_id, state)


def names_a_break(said: list[str]) -> bool:
    """`B-12`, as opposed to a contractor's `C-17`."""
    return bool(said) and said[0].upper().startswith("B")


_ANSWERS = {
    BreakState.AWAITING_APPROVAL: "breaks.proposed",
    BreakState.REPAIRING: "breaks.approved",
    BreakState.DISMISSED: "breaks.dismissed",
}


async def _answer(visit: Visit, break_id: int, state: BreakState) -> None:
    _log.info("break_decided", break_id=break_id, state=state.value, by=_name(visit))
    await visit.send(screen(_ANSWERS[state], visit.lang, number=break_number(break_id)))


def _number(said: list[str]) -> int:
    digits = said[0].upper().removeprefix("B").removeprefix("-") if said else ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise BadInput("which break?")
    return int(digits)


def _name(visit: Visit) -> str:
    return f"tg:{visit.user.id}"
