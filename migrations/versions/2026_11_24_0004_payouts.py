"""Payouts, and the client's credit in an order's money."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# What the credit gave to an order is no compensation of it.
ORDER_MONEY = """
    CREATE VIEW order_money AS
    SELECT o.id AS order_id, o.number,
        (coalesce(sum(e.debit_kopecks) FILTER (
            WHERE j.kind = 'held' AND r.id IS NULL), 0))::bigint AS held_kopecks,
        (coalesce(sum(e.debit_kopecks) FILTER (
            WHERE j.kind = 'captured' AND e.account = 'psp\\:clearing'), 0))::bigint
            AS captured_kopecks,
        (coalesce(sum(e.credit_kopecks) FILTER (
            WHERE j.kind = 'refund_requested' AND r.id IS NULL), 0))::bigint
            AS refund_pending_kopecks,
        (coalesce(sum(e.credit_kopecks) FILTER (
            WHERE j.kind = 'refund_succeeded' AND e.account = 'psp\\:clearing'), 0))::bigint
            AS refunded_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account = 'order:' || o.id || '\\:deposit'), 0))::bigint
            AS deposit_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account = 'fee\\:platform'), 0))::bigint
            AS platform_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'contractor:%\\:payable'), 0))::bigint
            AS contractor_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'client:%\\:credit'
              AND j.kind NOT IN ('credit_used', 'credit_returned')), 0))::bigint
            AS compensation_kopecks,
        (coalesce(sum(e.debit_kopecks - e.credit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'client:%\\:credit'
              AND j.kind IN ('credit_used', 'credit_returned')), 0))::bigint
            AS credit_kopecks
    FROM orders o
    LEFT JOIN journals j ON j.order_id = o.id
    LEFT JOIN journals r ON r.resolves_id = j.id
    LEFT JOIN entries e ON e.journal_id = j.id
    GROUP BY o.id, o.number
    """

ORDER_MONEY_BEFORE = """
    CREATE VIEW order_money AS
    SELECT o.id AS order_id, o.number,
        (coalesce(sum(e.debit_kopecks) FILTER (
            WHERE j.kind = 'held' AND r.id IS NULL), 0))::bigint AS held_kopecks,
        (coalesce(sum(e.debit_kopecks) FILTER (
            WHERE j.kind = 'captured' AND e.account = 'psp\\:clearing'), 0))::bigint
            AS captured_kopecks,
        (coalesce(sum(e.credit_kopecks) FILTER (
            WHERE j.kind = 'refund_requested' AND r.id IS NULL), 0))::bigint
            AS refund_pending_kopecks,
        (coalesce(sum(e.credit_kopecks) FILTER (
            WHERE j.kind = 'refund_succeeded' AND e.account = 'psp\\:clearing'), 0))::bigint
            AS refunded_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account = 'order:' || o.id || '\\:deposit'), 0))::bigint
            AS deposit_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account = 'fee\\:platform'), 0))::bigint
            AS platform_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'contractor:%\\:payable'), 0))::bigint
            AS contractor_kopecks,
        (coalesce(sum(e.credit_kopecks - e.debit_kopecks) FILTER (
            WHERE j.phase = 'posted' AND e.account LIKE 'client:%\\:credit'), 0))::bigint
            AS compensation_kopecks
    FROM orders o
    LEFT JOIN journals j ON j.order_id = o.id
    LEFT JOIN journals r ON r.resolves_id = j.id
    LEFT JOIN entries e ON e.journal_id = j.id
    GROUP BY o.id, o.number
    """


# What a deployment's login role is made a member of: it can add to the books, not change them.
# Managed databases may not let us make roles; then the triggers alone refuse a change.
MAKE_ROLE = """
    DO $$ BEGIN
        CREATE ROLE drillflow_app NOLOGIN;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
            RAISE NOTICE 'role drillflow_app was not made: only the triggers guard the books';
    END $$
"""
GRANT = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'drillflow_app') THEN RETURN; END IF;
        GRANT USAGE ON SCHEMA public TO drillflow_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO drillflow_app;
        -- Tables of later migrations, too.
        ALTER DEFAULT PRIVILEGES IN SCHEMA public
            GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO drillflow_app;
        REVOKE UPDATE, DELETE, TRUNCATE ON journals, entries, points_entries, order_events,
            dispatch_decisions FROM drillflow_app;
        REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM drillflow_app;
    END $$
"""
REVOKE = """
    DO $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'drillflow_app') THEN RETURN; END IF;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM drillflow_app;
        REVOKE ALL ON ALL TABLES IN SCHEMA public FROM drillflow_app;
        REVOKE ALL ON SCHEMA public FROM drillflow_app;
    END $$
"""


def create_payout_registers() -> None:
    op.create_table(
        "payout_registers",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(always=False, start=101), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("total_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("file_hash", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "side IN ('client', 'contractor')", name=op.f("ck_payout_registers_side_known")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'sent', 'rejected', 'closed')",
            name=op.f("ck_payout_registers_state_known"),
        ),
        sa.CheckConstraint("total_kopecks > 0", name=op.f("ck_payout_registers_amount")),
        sa.CheckConstraint(
            "approved_by IS NULL OR approved_by <> proposed_by",
            name=op.f("ck_payout_registers_two_people"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'sent', 'closed') OR approved_by IS NOT NULL",
            name=op.f("ck_payout_registers_approved"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_registers")),
        sa.UniqueConstraint("number", name=op.f("uq_payout_registers_number")),
    )


def create_payouts() -> None:
    op.create_table(
        "payouts",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("register_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("payee_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("set_off_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('reserved', 'paid', 'failed')", name=op.f("ck_payouts_state_known")
        ),
        sa.CheckConstraint(
            "amount_kopecks > 0 AND set_off_kopecks >= 0", name=op.f("ck_payouts_amounts")
        ),
        sa.ForeignKeyConstraint(
            ["register_id"], ["payout_registers.id"], name=op.f("fk_payouts_register_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint(
            "register_id", "payee_id", name=op.f("uq_payouts_register_id_payee_id")
        ),
    )
    op.create_index(op.f("ix_payouts_payee_id"), "payouts", ["payee_id"], unique=False)
    op.create_index(
        "ix_payouts_reserved",
        "payouts",
        ["register_id"],
        unique=False,
        postgresql_where=sa.text("state = 'reserved'"),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP VIEW order_money")
    op.execute(ORDER_MONEY)
    create_payout_registers()
    create_payouts()
    op.execute(MAKE_ROLE)
    op.execute(GRANT)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(REVOKE)
    op.drop_table("payouts")
    op.drop_table("payout_registers")
    op.execute("DROP VIEW order_money")
    op.execute(ORDER_MONEY_BEFORE)
