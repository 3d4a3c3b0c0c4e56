"""Where one contractor stood in an order's distribution, in a fixed number of statements."""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run
from rules.explaining import Place
from rules.limits import EXPLAINED_MAX

_RANKED = text("""
    SELECT d.rank, d.score, d.terms, d.chosen, d.explored,
        count(*) OVER w AS ranked,
        count(*) FILTER (WHERE d.chosen) OVER w AS asked,
        bool_or(d.explored) OVER w AS any_explored,
        d.contractor_id = :contractor_id AS is_his,
        coalesce((SELECT f.state FROM offers f WHERE f.order_id = d.order_id
            AND f.round = d.round AND f.contractor_id = d.contractor_id), '') AS became,
        d.round, d.wave
    FROM dispatch_decisions d
    WHERE d.order_id = CAST(:order_id AS uuid)
        AND (d.round, d.wave) = (
            SELECT e.round, e.wave FROM dispatch_decisions e
            WHERE e.order_id = CAST(:order_id AS uuid) AND e.contractor_id = :contractor_id
            ORDER BY e.chosen DESC, e.round DESC, e.wave DESC LIMIT 1)
    WINDOW w AS (PARTITION BY d.order_id)
""")
_EXCLUDED = text("""
    SELECT reason FROM dispatch_exclusions
    WHERE order_id = CAST(:order_id AS uuid) AND :contractor_id = ANY(contractor_ids)
    ORDER BY round DESC, wave DESC LIMIT 1
""")
# Whom no wave has written down by name: what can be said of him as he is now.
_NOW = text("""
    SELECT c.radius_km, CASE
        WHEN s.contractor_id IS NULL THEN 'service'
        WHEN haversine_km(c.latitude, c.longitude, o.latitude, o.longitude)
            > 1.006 * farthest_km(c.radius_km, c.farther_ok) THEN 'out_of_radius'
        WHEN NOT c.online THEN 'off_line'
        ELSE '' END AS reason
    FROM orders o JOIN contractors c ON c.id = :contractor_id
    LEFT JOIN contractor_services s
        ON s.contractor_id = c.id AND s.service_type = o.service_type
    WHERE o.id = CAST(:order_id AS uuid)
""")


async def place_of(session: AsyncSession, order_id: str, contractor_id: int) -> Place:
    """His best standing: a wave that asked him, else one that ranked him, else the reason."""
    values = {"order_id": order_id, "contractor_id": contractor_id}
    rows = (await run(session, _RANKED, values)).mappings().all()
    own = next((row for row in rows if row["is_his"]), None)
    if own is not None:
        return Place(
            rank=own["rank"],
            ranked=own["ranked"],
            asked=own["asked"],
            score=own["score"],
            terms=own["terms"],
            chosen=own["chosen"],
            explored=own["explored"],
            other_explored=own["any_explored"] and not own["explored"],
            became=own["became"],
        )
    now = (await run(session, _NOW, values)).mappings().one_or_none()
    reason = (await run(session, _EXCLUDED, values)).scalar_one_or_none()
    if now is None:
        return Place()
    return Place(reason=reason or now["reason"], radius_km=now["radius_km"])


_BEYOND = text("""
    SELECT c.id, haversine_km(c.latitude, c.longitude, o.latitude, o.longitude) AS km
    FROM orders o
    CROSS JOIN LATERAL (
        SELECT c.* FROM contractors c
        ORDER BY c.base <-> flat(o.latitude, o.longitude) LIMIT :first) c
    JOIN contractor_services s ON s.contractor_id = c.id AND s.service_type = o.service_type
    WHERE o.id = CAST(:order_id AS uuid) AND c.status = 'active' AND NOT c.farther_ok
        AND haversine_km(c.latitude, c.longitude, o.latitude, o.longitude) > c.radius_km
        AND haversine_km(c.latitude, c.longitude, o.latitude, o.longitude)
            <= c.radius_km + :extra_km
    ORDER BY km, c.id LIMIT :shown
""")
BEYOND_SHOWN = 10


async def beyond_reach(
    session: AsyncSession, order_id: str, extra_km: int
) -> list[tuple[int, float]]:
    """Contractors up to so many km too far away who did not agree to farther; id and distance."""
    values = {
        "order_id": order_id,
        "extra_km": extra_km,
        "first": EXPLAINED_MAX,
        "shown": BEYOND_SHOWN,
    }
    return [(row[0], row[1]) for row in await run(session, _BEYOND, values)]
