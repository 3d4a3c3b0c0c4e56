"""Methods about places: points, live locations, venues and contacts."""

from __future__ import annotations

from typing import Any

from local.simulators.telegram.content import checked_chat, place, publish, required
from local.simulators.telegram.errors import bad
from local.simulators.telegram.methods.editing import TARGET, editable, rewrite
from local.simulators.telegram.parameters import COMMON, Method, method
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

SHORTEST_LIVE_SECONDS, LONGEST_LIVE_SECONDS = 60, 86_400
FOREVER_LIVE = 0x7FFFFFFF


def _point(params: Json) -> Json:
    period = params.get("live_period")
    if period is None:
        return place(params)
    if period != FOREVER_LIVE and not SHORTEST_LIVE_SECONDS <= period <= LONGEST_LIVE_SECONDS:
        raise bad("wrong live location period specified")
    names = ("live_period", "heading", "proximity_alert_radius")
    return {**place(params), **present(**{name: params.get(name) for name in names})}


def send_location(stand: Stand, params: Json) -> Json:
    """Send a point on the map, or one that will move for `live_period` seconds."""
    checked_chat(stand, params)
    return publish(stand, params, {"location": _point(params)})


def is_live(stand: Stand, body: Json) -> bool:
    """Say whether a message's location may still move."""
    period = body.get("location", {}).get("live_period")
    if period is None:
        return False
    return bool(period == FOREVER_LIVE or stand.clock.now() <= body["date"] + period)


def _live(stand: Stand, params: Json) -> Json:
    old = editable(stand, params)
    if not is_live(stand, old):
        raise bad("message can't be edited")
    return old


def edit_message_live_location(stand: Stand, params: Json) -> Json:
    """Move a live location."""
    old = _live(stand, params)
    period = params.get("live_period", old["location"]["live_period"])
    point = _point({**params, "live_period": period})
    return rewrite(stand, params, old, {"location"}, {"location": point})


def stop_message_live_location(stand: Stand, params: Json) -> Json:
    """Leave a live location where it is."""
    old = _live(stand, params)
    point = {name: old["location"][name] for name in ("latitude", "longitude")}
    return rewrite(stand, params, old, {"location"}, {"location": point})


def send_venue(stand: Stand, params: Json) -> Json:
    """Send a point with a name and an address."""
    checked_chat(stand, params)
    location = place(params)
    venue: dict[str, Any] = {
        "location": location,
        "title": required(params, "title"),
        "address": required(params, "address"),
    }
    return publish(stand, params, {"location": location, "venue": venue})


def send_contact(stand: Stand, params: Json) -> Json:
    """Send a telephone number with a name."""
    checked_chat(stand, params)
    contact = present(
        phone_number=required(params, "phone_number"),
        first_name=required(params, "first_name"),
        last_name=params.get("last_name"),
        vcard=params.get("vcard"),
    )
    return publish(stand, params, {"contact": contact})


POINT = "latitude:float longitude:float"
LIVE = "horizontal_accuracy:float live_period:int heading:int proximity_alert_radius:int"
METHODS: list[Method] = [
    method("sendLocation", f"chat_id:chat {POINT} {LIVE} {COMMON}", send_location, is_limited=True),
    method(
        "editMessageLiveLocation",
        f"{TARGET} {POINT} {LIVE} reply_markup:json",
        edit_message_live_location,
        is_limited=True,
    ),
    method(
        "stopMessageLiveLocation",
        f"{TARGET} reply_markup:json",
        stop_message_live_location,
        is_limited=True,
    ),
    method(
        "sendVenue",
        f"chat_id:chat {POINT} title:str address:str foursquare_id:str foursquare_type:str"
        f" google_place_id:str google_place_type:str {COMMON}",
        send_venue,
        is_limited=True,
    ),
    method(
        "sendContact",
        f"chat_id:chat phone_number:str first_name:str last_name:str vcard:str {COMMON}",
        send_contact,
        is_limited=True,
    ),
]
