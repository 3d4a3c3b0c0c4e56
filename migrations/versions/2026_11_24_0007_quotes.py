"""Quotes: what contractors offer for a project job, and metres beyond the stop depth."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.known_words import allow, forbid

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

EVENTS = (
    "quoted",
    "quote_withdrawn",
    "quotes_expired",
    "quotes_in",
    "choice_reminded",
    "choice_extended",
    "metres_asked",
    "metres_agreed",
    "metres_refused",
)


def create_quotes() -> None:
    op.create_table(
        "quotes",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contractor_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("low_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("high_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("metre_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("stop_depth_m", sa.Integer(), nullable=True),
        sa.Column("start_day", sa.Date(), nullable=False),
        sa.Column("surveyed", sa.Boolean(), nullable=False),
        sa.Column("offered", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'withdrawn', 'chosen', 'lost', 'unavailable')",
            name=op.f("ck_quotes_state_known"),
        ),
        sa.CheckConstraint(
            "low_kopecks > 0 AND high_kopecks >= low_kopecks", name=op.f("ck_quotes_amounts")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_quotes_order_id")),
        sa.ForeignKeyConstraint(
            ["contractor_id"], ["contractors.id"], name=op.f("fk_quotes_contractor_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "contractor_id", name=op.f("pk_quotes")),
    )
    op.create_index(op.f("ix_quotes_contractor_id"), "quotes", ["contractor_id"])
    op.create_index(
        "uq_quotes_chosen",
        "quotes",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state='chosen'"),
    )


def create_extra_metres() -> None:
    op.create_table(
        "extra_metres",
        sa.Column("order_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("metres", sa.Integer(), nullable=False),
        sa.Column("metre_kopecks", sa.BigInteger(), nullable=False),
        sa.Column("from_depth_m", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'agreed', 'refused')", name=op.f("ck_extra_metres_state_known")
        ),
        sa.CheckConstraint(
            "metres > 0 AND metre_kopecks > 0", name=op.f("ck_extra_metres_amounts")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_extra_metres_order_id")),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_extra_metres")),
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    create_quotes()
    create_extra_metres()
    allow("order_events", "event", *EVENTS)
    allow("offers", "state", "quoted")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '3s'")
    forbid("offers", "state", "quoted")
    forbid("order_events", "event", *EVENTS)
    op.drop_table("extra_metres")
    op.drop_table("quotes")
