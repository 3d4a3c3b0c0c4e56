"""The order's state inside its workflow, and the one way in which it changes and is written."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from activities.messages import Commit, Written
from activities.orders import OrderActivities
from rules import choosing, credit, payments
from rules.changes import Change, MoneyAction
from rules.money import prepayment
from rules.orders import Order, OrderState, Role
from rules.payments import Money
from rules.quotas import Quota, quota_of
from rules.views import OfferView, view
from texts.details import details_markdown
from texts.formatting import contractor_number, order_number
from texts.timeline import change_label
from workflows import attributes
from workflows.messages import OrderAnswer, OrderInput
from workflows.policies import WRITE_RETRY, WRITE_TIMEOUT


class OrderRecord:
    """Order and money as this workflow knows them; every change goes through `decide`."""

    def __init__(self, said: OrderInput) -> None:
        """Begin with what was said; the number comes with the first write."""
        policy = said.policy
        estimate = policy.estimate(said.service, said.detail)
        self.order = Order(
            order_id=said.order_id,
            number=0,
            client_id=said.client_id,
            service=said.service,
            detail=said.detail,
            town=said.town,
            region=said.region,
            utc_offset_minutes=said.utc_offset_minutes,
            estimate=estimate,
            prepayment_kopecks=prepayment(estimate, policy),
            created_at=workflow.now(),
            policy=policy,
            wish_day=said.wish_day,
        )
        self.money = Money()
        self._unwritten: list[Written] = []
        # Rivals: every handler, the phases, the cashier. Its holder writes; nobody else does.
        self._writing = asyncio.Lock()
        self._refused: dict[int, str] = {}
        self._exclusions: dict[str, int] = {}
        self._terms: dict[int, tuple[tuple[str, float], ...]] = {}
        self._waits_for = ""
        self._fault: Exception | None = None

    def decide(self, change: Change) -> None:
        """Take a decision: at once and without awaiting, so that no other can interleave."""
        before = self.order
        self.order = change.order
        now = workflow.now()
        match change.money:
            case MoneyAction.RELEASE:
                self.money = payments.release(self.money)
            case MoneyAction.CAPTURE:
                self.money = payments.capture_by(self.money, now, change.order.policy)
            case MoneyAction.REFUND:
                due = payments.capture_by(self.money, now, change.order.policy)
                self.money = payments.owe_refund(due, change.refund_kopecks)
            case MoneyAction.NONE:
                pass
        asks = self.awaits_prepayment() and before.state is not self.order.state
        usable = credit.usable(self.order, self.money.current) if asks else 0
        self._unwritten.append(self._written(change, now, usable))
        self._show(before)

    def _written(self, change: Change, now: datetime, credit_max_kopecks: int = 0) -> Written:
        return Written(
            view=view(change.order, self.money),
            event=change.event,
            by=change.by,
            actor_id=change.actor_id,
            at=now,
            offers=change.offers,
            journals=change.journals,
            points=change.points,
            tellings=change.tellings,
            winner=change.winner,
            frees=change.frees,
            note=change.note,
            round=change.order.search.round,
            credit_max_kopecks=credit_max_kopecks,
            quota=_quota(change),
        )

    async def written(self) -> None:
        """Return when everything decided so far stands in the database."""
        async with self._writing:
            while self._unwritten:
                await self._write(self._next_batch())

    def _next_batch(self) -> tuple[Written, ...]:
        # An acceptance may be refused by the database, so it is written alone.
        if self._unwritten[0].winner is not None:
            return (self._unwritten.pop(0),)
        count = next(
            (i for i, one in enumerate(self._unwritten) if one.winner is not None),
            len(self._unwritten),
        )
        batch = tuple(self._unwritten[:count])
        del self._unwritten[:count]
        return batch

    async def _write(self, batch: tuple[Written, ...]) -> None:
        outcome = await workflow.execute_activity_method(
            OrderActivities.commit,
            Commit(self.order.order_id, self.order.client_id, self.order.policy.version, batch),
            start_to_close_timeout=WRITE_TIMEOUT,
            retry_policy=WRITE_RETRY,
            summary=_headline(batch),
        )
        winner = batch[0].winner
        if outcome.refused is None:
            self._take_credit(batch, outcome.credit_kopecks)
        if outcome.refused is None or winner is None:
            return
        self._refused[winner] = outcome.refused
        undone = choosing.choice_refused(self.order, winner, workflow.now())
        if undone is not None:
            self.decide(undone)

    def _take_credit(self, batch: tuple[Written, ...], kopecks: int) -> None:
        """The database has said how much of the prepayment the client's credit pays."""
        order = self.order
        asked = any(one.credit_max_kopecks for one in batch)
        is_same = batch[-1].round == order.search.round
        if not asked or not is_same or not self.awaits_prepayment():
            return
        self.order = replace(order, credit_kopecks=kopecks)
        current = self.money.current
        if current is not None and current.amount_kopecks != credit.to_pay(self.order):
            # Its page was made when there was more credit: that money is not the prepayment.
            self.money = payments.release(self.money)
        self._describe()

    def answer(self, payment_url: str | None = None) -> OrderAnswer:
        """Where the order is now, for the person who acted."""
        order = self.order
        return OrderAnswer(
            order.order_id, order.number, order.state, order.version, order.visit_at, payment_url
        )

    async def wait(
        self, until: Callable[[], bool], deadline: datetime | None, summary: str
    ) -> bool:
        """Wait for a condition or an absolute deadline; False when the deadline came first."""
        self._waits_for = summary
        self._describe()

        def there() -> bool:
            if self._fault is not None:
                raise self._fault
            return until()

        if deadline is None:
            await workflow.wait_condition(there)
            return True
        left = deadline - workflow.now()
        if left.total_seconds() <= 0:
            return until()
        try:
            await workflow.wait_condition(there, timeout=left, timeout_summary=summary)
        except TimeoutError:
            # What was waited for may have come in the same breath as its deadline.
            return until()
        return True

    def _show(self, before: Order) -> None:
        """Keep the Temporal UI's list and details true; one upsert per change that it shows."""
        order = self.order
        if _listed(order) != _listed(before):
            updates: list[SearchAttributeUpdate[Any]] = [
                attributes.ORDER_NUMBER.value_set(order_number(order.number)),
                attributes.ORDER_STATE.value_set(order.state.value),
                attributes.NEEDS_ATTENTION.value_set(order.calls_person),
                attributes.DUE_AT.value_set(order.due_at)
                if order.due_at is not None
                else attributes.DUE_AT.value_unset(),
            ]
            if order.contractor_id != before.contractor_id:
                updates.append(
                    attributes.CONTRACTOR_ID.value_set(contractor_number(order.contractor_id))
                    if order.contractor_id is not None
                    else attributes.CONTRACTOR_ID.value_unset()
                )
            workflow.upsert_search_attributes(updates)
        self._describe()

    def _describe(self) -> None:
        offers = [
            OfferView(
                one.contractor_id,
                one.wave,
                one.state,
                one.until,
                one.visit_at,
                one.distance_km,
                one.score,
                self._terms.get(one.contractor_id, ()),
            )
            for one in self.order.search.offers
        ]
        shown = view(self.order, self.money)
        workflow.set_current_details(
            details_markdown(shown, offers, self._exclusions, self._waits_for)
        )

    def _claim_number(self, number: int) -> None:
        self.order = replace(self.order, number=number)

    def awaits_prepayment(self) -> bool:
        """A contractor has accepted and the client is to pay (asked anew after every await)."""
        return self.order.state is OrderState.AWAITING_PREPAYMENT

    def is_searching(self) -> bool:
        """The order is looking for a contractor (asked anew after every await)."""
        return self.order.state is OrderState.SEARCHING


def _listed(order: Order) -> tuple[object, ...]:
    """What support's lists show; not each wave's deadline, which would be one more action each."""
    return order.state, order.calls_person, order.visit_at


def _quota(change: Change) -> Quota | None:
    """What the winner may take; support may give an order to anybody who has a free slot."""
    if change.winner is None or change.by is Role.SUPPORT:
        return None
    return quota_of(change.order.policy, change.order.job_class)


def _headline(batch: tuple[Written, ...]) -> str:
    last = batch[-1].view
    return change_label([one.event for one in batch], last.state, last.contractor_id)
