"""Buttons and payments used as they should not be, each way by its name."""

from __future__ import annotations

import asyncio

import pytest

from rules.orders import OrderState, Role
from rules.payments import Method
from tests.money import Money, books_balance
from tests.workflows.afterwards import (
    nothing_lost_nothing_doubled_the_books_balance_and_the_person_was_told as all_is_well,
)
from tests.workflows.outside import Outside
from tests.workflows.people import Someone, Village, in_both_languages, in_each_language, settle
from tests.workflows.world import Placed, eventually
from texts import formatting
from texts.catalogue import say
from texts.language import Language

pytestmark = pytest.mark.money
DECLINED_CARD = "5555555555554600"
PREPAYMENT = 800_00


async def number_of(order: Placed) -> int:
    """Its public number."""
    return int((await order.row())["number"])


async def is_told(order: Placed, notice: str) -> None:
    """Wait until a notice about the order is owed."""
    await eventually(lambda: order.told(notice), notice)


async def told_of(order: Placed, key: str, client: Someone, **values: str) -> None:
    """The client has read a sentence of ours about his order; then everything is as it should."""
    number = formatting.order_number(await number_of(order))
    await all_is_well(client, told=key, values={"number": number, **values})


async def tapped_at_once(*taps: tuple[Someone, str]) -> None:
    """All of them are on their way before the first is answered."""
    sent = [(person, person.tap_now(data)) for person, data in taps]
    for person, one in sent:
        person.acts.append(one["update_id"])
    await asyncio.gather(*(person.handled(one["update_id"]) for person, one in sent))


async def accepted(village: Village, lang: Language) -> tuple[Someone, Someone, Placed]:
    """A client, a crew, and their order that waits for its prepayment."""
    crew, client = await village.crew(lang), await village.someone(lang)
    return client, crew, await village.accepted(client, crew)


async def test_another_persons_button(outside: Outside) -> None:
    async def play(village: Village, lang: Language) -> None:
        crew, client = await village.crew(lang), await village.someone(lang)
        stranger, outsider = await village.someone(lang), await settle(outside).crew(lang)
        order = await village.order(client)
        await order.offered()
        for other in (stranger, outsider):
            await other.say("/help")
        number, version = await number_of(order), (await order.row())["version"]
        for action in ("accept", "decline_r0", "cancel_r0", "pay_card", "done", "rate5", "support"):
            await stranger.forge(f"{action}:{number}:{version}")
        await outsider.forge(f"accept:{number}:{version}")
        row = await order.row()
        assert (row["state"], row["version"]) == (OrderState.SEARCHING, version)
        await all_is_well(stranger, told="refusal.NotYours")
        await all_is_well(outsider, told="refusal.OfferUnknown")
        await all_is_well(client, crew)

    await in_both_languages(outside, play)


async def test_button_of_a_finished_order(outside: Outside) -> None:
    async def play(village: Village, lang: Language) -> None:
        client, crew, order = await accepted(village, lang)
        await order.cancel()
        await order.closed()
        number, before = await number_of(order), await order.row()
        for action in ("pay_card", "cancel_r0", "accept_work", "rate5", "slot_yes"):
            await client.forge(f"{action}:{number}:1")
        for action in ("accept", "decline_r0", "set_off", "withdraw_r0", "rate1"):
            await crew.forge(f"{action}:{number}:1")
        assert await order.row() == before
        await all_is_well(client, crew, told="refusal.OrderClosed")

    await in_both_languages(outside, play)


@pytest.mark.parametrize("first", [Role.CLIENT, Role.CONTRACTOR], ids=str)
async def test_two_taps_at_once(first: Role, outside: Outside) -> None:
    """The client cancels while the crew accepts, each of them twice; either may be heard first."""

    async def play(village: Village, lang: Language) -> None:
        crew, client = await village.crew(lang), await village.someone(lang)
        order = await village.order(client)
        await order.offered()
        for person in (client, crew):
            await person.calm()
        number = await number_of(order)
        taps = [(client, f"cancel_r0:{number}:1"), (crew, f"accept:{number}:1")] * 2
        await tapped_at_once(*(taps if first is Role.CLIENT else reversed(taps)))
        await order.closed()
        assert (await order.row())["state"] == OrderState.CANCELLED
        assert (await order.story()).count("cancelled") == 1
        await all_is_well(client, crew)

    await in_both_languages(outside, play)


async def test_two_crews_tap_at_once(village: Village) -> None:
    crews = [await village.crew(lang) for lang in Language]
    client = await village.someone(Language.EN)
    order = await village.order(client)
    for _ in range(4):
        if len(await order.offers()) == 2:
            break
        await order.advance(minutes=5)
    number = await number_of(order)
    for crew in crews:
        await crew.calm()
    await tapped_at_once(*((crew, f"accept:{number}:9") for crew in crews))
    await order.until(OrderState.AWAITING_PREPAYMENT)
    assert list((await order.offers()).values()).count("won") == 1
    await all_is_well(client, *crews)


async def test_payment_declined(outside: Outside) -> None:
    async def play(village: Village, lang: Language) -> None:
        client, crew, order = await accepted(village, lang)
        order.pay_page(await order.open_page(), number=DECLINED_CARD)
        await order.tell_notice()
        await is_told(order, "payment_declined")
        reason = say("declined.insufficient_funds", lang)
        await told_of(order, "notice.payment_declined.client", client, declined=reason)
        await order.pay()
        await order.until(OrderState.BOOKED)
        await all_is_well(client, crew)

    await in_both_languages(outside, play)


async def test_payment_abandoned(outside: Outside) -> None:
    async def play(village: Village, lang: Language) -> None:
        client, crew, order = await accepted(village, lang)
        await order.open_page()
        await order.advance(hours=1)
        result = await order.end(days=10)
        assert result.state is OrderState.UNPAID
        assert await books_balance(outside.world, order) == Money()
        await told_of(order, "notice.order_unpaid.client", client)
        await told_of(order, "notice.client_did_not_pay.contractor", crew)

    await in_each_language(outside, play)


async def test_paid_twice(outside: Outside) -> None:
    """By card, and on an older page by bank transfer; then each page once more."""

    async def play(village: Village, lang: Language) -> None:
        client, crew, order = await accepted(village, lang)
        older = await order.open_page(Method.SBP)
        newer = await order.pay(Method.CARD)
        await order.until(OrderState.BOOKED)
        order.pay_page(older, Method.SBP)
        for page in (older, newer):
            again = outside.world.simulator.client.post(f"/sim/pay/{page}", json={})
            assert again.status_code < 500
        for _ in range(3):
            await order.tell_notice()
        await is_told(order, "late_money_returned")
        await order.work(crew.contractor_id)
        await order.accept_work()
        await order.end(days=10)
        money = await books_balance(outside.world, order)
        assert (money.captured, money.refunded) == (2 * PREPAYMENT, PREPAYMENT)
        amount = formatting.money(PREPAYMENT, lang)
        await told_of(order, "notice.late_money_returned.client", client, amount=amount)
        await all_is_well(crew)

    await in_each_language(outside, play)


async def test_paid_late(outside: Outside) -> None:
    async def play(village: Village, lang: Language) -> None:
        client, crew, order = await accepted(village, lang)
        await order.advance(minutes=29)
        page = await order.open_page(Method.SBP)
        await order.advance(minutes=2)
        order.pay_page(page, Method.SBP)
        await order.tell_notice()
        await order.end(days=10)
        assert (await order.row())["state"] == OrderState.UNPAID
        amount = formatting.money(PREPAYMENT, lang)
        await told_of(order, "notice.late_money_returned.client", client, amount=amount)
        await all_is_well(crew)

    await in_each_language(outside, play)
