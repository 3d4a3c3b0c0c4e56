"""Payment outage."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from migrations.known_words import allow, forbid

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


EVENTS = (
    *("payments_down", "payments_back", "money_stuck", "money_recovered"),
    "captured_in_part",
)


def upgrade() -> None:
    """What happens to money that does not move, and the payment service's weather."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    allow("order_events", "event", *EVENTS)
    op.create_table(
        "provider_health",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("weather", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "weather IN ('fair', 'down', 'draining')",
            name=op.f("ck_provider_health_weather_known"),
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_provider_health")),
    )
    op.add_column(
        "payment_operations", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Those events are unknown again; fails if an order has one."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_column("payment_operations", "asked_at")
    op.drop_table("provider_health")
    forbid("order_events", "event", *EVENTS)
