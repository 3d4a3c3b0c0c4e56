"""The updates that taps and dialogues about quotes become."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from rules.errors import BadInput
from rules.orders import Role
from workflows import messages
from workflows.client import Orders

if TYPE_CHECKING:
    from bot.acts import Wish

Call = Callable[[Orders, "Wish", str], Awaitable[messages.OrderAnswer]]
CHOOSE = "choose_"
SHOW = "quote_"


def contractor_in(action: str, kind: str) -> int | None:
    """The contractor whom an action names; None for any other action."""
    number = action.removeprefix(kind)
    is_his = number != action and number.isascii() and number.isdigit() and len(number) <= 12
    return int(number) if is_his else None


async def _quote(orders: Orders, wish: "Wish", key: str) -> messages.OrderAnswer:
    if wish.offered is None:
        raise BadInput("a quote needs its lines")
    said = messages.QuoteGiven(wish.actor_id, wish.offered)
    return await orders.quote(wish.order_id, said, intent=key)


async def _choose(orders: Orders, wish: "Wish", key: str) -> messages.OrderAnswer:
    contractor = contractor_in(wish.action, CHOOSE)
    said = messages.QuoteChoice(wish.actor_id, contractor or 0)
    return await orders.choose_quote(wish.order_id, said, intent=key)


_CONTRACTOR: dict[str, Call] = {
    "quote": _quote,
    "unquote": lambda o, w, i: o.withdraw_quote(
        w.order_id, messages.ContractorStep(w.actor_id), intent=i
    ),
    "metres": lambda o, w, i: o.ask_metres(
        w.order_id, messages.MetresAsked(w.actor_id, w.metres, w.kopecks or 0), intent=i
    ),
}
_CLIENT: dict[str, Call] = {
    "more_time": lambda o, w, i: o.extend_choice(
        w.order_id, messages.MoreTime(w.actor_id), intent=i
    ),
    "metres_yes": lambda o, w, i: o.answer_metres(
        w.order_id, messages.MetresAnswer(w.actor_id, agrees=True), intent=i
    ),
    "metres_no": lambda o, w, i: o.answer_metres(
        w.order_id, messages.MetresAnswer(w.actor_id, agrees=False), intent=i
    ),
}


def call_of(wish: "Wish") -> Call | None:
    """The update for a wish about quotes or metres; None for any other one."""
    if wish.role is Role.CONTRACTOR:
        return _CONTRACTOR.get(wish.action)
    if contractor_in(wish.action, CHOOSE) is not None:
        return _choose
    return _CLIENT.get(wish.action)
