"""People: clients, contractors' owners and support, known by their Telegram account."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.columns import Table, big, numbered, one_of, recorded_at, words

LANGUAGES = ("ru", "en")


class UserRow(Table, table=True):
    """A person; `id` (from 1001) is `client_id` everywhere else."""

    __tablename__ = "users"
    __table_args__ = (
        one_of("language", LANGUAGES),
        CheckConstraint("fraud_score >= 0 AND fraud_score <= 100", name="fraud_score"),
        # Few of all: the search looks here whether somebody may not be asked.
        Index(
            "ix_users_shut_out",
            "id",
            postgresql_where=text("blocked_at IS NOT NULL OR fraud_score > 0"),
        ),
    )

    id: int = numbered(1001)
    telegram_id: int | None = big(default=None, unique=True)
    first_name: str = words(default="")
    username: str | None = words(default=None)
    language: str = words(default="ru")
    phone: str | None = words(default=None)
    phone_verified_at: datetime | None = None
    # Where receipts go; asked for once, only when nothing else is known.
    email: str | None = words(default=None)
    email_asked_at: datetime | None = None
    # The person has blocked the bot, or support has blocked the person.
    blocked_at: datetime | None = None
    is_support: bool = False
    # 0-100, from the antifraud signals; from the policy's gate on nothing is offered.
    fraud_score: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = recorded_at()
    erased_at: datetime | None = None
