"""Orders, what was asked for, and their stories."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Identity, Index, UniqueConstraint, text
from sqlalchemy.types import BigInteger
from sqlmodel import Field

from models.columns import (
    Table,
    big,
    document,
    known,
    kopecks,
    numbered,
    one_of,
    order_key,
    recorded_at,
    words,
)
from rules.catalog import JobClass, Service, ServiceType
from rules.orders import OrderEvent, OrderState, Role


class Precision(StrEnum):
    """How well the place is known."""

    PIN = "pin"
    TOWN = "town"
    ADDRESS = "address"


class Source(StrEnum):
    """Where a request came from."""

    BOT = "bot"
    API = "api"


class OrderRequestRow(Table, table=True):
    """What a client asked for, personal parts included; written before the workflow starts."""

    __tablename__ = "order_requests"
    __table_args__ = (
        one_of("service", Service),
        one_of("precision", Precision),
        one_of("source", Source),
    )

    id: str = order_key(primary_key=True)
    client_id: int = big(foreign_key="users.id", index=True)
    service: Service = known(Service)
    detail: str = words()
    town: str = words()
    region: str = words()
    utc_offset_minutes: int = 180
    latitude: float
    longitude: float
    precision: Precision = known(Precision, default=Precision.PIN)
    address: str | None = words(default=None)
    comment: str | None = words(default=None)
    photo_count: int = 0
    wish_day: date | None = None
    source: Source = known(Source, default=Source.BOT)
    created_at: datetime = recorded_at()


class OrderRow(Table, table=True):
    """The last committed state of one order; guarded by `version`, amounts in kopecks.

    `facts` is a `rules.views.OrderView`, `money` a `rules.payments.MoneySummary`.
    """

    __tablename__ = "orders"
    __table_args__ = (
        one_of("service", Service),
        one_of("service_type", ServiceType),
        one_of("job_class", JobClass),
        one_of("state", OrderState),
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint(
            "estimate_low_kopecks >= 0 AND estimate_high_kopecks >= estimate_low_kopecks"
            " AND prepayment_kopecks >= 0 AND refund_kopecks >= 0"
            " AND refund_kopecks <= prepayment_kopecks AND compensation_kopecks >= 0"
            " AND (final_price_kopecks IS NULL OR final_price_kopecks >= 0)",
            name="amounts",
        ),
        Index("ix_orders_client", "client_id", text("created_at DESC")),
        Index("ix_orders_contractor", "contractor_id", text("created_at DESC")),
        Index("ix_orders_state", "state", "state_since"),
        Index(
            "ix_orders_open_jobs",
            "contractor_id",
            postgresql_where=text(
                "state IN ('awaiting_prepayment', 'booked', 'in_progress',"
                " 'awaiting_acceptance', 'disputed')"
            ),
        ),
        Index("ix_orders_attention", "state_since", postgresql_where=text("needs_attention")),
    )

    id: str = order_key(primary_key=True)
    number: int = Field(
        default=None,
        sa_column=Column(BigInteger, Identity(start=1001), nullable=False, unique=True),
    )
    client_id: int = big(foreign_key="users.id")
    request_id: str = order_key(foreign_key="order_requests.id", unique=True)
    secret: str = words(unique=True)
    service: Service = known(Service)
    service_type: ServiceType = known(ServiceType)
    job_class: JobClass = known(JobClass)
    state: OrderState = known(OrderState, default=OrderState.NEW)
    version: int = 0
    town: str = words()
    region: str = words()
    utc_offset_minutes: int = 180
    latitude: float
    longitude: float
    address: str | None = words(default=None)
    comment: str | None = words(default=None)
    estimate_low_kopecks: int = kopecks()
    estimate_high_kopecks: int = kopecks()
    prepayment_kopecks: int = kopecks()
    refund_kopecks: int = kopecks()
    compensation_kopecks: int = kopecks()
    final_price_kopecks: int | None = kopecks(default=None)
    contractor_id: int | None = big(default=None, foreign_key="contractors.id")
    visit_at: datetime | None = None
    due_at: datetime | None = None
    prepaid: bool = False
    needs_attention: bool = False
    policy_version: str = words(default="v1")
    facts: dict[str, Any] = document()
    money: dict[str, Any] = document()
    created_at: datetime
    state_since: datetime | None = None
    closed_at: datetime | None = None
    money_closed_at: datetime | None = None


class OrderEventRow(Table, table=True):
    """One sentence of an order's story; append-only, carries nothing personal."""

    __tablename__ = "order_events"
    __table_args__ = (
        one_of("event", OrderEvent),
        one_of("by_role", Role),
        UniqueConstraint("order_id", "version", "event"),
    )

    id: int = numbered()
    order_id: str = order_key(foreign_key="orders.id")
    version: int
    at: datetime
    event: OrderEvent = known(OrderEvent)
    by_role: Role = known(Role, default=Role.SYSTEM)
    actor_id: int | None = big(default=None)
    note: str = words(default="")
    params: dict[str, Any] = document()
