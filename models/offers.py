"""Offers, the places they hold, and why they were made."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

from models.columns import Table, big, known, one_of, order_key, recorded_at, words
from rules.offers import Exclusion
from rules.orders import OfferState, Role


class OfferRow(Table, table=True):
    """An order shown to one contractor in one round; at most one offer of an order is won."""

    __tablename__ = "offers"
    __table_args__ = (
        one_of("state", OfferState),
        # The second fence behind the workflow: two winners are impossible.
        Index("uq_offers_won", "order_id", unique=True, postgresql_where=text("state = 'won'")),
        Index("ix_offers_live", "contractor_id", postgresql_where=text("state = 'live'")),
        Index("ix_offers_contractor", "contractor_id", text("created_at DESC")),
        Index(
            "ix_offers_accepted",
            "contractor_id",
            "answered_at",
            postgresql_where=text("state IN ('won', 'withdrawn')"),
        ),
    )

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    round: int = Field(primary_key=True)
    contractor_id: int = big(foreign_key="contractors.id", primary_key=True)
    wave: int
    state: OfferState = known(OfferState, default=OfferState.LIVE)
    visit_at: datetime
    until: datetime
    distance_km: float = 0.0
    score: float = 0.0
    rank: int = 0
    terms: dict[str, float] = Field(default_factory=dict, sa_type=JSONB, nullable=False)
    reason: str = words(default="")
    created_at: datetime
    answered_at: datetime | None = None


class HoldRow(Table, table=True):
    """A place of a contractor's capacity kept free for one order, at the latest until `until`."""

    __tablename__ = "holds"

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    contractor_id: int = big(foreign_key="contractors.id", primary_key=True, index=True)
    until: datetime


class BlockRow(Table, table=True):
    """One side of a past order does not want to meet the other again."""

    __tablename__ = "blocks"
    __table_args__ = (one_of("by_role", (Role.CLIENT, Role.CONTRACTOR)),)

    client_id: int = big(foreign_key="users.id", primary_key=True)
    contractor_id: int = big(foreign_key="contractors.id", primary_key=True, index=True)
    by_role: Role = known(Role, primary_key=True)
    order_id: str = order_key(foreign_key="orders.id")
    created_at: datetime = recorded_at()


class DispatchDecisionRow(Table, table=True):
    """One ranked candidate of one wave, chosen or not; append-only."""

    __tablename__ = "dispatch_decisions"

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    round: int = Field(primary_key=True)
    wave: int = Field(primary_key=True)
    contractor_id: int = big(foreign_key="contractors.id", primary_key=True)
    policy_version: str = words()
    seed: str = words()
    rank: int
    score: float
    distance_km: float = 0.0
    terms: dict[str, float] = Field(default_factory=dict, sa_type=JSONB, nullable=False)
    chosen: bool = False
    explored: bool = False
    created_at: datetime = recorded_at()


class DispatchExclusionRow(Table, table=True):
    """How many contractors a wave could not ask, by reason."""

    __tablename__ = "dispatch_exclusions"
    __table_args__ = (one_of("reason", Exclusion),)

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    round: int = Field(primary_key=True)
    wave: int = Field(primary_key=True)
    reason: Exclusion = known(Exclusion, primary_key=True)
    count: int
    # Who they were, the nearest first; bounded, so the count may be higher.
    contractor_ids: list[int] = Field(
        default_factory=list,
        sa_type=ARRAY(BigInteger),
        nullable=False,
        sa_column_kwargs={"server_default": text("'{}'")},
    )
    created_at: datetime = recorded_at()
