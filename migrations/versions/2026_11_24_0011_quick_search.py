"""The search reads less: a contractor's number in the index of circles, a small index of people."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SERVICES = ("drilling", "repair", "sewage")
SHUT_OUT = "blocked_at IS NOT NULL OR fraud_score > 0"


def upgrade() -> None:
    """Two hundred circles in a row without their rows; blocked people apart from all the others."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    _index_services("contractor_id")
    op.create_index("ix_users_shut_out", "users", ["id"], postgresql_where=sa.text(SHUT_OUT))


def downgrade() -> None:
    """Back to box and place."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.drop_index("ix_users_shut_out", "users")
    _index_services()


def _index_services(*included: str) -> None:
    for service in SERVICES:
        name = f"ix_contractor_services_cov_{service}"
        op.drop_index(name, "contractor_services")
        op.create_index(
            name,
            "contractor_services",
            ["cov", "base"],
            postgresql_using="gist",
            postgresql_where=sa.text(f"active AND service_type = '{service}'"),
            postgresql_include=list(included),
        )
