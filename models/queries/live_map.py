"""What support sees on a map: open orders, contractors' circles, live offers; one query each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from models.queries.plain import run
from rules.orders import FINAL_STATES

ORDERS_MAX, CONTRACTORS_MAX, OFFERS_MAX = 500, 2_000, 1_000


@dataclass(frozen=True)
class MapOrder:
    """An open order where it lies; the pin is exact, showing it so is the caller's business."""

    number: int
    state: str
    service: str
    latitude: float
    longitude: float
    needs_attention: bool
    contractor_id: int | None
    state_since: datetime | None


@dataclass(frozen=True)
class MapContractor:
    """A contractor's base and circle; capacity counts jobs."""

    id: int
    online: bool
    latitude: float
    longitude: float
    radius_km: float
    capacity: int
    busy: int
    held: int


@dataclass(frozen=True)
class MapOffer:
    """A live offer between an order and a contractor's base."""

    number: int
    contractor_id: int
    until: datetime
    wave: int
    order_latitude: float
    order_longitude: float
    latitude: float
    longitude: float


_ORDERS = text(f"""
    SELECT number, state, service, latitude, longitude, needs_attention, contractor_id, state_since
    FROM orders WHERE state NOT IN ({", ".join(sorted(f"'{one}'" for one in FINAL_STATES))})
    ORDER BY needs_attention DESC, state_since, number LIMIT :limit
""")  # noqa: S608 - our own words only
_CONTRACTORS = text("""
    SELECT id, online, latitude, longitude, radius_km, capacity, busy, held
    FROM contractors WHERE status = 'active' ORDER BY online DESC, id LIMIT :limit
""")
_OFFERS = text("""
    SELECT o.number, f.contractor_id, f.until, f.wave, o.latitude AS order_latitude,
        o.longitude AS order_longitude, c.latitude, c.longitude
    FROM offers f JOIN orders o ON o.id = f.order_id JOIN contractors c ON c.id = f.contractor_id
    WHERE f.state = 'live' ORDER BY f.until, o.number, f.contractor_id LIMIT :limit
""")


async def open_orders(session: AsyncSession) -> list[MapOrder]:
    """Those that need a person first, then the oldest; bounded."""
    found = (await run(session, _ORDERS, {"limit": ORDERS_MAX})).mappings()
    return [MapOrder(**row) for row in found]


async def circles(session: AsyncSession) -> list[MapContractor]:
    """Active contractors, those on line first; bounded."""
    found = (await run(session, _CONTRACTORS, {"limit": CONTRACTORS_MAX})).mappings()
    return [MapContractor(**row) for row in found]


async def live_offers(session: AsyncSession) -> list[MapOffer]:
    """Live offers, the soonest deadline first; bounded."""
    found = (await run(session, _OFFERS, {"limit": OFFERS_MAX})).mappings()
    return [MapOffer(**row) for row in found]
