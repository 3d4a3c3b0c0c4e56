"""The double-entry ledger: append-only journals and entries in kopecks.

The database itself refuses changes, unbalanced journals, overdrawn deposits and second
resolutions (see the triggers of the first migration).
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text

from models.columns import (
    Table,
    big,
    known,
    kopecks,
    numbered,
    one_of,
    order_key,
    recorded_at,
    words,
)
from rules.ledger import Phase


class JournalRow(Table, table=True):
    """One posting; (source, source_id, kind) happens at most once, `resolves_id` at most once."""

    __tablename__ = "journals"
    __table_args__ = (
        one_of("phase", Phase),
        UniqueConstraint("source", "source_id", "kind"),
        CheckConstraint("resolves_id IS NULL OR phase <> 'pending'", name="resolves"),
        CheckConstraint("phase <> 'void' OR resolves_id IS NOT NULL", name="void_resolves"),
        Index("ix_journals_kind", "kind", "source_id"),
    )

    id: int = numbered()
    kind: str = words()
    source: str = words()
    source_id: str = words()
    order_id: str | None = order_key(default=None, foreign_key="orders.id", index=True)
    phase: Phase = known(Phase, default=Phase.POSTED)
    resolves_id: int | None = big(default=None, foreign_key="journals.id", unique=True)
    effective_at: datetime
    created_at: datetime = recorded_at()
    # Lines are only taken from the transaction that wrote the journal.
    transaction_id: int = big(
        default=None,
        nullable=False,
        sa_column_kwargs={"server_default": text("pg_current_xact_id()::text::bigint")},
    )


class EntryRow(Table, table=True):
    """One line of a journal: either a debit or a credit, above zero."""

    __tablename__ = "entries"
    __table_args__ = (
        CheckConstraint(
            "(debit_kopecks > 0 AND credit_kopecks = 0)"
            " OR (credit_kopecks > 0 AND debit_kopecks = 0)",
            name="one_side",
        ),
    )

    id: int = numbered()
    journal_id: int = big(foreign_key="journals.id", index=True)
    account: str = words(index=True)
    debit_kopecks: int = kopecks()
    credit_kopecks: int = kopecks()
