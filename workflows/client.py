"""The one typed door for the bot and the API: every call a person's intent, safe to repeat.

Each method returns the workflow's `OrderAnswer` or raises a `RuleViolation`. The `intent` is the
update's id: the same intent repeated gets the first answer and has no second effect.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from typing_extensions import override

from rules.errors import BY_NAME, OrderClosed, RuleViolation
from rules.native import Paid
from rules.orders import OrderState
from texts.details import start_summary
from workflows import messages
from workflows.attributes import CLIENT_ID, ORDER_STATE, REGION, SERVICE_TYPE
from workflows.order import OrderWorkflow
from workflows.policies import TASK_QUEUE
from workflows.quote_door import QuoteDoor
from workflows.search_door import SearchDoor

RPC_TIMEOUT = timedelta(seconds=5)
RPC_TRIES = 4


class Unavailable(Exception):
    """The order's workflow did not answer in time; the same call may be repeated safely."""


def workflow_id(order_id: UUID | str) -> str:
    """The workflow id of an order."""
    return f"order-{order_id}"


def intent(order_id: UUID | str, action: str, card_version: int, user_id: int) -> str:
    """The update id of one person's tap on one version of a card."""
    return f"{order_id}:{action}:{card_version}:{user_id}"


@dataclass(frozen=True)
class Orders(SearchDoor, QuoteDoor):
    """All that may be asked of an order."""

    client: Client

    async def place(self, order: messages.OrderInput, summary: str = "") -> messages.OrderAnswer:
        """Start an order; returns when its row is written. The same order id starts once.

        Raises:
            TooManyOrders, BadInput: It was not taken.
            Unavailable: Not known yet; repeat.
        """
        return await self._patiently(lambda: self._place(order, summary))

    async def _place(self, order: messages.OrderInput, summary: str) -> messages.OrderAnswer:
        start = WithStartWorkflowOperation(
            OrderWorkflow.run,
            order,
            id=workflow_id(order.order_id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=timedelta(seconds=5),
            static_summary=summary or start_summary(order.service, order.town),
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(ORDER_STATE, OrderState.NEW.value),
                    SearchAttributePair(SERVICE_TYPE, order.service.service_type.value),
                    SearchAttributePair(REGION, order.region),
                    SearchAttributePair(CLIENT_ID, str(order.client_id)),
                ]
            ),
        )
        # Inherited handlers are typed by their base class, which the client's overloads refuse.
        placed: Any = OrderWorkflow.placed
        answer: messages.OrderAnswer = await self.client.execute_update_with_start_workflow(
            placed,
            start_workflow_operation=start,
            id=f"{order.order_id}:placed",
            rpc_timeout=RPC_TIMEOUT,
        )
        return answer

    async def accept(
        self, order_id: UUID | str, said: messages.Acceptance, *, intent: str
    ) -> messages.OrderAnswer:
        """A contractor takes the order; the answer is the committed verdict."""
        return await self._update(order_id, OrderWorkflow.accept, said, intent)

    async def decline(
        self, order_id: UUID | str, said: messages.Refusal, *, intent: str
    ) -> messages.OrderAnswer:
        """A contractor refuses his offer."""
        return await self._update(order_id, OrderWorkflow.decline, said, intent)

    async def pay(
        self, order_id: UUID | str, said: messages.PaymentChoice, *, intent: str
    ) -> messages.OrderAnswer:
        """The client chooses how to pay; the answer carries the payment page's address."""
        return await self._update(order_id, OrderWorkflow.pay, said, intent)

    async def cancel(
        self, order_id: UUID | str, said: messages.Cancellation, *, intent: str
    ) -> messages.OrderAnswer:
        """The client or support ends the order."""
        return await self._update(order_id, OrderWorkflow.cancel, said, intent)

    async def withdraw(
        self, order_id: UUID | str, said: messages.Withdrawal, *, intent: str
    ) -> messages.OrderAnswer:
        """The contractor leaves the job."""
        return await self._update(order_id, OrderWorkflow.withdraw, said, intent)

    async def report_no_show(
        self, order_id: UUID | str, said: messages.NoShowReport, *, intent: str
    ) -> messages.OrderAnswer:
        """The client says that nobody came."""
        return await self._update(order_id, OrderWorkflow.report_no_show, said, intent)

    async def set_off(
        self, order_id: UUID | str, said: messages.ContractorStep, *, intent: str
    ) -> messages.OrderAnswer:
        """The contractor is on the way."""
        return await self._update(order_id, OrderWorkflow.set_off, said, intent)

    async def start(
        self, order_id: UUID | str, said: messages.ContractorStep, *, intent: str
    ) -> messages.OrderAnswer:
        """The contractor starts work."""
        return await self._update(order_id, OrderWorkflow.start, said, intent)

    async def done(
        self, order_id: UUID | str, said: messages.Completion, *, intent: str
    ) -> messages.OrderAnswer:
        """The contractor reports the work as done."""
        return await self._update(order_id, OrderWorkflow.done, said, intent)

    async def accept_work(
        self, order_id: UUID | str, said: messages.WorkAcceptance, *, intent: str
    ) -> messages.OrderAnswer:
        """The client accepts the work."""
        return await self._update(order_id, OrderWorkflow.accept_work, said, intent)

    async def rate(
        self, order_id: UUID | str, said: messages.Rating, *, intent: str
    ) -> messages.OrderAnswer:
        """One side gives its stars."""
        return await self._update(order_id, OrderWorkflow.rate, said, intent)

    async def reschedule(
        self, order_id: UUID | str, said: messages.Rescheduling, *, intent: str
    ) -> messages.OrderAnswer:
        """One side proposes another time."""
        return await self._update(order_id, OrderWorkflow.reschedule, said, intent)

    async def answer_reschedule(
        self, order_id: UUID | str, said: messages.ReschedulingAnswer, *, intent: str
    ) -> messages.OrderAnswer:
        """The other side agrees to or refuses another time."""
        return await self._update(order_id, OrderWorkflow.answer_reschedule, said, intent)

    async def claim(
        self, order_id: UUID | str, said: messages.CostClaim, *, intent: str
    ) -> messages.OrderAnswer:
        """The contractor claims costs after a late cancellation, or says there were none."""
        return await self._update(order_id, OrderWorkflow.claim, said, intent)

    async def answer_claim(
        self, order_id: UUID | str, said: messages.ClaimAnswer, *, intent: str
    ) -> messages.OrderAnswer:
        """The client or support answers a claim."""
        return await self._update(order_id, OrderWorkflow.answer_claim, said, intent)

    async def assign(
        self, order_id: UUID | str, said: messages.Assignment, *, intent: str
    ) -> messages.OrderAnswer:
        """Support gives the order to a contractor."""
        return await self._update(order_id, OrderWorkflow.assign, said, intent)

    async def open_dispute(
        self, order_id: UUID | str, said: messages.Dispute, *, intent: str
    ) -> messages.OrderAnswer:
        """Support freezes the order."""
        return await self._update(order_id, OrderWorkflow.open_dispute, said, intent)

    async def resolve_dispute(
        self, order_id: UUID | str, said: messages.DisputeDecision, *, intent: str
    ) -> messages.OrderAnswer:
        """Support decides a dispute."""
        return await self._update(order_id, OrderWorkflow.resolve_dispute, said, intent)

    async def tell_payment_notice(
        self, order_id: UUID | str, notice_id: int = 0, paid: Paid | None = None
    ) -> bool:
        """Have the order look at its payment now; False if it has closed.

        `paid`: Telegram says that an invoice of this order was paid.
        """
        return await self._signal(
            order_id, OrderWorkflow.payment_notice, messages.PaymentNotice(notice_id, paid)
        )

    async def tell_unreachable(self, order_id: UUID | str, contractor_id: int) -> bool:
        """Telegram cannot reach a contractor: skip his offer; False if the order has closed."""
        return await self._signal(
            order_id, OrderWorkflow.recipient_unreachable, messages.Unreachable(contractor_id)
        )

    async def tell_available(self, order_id: UUID | str, contractor_id: int) -> bool:
        """A contractor came on line near this open search; False if the order has closed."""
        return await self._signal(
            order_id,
            OrderWorkflow.contractor_available,
            messages.ContractorAvailable(contractor_id),
        )

    @override
    async def _update(
        self, order_id: UUID | str, update: Any, said: Any, intent: str
    ) -> messages.OrderAnswer:
        handle = self.client.get_workflow_handle(workflow_id(order_id))

        async def send() -> messages.OrderAnswer:
            answer: messages.OrderAnswer = await handle.execute_update(
                update, said, id=intent, rpc_timeout=RPC_TIMEOUT
            )
            return answer

        return await self._patiently(send)

    async def _signal(self, order_id: UUID | str, signal: Any, said: object) -> bool:
        handle = self.client.get_workflow_handle(workflow_id(order_id))
        try:
            await handle.signal(signal, said, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise Unavailable(str(error.status)) from error
        return True

    async def _patiently(self, send: Any) -> messages.OrderAnswer:
        # The same update id again: an accepted update is joined, never repeated.
        for attempt in range(1, RPC_TRIES + 1):
            try:
                answer: messages.OrderAnswer = await send()
                return answer
            except WorkflowUpdateFailedError as error:
                raise _violation(error) from error
            except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                if attempt == RPC_TRIES:
                    raise Unavailable("the order does not answer") from error
            except WorkflowAlreadyStartedError as error:
                raise OrderClosed("the order was placed before and has ended") from error
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    raise OrderClosed("the order's workflow has ended") from error
                if attempt == RPC_TRIES:
                    raise Unavailable(str(error.status)) from error
                await asyncio.sleep(0.2 * attempt)
        raise Unavailable("no try was left")


def _violation(error: WorkflowUpdateFailedError) -> Exception:
    cause = error.cause
    if isinstance(cause, ApplicationError):
        known = BY_NAME.get(cause.type or "")
        if known is not None:
            return known(cause.message)
        if cause.type == "AcceptedUpdateCompletedWorkflow":
            return OrderClosed("the order ended meanwhile")
    return error


__all__ = ["Orders", "RuleViolation", "Unavailable", "intent", "workflow_id"]
