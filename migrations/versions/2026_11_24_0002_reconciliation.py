"""Reconciliation: the provider as it was last seen, the breaks, and the queue of notices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = "kind IN ('payment', 'refund', 'chargeback')"
CLASSES = (
    "kind IN ('missing_there', 'missing_here', 'status_lag', 'late_success', 'amount_differs', "
    "'fee_differs', 'external_refund', 'duplicate_capture', 'stuck', 'test_flag', 'chargeback', "
    "'invariant')"
)
STATES = "state IN ('open', 'repairing', 'awaiting_approval', 'repaired', 'dismissed')"
REMEDIES = (
    "remedy IN ('signal', 'adopt', 'apply', 'post_external', 'post_fee', 'refund', "
    "'post_chargeback', 'person')"
)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _create_mirror() -> None:
    op.create_table(
        "provider_objects",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("income_kopecks", sa.BigInteger(), nullable=True),
        sa.Column("refunded_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("op", sa.Text(), nullable=True),
        sa.Column("test", sa.Boolean(), nullable=True),
        _moment("created_at"),
        _moment("captured_at"),
        _moment("seen_at", nullable=False),
        _moment("listed_at"),
        sa.CheckConstraint(KINDS, name=op.f("ck_provider_objects_kind_known")),
        sa.CheckConstraint(
            "amount_kopecks >= 0 AND refunded_kopecks >= 0",
            name=op.f("ck_provider_objects_amounts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_objects")),
    )
    op.create_index(op.f("ix_provider_objects_payment_id"), "provider_objects", ["payment_id"])
    op.create_index(op.f("ix_provider_objects_order_id"), "provider_objects", ["order_id"])
    op.create_index("ix_provider_objects_created", "provider_objects", ["kind", "created_at"])
    op.create_index(
        "ix_provider_objects_open",
        "provider_objects",
        ["created_at"],
        postgresql_where=sa.text("status IN ('pending', 'waiting_for_capture')"),
    )


def _create_breaks() -> None:
    op.create_table(
        "reconciliation_breaks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("refund_seq", sa.Integer(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("ours_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("theirs_kopecks", sa.BigInteger(), nullable=False),
        _moment("first_seen", nullable=False),
        _moment("last_seen", nullable=False),
        _moment("closed_at"),
        _moment("told_at"),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(CLASSES, name=op.f("ck_reconciliation_breaks_kind_known")),
        sa.CheckConstraint(STATES, name=op.f("ck_reconciliation_breaks_state_known")),
        sa.CheckConstraint(REMEDIES, name=op.f("ck_reconciliation_breaks_remedy_known")),
        sa.CheckConstraint(
            "approved_by <> proposed_by", name=op.f("ck_reconciliation_breaks_two_people")
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR proposed_by IS NOT NULL",
            name=op.f("ck_reconciliation_breaks_proposed_first"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_reconciliation_breaks_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_breaks")),
    )
    op.create_index(
        op.f("ix_reconciliation_breaks_order_id"), "reconciliation_breaks", ["order_id"]
    )
    op.create_index(
        "uq_reconciliation_breaks_subject",
        "reconciliation_breaks",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("state <> 'repaired'"),
    )
    op.create_index(
        "ix_reconciliation_breaks_open",
        "reconciliation_breaks",
        ["id"],
        postgresql_where=sa.text("state IN ('open', 'repairing', 'awaiting_approval')"),
    )


def _create_queue() -> None:
    op.create_table(
        "reconciliation_queue",
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _moment("queued_at", nullable=False),
        _moment("done_at"),
        sa.PrimaryKeyConstraint("object_id", name=op.f("pk_reconciliation_queue")),
    )
    op.create_index(
        "ix_reconciliation_queue_waiting",
        "reconciliation_queue",
        ["queued_at"],
        postgresql_where=sa.text("done_at IS NULL"),
    )


def upgrade() -> None:
    """The mirror, the breaks, the queue; journals found by their kind."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    _create_mirror()
    _create_breaks()
    _create_queue()
    op.create_index("ix_journals_kind", "journals", ["kind", "source_id"])


def downgrade() -> None:
    """Nothing of it."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index("ix_journals_kind", "journals")
    for table in ("reconciliation_queue", "reconciliation_breaks", "provider_objects"):
        op.drop_table(table)
