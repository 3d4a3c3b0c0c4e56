"""Column types, checks and the base class that all tables share."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from sqlalchemy import CheckConstraint, Column, Identity, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import BigInteger, TypeDecorator, UserDefinedType, Uuid
from sqlmodel import Field, SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime
from typing_extensions import override

E = TypeVar("E", bound=StrEnum)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
"""Every constraint has a name that migrations can refer to."""


class Table(SQLModel):
    """Base of all rows; times are aware UTC, a naive one is refused when it is written."""

    metadata: ClassVar[MetaData] = metadata


class Known(TypeDecorator[E]):
    """TEXT in the database, a member of one StrEnum in Python."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[E]) -> None:
        super().__init__()
        self.members = members

    @override
    def process_bind_param(
        self,
        value: E | str | None,
        dialect: Dialect,
    ) -> str | None:
        """Refuse a word that is not a member (ValueError)."""
        return None if value is None else self.members(value).value

    @override
    def process_result_value(
        self,
        value: Any | None,
        dialect: Dialect,
    ) -> E | None:
        """Give the member back."""
        return None if value is None else self.members(value)


class Box(UserDefinedType[str]):
    """PostgreSQL's core type `box`; read as text, written only by the database."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: object) -> str:
        """The name of the type in DDL."""
        return "box"


class Point(UserDefinedType[str]):
    """PostgreSQL's core type `point`; read as text, written only by the database."""

    cache_ok = True

    @override
    def get_col_spec(self, **_: object) -> str:
        """The name of the type in DDL."""
        return "point"


# Reflection (the drift check) would otherwise warn that it does not know the types.
ischema_names["box"] = Box
ischema_names["point"] = Point


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """A check that a TEXT column holds one of these words, named after the column."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def order_key(**options: Any) -> Any:
    """A column with an order's UUID; a plain string in Python, as everywhere else."""
    return Field(sa_type=Uuid(as_uuid=False), **options)


def kopecks(**options: Any) -> Any:
    """A BIGINT amount in kopecks; 0 unless given."""
    return Field(**{"default": 0, "sa_type": BigInteger, **options})


def numbered(start: int = 1) -> Any:
    """A BIGINT primary key that the database counts."""
    column: Column[int] = Column(BigInteger, Identity(start=start), primary_key=True)
    return Field(default=None, sa_column=column)


def known(members: type[StrEnum], **options: Any) -> Any:
    """A TEXT column that holds a member of the enum (the table adds the check)."""
    return Field(sa_type=Known(members), **options)


def words(**options: Any) -> Any:
    """A TEXT column."""
    return Field(sa_type=Text, **options)


def big(**options: Any) -> Any:
    """A BIGINT column."""
    return Field(sa_type=BigInteger, **options)


def document(**options: Any) -> Any:
    """A JSONB column; {} unless given."""
    return Field(**{"default_factory": dict, "sa_type": JSONB, "nullable": False, **options})


def recorded_at() -> Any:
    """When the database wrote the row: an audit column, never the business clock."""
    return Field(
        default=None,
        nullable=False,
        sa_type=UTCDateTime,
        sa_column_kwargs={"server_default": func.now()},
    )
