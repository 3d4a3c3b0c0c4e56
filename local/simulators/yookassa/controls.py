"""The knobs under `/sim`: what a person, a bank, the cabinet or bad luck would do."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from local.simulators.yookassa.cards import GOOD_CARD, Reason
from local.simulators.yookassa.checks import RefundAsk, kopecks
from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.faults import Rule
from local.simulators.yookassa.lists import payments_page, refunds_page
from local.simulators.yookassa.notices import Mode, Weather
from local.simulators.yookassa.records import iso
from local.simulators.yookassa.rest import the_desk

AtDesk = Annotated[Desk, Depends(the_desk)]
router = APIRouter(prefix="/sim")
_METHODS: dict[str, str] = {"card": "bank_card", "sbp": "sbp"}


class Advance(BaseModel):
    """How far to move the clock, in seconds."""

    advance_seconds: float = Field(ge=0, le=10 * 365 * 86400)


class WebhookMode(Weather):
    """What happens to notices: a mode for all, chances for each; the seed fixes them."""

    mode: Mode = "normal"
    seed: int = 0


class FaultPlan(BaseModel):
    """All rules at once; a rule without a seed of its own takes one from the plan's."""

    seed: int = 0
    rules: list[Rule] = Field(max_length=1000)


class PersonPays(BaseModel):
    """How a person pays; without a number, with the card that works.

    With `decline` the bank refuses for this reason, by card or by SBP.
    """

    method: Literal["card", "sbp"]
    number: str = GOOD_CARD
    decline: Reason | None = None


class CabinetRefund(BaseModel):
    """A refund made by the shop's staff in the provider's cabinet; roubles as `100.00`."""

    payment_id: str
    amount: str


class CabinetCapture(BaseModel):
    """A capture made by the shop's staff; without an amount, of all that is held."""

    amount: str | None = None


class DroppedHold(BaseModel):
    """Why held money goes back: `canceled_by_merchant` is the staff, the rest are others."""

    reason: Reason = "general_decline"


class Chargeback(BaseModel):
    """What a bank takes back; without an amount, all that is left of the payment."""

    payment_id: str
    amount: str | None = None
    reason: str = Field(default="fraud", max_length=128)


class RefundEnd(BaseModel):
    """How a pending refund ends."""

    status: Literal["succeeded", "canceled"]
    reason: str | None = None


@router.post("/clock")
async def advance_clock(desk: AtDesk, wish: Advance) -> dict[str, Any]:
    """Move the clock forward; what is due by then happens before the answer."""
    with desk.store.transaction():
        now = desk.clock.advance(wish.advance_seconds)
    desk.catch_up()
    desk.notices.fresh.set()
    return {"now": iso(now)}


@router.get("/clock")
async def read_clock(desk: AtDesk) -> dict[str, Any]:
    """The simulator's time."""
    return {"now": iso(desk.clock.now_ms())}


@router.post("/webhooks")
async def choose_webhooks(desk: AtDesk, wish: WebhookMode) -> dict[str, Any]:
    """Deliver notices, lose, repeat or delay them, all or by chance; each call sets all of it."""
    weather = Weather(**wish.model_dump(exclude={"mode", "seed"}))
    with desk.store.transaction():
        desk.notices.choose(wish.mode, wish.seed, weather)
    return {"mode": desk.notices.mode, "weather": weather.model_dump()}


@router.post("/webhooks/{seq}/again")
async def send_again(desk: AtDesk, seq: int) -> dict[str, Any]:
    """Deliver one notice once more."""
    with desk.store.transaction():
        desk.notices.send_again(seq)
    return {"mode": desk.notices.mode, "items": desk.notices.listing()}


@router.get("/webhooks")
async def list_notices(desk: AtDesk) -> dict[str, Any]:
    """Every notice and what became of it."""
    return {"mode": desk.notices.mode, "items": desk.notices.listing()}


@router.post("/faults")
async def plant_fault(desk: AtDesk, wish: Rule) -> dict[str, Any]:
    """Plant one more fault rule; `planted` is its number."""
    with desk.store.transaction():
        planted = desk.faults.plant(wish)
    return {"planted": planted, **desk.faults.listing()}


@router.put("/faults")
async def plan_faults(desk: AtDesk, wish: FaultPlan) -> dict[str, Any]:
    """Replace all fault rules by these: one plan and one seed give one course of events."""
    with desk.store.transaction():
        desk.faults.clear()
        for number, rule in enumerate(wish.rules):
            seed = wish.seed * 1000 + number if rule.seed is None else rule.seed
            desk.faults.plant(rule.model_copy(update={"seed": seed}))
    return desk.faults.listing()


@router.get("/faults")
async def list_faults(desk: AtDesk) -> dict[str, Any]:
    """Rules still to come (`items`), used up (`spent`), and how often each kind has fired."""
    return desk.faults.listing()


@router.delete("/faults")
@router.delete("/faults/{rule_id}")
async def clear_faults(desk: AtDesk, rule_id: int | None = None) -> dict[str, Any]:
    """Take one rule back, or all."""
    with desk.store.transaction():
        desk.faults.clear(rule_id)
    return desk.faults.listing()


@router.post("/pay/{payment_id}")
async def pay_as_a_person(desk: AtDesk, payment_id: str, wish: PersonPays) -> dict[str, Any]:
    """Pay without the page; a declined card ends the payment as it would there."""
    with desk.store.transaction():
        payment = desk.payments.find(payment_id)
        payment = desk.payments.pay(payment, _METHODS[wish.method], wish.number, wish.decline)
    return desk.payments.shown(payment)


@router.post("/refunds")
async def refund_in_the_cabinet(desk: AtDesk, wish: CabinetRefund) -> dict[str, Any]:
    """A refund the shop's program knows nothing of."""
    amount = kopecks({"value": wish.amount, "currency": "RUB"})
    with desk.store.transaction():
        ask = RefundAsk(wish.payment_id, amount, None, {})
        refund = desk.refunds.create(ask, source="cabinet")
    return desk.refunds.shown(refund)


@router.post("/payments/{payment_id}/capture")
async def capture_in_the_cabinet(
    desk: AtDesk, payment_id: str, wish: CabinetCapture
) -> dict[str, Any]:
    """Staff take the held money, or a part of it."""
    amount = kopecks({"value": wish.amount, "currency": "RUB"}) if wish.amount else None
    with desk.store.transaction():
        payment = desk.payments.capture(payment_id, amount)
    return desk.payments.shown(payment)


@router.post("/payments/{payment_id}/cancel")
async def drop_a_hold(desk: AtDesk, payment_id: str, wish: DroppedHold) -> dict[str, Any]:
    """The bank, or the staff in the cabinet, let held money go."""
    with desk.store.transaction():
        payment = desk.payments.drop_hold(payment_id, wish.reason)
    return desk.payments.shown(payment)


@router.post("/chargebacks")
async def charge_back(desk: AtDesk, wish: Chargeback) -> dict[str, Any]:
    """A bank takes money back: the shop is told nothing."""
    amount = kopecks({"value": wish.amount, "currency": "RUB"}) if wish.amount else None
    with desk.store.transaction():
        return desk.chargebacks.create(wish.payment_id, amount, wish.reason)


@router.get("/chargebacks")
async def all_chargebacks(desk: AtDesk) -> dict[str, Any]:
    """Every chargeback, newest first."""
    return {"items": desk.chargebacks.listing()}


@router.post("/refunds/{refund_id}/end")
async def end_refund(desk: AtDesk, refund_id: str, wish: RefundEnd) -> dict[str, Any]:
    """Let a pending refund succeed or fail."""
    with desk.store.transaction():
        refund = desk.refunds.settle(desk.refunds.find(refund_id), wish.status, wish.reason)
    return desk.refunds.shown(refund)


@router.get("/payments")
async def all_payments(desk: AtDesk) -> dict[str, Any]:
    """Every payment, newest first, as the API shows it."""
    items: list[dict[str, Any]] = []
    query = {"limit": "100"}
    while True:
        found, cursor = payments_page(desk.store, query)
        items += [desk.payments.shown(payment) for payment in found]
        if cursor is None:
            return {"items": items}
        query["cursor"] = cursor


@router.get("/refunds")
async def all_refunds(desk: AtDesk) -> dict[str, Any]:
    """Every refund, newest first, with its source: `api` or `cabinet`."""
    items: list[dict[str, Any]] = []
    query = {"limit": "100"}
    while True:
        found, cursor = refunds_page(desk.store, query)
        items += [{**desk.refunds.shown(refund), "source": refund.source} for refund in found]
        if cursor is None:
            return {"items": items}
        query["cursor"] = cursor


@router.get("/requests")
async def list_requests(
    desk: AtDesk, after: int = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000
) -> dict[str, Any]:
    """The journal: every API request with its key and body; status null means cut off."""
    found = desk.store.rows(
        "select seq, at_ms, method, path, query, key, body, status, fault from requests"
        " where seq > ? order by seq limit ?",
        (after, limit),
    )
    return {"items": [{**dict(row), "at": iso(row["at_ms"])} for row in found]}
