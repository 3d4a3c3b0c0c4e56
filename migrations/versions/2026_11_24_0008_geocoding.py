"""Geocoding."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.known_words import allow, forbid

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Answers of geocoders, and when a contractor's place last changed."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    allow("order_requests", "precision", "address")
    _answers()
    op.create_table(
        "geocoder_health",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        _provider("geocoder_health"),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_geocoder_health")),
    )
    _moves()


def _provider(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        "provider IN ('nominatim', 'yandex')", name=op.f(f"ck_{table}_provider_known")
    )


def _answers() -> None:
    op.create_table(
        "geocoding_answers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("found", postgresql.JSONB(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        _provider("geocoding_answers"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_geocoding_answers")),
    )
    op.create_index(
        op.f("ix_geocoding_answers_expires_at"),
        "geocoding_answers",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_table(
        "geocoding_requests",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _provider("geocoding_requests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_geocoding_requests")),
        sa.UniqueConstraint("key", name=op.f("uq_geocoding_requests_key")),
    )
    op.create_index(op.f("ix_geocoding_requests_asked_at"), "geocoding_requests", ["asked_at"])


def _moves() -> None:
    """Whoever remembers a contractor's circle sees by this that it is another one now."""
    op.add_column(
        "contractors",
        sa.Column(
            "moved_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
    )
    op.execute(
        """
        CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            -- Two changes never bear the same moment, not even in one transaction.
            NEW.moved_at := greatest(clock_timestamp(), OLD.moved_at + interval '1 microsecond');
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER contractors_moved
        BEFORE UPDATE OF latitude, longitude, radius_km, farther_ok ON contractors
        FOR EACH ROW WHEN (
            (OLD.latitude, OLD.longitude, OLD.radius_km, OLD.farther_ok)
            IS DISTINCT FROM (NEW.latitude, NEW.longitude, NEW.radius_km, NEW.farther_ok)
        ) EXECUTE FUNCTION note_move()
        """
    )


def downgrade() -> None:
    """Fails while an order stands on an address that was found."""
    op.execute("SET LOCAL lock_timeout = '3s'")
    op.execute("DROP TRIGGER contractors_moved ON contractors")
    op.execute("DROP FUNCTION note_move()")
    op.drop_column("contractors", "moved_at")
    op.drop_table("geocoder_health")
    op.drop_table("geocoding_requests")
    op.drop_table("geocoding_answers")
    forbid("order_requests", "precision", "address")
