"""The twelve invariants of money as queries, over the books and the mirror of the provider."""

from typing import Any

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run

# Each capture and each refund in the books with the provider's id of what it tells of.
_CAPTURES = """
    SELECT j.id, CASE WHEN j.source = 'provider' THEN j.source_id ELSE a.provider_id END
           AS provider_id, sum(e.debit_kopecks) AS kopecks
    FROM journals j
    JOIN entries e ON e.journal_id = j.id AND e.account = 'psp:clearing'
    LEFT JOIN payment_attempts a ON a.order_id = j.order_id
        AND a.order_id::text || ':' || a.number = j.source_id
    WHERE j.kind = 'captured'
    GROUP BY j.id, a.provider_id
"""
_REFUNDS = """
    SELECT CASE WHEN j.source = 'external' THEN j.source_id ELSE f.provider_id END AS provider_id,
           sum(e.credit_kopecks) AS kopecks
    FROM journals j
    JOIN entries e ON e.journal_id = j.id AND e.account = 'psp:clearing'
    LEFT JOIN refunds f ON f.order_id = j.order_id
        AND f.order_id::text || ':' || f.attempt || ':' || f.seq = j.source_id
    WHERE j.kind = 'refund_succeeded'
    GROUP BY j.id, f.provider_id
"""
# A payment's own word and its refunds' words may be of different age; both only ever grow.
_RETURNED = """
    SELECT p.id, p.amount_kopecks, coalesce(p.income_kopecks, p.amount_kopecks) AS income,
           greatest(p.refunded_kopecks, coalesce(sum(f.amount_kopecks), 0)) AS refunded
    FROM provider_objects p
    LEFT JOIN provider_objects f
        ON f.payment_id = p.id AND f.kind = 'refund' AND f.status = 'succeeded'
    WHERE p.kind = 'payment' AND p.status = 'succeeded'
    GROUP BY p.id
"""

_STATEMENTS: dict[str, str] = {
    "M1 every journal balances": """
        SELECT j.id AS journal_id, sum(e.debit_kopecks) AS debit, sum(e.credit_kopecks) AS credit
        FROM journals j LEFT JOIN entries e ON e.journal_id = j.id GROUP BY j.id
        HAVING sum(e.debit_kopecks) IS DISTINCT FROM sum(e.credit_kopecks) OR count(e.id) < 2
    """,
    "M2 debits equal credits": """
        SELECT sum(debit_kopecks) AS debit, sum(credit_kopecks) AS credit FROM account_balances
        HAVING sum(debit_kopecks) <> sum(credit_kopecks)
            OR sum(pending_debit_kopecks) <> sum(pending_credit_kopecks)
    """,
    "M3 the books are append-only": """
        SELECT wanted.name AS table_name FROM (VALUES ('journals'), ('entries')) AS wanted(name)
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_trigger t WHERE t.tgrelid = wanted.name::regclass
            AND t.tgname = 'refuse_change' AND t.tgenabled IN ('O', 'A'))
    """,
    "M4 an event is posted once": """
        SELECT source, source_id, kind, count(*) AS times FROM journals
        GROUP BY source, source_id, kind HAVING count(*) > 1
    """,
    "M5 nothing is overdrawn": """
        SELECT account, available_kopecks FROM account_balances
        WHERE available_kopecks < 0 AND (account = 'suspense'
            OR account LIKE 'order:%:deposit' OR account LIKE 'contractor:%:payable'
            OR account LIKE 'client:%:credit')
    """,
    "M6 refunds do not exceed what was captured": """
        SELECT order_id, captured_kopecks, refunded_kopecks, refund_pending_kopecks
        FROM order_money WHERE refunded_kopecks + refund_pending_kopecks > captured_kopecks
        UNION ALL
        -- Nor those of one payment, though another payment of the order has more.
        SELECT a.order_id, a.amount_kopecks,
               coalesce(sum(f.amount_kopecks) FILTER (WHERE f.state = 'succeeded'), 0),
               coalesce(sum(f.amount_kopecks) FILTER (WHERE f.state <> 'succeeded'), 0)
        FROM payment_attempts a
        JOIN refunds f ON f.order_id = a.order_id AND f.attempt = a.number AND f.state <> 'failed'
        GROUP BY a.order_id, a.number
        HAVING sum(f.amount_kopecks)
            > CASE WHEN a.state = 'captured' THEN a.amount_kopecks ELSE 0 END
    """,
    "M7 a closed order holds nothing": """
        SELECT o.id AS order_id, b.posted_kopecks, b.with_pending_kopecks
        FROM orders o JOIN account_balances b ON b.account = 'order:' || o.id || ':deposit'
        WHERE o.money_closed_at IS NOT NULL
          AND (b.posted_kopecks <> 0 OR b.pending_debit_kopecks <> 0
               OR b.pending_credit_kopecks <> 0)
    """,
    "M8 the clearing account is what the provider owes us": """
        WITH returned AS ({returned}),
        theirs AS (
            SELECT coalesce((SELECT sum(income - refunded) FROM returned), 0)
                 - coalesce((SELECT sum(amount_kopecks) FROM provider_objects
                             WHERE kind = 'chargeback' AND status = 'succeeded'), 0) AS kopecks
        ),
        ours AS (
            -- What the provider has paid out to the bank is no longer with it.
            SELECT coalesce(sum(e.debit_kopecks - e.credit_kopecks) FILTER (
                WHERE j.kind <> 'registered'), 0) AS kopecks
            FROM entries e JOIN journals j ON j.id = e.journal_id
            WHERE e.account = 'psp:clearing' AND j.phase = 'posted'
        )
        SELECT ours.kopecks AS ours, theirs.kopecks AS theirs FROM ours, theirs
        WHERE ours.kopecks <> theirs.kopecks
    """,
    "M9 a reservation is resolved once, by one that fits": """
        SELECT r.id AS journal_id, r.resolves_id FROM journals r
        JOIN journals p ON p.id = r.resolves_id
        WHERE p.phase <> 'pending' OR r.phase = 'pending'
           OR (SELECT count(*) FROM journals x WHERE x.resolves_id = p.id) > 1
           OR (SELECT sum(debit_kopecks) FROM entries WHERE journal_id = r.id)
            > (SELECT sum(debit_kopecks) FROM entries WHERE journal_id = p.id)
    """,
    "M10 what the provider captured is captured once in the books": """
        WITH captures AS ({captures})
        SELECT coalesce(p.id, c.provider_id) AS provider_id, max(p.amount_kopecks) AS theirs,
               sum(c.kopecks) AS ours, count(c.id) AS journals
        FROM (SELECT id, amount_kopecks FROM provider_objects
              WHERE kind = 'payment' AND status = 'succeeded') p
        FULL JOIN captures c ON c.provider_id = p.id
        GROUP BY coalesce(p.id, c.provider_id)
        HAVING count(c.id) <> 1 OR max(p.amount_kopecks) IS DISTINCT FROM sum(c.kopecks)
    """,
    "M11 what the provider returned is returned in the books": """
        WITH returned AS ({returned}),
        posted AS (
            SELECT o.payment_id, sum(r.kopecks) AS refunded FROM ({refunds}) r
            LEFT JOIN provider_objects o ON o.id = r.provider_id GROUP BY o.payment_id
        )
        SELECT coalesce(t.id, ours.payment_id) AS payment_id, t.refunded AS theirs,
               ours.refunded AS ours
        FROM returned t FULL JOIN posted ours ON ours.payment_id = t.id
        WHERE coalesce(t.refunded, 0) <> coalesce(ours.refunded, 0)
    """,
    "M12 an order's books give its money": """
        SELECT m.order_id, m.captured_kopecks, a.captured, m.held_kopecks, a.held,
               m.refunded_kopecks, coalesce(f.refunded, 0) AS refunded, o.money
        FROM order_money m
        JOIN orders o ON o.id = m.order_id
        LEFT JOIN (
            SELECT order_id, sum(amount_kopecks) FILTER (WHERE state = 'captured') AS captured,
                   sum(amount_kopecks) FILTER (WHERE state = 'held') AS held
            FROM payment_attempts GROUP BY order_id
        ) a ON a.order_id = m.order_id
        LEFT JOIN (
            SELECT order_id,
                   sum(amount_kopecks) FILTER (WHERE state = 'succeeded') AS refunded,
                   sum(amount_kopecks) FILTER (WHERE state IN ('requested', 'pending')) AS pending
            FROM refunds GROUP BY order_id
        ) f ON f.order_id = m.order_id
        WHERE m.captured_kopecks <> coalesce(a.captured, 0)
           OR m.held_kopecks <> coalesce(a.held, 0)
           OR m.refunded_kopecks <> coalesce(f.refunded, 0)
           OR m.refund_pending_kopecks <> coalesce(f.pending, 0)
           OR m.captured_kopecks <> coalesce((o.money->>'captured_kopecks')::bigint, 0)
           OR m.held_kopecks <> coalesce((o.money->>'held_kopecks')::bigint, 0)
           OR m.refunded_kopecks <> coalesce((o.money->>'refunded_kopecks')::bigint, 0)
    """,
}

_PARTS = {"{captures}": _CAPTURES, "{refunds}": _REFUNDS, "{returned}": _RETURNED}


def _whole(statement: str) -> str:
    for name, part in _PARTS.items():
        statement = statement.replace(name, part)
    return statement


INVARIANTS: dict[str, str] = {name: _whole(one) for name, one in _STATEMENTS.items()}
"""Each SELECT returns the rows that break it; none means that it holds."""


async def violations(session: AsyncSession) -> dict[str, list[dict[str, Any]]]:
    """The broken invariants of money with the rows that break them; empty when all is well.

    M8, M10 and M11 compare with the mirror: what the provider was last seen to say.
    """
    broken: dict[str, list[dict[str, Any]]] = {}
    for name, statement in INVARIANTS.items():
        rows = (await run(session, text(statement.replace(":", r"\:")))).mappings().all()
        if rows:
            broken[name] = [dict(row) for row in rows]
    return broken
