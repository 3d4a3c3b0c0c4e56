"""Receipts under 54-FZ, and where a client's receipts go."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

KINDS = "kind IN ('prepayment', 'settlement', 'refund')"
STATES = (
    "state IN ('planned', 'due', 'awaiting_contact', 'sent', 'pending', 'registered', "
    "'needs_person', 'done_by_hand')"
)
MOVING = "state IN ('due', 'awaiting_contact', 'sent', 'pending')"


def upgrade() -> None:
    """The queue of receipts; an address and when it was asked for."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.add_column("users", sa.Column("email", sa.Text(), nullable=True))
    op.add_column("users", sa.Column("email_asked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("inside", sa.Boolean(), nullable=False),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("request_bytes", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.BigInteger(), nullable=True),
        sa.Column("due_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_receipts_kind_known")),
        sa.CheckConstraint(STATES, name=op.f("ck_receipts_state_known")),
        sa.CheckConstraint(
            "mode IN ('full_prepayment', 'full_payment')", name=op.f("ck_receipts_mode_known")
        ),
        sa.CheckConstraint("amount_kopecks > 0", name=op.f("ck_receipts_amount")),
        sa.ForeignKeyConstraint(
            ["order_id", "attempt"],
            ["payment_attempts.order_id", "payment_attempts.number"],
            name=op.f("fk_receipts_order_id"),
        ),
        sa.ForeignKeyConstraint(["closed_by"], ["users.id"], name=op.f("fk_receipts_closed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("provider_id", name=op.f("uq_receipts_provider_id")),
        sa.UniqueConstraint(
            *("order_id", "attempt", "kind", "seq"),
            name=op.f("uq_receipts_order_id_attempt_kind_seq"),
        ),
    )
    op.create_index("ix_receipts_moving", "receipts", ["next_at"], postgresql_where=sa.text(MOVING))
    op.create_index(
        "ix_receipts_person",
        "receipts",
        ["id"],
        postgresql_where=sa.text("person_since IS NOT NULL"),
    )


def downgrade() -> None:
    """No receipts, no addresses."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("receipts")
    op.drop_column("users", "email_asked_at")
    op.drop_column("users", "email")
