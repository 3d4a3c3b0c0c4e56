"""Payouts, and the client's credit in an order's money."""

from collections.abc import Sequence

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


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP VIEW order_money")
    op.execute(ORDER_MONEY)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP VIEW order_money")
    op.execute(ORDER_MONEY_BEFORE)
