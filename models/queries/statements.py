"""A person's movements and a day's register, read from the journals."""

from datetime import date

from sqlalchemy import TextClause, text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run
from rules.ledger import credit, payable, receivable
from rules.statements import (
    AccountDay,
    DayRegister,
    Movement,
    Owner,
    RegisterLine,
    Side,
    Standing,
    business_day,
)

ROWS_MAX = 100

# What is his: his credit, and in his orders the deposit and money that came too late.
_CLIENT_LINES = """
    SELECT e.journal_id, e.debit_kopecks, e.credit_kopecks FROM entries e
    WHERE e.account = :credit
    UNION ALL
    SELECT e.journal_id, e.debit_kopecks, e.credit_kopecks
    FROM orders o
    JOIN journals j ON j.order_id = o.id
    JOIN entries e ON e.journal_id = j.id
    WHERE o.client_id = :id
      AND e.account IN ('order:' || CAST(o.id AS text) || '\\:deposit', 'suspense')
    UNION ALL
    -- A refund made outside of what others had been given: it came to him and went to his card.
    SELECT e.journal_id, e.debit_kopecks, e.debit_kopecks
    FROM orders o
    JOIN journals j ON j.order_id = o.id AND j.source = 'external'
    JOIN entries e ON e.journal_id = j.id AND e.debit_kopecks > 0
    WHERE o.client_id = :id
      AND e.account NOT IN ('order:' || CAST(o.id AS text) || '\\:deposit', 'suspense')
"""
_CONTRACTOR_LINES = """
    SELECT e.journal_id, e.debit_kopecks, e.credit_kopecks FROM entries e
    WHERE e.account IN (:payable, :receivable)
"""
_MOVEMENTS = """
    WITH his AS ({lines}), moves AS (
        SELECT j.id, j.effective_at, j.kind, j.order_id,
            (sum(h.credit_kopecks) - sum(h.debit_kopecks))::bigint AS amount,
            greatest(sum(h.credit_kopecks), sum(h.debit_kopecks))::bigint AS moved
        FROM his h JOIN journals j ON j.id = h.journal_id
        WHERE j.phase = 'posted' GROUP BY j.id
    ), told AS (
        SELECT m.*, (sum(m.amount) OVER (ORDER BY m.id))::bigint AS balance FROM moves m
    )
    SELECT t.id, t.effective_at, t.kind, o.number, t.amount, t.moved, t.balance
    FROM told t LEFT JOIN orders o ON o.id = t.order_id
    WHERE t.id < :before ORDER BY t.id DESC LIMIT :limit
"""
_STANDING = """
    WITH his AS ({lines})
    SELECT (coalesce(sum(h.credit_kopecks - h.debit_kopecks), 0))::bigint
    FROM his h JOIN journals j ON j.id = h.journal_id WHERE j.phase = 'posted'
"""
_AVAILABLE = text(
    "SELECT available_kopecks(:account)::bigint, (-available_kopecks(:debts))::bigint"
)
_ACCOUNTS = text(
    """
    SELECT e.account,
        (coalesce(sum(e.debit_kopecks - e.credit_kopecks)
            FILTER (WHERE j.effective_at < :start), 0))::bigint,
        (coalesce(sum(e.debit_kopecks) FILTER (WHERE j.effective_at >= :start), 0))::bigint,
        (coalesce(sum(e.credit_kopecks) FILTER (WHERE j.effective_at >= :start), 0))::bigint
    FROM entries e JOIN journals j ON j.id = e.journal_id
    WHERE j.phase = 'posted' AND j.effective_at < :ends
    GROUP BY e.account ORDER BY e.account
    """
)
_LINES = text(
    """
    SELECT j.id, j.effective_at, j.kind, o.number, e.account, e.debit_kopecks, e.credit_kopecks
    FROM journals j JOIN entries e ON e.journal_id = j.id LEFT JOIN orders o ON o.id = j.order_id
    WHERE j.phase = 'posted' AND j.effective_at >= :start AND j.effective_at < :ends
    ORDER BY j.id, e.id
    """
)
_BEFORE_ALL = 2**62


def _his(statement: str, owner: Owner) -> tuple[TextClause, dict[str, object]]:
    if owner.side is Side.CLIENT:
        values: dict[str, object] = {"credit": credit(owner.id), "id": owner.id}
        return text(statement.format(lines=_CLIENT_LINES)), values
    values = {"payable": payable(owner.id), "receivable": receivable(owner.id)}
    return text(statement.format(lines=_CONTRACTOR_LINES)), values


async def movements(
    session: AsyncSession, owner: Owner, *, before: int | None = None, limit: int = 20
) -> list[Movement]:
    """A person's movements, newest first; `before` is the last id of the page before."""
    statement, values = _his(_MOVEMENTS, owner)
    page = {"before": before or _BEFORE_ALL, "limit": min(limit, ROWS_MAX + 1)}
    found = await run(session, statement, {**values, **page})
    return [Movement(*row) for row in found]


async def all_movements(session: AsyncSession, owner: Owner) -> list[Movement]:
    """The whole statement, oldest first, for a file."""
    statement, values = _his(_MOVEMENTS, owner)
    found = await run(session, statement, {**values, "before": _BEFORE_ALL, "limit": None})
    return [Movement(*row) for row in found][::-1]


async def standing(session: AsyncSession, owner: Owner) -> Standing:
    """What a person has with us now; zeros for somebody the books do not know."""
    statement, values = _his(_STANDING, owner)
    balance = (await run(session, statement, values)).scalar_one()
    account = credit(owner.id) if owner.side is Side.CLIENT else payable(owner.id)
    debts = receivable(owner.id) if owner.side is Side.CONTRACTOR else ""
    found = await run(session, _AVAILABLE, {"account": account, "debts": debts})
    available, owed = found.one()
    return Standing(balance, available, owed)


async def day_register(session: AsyncSession, day: date) -> DayRegister:
    """A business day by account and journal, as the books stand now."""
    start, ends = business_day(day)
    values = {"start": start, "ends": ends}
    accounts = [AccountDay(*row) for row in await run(session, _ACCOUNTS, values)]
    lines = [RegisterLine(*row) for row in await run(session, _LINES, values)]
    moved = [one for one in accounts if one.opening_kopecks or one.debit_kopecks
             or one.credit_kopecks]  # fmt: skip
    return DayRegister(day, tuple(moved), tuple(lines))
