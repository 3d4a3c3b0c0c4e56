"""Project jobs are quoted: asked, compared, chosen, paid, and no metre more without consent."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from rules.catalog import Service
from rules.errors import MetresUnknown, OrderTaken, PriceAboveQuote, QuoteGone, QuoteNeeded
from rules.orders import OrderState
from rules.quotes import Offered, QuoteLine, Unit
from tests.money import Money, books_balance
from tests.workflows.world import DAYLIGHT, Placed, Town, eventually
from workflows import messages

WELL = Service.DRILLING_WELL
QUOTED = replace(DAYLIGHT, project_quotes=True)


def offered(metre: int, start: date, low: int = 30, high: int = 60) -> Offered:
    """A driller's quote at so many roubles a metre, casing included, and delivery."""
    lines = (
        QuoteLine("drilling", Unit.METRE, metre * 100, low, high),
        QuoteLine("delivery", Unit.JOB, 10_000_00),
    )
    return Offered(lines, ("casing_new", "well_passport"), start, high)


async def quote(order: Placed, contractor: int, metre: int, days: int = 14) -> None:
    start = ((await order.now()) + timedelta(days=days)).date()
    said = messages.QuoteGiven(contractor, offered(metre, start))
    await order.door.quote(order.order_id, said, intent=order.intent())


async def choose(order: Placed, contractor: int) -> messages.OrderAnswer:
    said = messages.QuoteChoice(order.client_id, contractor)
    return await order.door.choose_quote(order.order_id, said, intent=order.intent())


async def quotes(order: Placed) -> dict[int, str]:
    rows = await order.world.rows(
        "SELECT contractor_id, state FROM quotes WHERE order_id = :id", id=order.order_id
    )
    return {row["contractor_id"]: row["state"] for row in rows}


async def alter(town: Town, contractor: int, what: str) -> None:
    """Change a contractor's row behind everybody's back."""
    async with town.world.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(
            text(f"UPDATE contractors SET {what} WHERE id = :id"), {"id": contractor}
        )


async def happens(order: Placed, event: str) -> None:
    async def there() -> bool:
        return event in await order.story()

    await eventually(there, event)


async def test_five_are_asked_three_quote_and_the_client_pays_the_one_he_chose(town: Town) -> None:
    crews = [await town.contractor(km=km, capacity=1) for km in range(1, 8)]
    order = await town.place(WELL, policy=QUOTED)
    asked = await order.offered(5)
    first, second, third, refusing, silent = asked
    assert len(set(asked)) == 5
    assert [await town.places_taken(one) for one in crews] == [0] * 7

    with pytest.raises(QuoteNeeded):
        await order.accept(first)
    await order.decline(refusing)
    await quote(order, first, 4_000)
    await quote(order, second, 3_500)
    await quote(order, first, 3_900)
    await quote(order, third, 3_000)
    await happens(order, "quotes_in")
    assert await order.offers() == {
        **dict.fromkeys((first, second, third), "quoted"),
        refusing: "declined",
        silent: "skipped",
    }
    assert (await order.told("quote_first"), await order.told("quotes_in")) == (1, 1)

    await choose(order, second)
    row = await order.until(OrderState.AWAITING_PREPAYMENT)
    # 30 to 60 metres at 3 500 and 10 000 of delivery; 20 % of the low end.
    assert (row["estimate_low_kopecks"], row["estimate_high_kopecks"]) == (115_000_00, 220_000_00)
    assert row["prepayment_kopecks"] == 23_000_00
    assert await quotes(order) == {first: "lost", second: "chosen", third: "lost"}
    assert await order.told("quote_not_chosen") == 2
    assert await town.places_taken(second) == 1
    await order.pay()
    await order.until(OrderState.BOOKED)

    await extra_metres_are_asked_for_and_only_consent_counts(order, second)
    await order.accept_work()
    result = await order.end(days=10)
    assert (result.state, result.contractor_id) == (OrderState.COMPLETED, second)
    assert await books_balance(town.world, order) == Money(
        captured=23_000_00, platform=5_750_00, contractor=17_250_00
    )


async def extra_metres_are_asked_for_and_only_consent_counts(
    order: Placed, contractor: int
) -> None:
    door, step = order.door, messages.ContractorStep(contractor)

    async def ask(metres: int) -> None:
        said = messages.MetresAsked(contractor, metres, 3_500_00)
        await door.ask_metres(order.order_id, said, intent=order.intent())

    async def answer(*, agrees: bool) -> None:
        said = messages.MetresAnswer(order.client_id, agrees)
        await door.answer_metres(order.order_id, said, intent=order.intent())

    async def done(roubles: int) -> None:
        said = messages.Completion(contractor, roubles * 100)
        await door.done(order.order_id, said, intent=order.intent())

    await door.set_off(order.order_id, step, intent=order.intent())
    await door.start(order.order_id, step, intent=order.intent())
    await ask(10)
    with pytest.raises(MetresUnknown):
        await ask(5)
    with pytest.raises(PriceAboveQuote):
        await done(255_000)
    await answer(agrees=True)
    await ask(20)
    await answer(agrees=False)
    with pytest.raises(PriceAboveQuote):
        await done(255_001)
    await done(255_000)
    rows = await order.world.rows(
        "SELECT metres, from_depth_m, state FROM extra_metres WHERE order_id = :id ORDER BY number",
        id=order.order_id,
    )
    assert [tuple(row.values()) for row in rows] == [(10, 60, "agreed"), (20, 70, "refused")]
    assert await order.told("metres_asked") == 2


async def test_a_chosen_contractor_without_a_place_is_refused_and_another_one_is_chosen(
    town: Town,
) -> None:
    busy, free = [await town.contractor(km=km, capacity=1) for km in (1, 2)]
    order = await town.place(WELL, policy=QUOTED)
    await order.offered(2)
    await quote(order, busy, 3_000)
    await quote(order, free, 4_000)
    await happens(order, "quotes_in")
    await alter(town, busy, "busy = 1")
    with pytest.raises(QuoteGone):
        await choose(order, busy)
    row = await order.row()
    assert (row["state"], row["prepayment_kopecks"]) == (OrderState.SEARCHING, 18_000_00)
    assert await quotes(order) == {busy: "unavailable", free: "open"}
    assert await order.told("quote_unavailable") == 1

    taken, gone = await asyncio.gather(
        choose(order, free),
        order.door.withdraw_quote(
            order.order_id, messages.ContractorStep(free), intent=order.intent()
        ),
        return_exceptions=True,
    )
    assert isinstance(taken, Exception) != isinstance(gone, Exception)
    chosen = not isinstance(taken, Exception)
    assert (await order.row())["contractor_id"] == (free if chosen else None)
    assert (await quotes(order))[free] == ("chosen" if chosen else "withdrawn")


async def test_two_choices_at_once_are_one_choice(town: Town) -> None:
    pair = [await town.contractor(km=km) for km in (1, 2)]
    order = await town.place(WELL, policy=QUOTED)
    await order.offered(2)
    for one in pair:
        await quote(order, one, 3_000)
    answers = await asyncio.gather(*(choose(order, one) for one in pair), return_exceptions=True)

    assert sorted(type(one).__name__ for one in answers) == ["OrderAnswer", "OrderTaken"]
    assert sorted((await quotes(order)).values()) == ["chosen", "lost"]
    assert sum([await town.places_taken(one) for one in pair]) == 1


async def test_a_client_who_does_not_choose_is_reminded_and_pays_nothing(town: Town) -> None:
    crew = await town.contractor(capacity=1)
    order = await town.place(WELL, policy=QUOTED)
    await order.offered()
    await quote(order, crew, 3_000, days=20)
    await happens(order, "quotes_in")
    await order.advance(hours=60)
    said = messages.MoreTime(order.client_id)
    await order.door.extend_choice(order.order_id, said, intent=order.intent())
    result = await order.end(days=2)

    assert result.state is OrderState.NO_CONTRACTOR
    assert await order.told("choice_reminder") >= 3
    assert (await order.told("quotes_lapsed"), await order.told("no_contractor")) == (1, 0)
    assert await quotes(order) == {crew: "lost"}
    assert await books_balance(town.world, order) == Money()


async def test_without_a_quote_a_person_takes_over_as_for_any_order(town: Town) -> None:
    refusing, silent = [await town.contractor(km=km) for km in (1, 2)]
    order = await town.place(WELL, policy=QUOTED)
    await order.offered(2)
    await order.decline(refusing)
    await order.advance(hours=12, minutes=1)
    await happens(order, "person_called")

    assert await order.offers() == {refusing: "declined", silent: "expired"}
    with pytest.raises(OrderTaken):
        await quote(order, silent, 3_000)
    await order.accept(silent)
    assert (await order.row())["prepayment_kopecks"] == 18_000_00


async def test_a_paid_order_asks_the_other_quoters_first_and_keeps_its_price(town: Town) -> None:
    chosen, cheaper, dearer, newcomer = [await town.contractor(km=km) for km in (3, 30, 2, 1)]
    policy = replace(QUOTED, quotes_invited=3)
    await alter(town, newcomer, "online = false")
    order = await town.place(WELL, policy=policy)
    await order.offered(3)
    for one, metre in ((chosen, 4_000), (cheaper, 3_000), (dearer, 5_000)):
        await quote(order, one, metre)
    await choose(order, chosen)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await alter(town, newcomer, "online = true")
    await order.withdraw(chosen)

    assert await order.offered() == [cheaper]
    await order.accept(cheaper)
    row = await order.until(OrderState.BOOKED)
    assert (row["estimate_high_kopecks"], row["prepayment_kopecks"]) == (190_000_00, 26_000_00)
    assert await quotes(order) == {chosen: "withdrawn", cheaper: "chosen", dearer: "lost"}


async def test_an_unpaid_contractor_who_leaves_leaves_the_other_quotes_to_choose(
    town: Town,
) -> None:
    chosen, other = [await town.contractor(km=km) for km in (1, 2)]
    order = await town.place(WELL, policy=QUOTED)
    await order.offered(2)
    await quote(order, chosen, 3_000)
    await quote(order, other, 4_000)
    await choose(order, chosen)
    old_page = await order.open_page()
    await order.withdraw(chosen)
    assert await quotes(order) == {chosen: "withdrawn", other: "open"}

    await choose(order, other)
    assert (await order.row())["prepayment_kopecks"] == 26_000_00
    assert await order.open_page() != old_page
    await order.pay()
    await order.until(OrderState.BOOKED)
    await order.cancel()
    assert (await order.end()).state is OrderState.CANCELLED
    money = await books_balance(town.world, order)
    assert money == Money(captured=money.captured, refunded=money.captured)


async def test_when_no_other_quoter_is_free_the_rest_are_asked_at_once(town: Town) -> None:
    chosen, other = [await town.contractor(km=km) for km in (1, 2)]
    order = await town.place(WELL, policy=QUOTED)
    await order.offered(2)
    await quote(order, chosen, 4_000)
    await quote(order, other, 3_000)
    await choose(order, chosen)
    await order.pay()
    await order.until(OrderState.BOOKED)
    await alter(town, other, "online = false")
    newcomer = await town.contractor(km=3)
    await order.withdraw(chosen)

    assert await order.offered() == [newcomer]
