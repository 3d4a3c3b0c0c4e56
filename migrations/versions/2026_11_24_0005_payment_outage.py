"""Payment outage."""

from collections.abc import Sequence

from alembic import op

from migrations.known_words import allow, forbid

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


EVENTS = ("payments_down", "payments_back", "money_stuck", "money_recovered")


def upgrade() -> None:
    """What happens to money that does not move."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    allow("order_events", "event", *EVENTS)


def downgrade() -> None:
    """Those events are unknown again; fails if an order has one."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    forbid("order_events", "event", *EVENTS)
