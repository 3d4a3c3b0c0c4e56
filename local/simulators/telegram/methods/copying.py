"""Methods that send again what is already in some chat."""

from __future__ import annotations

from typing import Any

from local.simulators.telegram.content import checked_chat, content_of_caption, publish
from local.simulators.telegram.errors import bad
from local.simulators.telegram.methods.sending import CAPTION
from local.simulators.telegram.parameters import COMMON, Method, method
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand

COPIED = (
    *("text", "entities", "caption", "caption_entities", "photo", "document", "voice"),
    *("location", "venue", "contact"),
)
PURPOSES = {"copy": "copied", "forward": "forwarded"}
MOST_AT_ONCE = 100


def _content(stand: Stand, params: Json, purpose: str) -> tuple[Json, Json]:
    """Return a message and what of it can be sent on."""
    source = stand.messages.find(params.get("from_chat_id", 0), params.get("message_id", 0))
    if source is None:
        raise bad(f"message to {purpose} not found")
    content = {name: source[name] for name in COPIED if name in source}
    if not content or source.get("has_protected_content"):
        raise bad(f"message can't be {PURPOSES[purpose]}")
    return source, content


def copy_message(stand: Stand, params: Json) -> Json:
    """Send the same content again, without a link to the original."""
    checked_chat(stand, params)
    _, content = _content(stand, params, "copy")
    if "caption" in params and "text" not in content:
        content.pop("caption_entities", None)
        content |= content_of_caption(params)
    return {"message_id": publish(stand, params, content)["message_id"]}


def origin_of(body: Json) -> Json:
    """Return where a message comes from in the first place."""
    first: Json | None = body.get("forward_origin")
    return first or {"type": "user", "date": body["date"], "sender_user": body["from"]}


def forward_message(stand: Stand, params: Json) -> Json:
    """Send the same content with its origin."""
    checked_chat(stand, params)
    source, content = _content(stand, params, "forward")
    return publish(stand, params, {**content, "forward_origin": origin_of(source)})


def _numbers(stand: Stand, params: Json, purpose: str) -> list[Any]:
    checked_chat(stand, params)
    numbers = params.get("message_ids")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= MOST_AT_ONCE:
        raise bad("message identifiers are not specified")
    from_chat = params.get("from_chat_id", 0)
    found = [number for number in numbers if stand.messages.find(from_chat, number)]
    if not found:
        # Those that cannot be found are skipped, unless it is all of them.
        raise bad(f"messages to {purpose} not found")
    return found


def copy_messages(stand: Stand, params: Json) -> list[Json]:
    """Send several messages again, in their order."""
    numbers = _numbers(stand, params, "copy")
    without = {"caption": ""} if params.get("remove_caption") else {}
    asked = {name: value for name, value in params.items() if name != "message_ids"} | without
    return [copy_message(stand, {**asked, "message_id": number}) for number in numbers]


def forward_messages(stand: Stand, params: Json) -> list[Json]:
    """Forward several messages, in their order."""
    numbers = _numbers(stand, params, "forward")
    asked = {name: value for name, value in params.items() if name != "message_ids"}
    sent = [forward_message(stand, {**asked, "message_id": number}) for number in numbers]
    return [{"message_id": one["message_id"]} for one in sent]


SEVERAL = (
    "chat_id:chat from_chat_id:chat message_ids:json message_thread_id:int"
    " direct_messages_topic_id:int disable_notification:bool protect_content:bool"
)
METHODS: list[Method] = [
    method(
        "copyMessage",
        f"chat_id:chat from_chat_id:chat message_id:int video_start_timestamp:int {CAPTION}"
        f" {COMMON}",
        copy_message,
        is_limited=True,
    ),
    method("copyMessages", f"{SEVERAL} remove_caption:bool", copy_messages, is_limited=True),
    method(
        "forwardMessage",
        "chat_id:chat from_chat_id:chat message_id:int video_start_timestamp:int"
        " message_thread_id:int direct_messages_topic_id:int disable_notification:bool"
        " protect_content:bool message_effect_id:str suggested_post_parameters:json",
        forward_message,
        is_limited=True,
    ),
    method("forwardMessages", SEVERAL, forward_messages, is_limited=True),
]
