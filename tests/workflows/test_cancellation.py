"""The refund table, in whole roubles, played through real orders up to the closed books.

One row for each way that an order can take: who leaves, in which state, money held or charged, and
how the claim ends. Every share and every hour is in `tests/rules/test_refund_table.py`, decided
there without a workflow; a row here costs a thousand times more.

Each row says who leaves, when, and what then happens to the money: taken by the provider, sent
back, paid to the contractor, credited to the client. Nothing here is computed by the rules.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from rules.catalog import Service
from rules.errors import ClaimTooHigh, OrderClosed
from rules.orders import OrderState, Role
from rules.payments import Method
from tests.money import Money, books_balance
from tests.workflows.world import Placed, Town
from workflows.messages import (
    ClaimAnswer,
    ClaimVerdict,
    Completion,
    ContractorStep,
    CostClaim,
    Dispute,
    NoShowReport,
)

pytestmark = pytest.mark.money

SEPTIC = Service.SEWAGE_OVERFLOW  # urgent, prepayment 1 000
PUMP = Service.REPAIR_PUMP  # service, prepayment 2 400
WELL = Service.DRILLING_WELL  # project, prepayment 18 000
CARD, SBP = Method.CARD, Method.SBP
Step = Callable[[Placed, int, Method], Awaitable[None]]


async def _searching(order: Placed, contractor: int, method: Method) -> None:
    await order.offered()


async def _accepted(order: Placed, contractor: int, method: Method) -> None:
    await order.offered()
    await order.accept(contractor)


async def _page_open(order: Placed, contractor: int, method: Method) -> None:
    await _accepted(order, contractor, method)
    await order.open_page(method)


async def _paid_unseen(order: Placed, contractor: int, method: Method) -> None:
    await _accepted(order, contractor, method)
    order.pay_page(await order.open_page(method), method)


async def _booked(order: Placed, contractor: int, method: Method) -> None:
    await order.book(contractor, method)


def _before_visit(hours: float) -> Step:
    async def step(order: Placed, contractor: int, method: Method) -> None:
        await order.book(contractor, method)
        await order.advance_to_visit(hours=hours)

    return step


def _after_booking(minutes: float) -> Step:
    async def step(order: Placed, contractor: int, method: Method) -> None:
        await order.book(contractor, method)
        await order.advance(minutes=minutes)

    return step


async def _on_the_way(order: Placed, contractor: int, method: Method) -> None:
    await order.book(contractor, method)
    step = ContractorStep(contractor)
    await order.door.set_off(order.order_id, step, intent=order.intent())


async def _at_work(order: Placed, contractor: int, method: Method) -> None:
    await order.book(contractor, method)
    await order.door.start(order.order_id, ContractorStep(contractor), intent=order.intent())


async def _done(order: Placed, contractor: int, method: Method) -> None:
    await _at_work(order, contractor, method)
    await order.door.done(order.order_id, Completion(contractor), intent=order.intent())


async def _disputed(order: Placed, contractor: int, method: Method) -> None:
    await order.book(contractor, method)
    await order.door.open_dispute(order.order_id, Dispute(1), intent=order.intent())


async def _leaves_by_client(order: Placed, contractor: int) -> None:
    await order.cancel(Role.CLIENT)


async def _leaves_by_support(order: Placed, contractor: int) -> None:
    await order.cancel(Role.SUPPORT)


async def _leaves_by_contractor(order: Placed, contractor: int) -> None:
    """He withdraws, and the client does not want to wait for another."""
    answer = await order.withdraw(contractor)
    assert answer.state is OrderState.SEARCHING
    await order.cancel(Role.CLIENT)


async def _does_not_come(order: Placed, contractor: int) -> None:
    report = NoShowReport(order.client_id)
    await order.door.report_no_show(order.order_id, report, intent=order.intent())
    await order.cancel(Role.CLIENT)


CLIENT, SUPPORT = _leaves_by_client, _leaves_by_support
CONTRACTOR, NO_SHOW = _leaves_by_contractor, _does_not_come


async def _claim(order: Placed, contractor: int, roubles: int) -> None:
    said = CostClaim(contractor, roubles * 100, "travel" if roubles else "")
    await order.door.claim(order.order_id, said, intent=order.intent())


async def _say(order: Placed, role: Role, verdict: ClaimVerdict, granted: int | None) -> None:
    actor = order.client_id if role is Role.CLIENT else 1
    said = ClaimAnswer(role, actor, verdict, granted)
    await order.door.answer_claim(order.order_id, said, intent=order.intent())


@dataclass(frozen=True)
class Row:
    """One line of the table; amounts in whole roubles."""

    case: str
    service: Service
    step: Step
    leaves: Callable[[Placed, int], Awaitable[None]]
    method: Method
    taken: int
    back: int
    kept_by_contractor: int = 0
    credited: int = 0
    # What the contractor says he has spent; None: he is silent for a day.
    claim: int | None = None
    too_high: int | None = None
    # What support grants after the client's objection; None: he agrees.
    granted: int | None = None
    agrees_by_silence: bool = False


TABLE = [
    # Before payment nothing moves.
    Row("client, searching", SEPTIC, _searching, CLIENT, CARD, 0, 0),
    Row("client, card page open", PUMP, _page_open, CLIENT, CARD, 0, 0),
    Row("client, SBP page open", PUMP, _page_open, CLIENT, SBP, 0, 0),
    Row("support, card page open", SEPTIC, _page_open, SUPPORT, CARD, 0, 0),
    Row("contractor, SBP page open", SEPTIC, _page_open, CONTRACTOR, SBP, 0, 0),
    # Mid-payment: the money that nobody has seen yet goes back by itself.
    Row("client, card paid unseen", PUMP, _paid_unseen, CLIENT, CARD, 0, 0),
    Row("client, SBP paid unseen", PUMP, _paid_unseen, CLIENT, SBP, 2_400, 2_400),
    Row("support, SBP paid unseen", SEPTIC, _paid_unseen, SUPPORT, SBP, 1_000, 1_000),
    # An urgent job: free for five minutes after the booking, then at most half.
    Row("urgent, booked now", SEPTIC, _booked, CLIENT, CARD, 0, 0),
    Row("urgent, 4 min after, SBP", SEPTIC, _after_booking(4), CLIENT, SBP, 1_000, 1_000),
    Row("urgent, 6 min after, silent", SEPTIC, _after_booking(6), CLIENT, CARD, 1_000, 1_000),
    Row("urgent, 6 min after, no costs", SEPTIC, _after_booking(6), CLIENT, SBP, 1_000, 1_000,
        claim=0),
    # A planned service.
    Row("service, 2 h 5 min, below cap", PUMP, _before_visit(2.1), CLIENT, SBP, 2_400, 2_300, 100,
        claim=100, agrees_by_silence=True),
    Row("service, 1 h, support halves", PUMP, _before_visit(1), CLIENT, CARD, 2_400, 2_040, 360,
        claim=720, too_high=721, granted=360),
    Row("service, 1 h, support refuses", PUMP, _before_visit(1), CLIENT, SBP, 2_400, 2_400,
        claim=720, granted=0),
    Row("service, on the way", PUMP, _on_the_way, CLIENT, SBP, 2_400, 1_680, 720, claim=720),
    # A project.
    Row("project, 71 h before, at cap", WELL, _before_visit(71), CLIENT, CARD, 18_000, 14_400,
        3_600, claim=3_600, too_high=3_601),
    # Work has begun: the whole prepayment may be proven costs.
    Row("at work, the whole claimed", PUMP, _at_work, CLIENT, CARD, 2_400, 0, 2_400,
        claim=2_400, too_high=2_401),
    Row("work done, support decides", PUMP, _done, CLIENT, CARD, 2_400, 900, 1_500,
        claim=2_400, granted=1_500),
    # Support ends an order: nothing of it is the client's fault.
    Row("support, booked", SEPTIC, _booked, SUPPORT, CARD, 0, 0),
    Row("support, on the way, SBP", SEPTIC, _on_the_way, SUPPORT, SBP, 1_000, 1_000),
    Row("support, at work", WELL, _at_work, SUPPORT, CARD, 18_000, 18_000),
    Row("support, work done", PUMP, _done, SUPPORT, SBP, 2_400, 2_400),
    Row("support, disputed", PUMP, _disputed, SUPPORT, CARD, 0, 0),
    # The contractor leaves: all goes back, and a compensation by the time left on top.
    Row("contractor, 70 h before", PUMP, _before_visit(70), CONTRACTOR, CARD, 0, 0),
    Row("contractor, 47 h before", PUMP, _before_visit(47), CONTRACTOR, SBP, 2_400, 2_400,
        credited=120),
    Row("contractor, urgent", SEPTIC, _booked, CONTRACTOR, CARD, 0, 0, credited=100),
    Row("contractor, on the way", PUMP, _on_the_way, CONTRACTOR, SBP, 2_400, 2_400, credited=0),
    Row("contractor, at work", SEPTIC, _at_work, CONTRACTOR, CARD, 1_000, 1_000, credited=100),
    Row("nobody came, urgent: at least 300", SEPTIC, _before_visit(-0.6), NO_SHOW, CARD, 1_000,
        1_000, credited=300),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.case)
async def test_refund_table_holds_on_the_real_order(row: Row, town: Town) -> None:
    contractor = await town.contractor()
    wish_day = town.in_days(4) if row.service is PUMP else None
    order = await town.place(row.service, wish_day=wish_day)
    await row.step(order, contractor, row.method)
    await row.leaves(order, contractor)
    await order.until(OrderState.CANCELLED)
    await _settle_claim(order, contractor, row)

    result = await order.end()
    assert result.state is OrderState.CANCELLED
    assert await books_balance(town.world, order) == Money(
        captured=row.taken * 100,
        refunded=row.back * 100,
        platform=0,
        contractor=row.kept_by_contractor * 100,
        compensation=row.credited * 100,
        penalty=row.credited * 100,
    )
    assert await town.places_taken(contractor) == 0
    with pytest.raises(OrderClosed):
        await order.cancel()


async def _settle_claim(order: Placed, contractor: int, row: Row) -> None:
    if row.too_high is not None:
        with pytest.raises(ClaimTooHigh):
            await _claim(order, contractor, row.too_high)
    if row.claim is None:
        return
    await _claim(order, contractor, row.claim)
    if row.claim == 0 or row.agrees_by_silence:
        return
    if row.granted is None:
        await _say(order, Role.CLIENT, ClaimVerdict.AGREE, None)
        return
    await _say(order, Role.CLIENT, ClaimVerdict.OBJECT, None)
    await order.advance(days=3)
    await _say(order, Role.SUPPORT, ClaimVerdict.DECIDE, row.granted * 100)
