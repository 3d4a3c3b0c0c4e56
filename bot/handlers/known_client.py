"""What is known of a client and of his draft: phone, last place, price, crews near."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from bot.dialogue import Draft, Flow, Step
from bot.order_dialogue import Known
from bot.screen import Facts
from bot.visit import Visit
from models.orders import OrderRequestRow, Precision
from models.queries.offers import nearby_contractors_count
from rules.catalog import Service
from rules.geo import english_name
from rules.money import prepayment

_MOSCOW_MINUTES = 180


async def known_client(visit: Visit) -> Known:
    """The phone and the place of the last order; nothing of a person who is new."""
    newest = (
        select(OrderRequestRow)
        .where(col(OrderRequestRow.client_id) == visit.user.id)
        .order_by(col(OrderRequestRow.created_at).desc())
        .limit(1)
    )
    async with visit.desk.database.reading() as session:
        last = (await session.exec(newest)).one_or_none()
    has_phone = visit.user.phone is not None
    if last is None:
        return Known(has_phone)
    called = visit.desk.places.find(f"{last.town}, {last.region}")
    town_en = english_name(last.town, last.region, called)
    return Known(has_phone, {**_place_of(last), "town_en": town_en})


def _place_of(last: OrderRequestRow) -> dict[str, Any]:
    return {
        "town": last.town,
        "region": last.region,
        "timezone": "",
        "utc_offset_minutes": last.utc_offset_minutes,
        "latitude": last.latitude,
        "longitude": last.longitude,
        "exact": last.precision is Precision.PIN,
        "is_address": last.precision is Precision.ADDRESS,
        "address": last.address,
    }


def offset_minutes(answers: Any) -> int:
    """The offset from UTC at the place, now; Moscow's when the place says nothing."""
    known = answers.get("utc_offset_minutes")
    if known is not None:
        return int(known)
    zone = answers.get("timezone")
    offset = datetime.now(ZoneInfo(zone)).utcoffset() if zone else None
    return int((offset or timedelta(minutes=_MOSCOW_MINUTES)).total_seconds() // 60)


async def facts_for(visit: Visit, draft: Draft) -> Facts:
    """What a screen tells beyond the draft; the price only where it is shown."""
    offset = timedelta(minutes=offset_minutes(draft.answers))
    today = (datetime.now(UTC) + offset).date()
    if draft.flow is not Flow.ORDER or draft.step not in (Step.PHONE, Step.CHECK):
        return Facts(today)
    service = Service(draft.answers["service"])
    estimate = visit.desk.policy.estimate(service, draft.answers["detail"])
    async with visit.desk.database.reading() as session:
        near = await nearby_contractors_count(
            session,
            draft.answers["latitude"],
            draft.answers["longitude"],
            service.service_type,
        )
    return Facts(today, estimate, prepayment(estimate, visit.desk.policy), near)
