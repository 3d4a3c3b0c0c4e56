"""Invoices inside Telegram: what was sent, whether it was approved, and what was paid by it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint

from models.columns import Table, big, kopecks, order_key, recorded_at, words


class NativeInvoiceRow(Table, table=True):
    """One invoice, in kopecks; its payload is the key of the operation that made it."""

    __tablename__ = "native_invoices"
    __table_args__ = (
        CheckConstraint("amount_kopecks > 0", name="amount"),
        ForeignKeyConstraint(
            ["order_id", "attempt"], ["payment_attempts.order_id", "payment_attempts.number"]
        ),
    )

    payload: str = order_key(foreign_key="payment_operations.key", primary_key=True)
    order_id: str = order_key()
    attempt: int
    amount_kopecks: int = kopecks()
    # The last query before a payment that was answered with yes.
    approved_at: datetime | None = None
    approved_query: str | None = words(default=None)
    # From when on no query is answered with yes any more.
    withdrawn_at: datetime | None = None
    created_at: datetime


class NativePaymentRow(Table, table=True):
    """What Telegram says was paid: a hint, believed only when the provider says the same."""

    __tablename__ = "native_payments"

    telegram_charge_id: str = words(primary_key=True)
    provider_charge_id: str = words(unique=True)
    payload: str = words(index=True)
    amount_kopecks: int = kopecks()
    currency: str = words()
    payer_telegram_id: int = big()
    received_at: datetime = recorded_at()
