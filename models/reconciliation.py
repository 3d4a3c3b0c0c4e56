"""The provider as it was last seen, and what differs from our books."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text

from models.columns import Table, known, kopecks, numbered, one_of, order_key, words
from rules.reconciliation import BreakClass, BreakState, ObjectKind, Remedy


class ProviderObjectRow(Table, table=True):
    """One payment or refund as the provider was last seen to describe it; amounts in kopecks.

    Written with every answer that is taken into the books, and by reconciliation. `order_id` and
    `attempt` are the provider's word (our own metadata), never checked by a key.
    """

    __tablename__ = "provider_objects"
    __table_args__ = (
        one_of("kind", ObjectKind),
        CheckConstraint("amount_kopecks >= 0 AND refunded_kopecks >= 0", name="amounts"),
        Index(
            "ix_provider_objects_open",
            "created_at",
            postgresql_where=text("status IN ('pending', 'waiting_for_capture')"),
        ),
        Index("ix_provider_objects_created", "kind", "created_at"),
    )

    id: str = words(primary_key=True)
    kind: ObjectKind = known(ObjectKind)
    payment_id: str | None = words(default=None, index=True)
    status: str = words()
    amount_kopecks: int = kopecks()
    income_kopecks: int | None = kopecks(default=None)
    refunded_kopecks: int = kopecks()
    order_id: str | None = order_key(default=None, index=True)
    attempt: int | None = None
    op: str | None = words(default=None)
    test: bool | None = None
    created_at: datetime | None = None
    captured_at: datetime | None = None
    seen_at: datetime
    # When a window of the provider's own lists last contained it.
    listed_at: datetime | None = None


class ReconciliationBreakRow(Table, table=True):
    """One difference; people see its id as B-12. What needs two people has two, checked here."""

    __tablename__ = "reconciliation_breaks"
    __table_args__ = (
        one_of("kind", BreakClass),
        one_of("state", BreakState),
        one_of("remedy", Remedy),
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
        CheckConstraint("approved_by IS NULL OR proposed_by IS NOT NULL", name="proposed_first"),
        # What a person has dismissed does not come back; what was repaired may break again.
        Index(
            "uq_reconciliation_breaks_subject",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state <> 'repaired'"),
        ),
        Index(
            "ix_reconciliation_breaks_open",
            "id",
            postgresql_where=text("state IN ('open', 'repairing', 'awaiting_approval')"),
        ),
    )

    id: int = numbered(1)
    kind: BreakClass = known(BreakClass)
    subject: str = words()
    remedy: Remedy = known(Remedy)
    state: BreakState = known(BreakState, default=BreakState.OPEN)
    order_id: str | None = order_key(default=None, foreign_key="orders.id", index=True)
    attempt: int | None = None
    refund_seq: int | None = None
    provider_id: str | None = words(default=None)
    ours_kopecks: int = kopecks()
    theirs_kopecks: int = kopecks()
    first_seen: datetime
    last_seen: datetime
    closed_at: datetime | None = None
    told_at: datetime | None = None
    # Who: `tg:` and a user's id, or `api:` and a caller's name.
    proposed_by: str | None = words(default=None)
    approved_by: str | None = words(default=None)
    note: str = words(default="")


class ReconciliationQueueRow(Table, table=True):
    """An object of the provider to be looked at again: a notice for an order that has closed."""

    __tablename__ = "reconciliation_queue"
    __table_args__ = (
        Index(
            "ix_reconciliation_queue_waiting",
            "queued_at",
            postgresql_where=text("done_at IS NULL"),
        ),
    )

    object_id: str = words(primary_key=True)
    kind: ObjectKind = known(ObjectKind)
    queued_at: datetime
    done_at: datetime | None = None
