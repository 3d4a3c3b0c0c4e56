"""From a request body to the rows that a workflow starts from: the place, the client, the job."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.deps import Caller, Places
from api.problems import Problem, invalid
from api.schemas import ContactIn, OrderIn, PlaceIn
from models.orders import OrderRequestRow, Precision, Source
from models.queries.plain import run
from models.users import UserRow
from rules.errors import BadTime
from rules.geo import FAR_FROM_ANY_PLACE_KM, Place, is_plausible
from rules.geocoding import Exactness, spots
from rules.geocoding import Spot as Address
from rules.limits import WISH_DAYS_MAX
from rules.policy import Policy
from texts.language import Language
from workflows.messages import OrderInput

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")


@dataclass(frozen=True)
class Spot:
    """A resolved place: the town, the point, and the zone of its clock in minutes."""

    place: Place
    latitude: float
    longitude: float
    precision: Precision
    utc_offset_minutes: int


async def resolve(asked: PlaceIn, places: Places, now: datetime) -> Spot:
    """The town and the point of a place; a geocoder that does not answer leaves the town.

    Raises:
        Problem: 422: unknown, ambiguous (with the choices), or far from everything.
    """
    if asked.latitude is not None and asked.longitude is not None:
        place = _town_of_pin(asked, asked.latitude, asked.longitude, places)
        return _spot(place, (asked.latitude, asked.longitude), Precision.PIN, now)
    found = places.find(asked.address or "")
    address = await _address(asked, places, found, now)
    if address is not None:
        point = (address.found.latitude, address.found.longitude)
        is_town = address.found.exactness is Exactness.TOWN
        precision = Precision.TOWN if is_town else Precision.ADDRESS
        return _spot(address.place, point, precision, now)
    if not found:
        raise invalid("/place/address", "No such town is known; send latitude and longitude.")
    if len(found) > 1:
        choices = [
            {"name": one.name_ru, "name_en": one.name_en, "region": one.region_ru} for one in found
        ]
        raise invalid("/place/address", "Several towns have this name.", choices=choices)
    town = found[0]
    return _spot(town, (town.latitude, town.longitude), Precision.TOWN, now)


async def _address(
    asked: PlaceIn, places: Places, towns: list[Place], now: datetime
) -> Address | None:
    """What the geocoder has found, if it is one thing."""
    words = asked.address or ""
    if places.addresses is None or places.is_town_only(words):
        return None
    found = await places.addresses.find(words, Language.RU.value, now)
    shown = spots(found, towns, places.nearest)
    if len(shown) > 1:
        choices = [{"name": one.found.label} for one in shown]
        raise invalid("/place/address", "Several addresses are meant.", choices=choices)
    if shown and shown[0].is_doubtful and not asked.far_confirmed:
        raise invalid(
            "/place/address",
            "The address is far from every known place; send far_confirmed if it is meant.",
            nearest=shown[0].place.name_ru,
            distance_km=round(shown[0].distance_km),
        )
    return shown[0] if shown else None


def _town_of_pin(asked: PlaceIn, latitude: float, longitude: float, places: Places) -> Place:
    if not is_plausible(latitude, longitude):
        raise invalid("/place", "This pin is no place.")
    place, distance_km = places.nearest(latitude, longitude)
    if distance_km > FAR_FROM_ANY_PLACE_KM and not asked.far_confirmed:
        raise invalid(
            "/place",
            "The pin is far from every known place; send far_confirmed if it is meant.",
            nearest=place.name_ru,
            distance_km=round(distance_km),
        )
    return place


def _spot(place: Place, point: tuple[float, float], precision: Precision, now: datetime) -> Spot:
    offset = now.astimezone(ZoneInfo(place.timezone)).utcoffset() or timedelta()
    return Spot(place, *point, precision, round(offset.total_seconds() / 60))


def check_wish(order: OrderIn, spot: Spot, now: datetime) -> None:
    """The wished day lies between today and 60 days ahead, at the place.

    Raises:
        Problem: 422, it does not.
    """
    if order.wish_day is None:
        return
    today = (now + timedelta(minutes=spot.utc_offset_minutes)).date()
    if not 0 <= (order.wish_day - today).days <= WISH_DAYS_MAX:
        said = "The wished day is past or too far ahead."
        raise invalid("/wish_day", said, code=BadTime.__name__)


def mark(caller: Caller) -> str:
    """How a caller's clients are marked; no Telegram user name contains a colon."""
    return f"api:{caller.name}"


async def client_of(session: AsyncSession, caller: Caller, contact: ContactIn) -> int:
    """The id of this caller's client with this phone; one client however often it is asked.

    Separate from Telegram's users: nobody has shown that the number is his.
    """
    await run(session, _LOCK, {"key": f"{mark(caller)}:{contact.phone}"})
    found = await session.exec(
        select(col(UserRow.id))
        .where(
            col(UserRow.username) == mark(caller),
            col(UserRow.telegram_id).is_(None),
            col(UserRow.phone) == contact.phone,
            col(UserRow.erased_at).is_(None),
        )
        .order_by(col(UserRow.id))
        .limit(1)
    )
    client_id = found.first()
    if client_id is not None:
        return client_id
    made = await session.exec(
        insert(UserRow)
        .values(username=mark(caller), first_name=contact.name, phone=contact.phone, language="ru")
        .returning(col(UserRow.id))
    )
    return int(made.scalar_one())


async def write_request(
    session: AsyncSession, order_id: str, client_id: int, order: OrderIn, spot: Spot
) -> None:
    """Everything personal, in a row that the workflow knows by id only; written once."""
    await session.exec(
        insert(OrderRequestRow)
        .values(
            id=order_id,
            client_id=client_id,
            service=order.service,
            detail=order.detail,
            town=spot.place.name_ru,
            region=spot.place.region_ru,
            utc_offset_minutes=spot.utc_offset_minutes,
            latitude=spot.latitude,
            longitude=spot.longitude,
            precision=spot.precision,
            address=order.place.address,
            comment=order.comment,
            wish_day=order.wish_day,
            source=Source.API,
        )
        .on_conflict_do_nothing()
    )


async def order_input(session: AsyncSession, order_id: str, policy: Policy) -> OrderInput:
    """What the workflow starts with, read back from the row: the first request counts.

    Raises:
        Problem: 503 if the row is not there (its transaction is not over yet).
    """
    row = await session.get(OrderRequestRow, order_id)
    if row is None:
        raise Problem(503, "Unavailable", retry=1)
    return OrderInput(
        order_id=order_id,
        request_id=order_id,
        client_id=row.client_id,
        service=row.service,
        detail=row.detail,
        town=row.town,
        region=row.region,
        utc_offset_minutes=row.utc_offset_minutes,
        policy=policy,
        wish_day=row.wish_day,
    )


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
