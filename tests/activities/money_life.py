"""One order's money from a seed: people act at random, the rules decide, the ledger is posted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from rules import booking, cancelling, claims, ledger, payments, searching, working
from rules.changes import Change, MoneyAction
from rules.errors import RuleViolation
from rules.ledger import Journal
from rules.orders import ClaimItem, ClaimState, Order, OrderEvent, OrderState, Role
from rules.payments import Attempt, AttemptState, Method, Money, Op, RefundState, Seen, Step
from tests.activities.bank import Bank, Unanswered
from tests.money_model import OrderMoney

Post = Callable[[Journal], Awaitable[object]]
ACTS, ENDING = 30, 300
HOPS_HOURS = (0.002, 0.02, 0.02, 0.2, 0.2, 1, 1, 9, 26, 80, 200)
CONTRACTORS = (17, 18, 19, 20)


@dataclass
class Life:
    """The order, its money, its bank, and what must become of it."""

    order: Order
    now: datetime
    chance: Random
    post: Post
    money: Money = field(default_factory=Money)
    story: list[str] = field(default_factory=list)
    model: OrderMoney = field(init=False)
    bank: Bank = field(init=False)

    def __post_init__(self) -> None:
        self.model = OrderMoney(self.order.prepayment_kopecks)
        self.bank = Bank(self.order.order_id, self.model, self.chance)

    async def live(self) -> None:
        """Random acts, then peace until the money is closed; the model has the last word."""
        for _ in range(ACTS):
            if self.order.money_closed:
                break
            act = self.chance.choice(self._acts())
            self.story.append(f"{self.order.state.value}: {act.__name__.strip('_')}")
            try:
                await act()
            except RuleViolation:
                self.story[-1] += " (refused)"
            await self._clocks()
        self.bank.is_kind = True
        for _ in range(ENDING):
            if self.order.money_closed:
                break
            await self._end_people()
            await self._cashier()
            await self._clocks()
            self.now += timedelta(hours=7)
        assert self.order.money_closed, "the order never ended"
        self.model.check_closed()

    def _acts(self) -> list[Callable[[], Awaitable[None]]]:
        usual = [*[self._cashier] * 4, self._time_passes, self._cancel]
        usual += [self._old_page, self._other_end]
        likely: dict[OrderState, list[Callable[[], Awaitable[None]]]] = {
            OrderState.SEARCHING: [self._assign] * 4,
            OrderState.AWAITING_PREPAYMENT: [self._page, *[self._pay] * 7],
            OrderState.BOOKED: [*[self._start] * 3, self._withdraw],
            OrderState.IN_PROGRESS: [*[self._work_done] * 3, self._dispute],
            OrderState.AWAITING_ACCEPTANCE: [*[self._accept_work] * 3, self._dispute],
            OrderState.COMPLETED: [self._dispute],
            OrderState.DISPUTED: [self._resolve] * 4,
            OrderState.CANCELLED: [self._claim, self._answer_claim],
        }
        return usual + 2 * likely.get(self.order.state, [])

    # What people do.

    async def _assign(self) -> None:
        who = self.chance.choice(CONTRACTORS)
        await self._decide(searching.assigned(self.order, who, self.now))

    async def _page(self) -> None:
        booking.check_payable(self.order)
        method = self.chance.choice(list(Method))
        if self.money.is_paid or len(self.money.attempts) > 5:
            return
        current = self.money.current
        if current is None or current.method is not method:
            due = self.order.prepayment_kopecks
            self.money = payments.request(self.money, method, due, self.now)

    async def _pay(self) -> None:
        if self.money.current is None:
            await self._page()
            await self._cashier()
        newest = self.money.attempts[-1]
        self.bank.pay(newest.number, self.now, good=self.chance.random() < 0.8)
        if self.chance.random() < 0.7:
            self._noticed = True
            await self._cashier()

    async def _old_page(self) -> None:
        if self.bank.payments:
            self.bank.pay(self.chance.choice(list(self.bank.payments)), self.now)

    async def _start(self) -> None:
        await self._decide(working.started(self.order, self.now))

    async def _withdraw(self) -> None:
        await self._decide(cancelling.withdrew(self.order, "ill", self.now))

    async def _work_done(self) -> None:
        await self._decide(working.done(self.order, None, self.now))

    async def _accept_work(self) -> None:
        await self._decide(working.work_accepted(self.order, Role.CLIENT, self.now))

    async def _dispute(self) -> None:
        await self._decide(working.disputed(self.order, "other", self.now))

    async def _resolve(self) -> None:
        kopecks = self.chance.choice((0, 100_00, 333_33, 1_000_00))
        await self._decide(working.dispute_resolved(self.order, kopecks, self.now))
        self.model.dispute_decided(kopecks)

    async def _cancel(self) -> None:
        if self.chance.random() < 0.5:
            return
        by = self.chance.choice((Role.CLIENT, Role.CLIENT, Role.SUPPORT))
        await self._decide(cancelling.cancelled(self.order, by, "other", self.now))
        self.model.cancelled()

    async def _other_end(self) -> None:
        """The contractor does not come."""
        await self._decide(cancelling.no_show(self.order, self.now))

    async def _claim(self) -> None:
        kopecks = self.chance.choice((1, 100_00, 240_00, 500_00))
        await self._decide(claims.claimed(self.order, (ClaimItem("travel", kopecks),), self.now))
        self.model.costs_claimed(kopecks)

    async def _answer_claim(self) -> None:
        if self.chance.random() < 0.4:
            await self._decide(claims.objected(self.order, "other", self.now))
        elif self.chance.random() < 0.5:
            await self._decide(claims.decided(self.order, Role.CLIENT, None, self.now))
        else:
            await self._support_decides_costs()

    async def _support_decides_costs(self) -> None:
        granted = self.chance.randint(0, self.model.claimed)
        await self._decide(claims.decided(self.order, Role.SUPPORT, granted, self.now))
        self.model.costs_decided(granted)

    async def _time_passes(self) -> None:
        self.now += timedelta(hours=self.chance.choice(HOPS_HOURS))
        self.bank.let_expire(self.now)

    async def _end_people(self) -> None:
        """In the end only support still decides."""
        claim = self.order.claim
        try:
            if self.order.state is OrderState.DISPUTED:
                await self._resolve()
            elif claim is not None and claim.state is ClaimState.OBJECTED:
                await self._support_decides_costs()
            elif not self.order.is_final and self.order.state is not OrderState.AWAITING_ACCEPTANCE:
                await self._decide(
                    cancelling.cancelled(self.order, Role.SUPPORT, "other", self.now)
                )
                self.model.cancelled()
        except RuleViolation:
            return

    # What the clock and the cashier do, as the workflow would.

    async def _clocks(self) -> None:
        order, now = self.order, self.now
        if order.money_closed:
            return
        match order.state:
            case OrderState.AWAITING_PREPAYMENT:
                await self._await_prepayment()
            case OrderState.AWAITING_ACCEPTANCE if now >= working.auto_accept_at(order):
                await self._decide(working.work_accepted(order, Role.SYSTEM, now))
            case OrderState.CANCELLED if order.claim is not None and now >= order.claim.until:
                await self._claim_runs_out()
        closes = self.order.is_final and payments.next_step(self.money, order.policy) is None
        if closes and not self._may_change():
            await self._decide(working.settle_and_close(self.order, now))

    def _may_change(self) -> bool:
        order = self.order
        if order.state is OrderState.COMPLETED:
            return self.now < working.dispute_ends(order)
        return order.claim is not None and order.claim.state is not ClaimState.SETTLED

    async def _await_prepayment(self) -> None:
        if self.money.is_paid:
            await self._decide(booking.prepaid(self.order, self.now))
            at = booking.capture_time(self.order)
            self.money = payments.capture_by(self.money, at, self.order.policy)
        elif self.now >= booking.payment_ends(self.order):
            await self._decide(booking.payment_expired(self.order, self.now))

    async def _claim_runs_out(self) -> None:
        claim = self.order.claim
        if claim is not None and claim.state in (ClaimState.OPEN, ClaimState.MADE):
            await self._decide(claims.unanswered(self.order, self.now))

    async def _decide(self, change: Change) -> None:
        self.order, policy = change.order, change.order.policy
        match change.money:
            case MoneyAction.RELEASE:
                self.money = payments.release(self.money)
            case MoneyAction.CAPTURE:
                self.money = payments.capture_by(self.money, self.now, policy)
            case MoneyAction.REFUND:
                due = payments.capture_by(self.money, self.now, policy)
                self.money = payments.owe_refund(due, change.refund_kopecks)
        for journal in change.journals:
            await self.post(journal)
        self._tell(change.event)

    def _tell(self, event: OrderEvent) -> None:
        told: dict[OrderEvent, Callable[[], None]] = {
            OrderEvent.PREPAID: self.model.told_paid,
            OrderEvent.HOLD_LOST: self.model.told_hold_lost,
            OrderEvent.WORK_ACCEPTED: self.model.completed,
        }
        if event in told:
            told[event]()

    async def _cashier(self) -> None:
        """Perform what is due, each once; an answer may get lost on its way."""
        noticed, self._noticed = self._noticed, False
        for step in payments.steps(self.money, self.order.policy):
            is_due = step.at is None or step.at <= self.now
            if not is_due and not (noticed and step.op in (Op.GET, Op.GET_REFUND)):
                continue
            before = next(one for one in self.money.attempts if one.number == step.attempt)
            if step.op is Op.REFUND and not self._is_reserved(before, step):
                terms = self._refund_terms(before, step)
                await self.post(ledger.refund_requested(*terms, late=before.late))
            before = payments.asked(before, step)
            self.money = self.money.with_attempt(before)
            try:
                seen = self.bank.ask(step, before.method, before.amount_kopecks, self.now)
            except Unanswered:
                continue
            await self._learn(before, step, seen)

    # A notice is a reason to look before the next poll.
    _noticed: bool = False
    _reserved: set[tuple[int, int]] = field(default_factory=set)

    def _is_reserved(self, attempt: Attempt, step: Step) -> bool:
        """Reserved before it is first sent, and not again."""
        key = (attempt.number, step.refund_seq)
        was = key in self._reserved
        self._reserved.add(key)
        return was

    def _refund_terms(self, attempt: Attempt, step: Step) -> tuple[str, str, int]:
        name = f"{self.order.order_id}:{attempt.number}:{step.refund_seq}"
        return self.order.order_id, name, step.amount_kopecks

    async def _learn(self, before: Attempt, step: Step, seen: Seen) -> None:
        after = payments.observe(before, seen, self.now)
        self.money = self.money.with_attempt(after)
        for journal in self._journals(before, after, step, seen):
            await self.post(journal)
        lost = after.state in (AttemptState.EXPIRED, AttemptState.VOIDED)
        if lost and after.state is not before.state and self.order.prepaid and not after.released:
            await self._decide(booking.hold_lost(self.order, self.now))

    def _journals(self, before: Attempt, after: Attempt, step: Step, seen: Seen) -> list[Journal]:
        if seen.refund is not None:
            return self._refund_journals(before, step, seen.refund.state)
        if after.state is before.state:
            return []
        order_id, late, kopecks = self.order.order_id, after.late, after.amount_kopecks
        name, was_held = f"{order_id}:{after.number}", before.state is AttemptState.HELD
        match after.state:
            case AttemptState.HELD:
                return [ledger.held(order_id, name, kopecks, late=late)]
            case AttemptState.CAPTURED:
                return [ledger.captured(order_id, name, kopecks, was_held=was_held, late=late)]
            case AttemptState.VOIDED | AttemptState.EXPIRED if was_held:
                return [ledger.voided(order_id, name, kopecks, late=late)]
        return []

    def _refund_journals(self, before: Attempt, step: Step, state: RefundState) -> list[Journal]:
        order_id, name, kopecks = self._refund_terms(before, step)
        if state is RefundState.SUCCEEDED:
            return [ledger.refund_succeeded(order_id, name, kopecks, late=before.late)]
        if state is RefundState.FAILED:
            return [ledger.refund_failed(order_id, name, kopecks, late=before.late)]
        return []
