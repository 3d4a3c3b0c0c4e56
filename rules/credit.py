"""A client's credit as a part of his next prepayment; kopecks throughout.

The database decides how much of it an acceptance reserves; here is what that means: how much is
left to pay through the provider, and to whom what is returned goes back.
"""

from dataclasses import dataclass

from rules import ledger
from rules.attempts import Attempt
from rules.orders import Order

PAID_MIN_KOPECKS = 100
"""The provider takes no smaller payment, so this much is always left to pay."""


@dataclass(frozen=True)
class Return:
    """A sum that goes back: the provider's part first, the rest to the credit at once."""

    provider_kopecks: int
    journals: tuple[ledger.Journal, ...] = ()


def to_pay(order: Order) -> int:
    """What of the prepayment is paid through the provider."""
    return order.prepayment_kopecks - order.credit_kopecks


def usable(order: Order, attempt: Attempt | None) -> int:
    """The most that an acceptance may reserve.

    A payment page that is open already has its amount: the credit is exactly what it leaves.
    """
    if attempt is not None:
        return max(0, order.prepayment_kopecks - attempt.amount_kopecks)
    return max(0, order.prepayment_kopecks - PAID_MIN_KOPECKS)


def returned(prepayment_kopecks: int, credit_kopecks: int, refund_kopecks: int) -> int:
    """How much of what goes back in all returns to the credit."""
    return max(0, refund_kopecks - (prepayment_kopecks - credit_kopecks))


def _returned(order: Order, refund_kopecks: int) -> int:
    return returned(order.prepayment_kopecks, order.credit_kopecks, refund_kopecks)


def give_back(order: Order, kopecks: int) -> Return:
    """`kopecks` more of a paid prepayment go back with the order's next change."""
    before = _returned(order, order.refund_kopecks)
    part = _returned(order, order.refund_kopecks + kopecks) - before
    return Return(kopecks - part, _journals(order, part))


def give_back_all(order: Order) -> tuple[ledger.Journal, ...]:
    """The provider's part is gone: what the credit gave to the order returns to it."""
    if not order.prepaid:
        return ()
    return _journals(order, order.credit_kopecks - _returned(order, order.refund_kopecks))


def _journals(order: Order, kopecks: int) -> tuple[ledger.Journal, ...]:
    if kopecks <= 0:
        return ()
    number = order.version + 1
    return (ledger.credit_returned(order.order_id, number, order.client_id, kopecks),)
