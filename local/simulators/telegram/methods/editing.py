"""Methods that change, mark or remove messages that are already there."""

from __future__ import annotations

from local.simulators.telegram.content import (
    checked_chat,
    content_of_caption,
    content_of_text,
    known_chat,
    markup_of,
)
from local.simulators.telegram.errors import bad
from local.simulators.telegram.groups import Group
from local.simulators.telegram.parameters import Method, method
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly"
    " the same as a current content and reply markup of the message"
)
DELETABLE_SECONDS = 48 * 3600
LONGEST_ANSWER = 200
REACTIONS = set(
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🤡🥱🥴😍🐳💯🤣⚡🍌🏆💔🤨😐"
    "🍓🍾💋😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"
)


def _message(stand: Stand, params: Json, purpose: str) -> Json:
    chat = known_chat(stand, params)
    if "message_id" not in params:
        raise bad("message identifier is not specified")
    found = stand.messages.find(chat.id, params["message_id"])
    if found is None:
        raise bad(f"message to {purpose} not found")
    return found


def editable(stand: Stand, params: Json) -> Json:
    """Return the message to edit, if it is one of the bot's own."""
    found = _message(stand, params, "edit")
    checked_chat(stand, params)
    if not stand.messages.is_from_bot(found["chat"]["id"], found["message_id"]):
        raise bad("message can't be edited")
    return found


def rewrite(stand: Stand, params: Json, old: Json, gone: set[str], content: Json) -> Json:
    """Store the new content; an edit without reply markup takes the buttons away."""
    markup = markup_of(params)
    if markup and "inline_keyboard" not in markup:
        raise bad("inline keyboard expected")
    unchanged = gone | {"edit_date", "reply_markup"}
    new = {name: value for name, value in old.items() if name not in unchanged} | content
    if markup.get("inline_keyboard"):
        new["reply_markup"] = markup
    if new == {name: value for name, value in old.items() if name != "edit_date"}:
        raise bad(NOT_MODIFIED)
    new["edit_date"] = int(stand.clock.now())
    stand.messages.replace(new)
    stand.show(new["chat"]["id"], new["message_id"], "edit")
    return new


def edit_message_text(stand: Stand, params: Json) -> Json:
    """Replace the text and the buttons of a text message."""
    old = editable(stand, params)
    content = content_of_text(params)
    if "text" not in old:
        raise bad("there is no text in the message to edit")
    return rewrite(stand, params, old, {"text", "entities"}, content)


def edit_message_caption(stand: Stand, params: Json) -> Json:
    """Replace the caption and the buttons of a photo or document."""
    old = editable(stand, params)
    content = content_of_caption(params)
    if "photo" not in old and "document" not in old:
        raise bad("there is no caption in the message to edit")
    return rewrite(stand, params, old, {"caption", "caption_entities"}, content)


def edit_message_reply_markup(stand: Stand, params: Json) -> Json:
    """Replace the buttons only."""
    return rewrite(stand, params, editable(stand, params), set(), {})


def delete_message(stand: Stand, params: Json) -> bool:
    """Take a message out of the chat, at most 48 hours after it was sent."""
    found = _message(stand, params, "delete")
    if not _is_deletable(stand, found):
        raise bad("message can't be deleted for everyone")
    _delete(stand, found)
    return True


def delete_messages(stand: Stand, params: Json) -> bool:
    """Take up to 100 messages out of the chat; those that cannot be found are skipped."""
    chat, numbers = known_chat(stand, params), params.get("message_ids")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad("message identifiers are not specified")
    found = [body for body in (stand.messages.find(chat.id, one) for one in numbers) if body]
    if not all(_is_deletable(stand, body) for body in found):
        raise bad("message can't be deleted for everyone")
    for body in found:
        _delete(stand, body)
    return True


def _is_deletable(stand: Stand, body: Json) -> bool:
    group = stand.groups.find(body["chat"]["id"])
    if group is not None and group.is_led_by_bot:
        return True
    is_foreign = group is not None and body["from"]["id"] != stand.bot["id"]
    return not is_foreign and stand.clock.now() - body["date"] <= DELETABLE_SECONDS


def _delete(stand: Stand, body: Json) -> None:
    stand.messages.delete(body["chat"]["id"], body["message_id"])
    stand.events.emit("deleted", body["chat"]["id"], message_id=body["message_id"])


def set_message_reaction(stand: Stand, params: Json) -> bool:
    """Put the bot's one reaction under a message, or take it away."""
    found = _message(stand, params, "react")
    reactions = params.get("reaction") or []
    if len(reactions) > 1:
        raise bad("REACTIONS_TOO_MANY")
    emoji = reactions[0].get("emoji") if reactions else None
    if reactions and (emoji or "").rstrip("\ufe0f") not in REACTIONS:
        raise bad("REACTION_INVALID")
    stand.messages.react(found["chat"]["id"], found["message_id"], emoji)
    stand.show(found["chat"]["id"], found["message_id"], "edit")
    return True


def pin_chat_message(stand: Stand, params: Json) -> bool:
    """Show a message at the top of the chat."""
    found = _message(stand, params, "pin")
    _check_pinning(stand, params)
    return _pin(stand, found["chat"]["id"], found["message_id"])


def unpin_chat_message(stand: Stand, params: Json) -> bool:
    """Take the pinned message from the top."""
    chat = known_chat(stand, params)
    _check_pinning(stand, params)
    wanted = params.get("message_id", chat.pinned_message_id)
    if chat.pinned_message_id is None or wanted != chat.pinned_message_id:
        raise bad("message to unpin not found")
    return _pin(stand, chat.id, None)


def _check_pinning(stand: Stand, params: Json) -> None:
    chat = checked_chat(stand, params)
    if isinstance(chat, Group) and not chat.is_led_by_bot:
        raise bad("not enough rights to manage pinned messages in the chat")


def _pin(stand: Stand, chat_id: int, message_id: int | None) -> bool:
    stand.chats.pin(chat_id, message_id)
    stand.events.emit("pinned", chat_id, message_id=message_id)
    return True


def answer_callback_query(stand: Stand, params: Json) -> bool:
    """Answer a tap with a toast or an alert, once, within 15 seconds."""
    text = params.get("text", "")
    if len(text) > LONGEST_ANSWER:
        raise bad("MESSAGE_TOO_LONG")
    query_id = params.get("callback_query_id", "")
    answer = present(text=text, show_alert=params.get("show_alert", False), url=params.get("url"))
    person_id = stand.callbacks.answer(query_id, answer)
    stand.events.emit("answer", person_id, callback_query_id=query_id, **answer)
    return True


TARGET = "business_connection_id:str chat_id:chat message_id:int inline_message_id:str"
METHODS: list[Method] = [
    method(
        "editMessageText",
        f"{TARGET} text:str parse_mode:str entities:json link_preview_options:json"
        " reply_markup:json",
        edit_message_text,
        is_limited=True,
    ),
    method(
        "editMessageCaption",
        f"{TARGET} caption:str parse_mode:str caption_entities:json"
        " show_caption_above_media:bool reply_markup:json",
        edit_message_caption,
        is_limited=True,
    ),
    method(
        "editMessageReplyMarkup",
        f"{TARGET} reply_markup:json",
        edit_message_reply_markup,
        is_limited=True,
    ),
    method("deleteMessage", "chat_id:chat message_id:int", delete_message),
    method("deleteMessages", "chat_id:chat message_ids:json", delete_messages),
    method(
        "setMessageReaction",
        "chat_id:chat message_id:int reaction:json is_big:bool",
        set_message_reaction,
    ),
    method(
        "pinChatMessage",
        "business_connection_id:str chat_id:chat message_id:int disable_notification:bool",
        pin_chat_message,
    ),
    method(
        "unpinChatMessage",
        "business_connection_id:str chat_id:chat message_id:int",
        unpin_chat_message,
    ),
    method(
        "answerCallbackQuery",
        "callback_query_id:str text:str show_alert:bool url:str cache_time:int",
        answer_callback_query,
    ),
]
