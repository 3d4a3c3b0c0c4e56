"""What each party may see of an order."""

from dataclasses import replace
from datetime import timedelta

from pydantic import TypeAdapter
from sqlalchemy import text

from models.contractors import ContractorRow
from models.database import Database
from models.orders import OrderRow
from models.queries.orders import (
    ClientLimits,
    client_limits,
    client_orders,
    contractor_jobs,
    contractor_offers,
    order_by_secret,
    order_view,
    orders_needing_attention,
)
from models.queries.plain import run
from models.queries.users import (
    contractor_by_telegram_id,
    contractor_by_user,
    contractor_user,
    order_row,
    services_of,
    user_by_telegram_id,
)
from models.users import UserRow
from rules.catalog import Estimate, Service, ServiceType
from rules.geo import coarse
from rules.orders import OfferState, Order, OrderState, Role
from rules.payments import Money, MoneySummary
from rules.views import OrderView, view
from tests.models.conftest import NOON, TVER, Town

PAGES = "https://drillflow.example"


async def _booked(town: Town, *, prepaid: bool) -> tuple[OrderRow, UserRow, ContractorRow]:
    client = await town.add_person(first_name="Olga", phone="+79001112233")
    contractor = await town.add_contractor(name="Well and Sons", completed=12, rating=4.8)
    order = await town.add_order(
        client,
        contractor_id=contractor.id,
        prepaid=prepaid,
        state=OrderState.BOOKED if prepaid else OrderState.AWAITING_PREPAYMENT,
        version=4,
    )
    known = Order(
        order_id=order.id,
        number=order.number,
        client_id=client.id,
        service=Service.REPAIR_PUMP,
        detail="pump_check",
        town="Tver",
        region="Tver oblast",
        utc_offset_minutes=180,
        estimate=Estimate(350_000, 900_000),
        prepayment_kopecks=70_000,
        created_at=NOON,
        state=order.state,
        version=4,
        contractor_id=contractor.id,
        visit_at=NOON + timedelta(days=1),
        prepaid=prepaid,
    )
    facts = TypeAdapter(OrderView).dump_python(view(known, Money()), mode="json")
    money = TypeAdapter(MoneySummary).dump_python(MoneySummary(held_kopecks=70_000), mode="json")
    async with town.database.transaction() as session:
        row = await order_row(session, order.id)
        assert row is not None
        row.facts, row.money = facts, money
    return order, client, contractor


async def test_a_client_sees_who_comes_and_after_paying_his_phone(
    database: Database, town: Town
) -> None:
    for prepaid in (False, True):
        order, client, contractor = await _booked(town, prepaid=prepaid)
        async with database.reading() as session:
            seen = await order_view(session, order.id, Role.CLIENT, client.id, public_url=PAGES)
            by_secret = await order_by_secret(session, order.secret, public_url=PAGES)
            person = await contractor_user(session, contractor.id)

        assert seen is not None
        assert seen == by_secret
        assert person is not None
        assert (seen.contractor_name, seen.contractor_completed) == ("Well and Sons", 12)
        assert seen.contractor_phone == (person.phone if prepaid else None)
        assert (seen.address, seen.latitude, seen.longitude) == ("1 Garden lane", *TVER)
        assert seen.page_url == f"{PAGES}/o/{order.secret}"
        assert seen.money.held_kopecks == 70_000
        assert seen.visit_at == NOON + timedelta(days=1)


async def test_the_winner_gets_the_place_and_the_client_only_after_the_prepayment(
    database: Database, town: Town
) -> None:
    for prepaid in (False, True):
        order, _, contractor = await _booked(town, prepaid=prepaid)
        async with database.reading() as session:
            seen = await order_view(session, order.number, Role.CONTRACTOR, contractor.id)

        assert seen is not None
        personal = (seen.client_name, seen.client_phone, seen.address, seen.comment)
        place = (seen.latitude, seen.longitude)
        if prepaid:
            assert personal == ("Olga", "+79001112233", "1 Garden lane", "call at the gate")
            assert place == TVER
        else:
            assert personal == (None, None, None, None)
            assert place == coarse(*TVER)
        assert seen.page_url is None


async def test_who_was_only_offered_a_paid_order_sees_no_person(
    database: Database, town: Town
) -> None:
    order, _, _ = await _booked(town, prepaid=True)
    other = await town.add_contractor()
    await town.add_offer(order, other, state=OfferState.LOST, distance_km=7.5)
    async with database.reading() as session:
        seen = await order_view(session, order.id, Role.CONTRACTOR, other.id)

    assert seen is not None
    assert seen.offer is not None
    assert seen.offer.distance_km == 7.5
    assert (seen.client_phone, seen.address, seen.contractor_phone) == (None, None, None)
    assert (seen.latitude, seen.longitude) == coarse(*TVER)


async def test_a_foreign_order_looks_like_one_that_does_not_exist(
    database: Database, town: Town
) -> None:
    order, client, _ = await _booked(town, prepaid=True)
    stranger = await town.add_contractor()
    async with database.reading() as session:
        assert await order_view(session, order.id, Role.CLIENT, client.id + 1) is None
        assert await order_view(session, order.id, Role.CONTRACTOR, stranger.id) is None
        assert await order_view(session, order.id, Role.CONTRACTOR) is None
        assert await order_view(session, "no-such-order", Role.SUPPORT) is None
        assert await order_view(session, 999_999, Role.SUPPORT) is None
        assert await order_by_secret(session, "guess") is None


async def test_support_sees_everything(database: Database, town: Town) -> None:
    order, _, _ = await _booked(town, prepaid=False)
    async with database.reading() as session:
        seen = await order_view(session, order.id, Role.SUPPORT, public_url=PAGES)

    assert seen is not None
    assert None not in (seen.client_phone, seen.contractor_phone, seen.address, seen.page_url)


async def test_an_order_without_facts_is_shown_from_its_columns(
    database: Database, town: Town
) -> None:
    client = await town.add_person()
    order = await town.add_order(client, state=OrderState.NEW)
    async with database.reading() as session:
        seen = await order_view(session, order.id, Role.CLIENT, client.id)

    assert seen is not None
    assert (seen.number, seen.state, seen.town) == (order.number, OrderState.NEW, "Tver")


async def test_lists_show_what_belongs_to_the_reader_newest_first(
    database: Database, town: Town
) -> None:
    client = await town.add_person()
    contractor = await town.add_contractor()
    first = await town.add_order(client, created_at=NOON)
    second = await town.add_order(
        client, created_at=NOON + timedelta(hours=1), needs_attention=True
    )
    done = await town.add_order(
        client,
        created_at=NOON + timedelta(hours=2),
        contractor_id=contractor.id,
        state=OrderState.COMPLETED,
    )
    await town.add_order(await town.add_person())
    await town.add_offer(first, contractor)
    await town.add_offer(second, contractor, state=OfferState.DECLINED)
    async with database.reading() as session:
        mine = await client_orders(session, client.id)
        older = await client_orders(session, client.id, before=second.created_at)
        jobs = await contractor_jobs(session, contractor.id)
        open_jobs = await contractor_jobs(session, contractor.id, only_open=True)
        offers = await contractor_offers(session, contractor.id)
        attention = await orders_needing_attention(session)

    assert [one.number for one in mine] == [done.number, second.number, first.number]
    assert [one.number for one in older] == [first.number]
    assert [one.number for one in jobs] == [done.number]
    assert open_jobs == []
    assert [(one.number, one.offer is not None) for one in offers] == [(first.number, True)]
    assert [one.number for one in attention] == [second.number]


async def test_limits_count_unpaid_open_orders_and_those_of_a_day(
    database: Database, town: Town
) -> None:
    client = await town.add_person()
    await town.add_order(client)
    await town.add_order(client, state=OrderState.BOOKED, prepaid=True)
    await town.add_order(client, state=OrderState.CANCELLED)
    await town.add_order(client, created_at=NOON - timedelta(hours=25))
    async with database.reading() as session:
        limits = await client_limits(session, client.id, NOON + timedelta(minutes=1))

    assert limits == ClientLimits(unpaid_open=2, last_24h=3)


async def test_people_are_found_by_their_telegram_account(database: Database, town: Town) -> None:
    contractor = await town.add_contractor(services=(ServiceType.SEWAGE, ServiceType.REPAIR))
    async with database.reading() as session:
        person = await contractor_user(session, contractor.id)
        assert person is not None
        assert person.telegram_id is not None
        assert await user_by_telegram_id(session, person.telegram_id) == person
        assert await contractor_by_telegram_id(session, person.telegram_id) == contractor
        assert await contractor_by_user(session, person.id) == contractor
        assert await services_of(session, contractor.id) == [
            ServiceType.REPAIR,
            ServiceType.SEWAGE,
        ]
        assert await user_by_telegram_id(session, 404) is None


async def test_facts_with_a_field_of_a_newer_version_are_still_read(
    database: Database, town: Town
) -> None:
    order, client, _ = await _booked(town, prepaid=True)
    async with database.transaction() as session:
        await run(session, text("""UPDATE orders SET facts = facts || '{"newer": 1}'"""))
    async with database.reading() as session:
        seen = await order_view(session, order.id, Role.CLIENT, client.id)

    assert seen is not None
    assert replace(seen, page_url=None).detail == "pump_check"
