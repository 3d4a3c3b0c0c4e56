"""What a contractor has taken, by his own clock; the candidate query counts with the same words."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run
from rules.catalog import JobClass
from rules.quotas import OPEN_JOBS, Taken

_LOCAL = """CAST(:now AS timestamptz) AT TIME ZONE 'UTC'
    + make_interval(mins => c.utc_offset_minutes)"""


def _since(unit: str) -> str:
    return f"""((date_trunc('{unit}', {_LOCAL}) - make_interval(mins => c.utc_offset_minutes))
        AT TIME ZONE 'UTC')"""


DAY_START, WEEK_START = _since("day"), _since("week")
# A job that the client did not pay for leaves its place in the quota; a broken promise does not.
ACCEPTED = """f.contractor_id = c.id AND (f.state = 'won' OR (f.state = 'withdrawn'
    AND f.reason <> '')) AND o.id = f.order_id AND o.job_class = :job_class"""
OPEN = f"""o.contractor_id = c.id AND o.job_class = :job_class
    AND o.state IN ({", ".join(f"'{state}'" for state in OPEN_JOBS)})"""

# Most have nothing open and have won nothing this week: they cost no look at other tables. Without
# the word on NULL an unknown answer would look all the same.
REACHED = f"""(
    (c.busy > 0 AND (SELECT count(*) FROM orders o WHERE {OPEN}) >= :open_jobs_max)
    OR (c.last_won_at IS NOT NULL AND c.last_won_at >= {WEEK_START} AND EXISTS (
        SELECT FROM offers f, orders o WHERE {ACCEPTED} AND f.answered_at >= {WEEK_START}
        HAVING count(*) >= CASE WHEN c.completed < :newcomer_jobs
                THEN CAST(:newcomer_per_week AS int) ELSE CAST(:per_week AS int) END
            OR count(*) FILTER (WHERE f.answered_at >= {DAY_START})
                >= CASE WHEN c.completed < :newcomer_jobs
                    THEN CAST(:newcomer_per_day AS int) ELSE CAST(:per_day AS int) END
    ))
)"""  # noqa: S608 - our own words only

_TAKEN = text(
    f"""
    SELECT c.completed,
        (SELECT count(*) FROM offers f, orders o
            WHERE {ACCEPTED} AND f.answered_at >= {DAY_START}) AS today,
        (SELECT count(*) FROM offers f, orders o
            WHERE {ACCEPTED} AND f.answered_at >= {WEEK_START}) AS this_week,
        (SELECT count(*) FROM orders o WHERE {OPEN}) AS open_jobs
    FROM contractors c WHERE c.id = :contractor_id
    """  # noqa: S608 - our own words only
)


async def taken(
    session: AsyncSession, contractor_id: int, job_class: JobClass, now: datetime
) -> Taken:
    """What he has taken; nothing changes meanwhile if his row is locked."""
    values = {"contractor_id": contractor_id, "job_class": job_class.value, "now": now}
    found = (await run(session, _TAKEN, values)).mappings().one()
    return Taken(**found)
