"""Distribution: an index that knows the order of distance, quotas, blocks, the antifraud gate."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import UserDefinedType
from typing_extensions import override

from migrations.known_words import allow, forbid

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SERVICES = ("drilling", "repair", "sewage")
TABLES = ("contractors", "contractor_services")
REASONS = ("parted", "quota", "fraud")
EVENTS = ("night_paused", "radius_widened", "price_proposed", "price_agreed", "price_refused")
SCORED = ("contractors", "users")
OPEN = "'awaiting_prepayment', 'booked', 'in_progress', 'awaiting_acceptance', 'disputed'"
# Degrees on a plane, longitude shortened as at 56 degrees north: an order of distance that an
# index can give. It is only a first choice; the kept rows are measured.
FLAT = """
    CREATE FUNCTION flat(latitude double precision, longitude double precision)
    RETURNS point LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT point(east_of_zero(longitude) * 0.56, latitude)
    $$
    """


class Point(UserDefinedType[str]):
    """The core type `point`."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: object) -> str:
        return "point"


def upgrade() -> None:
    """A generated plane position, and indexes on box and position together."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute(FLAT)
    for table in TABLES:
        base = sa.Computed("flat(latitude, longitude)", persisted=True)
        op.add_column(table, sa.Column("base", Point(), base, nullable=True))
    _index_services("cov", "base")
    op.create_index("ix_contractors_base", "contractors", ["base"], postgresql_using="gist")
    _add_limits()


def _add_limits() -> None:
    """Who may not be asked: quotas, blocks and the antifraud gate; and who those were."""
    op.create_table(
        "blocks",
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "by_role IN ('client', 'contractor')", name=op.f("ck_blocks_by_role_known")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["users.id"], name=op.f("fk_blocks_client_id")),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_blocks_contractor_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_blocks_order_id")),
        sa.PrimaryKeyConstraint("client_id", "contractor_id", "by_role", name=op.f("pk_blocks")),
    )
    op.create_index("ix_blocks_contractor_id", "blocks", ["contractor_id"])
    for table in SCORED:
        op.add_column(
            table, sa.Column("fraud_score", sa.Integer(), server_default="0", nullable=False)
        )
        op.create_check_constraint(
            op.f(f"ck_{table}_fraud_score"), table, "fraud_score >= 0 AND fraud_score <= 100"
        )
    op.create_index(
        "ix_offers_accepted",
        "offers",
        ["contractor_id", "answered_at"],
        postgresql_where=sa.text("state IN ('won', 'withdrawn')"),
    )
    op.create_index(
        "ix_orders_open_jobs",
        "orders",
        ["contractor_id"],
        postgresql_where=sa.text(f"state IN ({OPEN})"),
    )
    ids: sa.Column[list[int]] = sa.Column(
        "contractor_ids", ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False
    )
    op.add_column("dispatch_exclusions", ids)
    allow("dispatch_exclusions", "reason", *REASONS)
    allow("order_events", "event", *EVENTS)


def _drop_limits() -> None:
    forbid("order_events", "event", *EVENTS)
    forbid("dispatch_exclusions", "reason", *REASONS)
    op.drop_column("dispatch_exclusions", "contractor_ids")
    op.drop_index("ix_orders_open_jobs", "orders")
    op.drop_index("ix_offers_accepted", "offers")
    for table in SCORED:
        op.drop_column(table, "fraud_score")
    op.drop_table("blocks")


def downgrade() -> None:
    """Back to the box alone."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    _drop_limits()
    op.drop_index("ix_contractors_base", "contractors")
    _index_services("cov")
    for table in TABLES:
        op.drop_column(table, "base")
    op.execute("DROP FUNCTION flat(double precision, double precision)")


def _index_services(*columns: str) -> None:
    for service in SERVICES:
        name = f"ix_contractor_services_cov_{service}"
        op.drop_index(name, "contractor_services")
        op.create_index(
            name,
            "contractor_services",
            list(columns),
            postgresql_using="gist",
            postgresql_where=sa.text(f"active AND service_type = '{service}'"),
        )
