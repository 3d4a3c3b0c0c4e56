"""Receipts under 54-FZ: the rows are the queue, written with the fact that each tells of."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy import text as sql
from sqlmodel import Field

from models.columns import Table, big, known, kopecks, numbered, one_of, order_key, words
from rules.receipts import ReceiptKind, ReceiptState

MODES = ("full_prepayment", "full_payment")


class ReceiptRow(Table, table=True):
    """One receipt; people see its id as R-12. Bytes are erased as soon as it is registered."""

    __tablename__ = "receipts"
    __table_args__ = (
        one_of("kind", ReceiptKind),
        one_of("state", ReceiptState),
        one_of("mode", MODES),
        CheckConstraint("amount_kopecks > 0", name="amount"),
        UniqueConstraint("order_id", "attempt", "kind", "seq"),
        ForeignKeyConstraint(
            ["order_id", "attempt"], ["payment_attempts.order_id", "payment_attempts.number"]
        ),
        Index(
            "ix_receipts_moving",
            "next_at",
            postgresql_where=sql("state IN ('due', 'awaiting_contact', 'sent', 'pending')"),
        ),
        Index("ix_receipts_person", "id", postgresql_where=sql("person_since IS NOT NULL")),
    )

    id: int = numbered(1)
    order_id: str = order_key()
    attempt: int
    kind: ReceiptKind = known(ReceiptKind)
    # A refund's number; 0 for the others.
    seq: int = 0
    amount_kopecks: int = kopecks()
    mode: str = words()
    state: ReceiptState = known(ReceiptState, default=ReceiptState.PLANNED)
    # It travels in the payment's or the refund's own request.
    inside: bool = False
    # The address it went to was an e-mail: another address would change nothing.
    by_email: bool = False
    # How often it was begun anew, with a key of its own.
    generation: int = 0
    key: str | None = order_key(default=None)
    request_bytes: bytes = Field(default=b"", sa_type=LargeBinary)
    tries: int = 0
    next_at: datetime
    first_sent_at: datetime | None = None
    provider_id: str | None = words(default=None, unique=True)
    reason: str = words(default="")
    # Since when a person is asked to look; support is told once.
    person_since: datetime | None = None
    closed_by: int | None = big(default=None, foreign_key="users.id")
    # The fact's instant, or when a person had it made anew.
    due_since: datetime
    updated_at: datetime
