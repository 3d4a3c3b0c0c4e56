"""Appeals against what support has decided about a contractor's costs."""

from datetime import datetime

from sqlalchemy import CheckConstraint

from models.columns import Table, big, known, kopecks, one_of, order_key
from rules.orders import Role


class ClaimAppealRow(Table, table=True):
    """One side's only appeal; the database wants another person of support to decide it."""

    __tablename__ = "claim_appeals"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("decided_by IS NULL OR decided_by <> first_by", name="another_person"),
        CheckConstraint(
            "(decided_by IS NULL) = (decided_at IS NULL)"
            " AND (decided_by IS NULL) = (decided_kopecks IS NULL)",
            name="decided",
        ),
        CheckConstraint("granted_kopecks >= 0 AND asked_kopecks >= granted_kopecks", name="sums"),
    )

    order_id: str = order_key(primary_key=True, foreign_key="orders.id")
    role: Role = known(Role, primary_key=True)
    user_id: int = big(foreign_key="users.id")
    asked_at: datetime
    # What was claimed, and what support granted at first.
    asked_kopecks: int = kopecks()
    granted_kopecks: int = kopecks()
    first_by: int | None = big(default=None)
    decided_by: int | None = big(default=None)
    decided_at: datetime | None = None
    decided_kopecks: int | None = kopecks(default=None)
