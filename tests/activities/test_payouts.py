"""Payouts: two people's word, one file, and never more than there is, whoever asks when."""

import asyncio
import csv
import io
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from activities import ledger
from activities.gateways.payout_file import PayoutFileGateway
from activities.messages import PayoutAct, PayoutAnswer, PayoutCommand
from activities.payouts import PayoutActivities
from models.database import Database
from models.queries.ledger import violations
from models.queries.plain import run
from rules import ledger as postings
from rules.ledger import Journal
from rules.payouts import RegisterState, minimum
from rules.policy import POLICY_V1
from rules.statements import Side
from tests.activities.conftest import Books
from tests.factories import NOON, at, contractor, person

ANNA, BORIS = "api:anna", "api:boris"
_S = RegisterState


async def earned(database: Database, who: int, roubles: int, owes: int = 0) -> None:
    """A contractor's payable, and what he owes."""
    name = uuid4().hex
    lines = postings.transfer(postings.WRITEOFF, postings.payable(who), roubles * 100)
    journals = [Journal("opening", "test", name, lines)]
    if owes:
        journals.append(postings.penalised(name, 1, who, owes * 100))
    async with database.transaction() as session:
        for journal in journals:
            await ledger.post(session, journal, None, NOON)


@pytest.fixture
def payouts(database: Database, tmp_path: Path) -> PayoutActivities:
    return PayoutActivities(database, PayoutFileGateway(tmp_path / "payouts"))


def proposal(by: str = ANNA, side: Side = Side.CONTRACTOR) -> PayoutCommand:
    least = minimum(side, POLICY_V1)
    return PayoutCommand(str(uuid4()), PayoutAct.PROPOSE, by, side, least)


def word(command: PayoutCommand, act: PayoutAct, by: str, **more: object) -> PayoutCommand:
    return replace(command, act=act, by=by, **more)  # type: ignore[arg-type]  # checked at run time


async def say(payouts: PayoutActivities, command: PayoutCommand) -> PayoutAnswer:
    """The same word twice: one effect, one answer."""
    first = await at().run(payouts.decide_payout, command)
    assert await at().run(payouts.decide_payout, command) == first
    return first


async def send(payouts: PayoutActivities, command: PayoutCommand) -> PayoutAnswer:
    first = await at().run(payouts.send_payouts, command.register_id)
    assert await at().run(payouts.send_payouts, command.register_id) == first
    return first


async def sent(payouts: PayoutActivities) -> PayoutCommand:
    """A register that the bank has."""
    command = proposal()
    await say(payouts, command)
    await say(payouts, word(command, PayoutAct.APPROVE, BORIS))
    assert (await send(payouts, command)).state is _S.SENT
    return command


async def change(database: Database, statement: str) -> None:
    """Plain SQL, as anybody with a connection could write it."""
    async with database.transaction() as session:
        await run(session, text(statement))


async def accounts(books: Books, who: int) -> dict[str, tuple[int, int]]:
    rows = await books.rows(
        "SELECT account, posted_kopecks, available_kopecks FROM account_balances"
        " WHERE account LIKE :like OR account = 'bank'",
        like=f"contractor:{who}:%",
    )
    return {r["account"]: (r["posted_kopecks"], r["available_kopecks"]) for r in rows}


async def test_a_register_is_paid_out_with_debts_kept_back(
    payouts: PayoutActivities, database: Database, books: Books, tmp_path: Path
) -> None:
    who = await contractor(database, name="=Иван")
    await earned(database, who, 2_000, owes=300)

    command = await sent(payouts)
    (file,) = (tmp_path / "payouts").iterdir()
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8-sig")), delimiter=";"))
    assert await accounts(books, who) == {
        "bank": (0, 0),
        f"contractor:{who}:payable": (1_700_00, 0),
        f"contractor:{who}:receivable": (0, 0),
    }
    answer = await say(payouts, word(command, PayoutAct.PAID, ANNA))

    assert answer.state is _S.CLOSED
    assert rows[1][:4] == [f"C-{who}", "'=Иван", "79001234567", "1700.00"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert (await accounts(books, who))[f"contractor:{who}:payable"] == (0, 0)
    assert (await books.balances())["bank"] == -1_700_00
    async with database.reading() as session:
        assert await violations(session) == {}


async def test_whoever_proposed_cannot_approve_and_the_database_knows_it(
    payouts: PayoutActivities, database: Database
) -> None:
    await earned(database, await contractor(database), 900)
    command = proposal()
    await say(payouts, command)

    alone = await say(payouts, word(command, PayoutAct.APPROVE, ANNA))

    assert alone.refused == "SecondPersonNeeded"
    with pytest.raises(IntegrityError, match="two_people"):
        await change(database, "UPDATE payout_registers SET approved_by = proposed_by")
    with pytest.raises(IntegrityError, match="approved"):
        await change(database, "UPDATE payout_registers SET state = 'sent'")
    # Nothing has gone to the bank.
    assert (await send(payouts, command)).state is _S.PROPOSED


async def test_two_registers_at_once_never_pay_the_same_kopeck(
    payouts: PayoutActivities, database: Database, books: Books
) -> None:
    crews = [await contractor(database) for _ in range(3)]
    for who in crews:
        await earned(database, who, 1_000)

    answers = await asyncio.gather(
        *(at().run(payouts.decide_payout, proposal(f"api:{n}")) for n in range(5))
    )

    won = [one for one in answers if one.refused is None]
    assert sum(one.total_kopecks for one in won) == 3_000_00
    assert {one.refused for one in answers} == {None, "NobodyToPay"}
    assert await books.value("SELECT sum(amount_kopecks) FROM payouts") == 3_000_00
    for who in crews:
        assert (await accounts(books, who))[f"contractor:{who}:payable"] == (1_000_00, 0)


async def test_a_rejected_register_gives_everything_back(
    payouts: PayoutActivities, database: Database, books: Books
) -> None:
    who = await contractor(database)
    await earned(database, who, 1_000)
    command = proposal()
    await say(payouts, command)

    answer = await say(payouts, word(command, PayoutAct.REJECT, BORIS))
    late = await say(payouts, word(command, PayoutAct.APPROVE, BORIS))
    early = await say(payouts, word(command, PayoutAct.PAID, BORIS))

    assert (answer.state, late.refused, early.refused) == (
        _S.REJECTED,
        "PayoutDecided",
        "PayoutDecided",
    )
    assert (await accounts(books, who))[f"contractor:{who}:payable"] == (1_000_00, 1_000_00)


async def test_one_that_failed_can_be_paid_in_the_next_register(
    payouts: PayoutActivities, database: Database, books: Books
) -> None:
    lucky, unlucky = await contractor(database), await contractor(database)
    for who in (lucky, unlucky):
        await earned(database, who, 1_000)
    command = await sent(payouts)

    failed = word(command, PayoutAct.FAILED, ANNA, payee_id=unlucky, reason="wrong_phone")
    assert (await say(payouts, failed)).state is _S.SENT
    assert (await say(payouts, word(command, PayoutAct.PAID, ANNA))).state is _S.CLOSED
    turned = await say(payouts, word(command, PayoutAct.PAID, ANNA, payee_id=unlucky))
    stranger = await say(payouts, word(command, PayoutAct.PAID, ANNA, payee_id=99))
    again = await say(payouts, proposal())

    assert (turned.refused, stranger.refused) == ("PayoutDecided", "PayoutUnknown")
    assert again.total_kopecks == 1_000_00
    states = await books.rows("SELECT payee_id, state FROM payouts ORDER BY id")
    assert sorted((one["payee_id"], one["state"]) for one in states) == sorted(
        [(lucky, "paid"), (unlucky, "failed"), (unlucky, "reserved")]
    )


async def test_a_client_s_compensation_is_paid_out_too(
    payouts: PayoutActivities, database: Database, books: Books
) -> None:
    client = await person(database)
    async with database.transaction() as session:
        await ledger.post(session, postings.compensated("x", 1, client, 480_00), None, NOON)

    answer = await say(payouts, proposal(side=Side.CLIENT))

    assert answer.total_kopecks == 480_00
    assert (
        await books.value(
            "SELECT available_kopecks FROM account_balances WHERE account = :a",
            a=postings.credit(client),
        )
        == 0
    )


async def test_too_little_waits(payouts: PayoutActivities, database: Database) -> None:
    await earned(database, await contractor(database), 499)
    await earned(database, await contractor(database), 900, owes=500)

    assert (await say(payouts, proposal())).refused == "NobodyToPay"
