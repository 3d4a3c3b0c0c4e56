"""Adding words to the check of a TEXT column that holds the members of an enum."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op


def allow(table: str, column: str, *words: str) -> None:
    """The column may hold these words, too."""
    _replace(table, column, lambda known: [*known, *(one for one in words if one not in known)])


def forbid(table: str, column: str, *words: str) -> None:
    """The column may not hold these words any more; fails if a row does."""
    _replace(table, column, lambda known: [one for one in known if one not in words])


def _replace(table: str, column: str, change: Callable[[list[str]], list[str]]) -> None:
    name = f"ck_{table}_{column}_known"
    definition = op.get_bind().scalar(
        sa.text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name"),
        {"name": name},
    )
    if definition is None:
        raise LookupError(f"there is no check {name}")
    known = re.findall(r"'([^']+)'::text", str(definition))
    listed = ", ".join(f"'{word}'" for word in change(known))
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, f"{column} IN ({listed})")
