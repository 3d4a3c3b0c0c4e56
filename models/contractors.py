"""Contractors, their services and their circles on the map."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Computed, Index, text
from sqlmodel import Field

from models.columns import Box, Point, Table, big, known, numbered, one_of, recorded_at, words
from rules.catalog import ServiceType
from rules.limits import RADIUS_KM_MAX, RADIUS_KM_MIN
from rules.points import POINTS_START, RATING_PRIOR


class ContractorStatus(StrEnum):
    """Whether a contractor may work; moderation changes it."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"


def _base() -> Any:
    """Where he works from on a plane, written by the database: the index's order of distance."""
    return Field(
        default=None,
        sa_column=Column(Point, Computed("flat(latitude, longitude)", persisted=True)),
    )


class ContractorRow(Table, table=True):
    """A contractor; `id` (from 17) is shown as C-17. Capacity counts jobs, radius is in km."""

    __tablename__ = "contractors"
    __table_args__ = (
        one_of("status", ContractorStatus),
        CheckConstraint(
            f"radius_km >= {RADIUS_KM_MIN} AND radius_km <= {RADIUS_KM_MAX}", name="radius"
        ),
        CheckConstraint(
            "busy >= 0 AND held >= 0 AND busy + held <= capacity", name="capacity_kept"
        ),
        CheckConstraint(
            "latitude >= -90 AND latitude <= 90 AND longitude >= -180 AND longitude <= 180",
            name="place",
        ),
        CheckConstraint("rating >= 1 AND rating <= 5", name="rating"),
        CheckConstraint("fraud_score >= 0 AND fraud_score <= 100", name="fraud_score"),
        Index("ix_contractors_base", "base", postgresql_using="gist"),
    )

    id: int = numbered(17)
    user_id: int = big(foreign_key="users.id", unique=True)
    name: str = words()
    status: ContractorStatus = known(ContractorStatus, default=ContractorStatus.PENDING)
    online: bool = False
    town: str = words()
    region: str = words()
    latitude: float
    longitude: float
    radius_km: float
    # Agrees to be asked for jobs up to 1.5 times as far in the late waves.
    farther_ok: bool = False
    night_ok: bool = False
    utc_offset_minutes: int = 180
    rating: float = RATING_PRIOR
    reviews: int = 0
    points: float = POINTS_START
    completed: int = 0
    offers_90d: int = 0
    accepted_90d: int = 0
    joined_at: datetime = recorded_at()
    last_won_at: datetime | None = None
    capacity: int = 1
    # Won jobs, and offers that keep a place free until they are answered.
    busy: int = 0
    held: int = 0
    # When his circle last changed; the database writes it.
    moved_at: datetime = recorded_at()
    # 0-100, from the antifraud signals; from the policy's gate on nothing is offered.
    fraud_score: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    base: str | None = _base()


def _coverage(service_type: ServiceType) -> Index:
    # One small index per service: a rare service is found without reading the common ones.
    return Index(
        f"ix_contractor_services_cov_{service_type.value}",
        "cov",
        "base",
        postgresql_using="gist",
        postgresql_where=text(f"active AND service_type = '{service_type.value}'"),
        # Whose circle it is, so that the nearest are found without reading their rows.
        postgresql_include=["contractor_id"],
    )


class ContractorServiceRow(Table, table=True):
    """A service of a contractor; only its key is written, triggers mirror the rest.

    `active` means: status active and on line. `cov` is the box around his circle, longitude in
    [0, 360), widened to the farther circle for those who agreed to it.
    """

    __tablename__ = "contractor_services"
    __table_args__ = (
        one_of("service_type", ServiceType),
        *(_coverage(service_type) for service_type in ServiceType),
    )

    contractor_id: int = big(foreign_key="contractors.id", primary_key=True)
    service_type: ServiceType = known(ServiceType, primary_key=True)
    active: bool = False
    latitude: float = 0.0
    longitude: float = 0.0
    radius_km: float = 0.0
    farther_ok: bool = False
    cov: str | None = Field(
        default=None,
        sa_column=Column(
            Box,
            Computed(
                "coverage_box(latitude, longitude, farthest_km(radius_km, farther_ok))",
                persisted=True,
            ),
        ),
    )
    base: str | None = _base()
