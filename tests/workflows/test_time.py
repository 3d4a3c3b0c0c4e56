"""What the clock and people do to a booked order: other times, silence, disputes, ratings."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rules.catalog import Service
from rules.errors import (
    AlreadyRated,
    BadInput,
    BadTime,
    NotYours,
    ProposalUnknown,
    TransitionRefused,
)
from rules.orders import OrderState, Role
from rules.policy import Policy
from tests.money import Money, books_balance
from tests.workflows.world import DAYLIGHT, Placed, Town
from workflows.messages import (
    Completion,
    ContractorStep,
    Dispute,
    DisputeDecision,
    NoShowReport,
    Rescheduling,
    ReschedulingAnswer,
)

SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, prepayment 1 000
PUMP = Service.REPAIR_PUMP  # service, prepayment 2 400
CLIENT, CONTRACTOR = Role.CLIENT, Role.CONTRACTOR


async def _booked(
    town: Town, service: Service = PUMP, policy: Policy = DAYLIGHT
) -> tuple[Placed, int]:
    contractor = await town.contractor()
    order = await town.place(service, policy=policy)
    await order.book(contractor)
    return order, contractor


async def _propose(order: Placed, role: Role, actor: int, **later: float) -> Any:
    visit = (await order.row())["visit_at"] + timedelta(**later)
    said = Rescheduling(role, actor, visit)
    await order.door.reschedule(order.order_id, said, intent=order.intent())
    return visit


async def _answer(order: Placed, role: Role, actor: int, *, agrees: bool) -> None:
    said = ReschedulingAnswer(role, actor, agrees)
    await order.door.answer_reschedule(order.order_id, said, intent=order.intent())


async def test_agreed_time_moves_the_visit_and_its_clocks(town: Town) -> None:
    order, contractor = await _booked(town)
    wanted = await _propose(order, CLIENT, order.client_id, days=3)
    with pytest.raises(ProposalUnknown):
        await _answer(order, CLIENT, order.client_id, agrees=True)
    with pytest.raises(NotYours):
        await _answer(order, CONTRACTOR, contractor + 1, agrees=True)
    await _answer(order, CONTRACTOR, contractor, agrees=True)

    assert (await order.row())["visit_at"] == wanted
    await order.advance_to(wanted - timedelta(days=3) + timedelta(hours=2))
    assert not (await order.row())["needs_attention"]  # the old visit is nobody's business
    assert await order.told("visit_soon") == 0
    await order.advance_to(wanted - timedelta(minutes=90))
    assert await order.told("visit_soon") == 1


async def test_refused_or_replaced_proposal_leaves_the_visit_where_it_was(town: Town) -> None:
    order, contractor = await _booked(town)
    visit = (await order.row())["visit_at"]
    await _propose(order, CONTRACTOR, contractor, days=1)
    wanted = await _propose(order, CLIENT, order.client_id, days=2)
    await _answer(order, CONTRACTOR, contractor, agrees=False)
    assert (await order.row())["visit_at"] == visit != wanted
    with pytest.raises(ProposalUnknown):
        await _answer(order, CONTRACTOR, contractor, agrees=True)
    with pytest.raises(BadTime):
        await _propose(order, CLIENT, order.client_id, days=-9)


async def test_overdue_start_calls_for_attention_and_a_late_start_ends_it(town: Town) -> None:
    order, contractor = await _booked(town, SEPTIC)
    await order.advance_to_visit(minutes=-29)
    assert not (await order.row())["needs_attention"]
    await order.advance(minutes=2)
    assert (await order.row())["needs_attention"]
    assert await order.told("start_overdue") == 1
    await order.work(contractor)
    assert not (await order.row())["needs_attention"]


@pytest.mark.money
async def test_no_show_counts_only_after_the_grace_and_is_compensated(town: Town) -> None:
    order, contractor = await _booked(town)
    second = await town.contractor(km=40)
    report = NoShowReport(order.client_id)
    await order.advance_to_visit(minutes=-55)
    with pytest.raises(TransitionRefused):
        await order.door.report_no_show(order.order_id, report, intent=order.intent())
    await order.advance(minutes=10)
    await order.door.report_no_show(order.order_id, report, intent=order.intent())

    assert await order.offered() == [second]
    row = await order.row()
    assert (row["state"], row["compensation_kopecks"]) == (OrderState.SEARCHING, 480_00)
    points = await town.world.value("SELECT points FROM contractors WHERE id = :id", id=contractor)
    assert points == pytest.approx(40)
    await order.cancel()
    await order.end()
    assert await books_balance(town.world, order) == Money(
        captured=2_400_00, refunded=2_400_00, compensation=480_00, penalty=480_00
    )


@pytest.mark.money
async def test_clients_silence_accepts_the_work_and_settles_it(town: Town) -> None:
    order, contractor = await _booked(town)
    await order.work(contractor)
    await order.advance(hours=47)
    assert (await order.row())["state"] == OrderState.AWAITING_ACCEPTANCE
    await order.advance(hours=2)
    assert (await order.row())["state"] == OrderState.COMPLETED
    await order.advance(days=6)
    assert (await order.row())["money_closed_at"] is None
    result = await order.end(days=1)
    assert result.state is OrderState.COMPLETED
    assert await books_balance(town.world, order) == Money(
        captured=2_400_00, platform=600_00, contractor=1_800_00
    )
    assert await order.told("settled") == 1


DISPUTES = [
    # where support opens it, what goes back, what platform and contractor keep; roubles
    ("booked", 0, 600, 1_800),
    ("at work", 1_000, 350, 1_050),
    ("done", 2_400, 0, 0),
    ("completed", 400, 500, 1_500),
]


@pytest.mark.money
@pytest.mark.parametrize(("where", "back", "platform", "contractor_keeps"), DISPUTES)
async def test_dispute_is_resolved_with_a_part_back_and_the_rest_settled(
    where: str, back: int, platform: int, contractor_keeps: int, town: Town
) -> None:
    order, contractor = await _booked(town)
    if where != "booked":
        await order.work(contractor)
    if where == "completed":
        await order.accept_work()
    await order.door.open_dispute(order.order_id, Dispute(1, "fraud"), intent=order.intent())
    await order.advance(days=3)
    assert (await order.row())["state"] == OrderState.DISPUTED
    with pytest.raises(TransitionRefused):
        await order.cancel()
    decision = DisputeDecision(1, back * 100)
    await order.door.resolve_dispute(order.order_id, decision, intent=order.intent())

    result = await order.end(days=4)
    assert result.state is OrderState.COMPLETED
    assert await books_balance(town.world, order) == Money(
        captured=2_400_00,
        refunded=back * 100,
        platform=platform * 100,
        contractor=contractor_keeps * 100,
    )
    assert await town.places_taken(contractor) == 0


async def test_ratings_are_blind_until_both_and_given_once(town: Town) -> None:
    order, contractor = await _booked(town, SEPTIC)
    await order.work(contractor)
    await order.accept_work()
    shown = "SELECT count(*) FROM ratings WHERE order_id = :id AND revealed_at IS NOT NULL"
    await order.rate(CLIENT, order.client_id, 2)
    assert await town.world.value(shown, id=order.order_id) == 0
    with pytest.raises(AlreadyRated):
        await order.rate(CLIENT, order.client_id, 5)
    await order.rate(CONTRACTOR, contractor, 4)
    assert await town.world.value(shown, id=order.order_id) == 2
    reviews = "SELECT reviews FROM contractors WHERE id = :id"
    assert await town.world.value(reviews, id=contractor) == 1
    await order.advance(days=3, hours=1)
    assert (await order.closed()).state is OrderState.COMPLETED


async def test_review_window_ends_the_order_and_shows_a_lonely_rating(town: Town) -> None:
    order, contractor = await _booked(town, SEPTIC)
    await order.work(contractor)
    await order.accept_work()
    await order.rate(CLIENT, order.client_id, 3)
    await order.advance(days=6)
    assert (await order.row())["money_closed_at"] is None
    await order.advance(days=1, hours=1)
    await order.closed()
    revealed = "SELECT count(*) FROM ratings WHERE order_id = :id AND revealed_at IS NOT NULL"
    assert await town.world.value(revealed, id=order.order_id) == 1


@pytest.mark.money
async def test_order_keeps_the_policy_it_was_started_with(town: Town) -> None:
    dear = replace(DAYLIGHT, version="dear", platform_fee_percent=50, prepayment_percent=30)
    order, contractor = await _booked(town, SEPTIC, dear)
    await order.work(contractor)
    await order.accept_work()
    await order.end(days=4)
    assert await books_balance(town.world, order) == Money(
        captured=1_500_00, platform=750_00, contractor=750_00
    )


async def test_final_price_is_written_and_never_below_the_prepayment(town: Town) -> None:
    order, contractor = await _booked(town, SEPTIC)
    step = ContractorStep(contractor)
    await order.door.start(order.order_id, step, intent=order.intent())
    with pytest.raises(BadInput):
        await order.door.done(order.order_id, Completion(contractor, 999_99), intent=order.intent())
    await order.door.done(order.order_id, Completion(contractor, 8_000_00), intent=order.intent())
    assert (await order.row())["final_price_kopecks"] == 8_000_00
