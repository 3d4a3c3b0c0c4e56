"""Invitations hold nobody's capacity, and each quote is written once however often it is sent."""

from dataclasses import replace
from datetime import timedelta

from activities.orders import OrderActivities
from models.database import Database
from models.queries.orders import order_view
from models.queries.quotes import extra_metres, order_quotes
from rules import choosing, metres, quoting
from rules.catalog import Service
from rules.changes import Change
from rules.orders import Offer, OfferState, Order, OrderState, Role
from rules.quotes import ExtraState, Offered, QuoteLine, Quotes, QuoteState, Unit
from tests.activities.conftest import Books
from tests.activities.test_offers import send, terms_for
from tests.factories import NOON, at, commit, contractor, placed

WELL = Service.DRILLING_WELL


async def twice(database: Database, change: Change) -> Order:
    """Written, and written once more as after a crash: the answer is the same."""
    activities = OrderActivities(database)
    answers = [await at(NOON).run(activities.commit, commit(change)) for _ in range(2)]
    assert answers[0] == answers[1]
    return change.order


async def test_an_invitation_holds_no_capacity_and_may_be_for_some_only(
    database: Database, books: Books
) -> None:
    crews = [await contractor(database, capacity=1) for _ in range(3)]
    order = await placed(database, service=WELL)
    terms = replace(terms_for(order), size=3, holds=False, only=(crews[1],))
    for _ in range(2):
        wave = await send(database, terms)
        assert [one.contractor_id for one in wave.offers] == [crews[1]]
    everybody = replace(terms, wave=2, only=(), asked=(crews[1],))
    wave = await send(database, everybody)
    assert {one.contractor_id for one in wave.offers} == {crews[0], crews[2]}
    held = await books.rows("SELECT sum(held) AS n FROM contractors")
    assert held[0]["n"] == 0


async def test_quotes_a_choice_and_metres_are_written_once(database: Database) -> None:
    pair = [await contractor(database, capacity=1) for _ in range(2)]
    order = await placed(database, service=WELL)
    until = NOON + timedelta(hours=12)
    order = quoting.invited(
        replace(order, quotes=Quotes()), tuple(Offer(one, 1, until, until) for one in pair)
    )
    for one in pair:
        lines = (QuoteLine("drilling", Unit.METRE, 3_000_00, 30, 60),)
        offered = Offered(lines, ("filter",), NOON.date() + timedelta(days=14), 60, surveyed=True)
        order = await twice(database, quoting.quoted(order, one, offered, NOON))
    order = await twice(database, choosing.chosen(order, pair[0], NOON))
    working = replace(order, state=OrderState.IN_PROGRESS)
    working = await twice(database, metres.metres_asked(working, 10, 3_000_00, NOON))
    await twice(database, metres.metres_answered(working, agrees=True, now=NOON))

    async with database.reading() as session:
        found = await order_quotes(session, order.order_id)
        extras = await extra_metres(session, order.order_id)
        client = await order_view(session, order.order_id, Role.CLIENT, order.client_id)
        loser = await order_view(session, order.order_id, Role.CONTRACTOR, pair[1])
    assert [one.quote.state for one in found] == [QuoteState.CHOSEN, QuoteState.LOST]
    assert order.quotes is not None
    assert found[0].quote == order.quotes.all[0]
    assert [(one.kopecks, one.state) for one in extras] == [(30_000_00, ExtraState.AGREED)]
    assert client is not None
    assert client.quotes is not None
    assert len(client.quotes.all) == 2
    assert client.prepayment_kopecks == 18_000_00
    assert loser is not None
    assert loser.offer is not None
    assert loser.offer.state is OfferState.LOST
    assert loser.quotes is not None
    assert [one.contractor_id for one in loser.quotes.all] == [pair[1]]
