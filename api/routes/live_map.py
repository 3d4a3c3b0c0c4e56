"""`/api/v1/map`: open orders, contractors' circles and live offers as GeoJSON, for support."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.deps import Caller, services_of
from api.security import may
from models.queries import live_map
from models.queries.live_map import MapContractor, MapOffer, MapOrder
from rules.geo import coarse
from texts.formatting import contractor_number, order_number

Support = Annotated[Caller, Depends(may("support"))]
router = APIRouter(prefix="/api/v1", tags=["map"])


class Geometry(BaseModel):
    """A point or a line; longitude before latitude, as GeoJSON wants it."""

    type: Literal["Point", "LineString"]
    coordinates: list[Any]


class Feature(BaseModel):
    """`properties.kind` is order, contractor (with `radius_km`) or offer."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: Geometry
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    """The map; `truncated` says that there was more than it holds."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]
    truncated: bool = Field(description="At most 500 orders, 2,000 contractors, 1,000 offers")


@router.get("/map", response_model=FeatureCollection)
async def show(request: Request, _: Support) -> JSONResponse:
    """All pins are rounded to about a kilometre: a map names no house."""
    async with services_of(request).database.reading() as session:
        orders = await live_map.open_orders(session)
        crews = await live_map.circles(session)
        offers = await live_map.live_offers(session)
    full = (
        len(orders) == live_map.ORDERS_MAX
        or len(crews) == live_map.CONTRACTORS_MAX
        or len(offers) == live_map.OFFERS_MAX
    )
    features = [*map(_order, orders), *map(_contractor, crews), *map(_offer, offers)]
    shown = FeatureCollection(features=features, truncated=full)
    return JSONResponse(shown.model_dump(mode="json"), media_type="application/geo+json")


def _pin(latitude: float, longitude: float) -> list[float]:
    north, east = coarse(latitude, longitude)
    return [east, north]


def _order(one: MapOrder) -> Feature:
    return Feature(
        id=order_number(one.number),
        geometry=Geometry(type="Point", coordinates=_pin(one.latitude, one.longitude)),
        properties={
            "kind": "order",
            "state": one.state,
            "service": one.service,
            "needs_attention": one.needs_attention,
            "contractor": _crew(one.contractor_id),
            "since": one.state_since.isoformat() if one.state_since else None,
        },
    )


def _crew(contractor_id: int | None) -> str | None:
    return contractor_number(contractor_id) if contractor_id is not None else None


def _contractor(one: MapContractor) -> Feature:
    return Feature(
        id=contractor_number(one.id),
        geometry=Geometry(type="Point", coordinates=_pin(one.latitude, one.longitude)),
        properties={
            "kind": "contractor",
            "online": one.online,
            "radius_km": one.radius_km,
            "capacity": one.capacity,
            "busy": one.busy,
            "held": one.held,
        },
    )


def _offer(one: MapOffer) -> Feature:
    order, crew = order_number(one.number), contractor_number(one.contractor_id)
    ends = [_pin(one.latitude, one.longitude), _pin(one.order_latitude, one.order_longitude)]
    return Feature(
        id=f"{order}:{crew}",
        geometry=Geometry(type="LineString", coordinates=ends),
        properties={
            "kind": "offer",
            "order": order,
            "contractor": crew,
            "wave": one.wave,
            "until": one.until.isoformat(),
        },
    )
