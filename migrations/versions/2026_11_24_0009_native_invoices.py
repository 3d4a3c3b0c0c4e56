"""Native invoices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.known_words import allow, forbid

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Invoices inside Telegram, and what Telegram says was paid by them."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    allow("payment_attempts", "method", "telegram")
    allow("outbox", "kind", "invoice")
    op.create_table(
        "native_invoices",
        sa.Column("payload", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_query", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_kopecks > 0", name=op.f("ck_native_invoices_amount")),
        sa.ForeignKeyConstraint(
            ["payload"],
            ["payment_operations.key"],
            name=op.f("fk_native_invoices_payload"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "attempt"],
            ["payment_attempts.order_id", "payment_attempts.number"],
            name=op.f("fk_native_invoices_order_id"),
        ),
        sa.PrimaryKeyConstraint("payload", name=op.f("pk_native_invoices")),
    )
    op.create_table(
        "native_payments",
        sa.Column("telegram_charge_id", sa.Text(), nullable=False),
        sa.Column("provider_charge_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("payer_telegram_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("telegram_charge_id", name=op.f("pk_native_payments")),
        sa.UniqueConstraint(
            "provider_charge_id", name=op.f("uq_native_payments_provider_charge_id")
        ),
    )
    op.create_index(op.f("ix_native_payments_payload"), "native_payments", ["payload"])


def downgrade() -> None:
    """Nothing is paid inside Telegram; fails if an order was."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_table("native_payments")
    op.drop_table("native_invoices")
    forbid("outbox", "kind", "invoice")
    forbid("payment_attempts", "method", "telegram")
