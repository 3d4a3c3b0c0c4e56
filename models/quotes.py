"""Quotes of project jobs, and the metres beyond the stop depth, as they were asked and answered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Table, big, known, kopecks, one_of, order_key
from rules.quotes import ExtraState, QuoteState


class QuoteRow(Table, table=True):
    """One contractor's quote of one order, as it is now; at most one of an order is chosen."""

    __tablename__ = "quotes"
    __table_args__ = (
        one_of("state", QuoteState),
        CheckConstraint("low_kopecks > 0 AND high_kopecks >= low_kopecks", name="amounts"),
        Index("uq_quotes_chosen", "order_id", unique=True, postgresql_where=text("state='chosen'")),
    )

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    contractor_id: int = big(foreign_key="contractors.id", primary_key=True, index=True)
    state: QuoteState = known(QuoteState, default=QuoteState.OPEN)
    low_kopecks: int = kopecks()
    high_kopecks: int = kopecks()
    metre_kopecks: int = kopecks()
    stop_depth_m: int | None = None
    start_day: date
    surveyed: bool = False
    # The lines and the inclusions, as they were sent.
    offered: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, nullable=False)
    made_at: datetime
    valid_until: datetime
    changed_at: datetime


class ExtraMetresRow(Table, table=True):
    """Metres that a contractor asked for, and the client's word."""

    __tablename__ = "extra_metres"
    __table_args__ = (
        one_of("state", ExtraState),
        CheckConstraint("metres > 0 AND metre_kopecks > 0", name="amounts"),
    )

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    number: int = Field(primary_key=True)
    metres: int
    metre_kopecks: int = kopecks()
    from_depth_m: int
    state: ExtraState = known(ExtraState, default=ExtraState.ASKED)
    asked_at: datetime
    answered_at: datetime | None = None
