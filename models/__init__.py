"""Tables, the engine and the named queries; importing it registers every table."""

from models import (
    claims,
    contractors,
    files,
    geocoding,
    invoices,
    ledger,
    offers,
    orders,
    payments,
    payouts,
    points,
    quotes,
    receipts,
    reconciliation,
    telegram,
    users,
)
from models.columns import metadata

__all__ = [
    "claims",
    "contractors",
    "files",
    "geocoding",
    "invoices",
    "ledger",
    "metadata",
    "offers",
    "orders",
    "payments",
    "payouts",
    "points",
    "quotes",
    "receipts",
    "reconciliation",
    "telegram",
    "users",
]
