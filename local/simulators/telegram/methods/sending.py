"""Methods that put a new message into a chat."""

from __future__ import annotations

from typing import Any

from local.simulators.telegram.content import (
    checked_chat,
    content_of_caption,
    content_of_text,
    publish,
)
from local.simulators.telegram.errors import bad
from local.simulators.telegram.parameters import COMMON, Method, Upload, method
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand


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


CAPTION = "caption:str parse_mode:str caption_entities:json show_caption_above_media:bool"
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
]
