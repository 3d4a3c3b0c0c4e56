"""Orders to whom anything may happen: random acts of everybody, faults, and the model's last word.

Each life is a sequence drawn from its seed; a failing seed is the name of the test. In the end
the books hold, say the same as the provider, and what a model that knows only what people could
see says, too.
"""

import os
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from rules.catalog import Service
from rules.errors import RuleViolation
from rules.orders import FINAL_STATES, OrderState, Role
from rules.payments import Method
from tests.money import books_balance, kopecks, provider_payments, provider_refunds
from tests.money_model import OrderMoney
from tests.workflows.world import Placed, Town
from workflows import messages
from workflows.messages import ClaimVerdict

pytestmark = pytest.mark.money

# More of them: DRILLFLOW_TEST_LIVES=500.
LIVES = int(os.environ.get("DRILLFLOW_TEST_LIVES", "25"))
ACTS = 10
SERVICES = (Service.SEWAGE_OVERFLOW, Service.REPAIR_PUMP, Service.DRILLING_WELL)
FAULTS = (
    "commit_then_drop", "http_500", "commit_then_500", "refuse_before", "undo_then_500",
    "http_429", "http_202", "html_502", "truncated_json",
)  # fmt: skip
HOPS = (0.01, 0.1, 0.5, 2, 9, 26)


@dataclass
class Life:
    """One order, everybody around it, and the chance that drives them."""

    town: Town
    order: Placed
    contractors: list[int]
    chance: random.Random
    # What was said and not refused, in kopecks and in that order.
    claims: list[int] = field(default_factory=list)
    granted: list[int] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)

    async def _present(self) -> int:
        """The contractor who has the order, or anybody."""
        row = await self.order.row()
        return row["contractor_id"] or self.chance.choice(self.contractors)

    async def accept(self) -> None:
        await self.order.accept(self.chance.choice(self.contractors))

    async def decline(self) -> None:
        await self.order.decline(self.chance.choice(self.contractors))

    async def pay(self) -> None:
        method = self.chance.choice([Method.CARD, Method.SBP])
        payment = await self.order.open_page(method)
        if self.chance.random() < 0.8:
            number = {"number": "5555555555554600"} if self.chance.random() < 0.2 else {}
            self.order.pay_page(payment, method, **number)
        if self.chance.random() < 0.5:
            await self.order.tell_notice()

    async def pay_an_old_page(self) -> None:
        """A person who left a page open comes back to it, whatever the order is doing."""
        open_pages = [
            one
            for one in provider_payments(self.town.world.simulator, self.order.order_id)
            if one["status"] == "pending"
        ]
        for one in open_pages[:1]:
            is_sbp = one["payment_method"]["type"] == "sbp"
            self.order.pay_page(one["id"], Method.SBP if is_sbp else Method.CARD)

    async def notice(self) -> None:
        await self.order.tell_notice()

    async def work(self) -> None:
        await self.order.work(await self._present())

    async def start(self) -> None:
        step = messages.ContractorStep(await self._present())
        await self.order.door.start(self.order.order_id, step, intent=self.order.intent())

    async def accept_work(self) -> None:
        await self.order.accept_work()

    async def rate(self) -> None:
        await self.order.rate(Role.CLIENT, self.order.client_id, self.chance.randint(1, 5))

    async def cancel(self) -> None:
        await self.order.cancel(self.chance.choice([Role.CLIENT, Role.CLIENT, Role.SUPPORT]))

    async def withdraw(self) -> None:
        await self.order.withdraw(await self._present())

    async def no_show(self) -> None:
        report = messages.NoShowReport(self.order.client_id)
        await self.order.door.report_no_show(
            self.order.order_id, report, intent=self.order.intent()
        )

    async def claim(self) -> None:
        amount = self.chance.choice([0, 100_00, 240_00, 500_00])
        said = messages.CostClaim(await self._present(), amount, "travel")
        await self.order.door.claim(self.order.order_id, said, intent=self.order.intent())
        self.claims += [amount] if amount else []

    async def answer_claim(self) -> None:
        verdict = self.chance.choice(list(ClaimVerdict))
        role = Role.SUPPORT if verdict is ClaimVerdict.DECIDE else Role.CLIENT
        actor = 1 if role is Role.SUPPORT else self.order.client_id
        said = messages.ClaimAnswer(role, actor, verdict, 50_00)
        await self.order.door.answer_claim(self.order.order_id, said, intent=self.order.intent())
        self.granted += [50_00] if role is Role.SUPPORT else []

    async def assign(self) -> None:
        said = messages.Assignment(1, self.chance.choice(self.contractors))
        await self.order.door.assign(self.order.order_id, said, intent=self.order.intent())

    async def dispute(self) -> None:
        await self.order.door.open_dispute(
            self.order.order_id, messages.Dispute(1), intent=self.order.intent()
        )

    async def resolve(self) -> None:
        said = messages.DisputeDecision(1, self.chance.choice([0, 100_00, 1_000_00]))
        await self.order.door.resolve_dispute(self.order.order_id, said, intent=self.order.intent())
        self.decided.append(said.refund_kopecks)

    async def time_passes(self) -> None:
        await self.order.advance(hours=self.chance.choice(HOPS))

    async def provider_fails(self) -> None:
        self.town.world.simulator.sim(
            "/faults",
            operation=self.chance.choice(["create", "capture", "cancel", "refund", "get"]),
            kind=self.chance.choice(FAULTS),
        )

    async def refund_is_canceled(self) -> None:
        self.town.world.simulator.sim("/faults", operation="refund", kind="refund_canceled")


# What is likely to go on, then what anybody may do at any time.
HELPFUL: dict[OrderState, tuple[Callable[[Life], Awaitable[None]], ...]] = {
    OrderState.SEARCHING: (Life.accept, Life.accept, Life.assign, Life.decline),
    OrderState.AWAITING_PREPAYMENT: (Life.pay, Life.pay, Life.notice),
    OrderState.BOOKED: (Life.work, Life.start, Life.withdraw),
    OrderState.IN_PROGRESS: (Life.work, Life.dispute),
    OrderState.AWAITING_ACCEPTANCE: (Life.accept_work, Life.dispute),
    OrderState.COMPLETED: (Life.rate, Life.dispute, Life.time_passes),
    OrderState.DISPUTED: (Life.resolve, Life.time_passes),
    OrderState.CANCELLED: (Life.claim, Life.answer_claim, Life.time_passes),
}
ANYTHING = (
    Life.accept,
    Life.pay,
    Life.pay_an_old_page,
    Life.notice,
    Life.work,
    Life.cancel,
    Life.withdraw,
    Life.no_show,
    Life.claim,
    Life.answer_claim,
    Life.dispute,
    Life.resolve,
    Life.time_passes,
    Life.time_passes,
    Life.provider_fails,
    Life.refund_is_canceled,
)


@pytest.mark.parametrize("seed", range(LIVES))
async def test_whatever_happens_the_books_balance_and_the_order_ends(seed: int, town: Town) -> None:
    chance = random.Random(seed)
    contractors = [await town.contractor(km=km) for km in (1, 10, 40)]
    order = await town.place(chance.choice(SERVICES))
    life = Life(town, order, contractors, chance)
    done: list[str] = []
    for _ in range(ACTS):
        state = OrderState((await order.row())["state"])
        acts = HELPFUL.get(state, ()) if chance.random() < 0.6 else ()
        act = chance.choice(acts or ANYTHING)
        done.append(f"{state.value}: {act.__name__}")
        # A refusal is an answer; a page that is over cannot be paid.
        with suppress(RuleViolation, AssertionError, httpx.HTTPError):
            await act(life)
    said = "; ".join(done)

    row = await _let_it_end(life)
    assert row["state"] in FINAL_STATES, said
    assert row["money_closed_at"] is not None, said
    found, model = await books_balance(town.world, order), await _model(life, row)
    model.check_closed()
    assert (found.platform, found.contractor) == (model.platform, model.contractor), said
    for contractor in contractors:
        assert await town.places_taken(contractor) == 0, said


async def _model(life: Life, row: dict[str, Any]) -> OrderMoney:
    """The order's money, from what the bank did, what people were told and what they said."""
    order, world = life.order, life.town.world
    model = OrderMoney(row["prepayment_kopecks"])
    model.credit_pays(row["facts"].get("credit_kopecks", 0))
    payments = provider_payments(world.simulator, order.order_id)
    for one in payments:
        if one["status"] == "succeeded":
            model.bank_takes(one["id"], kopecks(one["amount"]))
    for one in provider_refunds(world.simulator, payments):
        if one["status"] == "succeeded":
            model.bank_gives_back(one["payment_id"], kopecks(one["amount"]))
    told: dict[str, Callable[[], None]] = {
        "prepaid": model.told_paid,
        "hold_lost": model.told_hold_lost,
        "work_accepted": model.completed,
        "cancelled": model.cancelled,
        "dispute_resolved": lambda: model.dispute_decided(life.decided.pop(0)),
        "claimed": lambda: model.costs_claimed(life.claims.pop(0)),
        "support:claim_settled": lambda: model.costs_decided(life.granted.pop(0)),
    }
    for event in await world.rows(
        "SELECT event, by_role FROM order_events WHERE order_id = :id ORDER BY version, id",
        id=order.order_id,
    ):
        for name in (event["event"], f"{event['by_role']}:{event['event']}"):
            told.get(name, lambda: None)()
    return model


async def _let_it_end(life: Life) -> dict[str, Any]:
    """People stop; only clocks and, where a person must decide, support go on."""
    order = life.order
    for _ in range(3):
        state = (await order.row())["state"]
        with suppress(RuleViolation):
            if state == OrderState.DISPUTED:
                await life.resolve()
            elif state == OrderState.CANCELLED:
                said = messages.ClaimAnswer(Role.SUPPORT, 1, ClaimVerdict.DECIDE, 0)
                await order.door.answer_claim(order.order_id, said, intent=order.intent())
                life.granted.append(0)
            elif state not in FINAL_STATES:
                await order.cancel(Role.SUPPORT)
    await order.end(days=5, times=10)
    row: dict[str, Any] = dict(await order.row())
    return row
