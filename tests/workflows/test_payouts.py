"""Payouts through the real door: two people, one file, the books hold."""

from typing import cast

import pytest
from temporalio.client import Client

from activities import ledger
from models.queries.ledger import violations
from rules import ledger as postings
from rules.errors import BadInput, NobodyToPay, SecondPersonNeeded
from rules.payouts import RegisterState
from rules.statements import Side
from tests.factories import NOON
from tests.workflows.world import World
from workflows.payout_door import PayoutAct, PayoutCommand, Payouts, register_id

pytestmark = pytest.mark.money


async def test_a_compensation_is_paid_out_by_two_people_s_word(world: World) -> None:
    client = await world.town().person()
    async with world.database.transaction() as session:
        # More than any other test's client has: nobody else is in this register.
        journal = postings.compensated("earlier", client, client, 9_000_000_00)
        await ledger.post(session, journal, None, NOON)
    door = Payouts(world.client)
    asked = PayoutCommand(
        register_id("anna", f"key-{client}"), PayoutAct.PROPOSE, "anna", Side.CLIENT, 9_000_000_00
    )

    proposed = await door.say(asked)
    assert await door.say(asked) == proposed
    with pytest.raises(SecondPersonNeeded):
        await door.say(_word(asked, PayoutAct.APPROVE, "anna"))
    sent = await door.say(_word(asked, PayoutAct.APPROVE, "boris"))
    closed = await door.say(_word(asked, PayoutAct.PAID, "anna", client))
    with pytest.raises(NobodyToPay):
        await door.say(
            PayoutCommand(register_id("a", "b"), PayoutAct.PROPOSE, "a", Side.CLIENT, 9_000_000_00)
        )

    assert (proposed.total_kopecks, sent.state) == (9_000_000_00, RegisterState.SENT)
    assert closed.state is RegisterState.CLOSED
    account = postings.credit(client)
    left = "SELECT posted_kopecks FROM account_balances WHERE account = :account"
    assert await world.value(left, account=account) == 0
    async with world.database.reading() as session:
        assert await violations(session) == {}


def _word(asked: PayoutCommand, act: PayoutAct, by: str, payee: int | None = None) -> PayoutCommand:
    return PayoutCommand(asked.register_id, act, by, payee_id=payee)


async def test_a_persons_own_words_never_enter_a_workflow() -> None:
    door = Payouts(cast(Client, None))
    words = PayoutCommand("r", PayoutAct.FAILED, "tg:1", reason="Иван дал чужой номер")

    with pytest.raises(BadInput):
        await door.say(words)
