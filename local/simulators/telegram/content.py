"""What a message may contain: texts, captions, places, reply markup, and its publication."""

from __future__ import annotations

import math
from typing import Any

from local.simulators.telegram.chats import Chat
from local.simulators.telegram.errors import bad
from local.simulators.telegram.keyboards import check_markup
from local.simulators.telegram.markup import ordered, parse_html, trimmed
from local.simulators.telegram.people import Person
from local.simulators.telegram.rendering import with_found_entities
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

LONGEST_TEXT, LONGEST_CAPTION, MOST_ENTITIES = 4096, 1024, 100


def checked_chat(stand: Stand, params: Json) -> Chat:
    """Return the person or the group the bot writes to.

    Raises:
        Refusal: 400 for an unknown chat, 403 for one that the bot cannot write to.
    """
    chat = known_chat(stand, params)
    refusal = chat.refusal()
    if refusal is not None:
        raise refusal
    return chat


def known_chat(stand: Stand, params: Json) -> Chat:
    """Return the chat of `chat_id`, open to the bot or not."""
    if "chat_id" not in params:
        raise bad("chat_id is empty")
    chat = stand.chats.find(params["chat_id"])
    if chat is None:
        raise bad("chat not found")
    return chat


def required(params: Json, name: str) -> Any:
    """Return a parameter that must not be empty."""
    value = params.get(name)
    if value is None or value == "":
        raise bad(f'parameter "{name}" is required')
    return value


def formatted(params: Json, text_name: str, entities_name: str) -> tuple[str, list[Json]]:
    """Return a text and its entities from `parse_mode` or explicit entities."""
    text = params.get(text_name) or ""
    mode = (params.get("parse_mode") or "").lower()
    if mode == "html":
        text, entities = parse_html(text)
    elif mode:
        # Our house writes HTML only; the other modes are not simulated.
        raise bad("unsupported parse_mode")
    else:
        entities = ordered(params.get(entities_name) or [])
    text, entities = trimmed(text, entities)
    return text, with_found_entities(text, entities)[:MOST_ENTITIES]


def content_of_text(params: Json) -> Json:
    """Return the text part of a message."""
    text, entities = formatted(params, "text", "entities")
    if not text:
        raise bad("message text is empty")
    if len(text) > LONGEST_TEXT:
        raise bad("message is too long")
    return present(text=text, entities=entities or None)


def content_of_caption(params: Json) -> Json:
    """Return the caption part of a message; nothing for an empty caption."""
    text, entities = formatted(params, "caption", "caption_entities")
    if len(text) > LONGEST_CAPTION:
        raise bad("message caption is too long")
    return present(caption=text or None, caption_entities=entities or None)


def place(params: Json) -> Json:
    """Return a Location from latitude and longitude in degrees."""
    latitude, longitude = required(params, "latitude"), required(params, "longitude")
    if not (math.fabs(latitude) <= 90 and math.fabs(longitude) <= 180):
        raise bad("wrong latitude or longitude specified")
    return present(
        latitude=latitude,
        longitude=longitude,
        horizontal_accuracy=params.get("horizontal_accuracy"),
    )


def markup_of(params: Json) -> Json:
    """Return the checked reply markup ({} when there is none)."""
    markup = params.get("reply_markup") or {}
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    return check_markup(markup)


def publish(stand: Stand, params: Json, content: Json) -> Json:
    """Put a message of the bot into the chat and return it."""
    chat = checked_chat(stand, params)
    markup = markup_of(params)
    topic = topic_of(stand, chat, params)
    reply = _replied(stand, chat.id, params.get("reply_parameters"))
    body: Json = {
        "message_id": stand.chats.next_message_id(chat.id),
        "from": stand.bot,
        "chat": chat.chat(),
        "date": int(stand.clock.now()),
        **topic,
        **present(reply_to_message=reply),
        **content,
    }
    if params.get("protect_content"):
        body["has_protected_content"] = True
    if "inline_keyboard" in markup:
        body["reply_markup"] = markup
    stand.messages.add("bot", body)
    if isinstance(chat, Person):
        _show_keyboard(stand, chat.id, markup)
    stand.show(chat.id, body["message_id"])
    return body


def topic_of(stand: Stand, chat: Chat, params: Json) -> Json:
    """Return what a message in a topic has besides; the topic's first message is its quote.

    Raises:
        Refusal: 400 for an unknown topic (the general one has no number), or a closed one.
    """
    thread_id = params.get("message_thread_id")
    if thread_id is None:
        return {}
    topic = stand.groups.topic(chat.id, thread_id)
    if topic is None or isinstance(chat, Person):
        raise bad("message thread not found")
    if topic["is_closed"] and not chat.can_manage_topics:
        raise bad("TOPIC_CLOSED")
    first = stand.messages.find(chat.id, thread_id)
    inside = {"message_thread_id": thread_id, "is_topic_message": True}
    return {**inside, **present(reply_to_message=first)}


def _show_keyboard(stand: Stand, person_id: int, markup: Json) -> None:
    if "keyboard" in markup:
        rows = [
            [{"text": key} if isinstance(key, str) else key for key in row]
            for row in markup["keyboard"]
        ]
        keyboard: Json | None = {**markup, "keyboard": rows}
    elif markup.get("remove_keyboard"):
        keyboard = None
    else:
        return
    stand.people.show_keyboard(person_id, keyboard)
    stand.events.emit("keyboard", person_id, keyboard=keyboard)


def _replied(stand: Stand, chat_id: int, parameters: Any) -> Json | None:
    if not isinstance(parameters, dict) or "message_id" not in parameters:
        return None
    original = stand.messages.find(chat_id, parameters["message_id"])
    if original is None:
        if parameters.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")
    # A quoted message does not carry its own quote.
    return {name: value for name, value in original.items() if name != "reply_to_message"}
