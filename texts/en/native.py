"""The invoice inside Telegram: what it says, and why it cannot be paid now."""

WORDS = {
    "native.title": "Prepayment {number}",
    "native.description": (
        "Order {number}. You are charged at once. If the crew does not come, you get it all back."
    ),
    # refusals before anything is charged
    "native.refused.paid": "This order is paid already. You need not pay again.",
    "native.refused.superseded": "This invoice is out of date. Pay from the order's card.",
    "native.refused.closed": "The order no longer waits for payment. Nothing was charged.",
    "native.refused.amount": "The sum has changed. Choose payment again on the order's card.",
    "native.refused.foreign": "This invoice is for somebody else. Nothing was charged.",
    "native.refused.twice": "A payment is on its way. Wait a minute: you need not pay again.",
    "native.refused.unknown": "We know no such invoice. Nothing was charged.",
    "native.refused.later": "We could not check the order. Nothing was charged, try in a minute.",
}
