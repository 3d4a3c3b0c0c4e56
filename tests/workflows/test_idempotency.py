"""The same intent twice has one effect and one answer, whatever happens in between."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from local.postgres import EmbeddedPostgres
from rules.catalog import Service
from rules.errors import NotPayable, OrderClosed
from rules.orders import OrderState, Role
from rules.payments import Method
from tests.money import Money, books_balance, provider_payments
from tests.simulators.yookassa.harness import Simulator
from tests.workflows.crew import living
from tests.workflows.world import Placed, Town
from workflows import messages
from workflows.messages import OrderAnswer

SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, prepayment 1 000
SUPPORT_ID = 1
_numbers = itertools.count()


async def _twice(order: Placed, ask: Callable[[str], Awaitable[OrderAnswer]]) -> OrderAnswer:
    intent = order.intent()
    first = await ask(intent)
    version = (await order.row())["version"]
    assert await ask(intent) == first
    assert (await order.row())["version"] == version
    return first


async def test_every_intent_of_a_whole_life_counts_once(town: Town) -> None:
    contractor = await town.contractor()
    order = await town.place(SEPTIC)
    door, key = order.door, order.order_id
    step = messages.ContractorStep(contractor)
    await order.offered()
    assert (await door.place(order.said)).number == (await order.row())["number"]
    await _twice(order, lambda i: door.accept(key, messages.Acceptance(contractor), intent=i))
    choice = messages.PaymentChoice(order.client_id, Method.CARD)
    page = await _twice(order, lambda i: door.pay(key, choice, intent=i))
    assert page.payment_url is not None
    order.pay_page(page.payment_url.rpartition("/")[2])
    await order.tell_notice()
    await order.until(OrderState.BOOKED)
    await _twice(order, lambda i: door.set_off(key, step, intent=i))
    await _twice(order, lambda i: door.start(key, step, intent=i))
    await _twice(order, lambda i: door.done(key, messages.Completion(contractor), intent=i))
    accepted = order.intent()
    word = messages.WorkAcceptance(order.client_id)
    answer = await door.accept_work(key, word, intent=accepted)
    stars = messages.Rating(Role.CLIENT, order.client_id, 5)
    await _twice(order, lambda i: door.rate(key, stars, intent=i))
    await order.end(days=8)

    story = await order.story()
    assert len(story) == len(set(story)), "an event happened twice"
    assert len(provider_payments(town.world.simulator, key)) == 1
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00, platform=250_00, contractor=750_00
    )
    # After the end a repeated tap still gets its first answer; a new one is refused by name.
    assert await door.accept_work(key, word, intent=accepted) == answer
    with pytest.raises(OrderClosed):
        await door.accept_work(key, word, intent=order.intent())
    assert not await door.tell_payment_notice(key)
    assert not await door.tell_available(key, contractor)


async def test_refused_intent_may_be_repeated_when_the_reason_is_gone(town: Town) -> None:
    contractor = await town.contractor()
    order = await town.place(SEPTIC)
    await order.offered()
    intent = order.intent()
    choice = messages.PaymentChoice(order.client_id, Method.SBP)
    with pytest.raises(NotPayable):
        await order.door.pay(order.order_id, choice, intent=intent)
    await order.accept(contractor)
    answer = await order.door.pay(order.order_id, choice, intent=intent)
    assert answer.payment_url is not None


@pytest.fixture
async def forgetful_town(
    postgres_server: EmbeddedPostgres,
    migrated_template: str,
    plain_temporal: Client,
    provider: Simulator,
) -> AsyncIterator[Town]:
    """A place whose worker keeps no workflow in memory: each step replays the whole history."""
    url = postgres_server.create_database(f"forgetful_{next(_numbers)}", template=migrated_template)
    cold = {"max_cached_workflows": 0, "max_concurrent_workflow_task_polls": 1}
    async with living(plain_temporal, url, provider, **cold) as world:
        place = world.town()
        yield place
        await place.close()


async def test_every_update_works_on_a_worker_that_remembers_nothing(forgetful_town: Town) -> None:
    town = forgetful_town
    near, far = await town.contractor(km=1), await town.contractor(km=40)
    order = await town.place(SEPTIC)
    door, key = order.door, order.order_id
    await order.offered()
    await order.decline(near)
    await order.offered()
    await order.book(far)
    visit = datetime.now(UTC) + timedelta(days=1)
    said = messages.Rescheduling(Role.CLIENT, order.client_id, visit)
    await door.reschedule(key, said, intent=order.intent())
    agreed = messages.ReschedulingAnswer(Role.CONTRACTOR, far, agrees=True)
    await door.answer_reschedule(key, agreed, intent=order.intent())
    await order.withdraw(far)
    third = await town.contractor(km=2)
    await door.assign(key, messages.Assignment(SUPPORT_ID, third), intent=order.intent())
    await order.advance_to_visit(minutes=-31)
    report = messages.NoShowReport(order.client_id)
    await door.report_no_show(key, report, intent=order.intent())
    fourth = await town.contractor(km=3)
    await door.assign(key, messages.Assignment(SUPPORT_ID, fourth), intent=order.intent())
    await order.work(fourth)
    await door.open_dispute(key, messages.Dispute(SUPPORT_ID), intent=order.intent())
    decided = messages.DisputeDecision(SUPPORT_ID, 200_00)
    await door.resolve_dispute(key, decided, intent=order.intent())
    await order.rate(Role.CLIENT, order.client_id)
    await order.rate(Role.CONTRACTOR, fourth)

    await order.end(days=4)
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00,
        refunded=200_00,
        platform=200_00,
        contractor=600_00,
        compensation=400_00,
        penalty=400_00,
    )


async def test_claims_work_on_a_worker_that_remembers_nothing(forgetful_town: Town) -> None:
    town = forgetful_town
    contractor = await town.contractor()
    order = await town.place(SEPTIC)
    door, key = order.door, order.order_id
    await order.book(contractor)
    await door.start(key, messages.ContractorStep(contractor), intent=order.intent())
    await order.cancel()
    claim = messages.CostClaim(contractor, 300_00, "crew_time")
    await _twice(order, lambda i: door.claim(key, claim, intent=i))
    objection = messages.ClaimAnswer(Role.CLIENT, order.client_id, messages.ClaimVerdict.OBJECT)
    await _twice(order, lambda i: door.answer_claim(key, objection, intent=i))
    word = messages.ClaimAnswer(Role.SUPPORT, 1, messages.ClaimVerdict.DECIDE, 100_00)
    await door.answer_claim(key, word, intent=order.intent())

    await order.end()
    assert await books_balance(town.world, order) == Money(
        captured=1_000_00, refunded=900_00, contractor=100_00
    )
