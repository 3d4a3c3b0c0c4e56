"""Distribution: the coverage index also knows the order of distance, so dense towns stay fast."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType
from typing_extensions import override

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

SERVICES = ("drilling", "repair", "sewage")
TABLES = ("contractors", "contractor_services")
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


def downgrade() -> None:
    """Back to the box alone."""
    op.execute("SET LOCAL lock_timeout = '3s'")
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
