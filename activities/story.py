"""What an event of an order's story says beside its name; public, like everything in it."""

from typing import Any

from activities.messages import Written
from rules.orders import OrderEvent

_OF_PRICE = (OrderEvent.PRICE_PROPOSED, OrderEvent.PRICE_AGREED, OrderEvent.PRICE_REFUSED)


def params_of(change: Written) -> dict[str, Any]:
    """The facts of a change that are worth keeping; absent ones are left out."""
    view = change.view
    said: dict[str, Any] = {
        "state": view.state.value,
        "contractor_id": view.contractor_id,
        "visit_at": view.visit_at.isoformat() if view.visit_at else None,
        "offers": {str(one.contractor_id): one.state.value for one in change.offers} or None,
        "reasons": {str(one.contractor_id): one.reason for one in change.offers if one.reason}
        or None,
        "refund_kopecks": view.refund_kopecks or None,
        "compensation_kopecks": view.compensation_kopecks or None,
        "final_price_kopecks": view.final_price_kopecks,
        "price_kopecks": _price(change),
    }
    return {name: value for name, value in said.items() if value is not None}


def _price(change: Written) -> list[int] | None:
    """The price range that was proposed, agreed to, or kept."""
    if change.event not in _OF_PRICE:
        return None
    proposed = change.view.price_proposal
    estimate = change.view.estimate if proposed is None else proposed.estimate
    return [estimate.low_kopecks, estimate.high_kopecks]
