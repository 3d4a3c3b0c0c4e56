"""Payouts by two people's word: proposed, approved, sent to the bank, marked as paid or failed.

Every command may be repeated: what it asks for happens once, and the answer is the same.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities import payout_records
from activities.messages import PayoutAct, PayoutAnswer, PayoutCommand
from activities.ports import PayoutGateway
from models.database import Database
from models.payouts import PayoutRegisterRow
from rules.errors import NobodyToPay, PayoutDecided, PayoutUnknown, RuleViolation
from rules.payouts import PayoutState, RegisterState, check_approval, check_rejection

Step = Callable[[AsyncSession, PayoutCommand, datetime], Awaitable[PayoutRegisterRow]]
_CONCLUDES = {PayoutAct.PAID: PayoutState.PAID, PayoutAct.FAILED: PayoutState.FAILED}


class PayoutActivities:
    """Writes payout registers and hands approved ones to the bank."""

    def __init__(self, database: Database, gateway: PayoutGateway) -> None:
        """`database` is shared with the process."""
        self._database = database
        self._gateway = gateway

    @activity.defn
    async def decide_payout(self, command: PayoutCommand) -> PayoutAnswer:
        """Do one thing to a register, in one transaction; a refusal is an answer."""
        now = activity.info().current_attempt_scheduled_time
        try:
            async with self._database.transaction() as session:
                row = await _STEPS[command.act](session, command, now)
                return _answer(row)
        except RuleViolation as refusal:
            return PayoutAnswer(command.register_id, refused=type(refusal).__name__)

    @activity.defn
    async def send_payouts(self, register_id: str) -> PayoutAnswer:
        """Hand an approved register to the bank; sent again, it is the same file."""
        now = activity.info().current_attempt_scheduled_time
        async with self._database.transaction() as session:
            row = await payout_records.lock_register(session, register_id)
            if row.state is RegisterState.APPROVED:
                file = await payout_records.file_of(session, row)
                sent = await asyncio.to_thread(self._gateway.send, file)
                row.file_name, row.file_hash = sent.name, sent.sha256
                row.state, row.sent_at = RegisterState.SENT, now
            return _answer(row)


def _answer(row: PayoutRegisterRow) -> PayoutAnswer:
    return PayoutAnswer(row.id, row.number, row.state, row.total_kopecks)


async def _propose(
    session: AsyncSession, command: PayoutCommand, now: datetime
) -> PayoutRegisterRow:
    known = await session.get(PayoutRegisterRow, command.register_id)
    if known is not None:
        return known
    rows = await payout_records.reserve(
        session, command.register_id, command.side, command.minimum_kopecks, now
    )
    if not rows:
        raise NobodyToPay()
    register = PayoutRegisterRow(
        id=command.register_id,
        side=command.side,
        total_kopecks=sum(row.amount_kopecks for row in rows),
        proposed_by=command.by,
        proposed_at=now,
    )
    session.add(register)
    await session.flush()
    session.add_all(rows)
    await session.flush()
    return register


async def _approve(
    session: AsyncSession, command: PayoutCommand, now: datetime
) -> PayoutRegisterRow:
    row = await payout_records.lock_register(session, command.register_id)
    if row.approved_by == command.by and row.state is not RegisterState.REJECTED:
        return row
    check_approval(row.state, row.proposed_by, command.by)
    row.state, row.approved_by, row.approved_at = RegisterState.APPROVED, command.by, now
    return row


async def _reject(
    session: AsyncSession, command: PayoutCommand, now: datetime
) -> PayoutRegisterRow:
    row = await payout_records.lock_register(session, command.register_id)
    if row.state is RegisterState.REJECTED:
        return row
    check_rejection(row.state)
    for payout in await payout_records.lines(session, row.id):
        await payout_records.conclude(session, row.side, payout, PayoutState.FAILED, now)
        payout.reason = "rejected"
    row.state, row.ended_by, row.ended_at = RegisterState.REJECTED, command.by, now
    return row


async def _conclude(
    session: AsyncSession, command: PayoutCommand, now: datetime
) -> PayoutRegisterRow:
    """The bank's word about one payee, or about all who are left."""
    row = await payout_records.lock_register(session, command.register_id)
    if row.state not in (RegisterState.SENT, RegisterState.CLOSED):
        raise PayoutDecided(row.state.value)
    state = _CONCLUDES[command.act]
    payouts = await payout_records.lines(session, row.id)
    if command.payee_id is not None:
        meant = [one for one in payouts if one.payee_id == command.payee_id]
        if not meant:
            raise PayoutUnknown()
        if meant[0].state not in (PayoutState.RESERVED, state):
            raise PayoutDecided(meant[0].state.value)
    else:
        meant = [one for one in payouts if one.state is PayoutState.RESERVED]
    for payout in meant:
        payout.reason = command.reason or payout.reason
        await payout_records.conclude(session, row.side, payout, state, now)
    if row.state is RegisterState.SENT and all(
        one.state is not PayoutState.RESERVED for one in payouts
    ):
        row.state, row.ended_by, row.ended_at = RegisterState.CLOSED, command.by, now
    return row


_STEPS: dict[PayoutAct, Step] = {
    PayoutAct.PROPOSE: _propose,
    PayoutAct.APPROVE: _approve,
    PayoutAct.REJECT: _reject,
    PayoutAct.PAID: _conclude,
    PayoutAct.FAILED: _conclude,
}
