"""Tables, the engine and the named queries; importing it registers every table."""

from models import (
    contractors,
    files,
    ledger,
    offers,
    orders,
    payments,
    payouts,
    points,
    receipts,
    reconciliation,
    telegram,
    users,
)
from models.columns import metadata

__all__ = [
    "contractors",
    "files",
    "ledger",
    "metadata",
    "offers",
    "orders",
    "payments",
    "payouts",
    "points",
    "receipts",
    "reconciliation",
    "telegram",
    "users",
]
