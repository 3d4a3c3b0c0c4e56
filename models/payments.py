"""Payments as the provider knows them: attempts, refunds, operations and notices."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Table, known, kopecks, numbered, one_of, order_key, recorded_at, words
from rules.outage import Weather
from rules.payments import AttemptState, Method, Op, RefundState


class OperationStatus(StrEnum):
    """What is known of one request to the provider."""

    NEW = "new"
    SENT = "sent"
    UNKNOWN = "unknown"
    DONE = "done"
    REFUSED = "refused"


class PaymentAttemptRow(Table, table=True):
    """One payment of an order at the provider, in kopecks."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        one_of("method", Method),
        one_of("state", AttemptState),
        CheckConstraint("amount_kopecks > 0", name="amount"),
        Index(
            "ix_payment_attempts_open",
            "updated_at",
            postgresql_where=text("state IN ('requested', 'pending', 'held')"),
        ),
    )

    order_id: str = order_key(foreign_key="orders.id", primary_key=True)
    number: int = Field(primary_key=True)
    method: Method = known(Method)
    amount_kopecks: int = kopecks()
    state: AttemptState = known(AttemptState, default=AttemptState.REQUESTED)
    provider_id: str | None = words(default=None, unique=True)
    confirmation_url: str | None = words(default=None)
    decline_reason: str | None = words(default=None)
    hold_ends_at: datetime | None = None
    # The order does not want this money any more; `late`: it came after that.
    released: bool = False
    late: bool = False
    created_at: datetime
    updated_at: datetime


class RefundRow(Table, table=True):
    """One refund of an attempt, in kopecks."""

    __tablename__ = "refunds"
    __table_args__ = (
        one_of("state", RefundState),
        CheckConstraint("amount_kopecks > 0", name="amount"),
        ForeignKeyConstraint(
            ["order_id", "attempt"], ["payment_attempts.order_id", "payment_attempts.number"]
        ),
    )

    order_id: str = order_key(primary_key=True)
    attempt: int = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    amount_kopecks: int = kopecks()
    state: RefundState = known(RefundState, default=RefundState.REQUESTED)
    provider_id: str | None = words(default=None, unique=True)
    reason: str | None = words(default=None)
    created_at: datetime
    updated_at: datetime


class PaymentOperationRow(Table, table=True):
    """A request to the provider, committed before it is first sent; `key` is its idempotence key.

    The same bytes go out on every send, because the same key with another body is refused.
    """

    __tablename__ = "payment_operations"
    __table_args__ = (
        one_of("op", Op),
        one_of("status", OperationStatus),
        Index(
            "ix_payment_operations_open",
            "created_at",
            postgresql_where=text("status IN ('new', 'sent', 'unknown')"),
        ),
    )

    key: str = order_key(primary_key=True)
    order_id: str = order_key(foreign_key="orders.id", index=True)
    attempt: int
    op: Op = known(Op)
    seq: int = 0
    path: str = words()
    request_bytes: bytes = Field(default=b"", sa_type=LargeBinary)
    status: OperationStatus = known(OperationStatus, default=OperationStatus.NEW)
    provider_id: str | None = words(default=None)
    response: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    sends: int = 0
    # When it last asked for its turn while the provider gave no answers.
    asked_at: datetime | None = None
    created_at: datetime


class ProviderHealthRow(Table, table=True):
    """What is known of the payment service's weather: one row for each shop."""

    __tablename__ = "provider_health"
    __table_args__ = (one_of("weather", Weather),)

    shop_id: str = words(primary_key=True)
    weather: Weather = known(Weather, default=Weather.FAIR)
    failures: int = 0
    since: datetime | None = None
    probed_at: datetime | None = None


class ProviderNoticeRow(Table, table=True):
    """A webhook's hint: what to look at again, never what to believe."""

    __tablename__ = "provider_notices"
    __table_args__ = (
        Index(
            "ix_provider_notices_waiting",
            "received_at",
            postgresql_where=text("passed_on_at IS NULL"),
        ),
    )

    id: int = numbered()
    event: str = words()
    object_id: str = words(index=True)
    status: str = words(default="")
    body_hash: str = words(unique=True)
    order_id: str | None = order_key(default=None)
    received_at: datetime = recorded_at()
    passed_on_at: datetime | None = None
