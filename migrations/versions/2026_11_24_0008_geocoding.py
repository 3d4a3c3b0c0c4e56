"""Geocoding."""

from collections.abc import Sequence

from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Nothing yet."""
    op.execute("SET LOCAL lock_timeout = '3s'")


def downgrade() -> None:
    """Nothing yet."""
    op.execute("SET LOCAL lock_timeout = '3s'")
