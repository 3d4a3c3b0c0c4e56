"""Methods that put a new message into a chat."""

from __future__ import annotations

from typing import Any

from local.simulators.telegram.content import (
    checked_chat,
    content_of_caption,
    content_of_text,
    place,
    publish,
    required,
)
from local.simulators.telegram.errors import bad
from local.simulators.telegram.parameters import COMMON, Method, Upload, method
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

COPIED = (
    "text",
    "entities",
    "caption",
    "caption_entities",
    "photo",
    "document",
    "voice",
    "location",
    "venue",
    "contact",
)


def send_message(stand: Stand, params: Json) -> Json:
    """Send a text."""
    checked_chat(stand, params)
    return publish(stand, params, content_of_text(params))


def uploaded(params: Json, name: str, value: Any = None) -> Upload | str:
    """Return the uploaded file of a field, also by `attach://`, or the file id in it."""
    given = params.get(name) if value is None else value
    if isinstance(given, str) and given.startswith("attach://"):
        given = params.get(given.removeprefix("attach://"))
    if given is None or given == "":
        raise bad(f"there is no {name} in the request")
    if isinstance(given, str) and given.startswith(("http://", "https://")):
        # The simulator never goes to the network for a bot.
        raise bad("failed to get HTTP URL content")
    checked: Upload | str = given
    return checked


def photo_content(stand: Stand, given: Upload | str) -> Json:
    """Return the photo part of a message."""
    if isinstance(given, Upload):
        return {"photo": stand.files.keep_photo(given.content)}
    return {"photo": stand.files.photo_sizes(given)}


def document_content(stand: Stand, given: Upload | str) -> Json:
    """Return the document part of a message."""
    if isinstance(given, Upload):
        return {"document": stand.files.keep_document(given.content, given.name, given.mime_type)}
    return {"document": stand.files.document(given)}


def send_photo(stand: Stand, params: Json) -> Json:
    """Send a picture, uploaded or by file id."""
    checked_chat(stand, params)
    content = photo_content(stand, uploaded(params, "photo"))
    return publish(stand, params, {**content, **content_of_caption(params)})


def send_document(stand: Stand, params: Json) -> Json:
    """Send a file, uploaded or by file id."""
    checked_chat(stand, params)
    content = document_content(stand, uploaded(params, "document"))
    return publish(stand, params, {**content, **content_of_caption(params)})


def send_media_group(stand: Stand, params: Json) -> list[Json]:
    """Send an album of 2 to 10 photos or documents."""
    checked_chat(stand, params)
    media = params.get("media")
    if not isinstance(media, list) or not 2 <= len(media) <= 10:
        raise bad("media must contain 2-10 items")
    contents = [_album_item(stand, params, item) for item in media]
    group = {"media_group_id": str(stand.chance.getrandbits(53))}
    return [publish(stand, params, {**group, **content}) for content in contents]


def _album_item(stand: Stand, params: Json, item: Any) -> Json:
    makers = {"photo": photo_content, "document": document_content}
    if not isinstance(item, dict) or item.get("type") not in makers:
        raise bad("can't parse InputMedia: type must be photo or document")
    given = uploaded(params, "media", item.get("media") or "")
    return {**makers[item["type"]](stand, given), **content_of_caption(item)}


def send_location(stand: Stand, params: Json) -> Json:
    """Send a point on the map."""
    checked_chat(stand, params)
    return publish(stand, params, {"location": place(params)})


def send_venue(stand: Stand, params: Json) -> Json:
    """Send a point with a name and an address."""
    checked_chat(stand, params)
    location = place(params)
    venue = {
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


def _source(stand: Stand, params: Json, purpose: str) -> Json:
    source = stand.messages.find(params.get("from_chat_id", 0), params.get("message_id", 0))
    if source is None:
        raise bad(f"message to {purpose} not found")
    return source


def copy_message(stand: Stand, params: Json) -> Json:
    """Send the same content again, without a link to the original."""
    checked_chat(stand, params)
    source = _source(stand, params, "copy")
    content = {name: source[name] for name in COPIED if name in source}
    if "caption" in params and "text" not in content:
        content.pop("caption_entities", None)
        content |= content_of_caption(params)
    return {"message_id": publish(stand, params, content)["message_id"]}


def forward_message(stand: Stand, params: Json) -> Json:
    """Send the same content with its origin."""
    checked_chat(stand, params)
    source = _source(stand, params, "forward")
    content = {name: source[name] for name in COPIED if name in source}
    origin = source.get("forward_origin") or {
        "type": "user",
        "date": source["date"],
        "sender_user": source["from"],
    }
    return publish(stand, params, {**content, "forward_origin": origin})


CAPTION = "caption:str parse_mode:str caption_entities:json show_caption_above_media:bool"
POINT = "latitude:float longitude:float"
METHODS: list[Method] = [
    method(
        "sendMessage",
        f"chat_id:chat text:str parse_mode:str entities:json link_preview_options:json {COMMON}",
        send_message,
        is_limited=True,
    ),
    method(
        "sendPhoto",
        f"chat_id:chat photo:file has_spoiler:bool {CAPTION} {COMMON}",
        send_photo,
        is_limited=True,
    ),
    method(
        "sendDocument",
        "chat_id:chat document:file thumbnail:file disable_content_type_detection:bool"
        f" caption:str parse_mode:str caption_entities:json {COMMON}",
        send_document,
        is_limited=True,
    ),
    method(
        "sendMediaGroup",
        f"chat_id:chat media:json {COMMON.replace('reply_markup:json', '')}",
        send_media_group,
        is_limited=True,
    ),
    method(
        "sendLocation",
        f"chat_id:chat {POINT} horizontal_accuracy:float live_period:int heading:int"
        f" proximity_alert_radius:int {COMMON}",
        send_location,
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
    method(
        "copyMessage",
        f"chat_id:chat from_chat_id:chat message_id:int video_start_timestamp:int {CAPTION}"
        f" {COMMON}",
        copy_message,
        is_limited=True,
    ),
    method(
        "forwardMessage",
        "chat_id:chat from_chat_id:chat message_id:int video_start_timestamp:int"
        " message_thread_id:int direct_messages_topic_id:int disable_notification:bool"
        " protect_content:bool message_effect_id:str suggested_post_parameters:json",
        forward_message,
        is_limited=True,
    ),
]
