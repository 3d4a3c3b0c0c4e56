"""Decisions when money does not move: who is called, who is told, and what waits meanwhile."""

from datetime import datetime

from rules import booking, troubles
from rules.attempts import AttemptState, Money, Trouble
from rules.changes import Change, Notice, Telling, to_client
from rules.orders import Order, OrderEvent, OrderState, Role


def review(order: Order, money: Money, now: datetime) -> Change | None:
    """The one thing that must be said now about money that does not move; None if nothing.

    Asked again after each decision until it has nothing more to say; the same facts never make
    the same decision twice.
    """
    is_down = order.payments_down_since is not None
    if not is_down and _waits_in_vain(order, money):
        return payments_down(order, money, now)
    if is_down and _answered(money):
        return payments_back(order, money, now)
    trouble = troubles.stuck(money, now)
    if trouble is not None and trouble.op.value != order.money_stuck:
        return money_stuck(order, trouble, now)
    if trouble is None and order.money_stuck:
        return money_recovered(order, now)
    return None


def _waits_in_vain(order: Order, money: Money) -> bool:
    waiting = order.state is OrderState.AWAITING_PREPAYMENT
    return waiting and troubles.is_unanswered(money.current)


def _answered(money: Money) -> bool:
    current = money.current
    if current is None:
        return True
    # Another attempt that has just been asked for knows no better yet.
    is_new = current.state is AttemptState.REQUESTED and current.seen_at is None
    return not is_new and not troubles.is_unanswered(current)


def payments_down(order: Order, money: Money, now: datetime) -> Change:
    """The provider does not answer: the client's place is kept and his clock stands still."""
    current = money.current
    trouble = current.trouble if current is not None else None
    since = trouble.since if trouble is not None else now
    after = order.after(OrderEvent.PAYMENTS_DOWN, now, payments_down_since=since, due_at=None)
    return Change(after, OrderEvent.PAYMENTS_DOWN, tellings=to_client(Notice.PAYMENTS_DOWN))


def payments_back(order: Order, money: Money, now: datetime) -> Change:
    """The provider answers again: the window goes on where it stood."""
    since = max(order.payments_down_since or now, order.accepted_at or now)
    paused = order.payment_paused_seconds + max(0, int((now - since).total_seconds()))
    waiting = order.state is OrderState.AWAITING_PREPAYMENT
    after = order.after(
        OrderEvent.PAYMENTS_BACK, now, payments_down_since=None, payment_paused_seconds=paused
    )
    if waiting:
        after = booking.with_payment_deadline(after)
    told = to_client(Notice.PAYMENTS_BACK) if waiting and not money.is_paid else ()
    return Change(after, OrderEvent.PAYMENTS_BACK, tellings=told)


def money_stuck(order: Order, trouble: Trouble, now: datetime) -> Change:
    """An operation needs a person; support is told what and how much, and it is still tried."""
    after = order.after(OrderEvent.MONEY_STUCK, now, money_stuck=trouble.op.value)
    params = (
        ("operation", trouble.op.value),
        ("kopecks", trouble.kopecks),
        ("trouble", trouble.code),
    )
    told = Telling(Role.SUPPORT, Notice.MONEY_STUCK, params=params)
    note = f"{trouble.op.value}: {trouble.code}"
    return Change(after, OrderEvent.MONEY_STUCK, tellings=(told,), note=note)


def money_recovered(order: Order, now: datetime) -> Change:
    """What was stuck has come to its end by itself or by a person's hand."""
    after = order.after(OrderEvent.MONEY_RECOVERED, now, money_stuck="")
    told = Telling(Role.SUPPORT, Notice.MONEY_RECOVERED)
    return Change(after, OrderEvent.MONEY_RECOVERED, tellings=(told,))
