"""Files that people sent about an order, and appeals about costs."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.known_words import allow, forbid

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def create_claim_appeals() -> None:
    op.create_table(
        "claim_appeals",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("granted_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("first_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_kopecks", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('client', 'contractor', 'support', 'system')",
            name=op.f("ck_claim_appeals_role_known"),
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> first_by",
            name=op.f("ck_claim_appeals_another_person"),
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)"
            " AND (decided_by IS NULL) = (decided_kopecks IS NULL)",
            name=op.f("ck_claim_appeals_decided"),
        ),
        sa.CheckConstraint(
            "granted_kopecks >= 0 AND asked_kopecks >= granted_kopecks",
            name=op.f("ck_claim_appeals_sums"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_claim_appeals_order_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_claim_appeals_user_id")),
        sa.PrimaryKeyConstraint("order_id", "role", name=op.f("pk_claim_appeals")),
    )
    allow("reconciliation_breaks", "kind", "appeal")
    allow("reconciliation_breaks", "remedy", "post_goodwill")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.create_table(
        "files",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("telegram_file_id", sa.Text(), nullable=True),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('place', 'work', 'cost')", name=op.f("ck_files_kind_known")),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_files_size")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["users.id"], name=op.f("fk_files_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("order_id", "sha256", name=op.f("uq_files_order_id_sha256")),
    )
    op.create_index(op.f("ix_files_uploaded_by"), "files", ["uploaded_by"], unique=False)
    create_claim_appeals()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DELETE FROM reconciliation_breaks WHERE kind = 'appeal'")
    forbid("reconciliation_breaks", "kind", "appeal")
    forbid("reconciliation_breaks", "remedy", "post_goodwill")
    op.drop_table("claim_appeals")
    op.drop_table("files")
