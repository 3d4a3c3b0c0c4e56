"""Offers, and why they went to whom."""

from dataclasses import dataclass, field

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from models.offers import DispatchDecisionRow, DispatchExclusionRow, OfferRow
from models.orders import OrderRow
from models.queries.orders import is_order, offer_of
from models.queries.plain import run
from rules.catalog import ServiceType
from rules.views import OfferView


@dataclass(frozen=True)
class Dispatch:
    """Everything that distribution decided about one order, in the order it was decided."""

    offers: list[OfferRow] = field(default_factory=list)
    decisions: list[DispatchDecisionRow] = field(default_factory=list)
    exclusions: list[DispatchExclusionRow] = field(default_factory=list)


async def offer_view(
    session: AsyncSession, order: str | int, contractor_id: int
) -> OfferView | None:
    """A contractor's newest offer of an order (by id or number)."""
    statement = (
        select(OfferRow)
        .join(OrderRow, col(OrderRow.id) == col(OfferRow.order_id))
        .where(is_order(order), col(OfferRow.contractor_id) == contractor_id)
        .order_by(col(OfferRow.round).desc())
        .limit(1)
    )
    found = (await session.exec(statement)).one_or_none()
    return offer_of(found) if found is not None else None


async def order_offers(session: AsyncSession, order_id: str) -> Dispatch:
    """All offers, ranked candidates and counted exclusions of an order."""
    offers = await session.exec(
        select(OfferRow)
        .where(col(OfferRow.order_id) == order_id)
        .order_by(col(OfferRow.round), col(OfferRow.wave), col(OfferRow.rank))
    )
    decisions = await session.exec(
        select(DispatchDecisionRow)
        .where(col(DispatchDecisionRow.order_id) == order_id)
        .order_by(
            col(DispatchDecisionRow.round),
            col(DispatchDecisionRow.wave),
            col(DispatchDecisionRow.rank),
        )
    )
    exclusions = await session.exec(
        select(DispatchExclusionRow)
        .where(col(DispatchExclusionRow.order_id) == order_id)
        .order_by(
            col(DispatchExclusionRow.round),
            col(DispatchExclusionRow.wave),
            col(DispatchExclusionRow.reason),
        )
    )
    return Dispatch(list(offers), list(decisions), list(exclusions))


_OPEN_SEARCHES = text(
    """
    SELECT o.id::text
    FROM contractor_services s
    JOIN contractors c ON c.id = s.contractor_id
    JOIN orders o ON o.service_type = s.service_type AND o.state = 'searching'
    WHERE s.contractor_id = :contractor_id AND s.active
      AND c.busy + c.held < c.capacity AND o.client_id <> c.user_id
      AND covers(s.cov, o.latitude, o.longitude)
      AND haversine_km(s.latitude, s.longitude, o.latitude, o.longitude)
          <= 1.006 * farthest_km(s.radius_km, s.farther_ok)
      AND NOT EXISTS (
          SELECT 1 FROM offers f WHERE f.order_id = o.id AND f.contractor_id = c.id)
    ORDER BY o.state_since, o.number
    LIMIT :limit
    """
)

_NEARBY = {
    service_type: text(
        f"""
        SELECT count(*) FROM contractor_services s
        WHERE s.active AND s.service_type = '{service_type.value}'
          AND covers(s.cov, :latitude, :longitude)
          AND haversine_km(s.latitude, s.longitude, :latitude, :longitude) <= 1.006 * s.radius_km
        """  # noqa: S608 - the word comes from our own enum
    )
    for service_type in ServiceType
}


async def open_searches_covering(
    session: AsyncSession, contractor_id: int, limit: int = 50
) -> list[str]:
    """Ids of orders that look for somebody here and were never offered to him, oldest first."""
    found = await run(session, _OPEN_SEARCHES, {"contractor_id": contractor_id, "limit": limit})
    return list(found.scalars())


async def nearby_contractors_count(
    session: AsyncSession, latitude: float, longitude: float, service_type: ServiceType
) -> int:
    """How many contractors on line reach this place with this service."""
    place = {"latitude": latitude, "longitude": longitude}
    return int((await run(session, _NEARBY[service_type], place)).scalar_one())
