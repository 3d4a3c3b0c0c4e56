"""Support's commands for payouts: propose, look, approve, take back, note the bank's word."""

from bot.inbox import Postponed
from bot.visit import Visit
from models.queries.payouts import Register, register_by_number, registers
from rules.errors import BadInput, PayoutUnknown
from rules.payouts import minimum
from rules.statements import Side
from runtime.logs import get_logger
from texts.cards import card_html
from texts.catalogue import say
from texts.formatting import money
from texts.statements import payee_number, payout_number
from workflows.client import Unavailable
from workflows.payout_door import PayoutAct, PayoutAnswer, PayoutCommand, register_id

_log = get_logger(__name__)
_SIDES = {"contractors": Side.CONTRACTOR, "clients": Side.CLIENT}
_DECISIONS = {one.value: one for one in PayoutAct if one is not PayoutAct.PROPOSE}
_LINES = 40


async def payouts(visit: Visit, said: list[str]) -> None:
    """`/payouts` lists registers; `/payouts contractors` or `clients` proposes one."""
    if said:
        await _propose(visit, said[0])
        return
    async with visit.desk.database.reading() as session:
        found = await registers(session)
    lines = [
        f"{payout_number(row.number)} · {say(f'payout.state.{row.state.value}', visit.lang)} · "
        f"{money(row.total_kopecks, visit.lang)}"
        for row in found
    ]
    await visit.send(card_html(say("payout.title", visit.lang), lines))


async def payout(visit: Visit, said: list[str]) -> None:
    """`/payout P-101 [approve | reject | paid | failed [C-17]]`; without a word it is shown."""
    if not said:
        raise BadInput("which register?")
    number = _number(said[0], "P")
    if len(said) > 1:
        act = _DECISIONS.get(said[1].lower())
        if act is None:
            raise BadInput(f"{said[1]} is nothing to do")
        register = (await _find(visit, number)).row
        payee = _number(said[2], "CK") if len(said) > 2 else None
        command = PayoutCommand(
            register.id, act, _name(visit), payee_id=payee, reason="_".join(said[3:]).lower()
        )
        await _say(visit, command)
    await _show(visit, number)


async def _propose(visit: Visit, word: str) -> None:
    side = _SIDES.get(word.lower())
    if side is None:
        raise BadInput("contractors or clients?")
    least, by = minimum(side, visit.desk.policy), _name(visit)
    # The same update served again is the same register.
    register = register_id(by, str(visit.update.update_id))
    command = PayoutCommand(register, PayoutAct.PROPOSE, by, side, least)
    await _show(visit, (await _say(visit, command)).number)


async def _say(visit: Visit, command: PayoutCommand) -> PayoutAnswer:
    if visit.desk.payouts is None:
        raise PayoutUnknown()
    try:
        answer = await visit.desk.payouts.say(command)
    except Unavailable as error:
        raise Postponed(command.act.value) from error
    _log.info("payout_decided", act=command.act.value, register=answer.number, by=command.by)
    return answer


async def _show(visit: Visit, number: int) -> None:
    found = await _find(visit, number)
    row, lang = found.row, visit.lang
    title = say(
        "payout.register",
        lang,
        number=payout_number(row.number),
        state=say(f"payout.state.{row.state.value}", lang),
        count=len(found.payouts),
        total=money(row.total_kopecks, lang),
    )
    lines = [
        say(
            "payout.line",
            lang,
            payee=payee_number(row.side, one.payee_id),
            amount=money(one.amount_kopecks, lang),
            state=say(f"payout.item.{one.state.value}", lang),
        )
        for one in found.payouts[:_LINES]
    ]
    await visit.send(card_html(title, lines))


async def _find(visit: Visit, number: int) -> Register:
    async with visit.desk.database.reading() as session:
        found = await register_by_number(session, number)
    if found is None:
        raise PayoutUnknown()
    return found


def _number(word: str, prefixes: str) -> int:
    digits = word.upper().lstrip(prefixes).removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise BadInput(f"{word} is no number")
    return int(digits)


def _name(visit: Visit) -> str:
    return f"tg:{visit.user.id}"
