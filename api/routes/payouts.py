"""`/api/v1/payouts`: registers proposed by one person, approved by another, paid by the bank."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.deps import Caller, services_of
from api.idempotency import Attempt, idempotency_key, json_only, remember
from api.problems import Problem
from api.schemas import PayoutIn, PayoutLineOut, PayoutRegisterOut, PayoutWord
from api.security import may
from models.payouts import PayoutRegisterRow, PayoutRow
from models.queries.payouts import REGISTERS_MAX, Register, register_by_number, registers
from rules.errors import PayoutUnknown
from rules.payouts import minimum
from texts.statements import payee_number, payout_number
from workflows.payout_door import PayoutAct, PayoutAnswer, PayoutCommand, register_id

Payer = Annotated[Caller, Depends(may("payouts"))]
Key = Annotated[str, Depends(idempotency_key)]
Number = Annotated[int, Path(ge=1, lt=2**62)]
router = APIRouter(prefix="/api/v1/payouts", tags=["payouts"])


@router.get("")
async def listing(
    request: Request, _: Payer, limit: Annotated[int, Query(ge=1, le=REGISTERS_MAX)] = 20
) -> list[PayoutRegisterOut]:
    """The newest registers first."""
    async with services_of(request).database.reading() as session:
        return [_out(row) for row in await registers(session, limit)]


@router.get("/{number}")
async def one(request: Request, _: Payer, number: Number) -> PayoutRegisterOut:
    """A register with everybody in it."""
    found = await _find(request, number)
    return _out(found.row, found.payouts)


@router.post("", status_code=201, dependencies=[Depends(json_only)])
async def propose(request: Request, caller: Payer, key: Key, said: PayoutIn) -> PayoutRegisterOut:
    """Reserve what everybody has who has enough; another person has to approve it."""
    by = caller.person
    async with services_of(request).database.transaction() as session:
        await remember(session, Attempt(caller, key, "payouts", said))
    least = minimum(said.side, services_of(request).policy)
    command = PayoutCommand(register_id(by, key), PayoutAct.PROPOSE, by, said.side, least)
    answer = await _say(request, command)
    found = await _find(request, answer.number)
    return _out(found.row, found.payouts)


@router.post("/{number}/approve", dependencies=[Depends(json_only), Depends(idempotency_key)])
async def approve(request: Request, caller: Payer, number: Number) -> PayoutRegisterOut:
    """The second person's word: the register goes to the bank."""
    return await _decide(request, caller, number, PayoutAct.APPROVE)


@router.post("/{number}/reject", dependencies=[Depends(json_only), Depends(idempotency_key)])
async def reject(request: Request, caller: Payer, number: Number) -> PayoutRegisterOut:
    """Take a register back before the bank has it."""
    return await _decide(request, caller, number, PayoutAct.REJECT)


@router.post("/{number}/paid", dependencies=[Depends(json_only), Depends(idempotency_key)])
async def paid(
    request: Request, caller: Payer, number: Number, said: PayoutWord
) -> PayoutRegisterOut:
    """The bank has paid one, or all who are left."""
    return await _decide(request, caller, number, PayoutAct.PAID, said)


@router.post("/{number}/failed", dependencies=[Depends(json_only), Depends(idempotency_key)])
async def failed(
    request: Request, caller: Payer, number: Number, said: PayoutWord
) -> PayoutRegisterOut:
    """The bank has not paid one, or all who are left: the sums are theirs again."""
    return await _decide(request, caller, number, PayoutAct.FAILED, said)


async def _decide(
    request: Request,
    caller: Caller,
    number: int,
    act: PayoutAct,
    said: PayoutWord | None = None,
) -> PayoutRegisterOut:
    word = said or PayoutWord()
    register = (await _find(request, number)).row.id
    command = PayoutCommand(
        register, act, caller.person, payee_id=word.payee_id, reason=word.reason
    )
    await _say(request, command)
    found = await _find(request, number)
    return _out(found.row, found.payouts)


async def _say(request: Request, command: PayoutCommand) -> PayoutAnswer:
    door = services_of(request).payouts
    if door is None:
        raise Problem(503, "PayoutsUnavailable", "Nobody is paid out here.")
    return await door.say(command)


async def _find(request: Request, number: int) -> Register:
    async with services_of(request).database.reading() as session:
        found = await register_by_number(session, number)
    if found is None:
        raise PayoutUnknown()
    return found


def _out(row: PayoutRegisterRow, payouts: tuple[PayoutRow, ...] = ()) -> PayoutRegisterOut:
    return PayoutRegisterOut(
        id=row.id,
        number=payout_number(row.number),
        side=row.side,
        state=row.state,
        total_kopecks=row.total_kopecks,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        approved_by=row.approved_by,
        sent_at=row.sent_at,
        file_name=row.file_name,
        file_hash=row.file_hash,
        payouts=[
            PayoutLineOut(
                payee=payee_number(row.side, one.payee_id),
                payee_id=one.payee_id,
                amount_kopecks=one.amount_kopecks,
                set_off_kopecks=one.set_off_kopecks,
                state=one.state,
                reason=one.reason,
            )
            for one in payouts
        ],
    )
