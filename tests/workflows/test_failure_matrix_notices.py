"""The failure matrix, rows 8 to 16: what comes twice, too late, in disorder or not at all.

Row  Fault                                          Expected
---  ---------------------------------------------  ----------------------------------------------
 8   five notices of each kind, in disorder         one transition each
 9   every notice lost                              the same end by looking
10   a notice before the answer that made it        found by what we wrote into the payment
11   a forged notice                                looked at, nothing believed
12   an old page is paid later                      void or refund, once
13   two refunds at once, more than was taken       the second meets the first one's reservation
14   refund: done, unanswered for a day             found by reading, not repeated
15   refund: canceled for want of money, thrice     each reservation let go, a person called, sent
16   a refund by staff at the provider, then ours   ours is the rest, theirs is in the books

Every row ends with the invariants of the books and with the provider's own sums.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from rules.errors import RuleViolation
from rules.orders import OrderState, Role
from rules.payments import Method, Op
from rules.troubles import TOO_HIGH
from tests.money import Money, books_balance, provider_payments
from tests.workflows.troubles import (
    GIVEN_BACK,
    SETTLED,
    Hook,
    accepted,
    asked,
    become,
    booked,
    ended,
    fault,
    finished,
    happened,
    hooked,
    journals,
    keys,
    longest_use_of_a_key,
    no_faults,
    overloaded,
    perform,
    posts,
    refunds,
)
from tests.workflows.world import Town, World
from workflows import messages

pytestmark = pytest.mark.money

DECLINED_CARD = "5555555555554600"


@pytest.fixture
async def hook(world: World) -> AsyncIterator[Hook]:
    """Where the provider's notices arrive."""
    async with hooked(world) as ready:
        yield ready


@pytest.mark.parametrize("seed", range(2))
async def test_row_08_repeated_notices_in_disorder_are_one_transition_each(
    seed: int, hook: Hook, town: Town
) -> None:
    order, contractor = await accepted(town)
    told: list[tuple[str, dict[str, object]]] = []

    async def tell(event: str, payment: str) -> None:
        told.append((event, town.world.simulator.payment(payment)))
        await hook.tell(order, *told, seed=seed)

    first = await order.open_page()
    order.pay_page(first, number=DECLINED_CARD)
    await tell("payment.canceled", first)
    second = await order.open_page()
    order.pay_page(second)
    await tell("payment.waiting_for_capture", second)
    await order.until(OrderState.BOOKED)
    await order.work(contractor)
    await become(order, "canceled", "succeeded")
    await tell("payment.succeeded", second)
    await order.accept_work()
    await order.end(days=4)

    story = await order.story()
    assert (story.count("prepaid"), await order.told("payment_declined")) == (1, 1)
    assert (await journals(order, "held"), await journals(order, "captured")) == (1, 1)
    assert len(posts(order, "capture")) == 1
    assert await books_balance(town.world, order) == SETTLED


@pytest.mark.parametrize("method", [Method.CARD, Method.SBP])
async def test_row_09_without_a_single_notice_the_end_is_the_same(
    method: Method, town: Town
) -> None:
    order, contractor = await accepted(town)
    order.pay_page(await order.open_page(method), method)
    await order.advance(seconds=11)
    await order.until(OrderState.BOOKED)
    await order.work(contractor)
    await order.cancel(Role.SUPPORT)

    assert await ended(order) == GIVEN_BACK


async def test_row_10_notice_that_overtakes_the_answer_to_create_finds_its_order(
    hook: Hook, town: Town
) -> None:
    order, contractor = await accepted(town)
    fault(town.world, "create", "slow", seconds=1)
    page = asyncio.create_task(order.open_page())
    await become(order, "pending")
    (made,) = provider_payments(town.world.simulator, order.order_id)
    sql = "SELECT provider_id FROM payment_attempts WHERE order_id = :id"
    assert await town.world.value(sql, id=order.order_id) is None

    order.pay_page(made["id"])
    paid = town.world.simulator.payment(made["id"])
    await hook.tell(order, ("payment.waiting_for_capture", paid))

    assert await page == made["id"]
    await order.until(OrderState.BOOKED)
    assert len(posts(order, "create")) == 1
    assert await finished(order, contractor) == SETTLED


async def test_row_11_forged_notice_of_a_success_is_looked_up_and_changes_nothing(
    hook: Hook, town: Town
) -> None:
    order, contractor = await accepted(town)
    payment = await order.open_page()
    before, version = town.world.simulator.payment(payment), (await order.row())["version"]
    forged = {**before, "status": "succeeded", "paid": True}
    foreign = {**forged, "id": "2b0ad0c4-000f-5000-8000-1f5eb0766514"}

    await hook.tell(order, ("payment.succeeded", forged), ("payment.succeeded", foreign))
    await order.advance(seconds=11)

    row = await order.row()
    assert (row["state"], row["version"]) == (OrderState.AWAITING_PREPAYMENT, version)
    assert await books_balance(town.world, order) == Money()
    assert (await journals(order, "held"), await journals(order, "captured")) == (0, 0)
    order.pay_page(payment)
    await order.tell_notice()
    await order.until(OrderState.BOOKED)
    assert await finished(order, contractor) == SETTLED


@pytest.mark.parametrize("method", [Method.CARD, Method.SBP])
async def test_row_12_old_page_that_is_paid_after_a_new_one_gives_the_money_back_once(
    method: Method, town: Town
) -> None:
    order, contractor = await accepted(town)
    older = await order.open_page(method)
    newer = await order.pay(Method.SBP if method is Method.CARD else Method.CARD)
    await order.until(OrderState.BOOKED)
    assert older != newer

    order.pay_page(older, method)
    for _ in range(3):
        await order.tell_notice()
    await order.advance(minutes=6)

    late = 1_000_00 if method is Method.SBP else 0
    assert await finished(order, contractor) == Money(
        captured=1_000_00 + late, refunded=late, platform=250_00, contractor=750_00
    )
    assert (len(refunds(order)), len(posts(order, "cancel"))) == (bool(late), not late)
    assert await order.told("late_money_returned") == 1


@pytest.mark.parametrize("method", [Method.CARD, Method.SBP])
async def test_row_12_page_that_is_paid_after_the_cancellation_gives_the_money_back_once(
    method: Method, town: Town
) -> None:
    order, _ = await accepted(town)
    payment = await order.open_page(method)
    await order.cancel()

    order.pay_page(payment, method)
    for _ in range(3):
        await order.tell_notice()

    taken = method is Method.SBP
    assert await ended(order) == (GIVEN_BACK if taken else Money())
    assert (len(refunds(order)), len(posts(order, "cancel"))) == (int(taken), int(not taken))
    assert await order.told("late_money_returned") == 1
    suspense = await town.world.value(
        "SELECT count(*) FROM journals j JOIN entries e ON e.journal_id = j.id"
        " WHERE j.order_id = :id AND e.account = 'suspense'",
        id=order.order_id,
    )
    assert suspense > 0


async def test_row_13_second_refund_meets_the_reservation_of_the_first(town: Town) -> None:
    order, contractor = await booked(town, method=Method.SBP)
    await order.work(contractor)
    await order.door.open_dispute(order.order_id, messages.Dispute(1), intent=order.intent())
    fault(town.world, "refund", "refund_pending", seconds=3600)

    async def decide() -> object:
        said = messages.DisputeDecision(1, 600_00)
        return await order.door.resolve_dispute(order.order_id, said, intent=order.intent())

    answers = await asyncio.gather(decide(), decide(), return_exceptions=True)
    await asked(order, "refund")
    other = await perform(order, Op.REFUND, method=Method.SBP, amount_kopecks=600_00, refund_seq=2)

    assert [isinstance(one, RuleViolation) for one in answers].count(True) == 1
    assert other.trouble == TOO_HIGH
    assert len(posts(order, "refund")) == 1
    await order.end(days=4)
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00, refunded=600_00, platform=100_00, contractor=300_00
    )


async def test_row_14_refund_without_an_answer_for_a_day_is_found_and_not_repeated(
    town: Town,
) -> None:
    order, _ = await booked(town, method=Method.SBP)
    fault(town.world, "refund", "commit_then_drop")
    overloaded(town.world, "refund")

    await order.cancel()
    await asked(order, "refund", 2)
    await order.advance(hours=24)
    no_faults(town.world)

    assert await ended(order) == GIVEN_BACK
    assert len(refunds(order)) == 1
    assert {one["status"] for one in posts(order, "refund")} == {None, 429}
    assert len(keys(posts(order, "refund"))) == 1
    assert await longest_use_of_a_key(order) < timedelta(hours=23)


async def test_row_15_refund_that_is_canceled_again_and_again_calls_a_person_and_goes_out(
    town: Town,
) -> None:
    order, _ = await booked(town, method=Method.SBP)
    ends = {"seconds": 20, "ends": "canceled", "reason": "insufficient_funds"}
    fault(town.world, "refund", "refund_pending", count=3, **ends)

    await order.cancel()
    while await journals(order, "refund_failed") < 3:
        await order.advance(minutes=45)
    await happened(order, "money_stuck")
    await books_balance(town.world, order)

    assert await ended(order) == GIVEN_BACK
    assert [one["status"] for one in refunds(order)] == ["succeeded", *["canceled"] * 3]
    assert len(keys(posts(order, "refund"))) == 4
    assert (await journals(order, "refund_requested"), await order.told("refund_sent")) == (4, 1)
    assert (await order.told("money_stuck"), await order.told("money_recovered")) == (1, 1)


async def test_row_16_refund_by_staff_at_the_provider_leaves_only_the_rest_to_ours(
    town: Town,
) -> None:
    order, _ = await booked(town, method=Method.SBP)
    (payment,) = provider_payments(town.world.simulator, order.order_id)
    town.world.simulator.sim("/refunds", payment_id=payment["id"], amount="600.00")

    await order.cancel()
    await asked(order, "refund")
    await order.advance(minutes=5)

    assert await ended(order) == GIVEN_BACK
    assert [one["status"] for one in posts(order, "refund")] == [400, 200]
    assert [one["amount"]["value"] for one in refunds(order)] == ["400.00", "600.00"]
    assert (await journals(order, "refund_succeeded"), await order.told("refund_sent")) == (2, 1)
