"""Points and ratings of contractors and clients."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint

from models.columns import Table, big, known, numbered, one_of, order_key, words
from rules.orders import Role
from rules.points import PointsReason


class PointsEntryRow(Table, table=True):
    """One change of a contractor's points; append-only, at most once per order and reason."""

    __tablename__ = "points_entries"
    __table_args__ = (
        one_of("reason", PointsReason),
        UniqueConstraint("order_id", "round", "reason", "contractor_id"),
        Index("ix_points_entries_contractor", "contractor_id", "created_at"),
    )

    id: int = numbered()
    contractor_id: int = big(foreign_key="contractors.id")
    order_id: str = order_key(foreign_key="orders.id")
    round: int = 1
    reason: PointsReason = known(PointsReason)
    delta: int
    actor: str = words(default="system")
    policy_version: str = words(default="v1")
    created_at: datetime


class RatingRow(Table, table=True):
    """One side's stars for the other; blind until `revealed_at`."""

    __tablename__ = "ratings"
    __table_args__ = (
        one_of("by_role", (Role.CLIENT, Role.CONTRACTOR)),
        CheckConstraint("stars >= 1 AND stars <= 5", name="stars"),
    )

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    by_role: Role = known(Role, primary_key=True)
    stars: int
    revealed_at: datetime | None = None
    created_at: datetime
