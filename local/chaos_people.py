"""The scripted people of a chaos run: what a client, his contractor and support do, step by step.

Each looks at what is committed and acts on it; whatever is refused or unanswered is simply tried
again with the next look, as people do. Nobody here knows of the faults.
"""

import asyncio
import itertools
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy.exc import DBAPIError

from local.chaos_board import Board
from local.chaos_plan import Fate, Life
from models.database import Database
from models.orders import OrderRequestRow
from models.users import UserRow
from rules.catalog import DETAILS
from rules.errors import RuleViolation
from rules.orders import OrderState, Role
from rules.payments import Method
from rules.policy import Policy
from workflows import messages
from workflows.client import Orders, Unavailable
from workflows.messages import ClaimVerdict

SUPPORT = 1
DECLINED_CARD = "5555555555554600"
LOOK_SECONDS = 0.4
TOWN, REGION, LATITUDE, LONGITUDE = "Тверь", "Тверская область", 56.8584, 35.9006
LATE = (Fate.UNPAID_PAID_LATE, Fate.CANCELLED_PAID_LATE)
_UNANSWERED = (RuleViolation, Unavailable, httpx.HTTPError, DBAPIError, OSError, TimeoutError)
_intents = itertools.count()


def _is_cancelled() -> bool:
    """Whether this task is to end; a call to Temporal swallows the cancellation itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@dataclass(frozen=True)
class Scene:
    """What everybody shares: the door, the tables, the provider's page, the policy."""

    door: Orders
    database: Database
    board: Board
    bank: httpx.AsyncClient
    policy: Policy


@dataclass
class Story:
    """One order and the people around it."""

    scene: Scene
    life: Life
    order_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_id: int = 0
    pages: list[tuple[str, Method]] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    async def play(self) -> None:
        """Live until the order's money is closed; the caller limits the time."""
        await self._place()
        while not (self.row.get("money_closed_at") or _is_cancelled()):
            act = self._next()
            if act is not None:
                with suppress(*_UNANSWERED):
                    await act
            await asyncio.sleep(LOOK_SECONDS)

    @property
    def row(self) -> dict[str, Any]:
        """The order as it was last seen committed; empty before that."""
        return self.scene.board.orders.get(self.order_id, {})

    async def _place(self) -> None:
        request, life = "", self.life
        while not (request or _is_cancelled()):
            with suppress(*_UNANSWERED):
                self.client_id, request = await self._write_request()
        said = messages.OrderInput(
            order_id=self.order_id,
            request_id=request,
            client_id=self.client_id,
            service=life.service,
            detail=DETAILS[life.service][0],
            town=TOWN,
            region=REGION,
            utc_offset_minutes=180,
            policy=self.scene.policy,
        )
        while not (self.row or _is_cancelled()):
            with suppress(*_UNANSWERED):
                await self.scene.door.place(said)
            await asyncio.sleep(LOOK_SECONDS)

    async def _write_request(self) -> tuple[int, str]:
        async with self.scene.database.transaction() as session:
            user = UserRow(first_name=f"Анна {self.life.number}", phone="+79001234567")
            session.add(user)
            await session.flush()
            request = OrderRequestRow(
                id=str(uuid.uuid4()),
                client_id=user.id,
                service=self.life.service,
                detail=DETAILS[self.life.service][0],
                town=TOWN,
                region=REGION,
                latitude=LATITUDE,
                longitude=LONGITUDE,
            )
            session.add(request)
            return int(user.id), request.id

    def _next(self) -> Awaitable[object] | None:
        """What somebody does now, if anything."""
        steps: dict[str, Callable[[], Awaitable[object] | None]] = {
            OrderState.SEARCHING: self._answer_offer,
            OrderState.AWAITING_PREPAYMENT: self._pay,
            OrderState.BOOKED: self._booked,
            OrderState.IN_PROGRESS: self._at_work,
            OrderState.DISPUTED: self._resolve,
            OrderState.AWAITING_ACCEPTANCE: self._accept_work,
            OrderState.COMPLETED: self._finished,
            OrderState.CANCELLED: self._ended,
            OrderState.UNPAID: self._pay_late,
        }
        step = steps.get(self.row.get("state", ""))
        return step() if step is not None else None

    def _intent(self) -> str:
        return f"{self.order_id}:chaos:{next(_intents)}"

    def _once(self, name: str) -> bool:
        """True the first time; for what is done once whatever comes of it."""
        is_first = name not in self.done
        self.done.add(name)
        return is_first

    def _answer_offer(self) -> Awaitable[object] | None:
        offered = self.scene.board.offers.get(self.order_id, [])
        if not offered:
            return None
        who = offered[0]
        if self.life.chance().random() < 0.2 and self._once("declined an offer"):
            said = messages.Refusal(who, "busy")
            return self.scene.door.decline(self.order_id, said, intent=self._intent())
        acceptance = messages.Acceptance(who)
        return self.scene.door.accept(self.order_id, acceptance, intent=self._intent())

    async def _open_page(self, method: Method) -> None:
        choice = messages.PaymentChoice(self.client_id, method)
        answer = await self.scene.door.pay(self.order_id, choice, intent=self._intent())
        if answer.payment_url is not None:
            payment = answer.payment_url.rstrip("/").rpartition("/")[2]
            if (payment, method) not in self.pages:
                self.pages.append((payment, method))

    async def _pay_at(self, page: tuple[str, Method], **card: str) -> None:
        wish = {"method": page[1].value, **card}
        (await self.scene.bank.post(f"/sim/pay/{page[0]}", json=wish)).raise_for_status()

    def _pay(self) -> Awaitable[object] | None:
        fate, method = self.life.fate, self.life.method
        if fate in LATE:
            if not self.pages:
                return self._open_page(method)
            return None if fate is Fate.UNPAID_PAID_LATE else self._cancel(Role.CLIENT)
        if fate is Fate.DECLINED_CARD and self._once("paid with a bad card"):
            return self._pay_anew(Method.CARD, number=DECLINED_CARD)
        if fate is Fate.TWO_PAGES and not self.pages:
            return self._open_page(Method.CARD if method is Method.SBP else Method.SBP)
        return self._pay_anew(method)

    async def _pay_anew(self, method: Method, **card: str) -> None:
        await self._open_page(method)
        await self._pay_at(self.pages[-1], **card)

    async def _pay_late(self) -> None:
        for page in self.pages:
            with suppress(httpx.HTTPStatusError):
                await self._pay_at(page)
        self.pages.clear()

    def _booked(self) -> Awaitable[object] | None:
        fate = self.life.fate
        if fate is Fate.TWO_PAGES and self.pages and self._once("paid the other page"):
            return self._pay_late()
        if fate is Fate.CANCELLED_FREE:
            return self._cancel(Role.CLIENT)
        if fate is Fate.REPLACED and "withdrew" not in self.done:
            return self._withdraw()
        if fate is Fate.CANCELLED_AFTER_NO_SHOW:
            return self._after_no_show()
        if not self.row["is_on_the_way"]:
            return self._step(self.scene.door.set_off)
        if fate.value.startswith("cancelled"):
            by = Role.SUPPORT if fate is Fate.CANCELLED_BY_SUPPORT else Role.CLIENT
            return self._cancel(by)
        return self._step(self.scene.door.start)

    async def _withdraw(self) -> None:
        said = messages.Withdrawal(self.row["contractor_id"], "ill")
        await self.scene.door.withdraw(self.order_id, said, intent=self._intent())
        self.done.add("withdrew")

    def _after_no_show(self) -> Awaitable[object] | None:
        if "no show" in self.done:
            return self._cancel(Role.CLIENT)
        visit = self.row["visit_at"]
        grace = self.scene.policy.for_class(self.life.service.job_class).start_grace_seconds
        if visit is None or (datetime.now(UTC) - visit).total_seconds() <= grace:
            return None
        return self._report_no_show()

    async def _report_no_show(self) -> None:
        said = messages.NoShowReport(self.client_id)
        await self.scene.door.report_no_show(self.order_id, said, intent=self._intent())
        self.done.add("no show")

    def _step(self, step: Callable[..., Awaitable[object]]) -> Awaitable[object]:
        said = messages.ContractorStep(self.row["contractor_id"])
        return step(self.order_id, said, intent=self._intent())

    def _cancel(self, role: Role) -> Awaitable[object]:
        actor = SUPPORT if role is Role.SUPPORT else self.client_id
        said = messages.Cancellation(role, actor, "other")
        return self.scene.door.cancel(self.order_id, said, intent=self._intent())

    def _at_work(self) -> Awaitable[object]:
        if self.life.fate is Fate.DISPUTED:
            said = messages.Dispute(SUPPORT)
            return self.scene.door.open_dispute(self.order_id, said, intent=self._intent())
        completion = messages.Completion(self.row["contractor_id"])
        return self.scene.door.done(self.order_id, completion, intent=self._intent())

    def _resolve(self) -> Awaitable[object]:
        refund = self.life.chance().choice((0, 100_00, 500_00, 1_000_00))
        said = messages.DisputeDecision(SUPPORT, refund)
        return self.scene.door.resolve_dispute(self.order_id, said, intent=self._intent())

    def _accept_work(self) -> Awaitable[object] | None:
        if self.life.fate is Fate.SILENT:
            return None
        said = messages.WorkAcceptance(self.client_id)
        return self.scene.door.accept_work(self.order_id, said, intent=self._intent())

    def _finished(self) -> Awaitable[object] | None:
        if self.life.fate is Fate.SILENT:
            return None
        for role, actor in (
            (Role.CLIENT, self.client_id),
            (Role.CONTRACTOR, self.row["contractor_id"]),
        ):
            if self._once(f"rated by {role}"):
                said = messages.Rating(role, actor, 5)
                return self.scene.door.rate(self.order_id, said, intent=self._intent())
        return None

    def _ended(self) -> Awaitable[object] | None:
        """Cancelled: the contractor says what it has cost him, the client or support answers."""
        fate = self.life.fate
        if fate is Fate.CANCELLED_PAID_LATE and self.pages:
            return self._pay_late()
        contractor = self.row["contractor_id"]
        if fate is Fate.CANCELLED_NO_COSTS or contractor is None:
            return None
        if self._once("claimed"):
            claim = messages.CostClaim(contractor, 100_00, "travel")
            return self.scene.door.claim(self.order_id, claim, intent=self._intent())
        if fate is Fate.CANCELLED_COSTS_AGREED:
            return self._answer_claim(Role.CLIENT, ClaimVerdict.AGREE)
        if fate is Fate.CANCELLED_COSTS_DECIDED and self._once("objected"):
            return self._answer_claim(Role.CLIENT, ClaimVerdict.OBJECT)
        return self._answer_claim(Role.SUPPORT, ClaimVerdict.DECIDE, 50_00)

    def _answer_claim(
        self, role: Role, verdict: ClaimVerdict, kopecks: int | None = None
    ) -> Awaitable[object]:
        actor = SUPPORT if role is Role.SUPPORT else self.client_id
        said = messages.ClaimAnswer(role, actor, verdict, kopecks)
        return self.scene.door.answer_claim(self.order_id, said, intent=self._intent())
