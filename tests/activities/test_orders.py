"""Orders are opened once, changes are written once, and exactly one contractor wins."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.messages import Committed, OfferTerms, Opened
from activities.offers import OfferActivities
from activities.orders import OrderActivities
from models.database import Database
from rules import booking, cancelling, searching, working
from rules.changes import Change
from rules.orders import Offer, OfferState, Order, OrderState, Role
from tests.activities.conftest import Books
from tests.activities.test_offers import terms_for
from tests.factories import (
    NOON,
    at,
    commit,
    contractor,
    new_order,
    opening,
    person,
    placed,
    request,
)

WAVE_END = NOON + timedelta(minutes=30)
VISIT = NOON + timedelta(hours=72)


def asked(order: Order, *contractors: int) -> Order:
    offers = tuple(Offer(one, 1, WAVE_END, VISIT, score=0.5) for one in contractors)
    return searching.wave_sent(order, offers)


async def offered(database: Database, *contractors: int) -> Order:
    """An order whose wave really went out to these contractors (and only they exist)."""
    order = await placed(database)
    await at().run(OfferActivities(database).send_wave, terms_for(order, size=len(contractors)))
    return asked(order, *contractors)


async def won(database: Database, contractor_id: int) -> Order:
    order = await offered(database, contractor_id)
    change = searching.accepted(order, contractor_id, NOON)
    assert await write(database, change) == Committed()
    return change.order


async def write(database: Database, *changes: Change) -> Committed:
    return await at().run(OrderActivities(database).commit, commit(*changes))


async def test_opening_twice_has_one_effect(database: Database, books: Books) -> None:
    client = await person(database)
    order, asked_for = new_order(client), await request(database, client)
    activities = OrderActivities(database)

    first = await at().run(activities.open, opening(order, asked_for))
    before = await books.snapshot()
    second = await at().run(activities.open, opening(order, asked_for))

    assert first == second == Opened(1001)
    assert await books.snapshot() == before
    row = (await books.rows("SELECT * FROM orders"))[0]
    assert (row["state"], row["version"], row["address"]) == ("searching", 1, "ул. Советская, 1")
    assert row["facts"]["number"] == 1001
    assert [one["card_key"] for one in before["outbox"]] == [
        f"order:{order.order_id}:client:{client}"
    ]


async def test_facts_carry_nothing_personal(database: Database, books: Books) -> None:
    await placed(database)

    facts = json.dumps(await books.value("SELECT facts FROM orders"), ensure_ascii=False)

    assert not any(word in facts for word in ("Анн", "Советская", "79001234567", "latitude"))


async def test_a_client_has_at_most_three_unpaid_orders_even_when_asking_at_once(
    database: Database, books: Books
) -> None:
    client = await person(database)
    orders = [(new_order(client), await request(database, client)) for _ in range(8)]
    activities = OrderActivities(database)

    answers = await asyncio.gather(
        *(at().run(activities.open, opening(order, asked_for)) for order, asked_for in orders)
    )

    assert sorted(one.refused or "" for one in answers) == [""] * 3 + ["TooManyOrders"] * 5
    assert await books.value("SELECT count(*) FROM orders") == 3


async def test_a_client_has_at_most_five_orders_a_day(database: Database, books: Books) -> None:
    client = await person(database)
    for _ in range(5):
        order = await placed(database, client)
        await write(database, cancelling.cancelled(order, Role.CLIENT, "mistake", NOON))
    next_day = replace(new_order(client), created_at=NOON + timedelta(hours=25))

    sixth = await at().run(
        OrderActivities(database).open, opening(new_order(client), await request(database, client))
    )
    later = await at().run(
        OrderActivities(database).open, opening(next_day, await request(database, client))
    )

    assert (sixth.refused, later.refused) == ("TooManyOrders", None)


async def test_an_order_needs_a_request_of_the_same_client(database: Database) -> None:
    foreign = await request(database, await person(database))
    order = new_order(await person(database))

    with pytest.raises(ApplicationError) as refused:
        await at().run(OrderActivities(database).open, opening(order, foreign))

    assert (refused.value.type, refused.value.non_retryable) == ("RequestUnknown", True)


async def test_committing_an_acceptance_twice_has_one_effect(
    database: Database, books: Books
) -> None:
    winner, rival = await contractor(database), await contractor(database)
    order = await offered(database, winner, rival)
    change = searching.accepted(order, winner, NOON)

    first = await write(database, change)
    before = await books.snapshot()
    second = await write(database, change)

    assert first == second == Committed()
    assert await books.snapshot() == before
    assert await books.capacity(winner) == (1, 0)
    assert await books.capacity(rival) == (0, 0)
    assert {one["contractor_id"]: one["state"] for one in before["offers"]} == {
        winner: "won",
        rival: "lost",
    }
    assert before["holds"] == []
    row = before["orders"][0]
    assert (row["state"], row["contractor_id"]) == ("awaiting_prepayment", winner)
    cards = {one["card_key"] for one in before["outbox"] if one["kind"] == "card"}
    assert {f"order:{order.order_id}:contractor:{one}" for one in (winner, rival)} < cards


async def test_of_twenty_acceptances_at_once_one_wins(database: Database, books: Books) -> None:
    contractors = [await contractor(database) for _ in range(20)]
    order = await offered(database, *contractors)
    changes = [searching.accepted(order, one, NOON) for one in contractors]

    verdicts = await asyncio.gather(*(write(database, change) for change in changes))

    assert sorted(one.refused or "" for one in verdicts) == [""] + ["OrderTaken"] * 19
    assert await books.value("SELECT count(*) FROM offers WHERE state = 'won'") == 1
    assert await books.value("SELECT sum(busy) FROM contractors") == 1
    assert await books.value("SELECT sum(held) FROM contractors") == 0
    assert await books.value("SELECT count(*) FROM holds") == 0


async def test_a_contractor_without_a_free_slot_is_refused_and_nothing_is_written(
    database: Database, books: Books
) -> None:
    full = await contractor(database, capacity=1, busy=1)
    order = await placed(database)
    change = searching.assigned(order, full, NOON)
    before = await books.snapshot()

    verdict = await write(database, change)

    assert verdict == Committed(refused="NoCapacity")
    assert await books.snapshot() == before
    undone = searching.claim_refused(change.order, full, NOON)
    assert undone is not None
    assert await write(database, undone) == Committed()
    assert await books.value("SELECT state FROM orders") == "searching"
    assert await books.capacity(full) == (1, 0)


async def test_support_assigns_somebody_who_was_never_asked(
    database: Database, books: Books
) -> None:
    chosen = await contractor(database, online=False)
    order = await placed(database)

    await write(database, searching.assigned(order, chosen, NOON))

    assert await books.capacity(chosen) == (1, 0)
    assert await books.value("SELECT state FROM offers") == "won"


async def test_a_refusal_gives_the_held_slot_back(database: Database, books: Books) -> None:
    busy = await contractor(database)
    order = await offered(database, busy)
    assert await books.capacity(busy) == (0, 1)
    change = searching.declined(order, busy, "busy", NOON)

    await write(database, change)
    await write(database, change)

    assert await books.capacity(busy) == (0, 0)
    offer = (await books.rows("SELECT state, reason FROM offers"))[0]
    assert (offer["state"], offer["reason"]) == ("declined", "busy")
    assert await books.value("SELECT count(*) FROM points_entries") == 0


async def test_cancelling_while_searching_releases_everybody(
    database: Database, books: Books
) -> None:
    both = [await contractor(database), await contractor(database)]
    order = await offered(database, *both)

    # The workflow knew of one of them only: the wave was under way.
    known = replace(order, search=replace(order.search, offers=order.search.offers[:1]))
    await write(database, cancelling.cancelled(known, Role.CLIENT, "mistake", NOON))

    assert [await books.capacity(one) for one in both] == [(0, 0), (0, 0)]
    assert await books.value("SELECT count(*) FROM offers WHERE state = 'lost'") == 2
    cards = {one["card_key"] for one in await books.rows("SELECT card_key FROM outbox")}
    assert {f"order:{order.order_id}:contractor:{one}" for one in both} < cards


async def test_a_withdrawal_twice_has_one_effect(database: Database, books: Books) -> None:
    leaving = await contractor(database)
    order = booking.prepaid(await won(database, leaving), NOON).order
    change = cancelling.withdrew(order, "ill", order.visit_at or NOON)
    await write(database, booking.prepaid(await reread(order), NOON))

    await write(database, change)
    before = await books.snapshot()
    await write(database, change)

    assert await books.snapshot() == before
    assert await books.capacity(leaving) == (0, 0)
    assert await books.balances() == {
        "compensation": 24000,
        f"client:{order.client_id}:credit": 24000,
        f"contractor:{leaving}:receivable": 24000,
        "penalty": 24000,
    }
    assert await books.value("SELECT points FROM contractors") == pytest.approx(70.0)
    assert await books.value("SELECT state FROM offers") == "withdrawn"


async def reread(order: Order) -> Order:
    """The order before it was prepaid."""
    return replace(order, state=OrderState.AWAITING_PREPAYMENT, version=order.version - 1)


async def finished(database: Database, contractor_id: int) -> Order:
    order = await won(database, contractor_id)
    paid = booking.prepaid(order, NOON)
    started = working.started(paid.order, NOON)
    done = working.done(started.order, None, NOON)
    accepted = working.work_accepted(done.order, Role.CLIENT, NOON)
    await write(database, paid, started, done, accepted)
    return accepted.order


async def test_completed_work_frees_the_slot_once_and_counts(
    database: Database, books: Books
) -> None:
    able = await contractor(database)
    order = await finished(database, able)

    # A dispute about completed work, ended by support's cancellation, frees nothing more.
    other = await won(database, able)
    disputed = working.disputed(order, "other", NOON)
    await write(database, disputed)
    await write(database, cancelling.cancelled(disputed.order, Role.SUPPORT, "other", NOON))

    assert other.contractor_id == able
    assert await books.capacity(able) == (1, 0)
    assert await books.value("SELECT points FROM contractors") == pytest.approx(110.0)


async def test_ratings_stay_blind_until_both_are_given(database: Database, books: Books) -> None:
    able = await contractor(database)
    order = await finished(database, able)
    by_client = working.rated(order, Role.CLIENT, 3, NOON)
    by_contractor = working.rated(by_client.order, Role.CONTRACTOR, 5, NOON)

    await write(database, by_client)
    blind = await books.rows("SELECT revealed_at FROM ratings")
    before = await books.rows("SELECT rating, reviews, completed FROM contractors")
    await write(database, by_contractor)
    await write(database, by_contractor)
    after = await books.rows("SELECT rating, reviews FROM contractors")

    assert blind == [{"revealed_at": None}]
    assert before == [{"rating": 4.6, "reviews": 0, "completed": 1}]
    assert after == [{"rating": pytest.approx((5 * 4.6 + 3) / 6), "reviews": 1}]
    assert await books.value("SELECT count(*) FROM ratings WHERE revealed_at IS NULL") == 0


async def test_closing_marks_the_books_and_shows_a_single_rating(
    database: Database, books: Books
) -> None:
    able = await contractor(database)
    rated = working.rated(await finished(database, able), Role.CLIENT, 5, NOON)
    closed = working.settle_and_close(replace(rated.order, prepaid=False), NOON)

    await write(database, rated, closed)

    row = (await books.rows("SELECT state, closed_at, money_closed_at FROM orders"))[0]
    assert (row["state"], row["closed_at"], row["money_closed_at"]) == ("completed", NOON, NOON)
    assert await books.value("SELECT reviews FROM contractors") == 1


async def test_a_late_change_never_overwrites_a_newer_one(database: Database, books: Books) -> None:
    able = await contractor(database)
    order = await won(database, able)
    reminded = booking.payment_reminded(order, NOON)
    paid = booking.prepaid(reminded.order, NOON)

    await write(database, paid)
    await write(database, reminded)

    row = (await books.rows("SELECT state, version FROM orders"))[0]
    assert (row["state"], row["version"]) == ("booked", paid.order.version)
    assert await books.value("SELECT count(*) FROM order_events") == 4


async def test_an_overtaken_wave_is_taken_back(database: Database, books: Books) -> None:
    first, second = await contractor(database), await contractor(database)
    order = await offered(database, first)
    change = searching.accepted(order, first, NOON)
    wave: OfferTerms = replace(terms_for(order, size=1), wave=2, asked=(first,))
    await at().run(OfferActivities(database).send_wave, wave)
    late = searching.overtaken(change.order, (Offer(second, 2, WAVE_END, VISIT),))

    await write(database, change)
    await write(database, late)

    states = await books.rows("SELECT contractor_id, state FROM offers ORDER BY contractor_id")
    assert [one["state"] for one in states] == ["won", OfferState.LOST.value]
    assert await books.capacity(second) == (0, 0)
