"""The client's credit is reserved by the acceptance's own commit, once, and never twice."""

import asyncio
from dataclasses import replace

import pytest

from activities import ledger
from activities.messages import Committed
from activities.orders import OrderActivities
from models.database import Database
from rules import booking, cancelling, credit, searching
from rules import ledger as postings
from rules.changes import Change
from rules.orders import Offer, Order, Role
from tests.activities.conftest import Books
from tests.activities.test_orders import VISIT, WAVE_END, write
from tests.factories import NOON, at, commit, contractor, person, placed

ROUBLE = 100


async def credited(database: Database, client: int, roubles: int) -> None:
    """The client has a compensation of an earlier order."""
    journal = postings.compensated("earlier", 1, client, roubles * ROUBLE)
    async with database.transaction() as session:
        await ledger.post(session, journal, None, NOON)


async def accept(database: Database, order: Order, winner: int) -> tuple[Order, Committed]:
    """Commit an acceptance that asks for as much of the credit as the prepayment can take."""
    asked = searching.wave_sent(order, (Offer(winner, 1, WAVE_END, VISIT),))
    change = searching.accepted(asked, winner, NOON)
    answer = await _send(database, change)
    return replace(change.order, credit_kopecks=answer.credit_kopecks), answer


async def _send(database: Database, change: Change) -> Committed:
    batch = commit(change)
    asked = replace(batch.changes[0], credit_max_kopecks=credit.usable(change.order, None))
    said = replace(batch, changes=(asked,))
    return await at().run(OrderActivities(database).commit, said)


async def _credit(books: Books, client: int) -> tuple[int, int]:
    """Posted, and what may still be spent."""
    rows = await books.rows(
        "SELECT posted_kopecks, available_kopecks FROM account_balances WHERE account = :a",
        a=postings.credit(client),
    )
    return rows[0]["posted_kopecks"], rows[0]["available_kopecks"]


async def test_an_acceptance_reserves_the_credit_once_however_often_it_is_sent(
    database: Database, books: Books
) -> None:
    client, winner = await person(database), await contractor(database)
    await credited(database, client, 300)
    order = await placed(database, client)
    asked = searching.wave_sent(order, (Offer(winner, 1, WAVE_END, VISIT),))
    change = searching.accepted(asked, winner, NOON)

    first = await _send(database, change)
    before = await books.snapshot()
    second = await _send(database, change)

    assert first == second == Committed(credit_kopecks=300_00)
    assert await books.snapshot() == before
    assert await _credit(books, client) == (300_00, 0)
    facts = await books.value("SELECT facts FROM orders")
    assert (facts["prepayment_kopecks"], facts["credit_kopecks"]) == (2_400_00, 300_00)


async def test_a_large_credit_leaves_a_rouble_to_pay(database: Database) -> None:
    client, winner = await person(database), await contractor(database)
    await credited(database, client, 9_000)

    order, _ = await accept(database, await placed(database, client), winner)

    assert credit.to_pay(order) == 100


async def test_two_orders_accepted_at_once_cannot_spend_the_same_credit(
    database: Database, books: Books
) -> None:
    client = await person(database)
    await credited(database, client, 3_000)
    orders = [await placed(database, client) for _ in range(3)]
    winners = [await contractor(database) for _ in orders]

    done = await asyncio.gather(
        *(accept(database, order, winner) for order, winner in zip(orders, winners, strict=True))
    )

    reserved = sorted(answer.credit_kopecks for _, answer in done)
    assert reserved == [0, 601_00, 2_399_00]
    assert await _credit(books, client) == (3_000_00, 0)


async def test_a_payment_uses_what_was_reserved(database: Database, books: Books) -> None:
    client, winner = await person(database), await contractor(database)
    await credited(database, client, 300)
    order, _ = await accept(database, await placed(database, client), winner)

    await write(database, booking.prepaid(order, NOON))

    assert await _credit(books, client) == (0, 0)
    assert (await books.balances())[postings.deposit(order.order_id)] == 300_00


@pytest.mark.parametrize("end", ["unpaid", "cancelled", "withdrawn"])
async def test_without_a_payment_the_credit_is_free_again(
    database: Database, books: Books, end: str
) -> None:
    client, winner = await person(database), await contractor(database)
    await credited(database, client, 300)
    order, _ = await accept(database, await placed(database, client), winner)
    changes = {
        "unpaid": booking.payment_expired(order, NOON),
        "cancelled": cancelling.cancelled(order, Role.CLIENT, "price", NOON),
        "withdrawn": cancelling.withdrew(order, "ill", NOON),
    }

    await write(database, changes[end])
    await write(database, changes[end])

    assert await _credit(books, client) == (300_00, 300_00)
    assert await books.value("SELECT count(*) FROM journals WHERE kind = 'credit_released'") == 1


async def test_a_winner_whom_the_database_refuses_reserves_nothing(
    database: Database, books: Books
) -> None:
    client, busy = await person(database), await contractor(database, capacity=1)
    await credited(database, client, 300)
    await accept(database, await placed(database), busy)

    _, answer = await accept(database, await placed(database, client), busy)

    assert answer == Committed(refused="NoCapacity")
    assert await _credit(books, client) == (300_00, 300_00)


async def test_a_lost_hold_gives_the_credit_back_and_asks_for_it_again(
    database: Database, books: Books
) -> None:
    client, winner = await person(database), await contractor(database)
    await credited(database, client, 300)
    order, _ = await accept(database, await placed(database, client), winner)
    paid = booking.prepaid(order, NOON)
    await write(database, paid)

    answer = await _send(database, booking.hold_lost(paid.order, NOON))

    assert answer == Committed(credit_kopecks=300_00)
    assert await _credit(books, client) == (300_00, 0)
    assert postings.deposit(order.order_id) not in await books.balances()
