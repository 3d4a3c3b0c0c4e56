"""Addresses: what geocoders have answered, what they are asked, and whether they work."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from models.columns import Table, known, one_of, order_key, words
from rules.geocoding import Provider


class GeocodingAnswerRow(Table, table=True):
    """An answer; `key` is a hash of provider, language and text, so the text is not kept.

    `expires_at` is empty where the provider lets answers be kept for ever; `found` may be [].
    """

    __tablename__ = "geocoding_answers"
    __table_args__ = (
        one_of("provider", Provider),
        Index(
            "ix_geocoding_answers_expires_at",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
    )

    key: str = words(primary_key=True)
    provider: Provider = known(Provider)
    found: list[dict[str, Any]] = Field(sa_type=JSONB, nullable=False)
    answered_at: datetime
    expires_at: datetime | None = None


class GeocodingRequestRow(Table, table=True):
    """An address that is being asked for; Temporal knows its id only. Gone with the answer."""

    __tablename__ = "geocoding_requests"
    __table_args__ = (one_of("provider", Provider),)

    id: str = order_key(primary_key=True)
    key: str = words(unique=True)
    provider: Provider = known(Provider)
    language: str = words()
    text: str = words()
    asked_at: datetime = Field(index=True)


class GeocoderHealthRow(Table, table=True):
    """The breaker of a provider: one row that all processes read and write."""

    __tablename__ = "geocoder_health"
    __table_args__ = (one_of("provider", Provider),)

    provider: Provider = known(Provider, primary_key=True)
    failures: int = 0
    opened_at: datetime | None = None
    probed_at: datetime | None = None
    rests_until: datetime | None = None
