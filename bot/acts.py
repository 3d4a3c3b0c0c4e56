"""One person's wish about one order: the update it becomes, its verdict, and the fresh card."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import text

from bot import quote_acts
from bot.cards import card_key
from bot.inbox import Postponed
from bot.visit import Desk, Visit
from models.orders import OrderRow
from models.queries.orders import order_view
from models.queries.plain import run
from models.queries.users import order_row
from rules.errors import AlreadyYours, BadInput, NotYours, OrderClosed, OrderTaken, RuleViolation
from rules.orders import ClaimItem, Role
from rules.payments import Method
from rules.quotes import Offered
from rules.views import OrderView
from runtime.logs import get_logger, order_context
from texts import reasons
from texts.catalogue import say
from texts.confirmations import slot_instant
from texts.refusals import refusal
from workflows import messages
from workflows.client import Orders, Unavailable, intent
from workflows.search_messages import PriceAnswer

ANSWER_SECONDS = 0.9
"""A tap is answered by then, with the verdict if it has come."""

_log = get_logger(__name__)
_REFRESH = text("""
    INSERT INTO outbox (chat_user_id, kind, card_key, order_id, role, params, state, attempts)
    VALUES (:user, 'card', :key, CAST(:order AS uuid), :role, CAST(:params AS jsonb), 'pending', 0)
""")


@dataclass(frozen=True)
class Wish:
    """What a person wants of an order, in which role; `actor_id` is his id in that role."""

    order_id: str
    action: str
    version: int
    role: Role
    actor_id: int
    kopecks: int | None = None
    reason: str = ""
    items: tuple[ClaimItem, ...] = ()
    offered: Offered | None = None
    metres: int = 0


Call = Callable[[Orders, Wish, str], Awaitable[messages.OrderAnswer]]

_CLIENT: dict[str, Call] = {
    "pay_card": lambda o, w, i: o.pay(
        w.order_id, messages.PaymentChoice(w.actor_id, Method.CARD), intent=i
    ),
    "pay_sbp": lambda o, w, i: o.pay(
        w.order_id, messages.PaymentChoice(w.actor_id, Method.SBP), intent=i
    ),
    "pay_telegram": lambda o, w, i: o.pay(
        w.order_id, messages.PaymentChoice(w.actor_id, Method.TELEGRAM), intent=i
    ),
    "no_show_yes": lambda o, w, i: o.report_no_show(
        w.order_id, messages.NoShowReport(w.actor_id), intent=i
    ),
    "accept_work": lambda o, w, i: o.accept_work(
        w.order_id, messages.WorkAcceptance(w.actor_id), intent=i
    ),
    "claim_yes": lambda o, w, i: o.answer_claim(
        w.order_id,
        messages.ClaimAnswer(w.role, w.actor_id, messages.ClaimVerdict.AGREE),
        intent=i,
    ),
    "claim_no": lambda o, w, i: o.answer_claim(
        w.order_id,
        messages.ClaimAnswer(w.role, w.actor_id, messages.ClaimVerdict.OBJECT),
        intent=i,
    ),
    "object": lambda o, w, i: o.answer_claim(
        w.order_id,
        messages.ClaimAnswer(w.role, w.actor_id, messages.ClaimVerdict.OBJECT, None, w.reason),
        intent=i,
    ),
    "price_yes": lambda o, w, i: o.answer_price(
        w.order_id, PriceAnswer(w.actor_id, agrees=True), intent=i
    ),
    "price_no": lambda o, w, i: o.answer_price(
        w.order_id, PriceAnswer(w.actor_id, agrees=False), intent=i
    ),
    "cancel": lambda o, w, i: o.cancel(
        w.order_id, messages.Cancellation(w.role, w.actor_id, w.reason), intent=i
    ),
}
_CONTRACTOR: dict[str, Call] = {
    "accept": lambda o, w, i: o.accept(w.order_id, messages.Acceptance(w.actor_id), intent=i),
    "decline": lambda o, w, i: o.decline(
        w.order_id, messages.Refusal(w.actor_id, w.reason), intent=i
    ),
    "withdraw": lambda o, w, i: o.withdraw(
        w.order_id, messages.Withdrawal(w.actor_id, w.reason), intent=i
    ),
    "set_off": lambda o, w, i: o.set_off(w.order_id, messages.ContractorStep(w.actor_id), intent=i),
    "start": lambda o, w, i: o.start(w.order_id, messages.ContractorStep(w.actor_id), intent=i),
    "done": lambda o, w, i: o.done(
        w.order_id, messages.Completion(w.actor_id, w.kopecks), intent=i
    ),
    "claim": lambda o, w, i: o.claim(
        w.order_id, messages.CostClaim(w.actor_id, w.kopecks or 0, w.reason, w.items), intent=i
    ),
    "waive": lambda o, w, i: o.claim(w.order_id, messages.CostClaim(w.actor_id, 0), intent=i),
}


def _call_of(wish: Wish) -> Call:
    """The update for a wish.

    Raises:
        BadInput: This role has no such action.
    """
    kind = reasons.parse(wish.action)
    action = kind[0] if kind else wish.action
    quoted = quote_acts.call_of(wish)
    if quoted is not None:
        return quoted
    own = _CONTRACTOR if wish.role is Role.CONTRACTOR else _CLIENT
    if action in own:
        return own[action]
    if action in ("slot_yes", "slot_no"):
        return lambda o, w, i: o.answer_reschedule(
            w.order_id,
            messages.ReschedulingAnswer(w.role, w.actor_id, w.action == "slot_yes"),
            intent=i,
        )
    if action.startswith("rate") and action[4:].isdigit():
        return lambda o, w, i: o.rate(
            w.order_id, messages.Rating(w.role, w.actor_id, int(w.action[4:])), intent=i
        )
    visit_at = slot_instant(action)
    if visit_at is None:
        raise BadInput(f"no action {action}")
    return lambda o, w, i: o.reschedule(
        w.order_id, messages.Rescheduling(w.role, w.actor_id, visit_at), intent=i
    )


async def act(visit: Visit, wish: Wish) -> bool:
    """Ask the order's workflow, tell the verdict, refresh the card; True if it was done.

    Raises:
        Postponed: The workflow has not answered; the same wish again is harmless.
    """
    key = intent(wish.order_id, wish.action, wish.version, visit.user.id)
    with order_context(wish.order_id):
        try:
            call = _call_of(wish)
            asking = asyncio.ensure_future(call(visit.desk.orders, wish, key))
            await _answer_in_time(visit, asking)
            await asking
        except Unavailable as error:
            await visit.answer(say("tap.wait", visit.lang))
            raise Postponed(wish.action) from error
        except RuleViolation as error:
            refused = await _from_the_row(visit.desk, wish, error)
            await _tell_refusal(visit, wish, refused)
            await refresh(visit, wish.order_id, wish.role, wish.actor_id)
            return False
        _log.info("order_action", action=wish.action)
        await visit.answer(say("tap.ok", visit.lang))
        await refresh(visit, wish.order_id, wish.role, wish.actor_id)
        return True


async def _answer_in_time(visit: Visit, asking: "asyncio.Future[messages.OrderAnswer]") -> None:
    """Wait a moment for the verdict; then at least say that it was heard."""
    await asyncio.wait({asking}, timeout=ANSWER_SECONDS)
    if not asking.done():
        await visit.answer(say("tap.wait", visit.lang))


async def _tell_refusal(visit: Visit, wish: Wish, error: RuleViolation) -> None:
    _log.info("order_action_refused", action=wish.action, reason=type(error).__name__)
    view = await view_of(visit, wish.order_id, wish.role, wish.actor_id)
    words = refusal(error, visit.lang, view)
    is_heard_late = visit.is_answered or visit.attempt > 1 or visit.update.callback_query is None
    await visit.answer(words, alert=True)
    if is_heard_late:
        await visit.send(words)


async def _from_the_row(desk: Desk, wish: Wish, error: RuleViolation) -> RuleViolation:
    """A closed workflow answers nobody; the row still knows who took the order."""
    if not isinstance(error, OrderClosed) or wish.action != "accept":
        return error
    async with desk.database.reading() as session:
        row = await order_row(session, wish.order_id)
    if row is None or row.contractor_id is None:
        return error
    return AlreadyYours() if row.contractor_id == wish.actor_id else OrderTaken()


async def refresh(
    visit: Visit, order_id: str, role: Role, actor_id: int, *, anew: bool = False
) -> None:
    """Owe this person the card as it is now; `anew` as a new message below all others."""
    params = {"anew": True} if anew else {}
    values = {
        "user": visit.user.id,
        "key": card_key(order_id, role, actor_id),
        "order": order_id,
        "role": role.value,
        "params": json.dumps(params),
    }
    async with visit.desk.database.transaction() as session:
        await run(session, _REFRESH, values)


async def view_of(
    visit: Visit, order: str | int, role: Role, actor_id: int | None
) -> OrderView | None:
    """The order as this person may see it."""
    async with visit.desk.database.reading() as session:
        return await order_view(session, order, role, actor_id, public_url=visit.desk.public_url)


def role_in(visit: Visit, row: OrderRow | None) -> tuple[Role, int]:
    """In which role a person meets an order, and his id in it.

    Raises:
        NotYours: There is no such order, or the person is nobody to it. A contractor always may
            ask; whether the order was ever offered to him the workflow knows.
    """
    if row is not None and row.client_id == visit.user.id:
        return Role.CLIENT, visit.user.id
    if row is not None and visit.contractor is not None:
        return Role.CONTRACTOR, visit.contractor.id
    raise NotYours()
