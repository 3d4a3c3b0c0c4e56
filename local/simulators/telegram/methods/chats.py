"""Methods about the bot itself, its commands, its chats and its files."""

from __future__ import annotations

import json
import re
from typing import Any

from local.simulators.telegram.content import checked_chat, known_chat, required
from local.simulators.telegram.errors import bad
from local.simulators.telegram.groups import Group
from local.simulators.telegram.parameters import Method, method
from local.simulators.telegram.people import Person
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand

COMMAND = re.compile(r"^/?[a-z0-9_]{1,32}$")
SCOPES = {
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
}
ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}


def get_me(stand: Stand, _params: Json) -> Json:
    """Return the bot's own User."""
    return {
        **stand.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def send_chat_action(stand: Stand, params: Json) -> bool:
    """Show "typing…" on the person's screen."""
    person = checked_chat(stand, params)
    if params.get("action") not in ACTIONS:
        raise bad("wrong parameter action in request")
    stand.events.emit("typing", person.id, action=params["action"])
    return True


def get_chat(stand: Stand, params: Json) -> Json:
    """Return everything a bot may know about a chat."""
    found = known_chat(stand, params)
    chat: Json = {
        **found.chat(),
        "accent_color_id": found.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": True,
            "limited_gifts": True,
            "unique_gifts": True,
            "premium_subscription": True,
            "gifts_from_channels": True,
        },
    }
    if "username" in chat:
        chat["active_usernames"] = [chat["username"]]
    if found.pinned_message_id:
        pinned = stand.messages.find(found.id, found.pinned_message_id)
        if pinned:
            chat["pinned_message"] = pinned
    return chat


def get_chat_member(stand: Stand, params: Json) -> Json:
    """Return a member of a chat: a person or the bot."""
    chat, wanted = known_chat(stand, params), required(params, "user_id")
    user = stand.bot
    if wanted != stand.bot["id"]:
        person = stand.people.find(wanted)
        if person is None or (isinstance(chat, Person) and wanted != chat.id):
            raise bad("user not found")
        user = person.user
    if isinstance(chat, Person):
        return {"status": "member", "user": user}
    return chat.member(user, stand.bot["id"])


def _entered_group(stand: Stand, params: Json) -> Group:
    chat = checked_chat(stand, params)
    if isinstance(chat, Person):
        raise bad("there are no administrators in the private chat")
    return chat


def get_chat_administrators(stand: Stand, params: Json) -> list[Json]:
    """Return who leads a group; the bot too, if it does."""
    group = _entered_group(stand, params)
    leading = [one for one, status in group.members.items() if status == "creator"]
    found = [group.member(stand.people.get(one).user, stand.bot["id"]) for one in leading]
    if group.is_led_by_bot:
        found.append(group.member(stand.bot, stand.bot["id"]))
    return found


def get_chat_member_count(stand: Stand, params: Json) -> int:
    """Return how many are in a chat, the bot too."""
    chat = checked_chat(stand, params)
    if isinstance(chat, Person):
        return 2
    return 1 + sum(status not in ("left", "kicked") for status in chat.members.values())


def get_file(stand: Stand, params: Json) -> Json:
    """Return where a file can be downloaded."""
    return stand.files.file(str(required(params, "file_id")))


def _scope_key(params: Json) -> str:
    scope = params.get("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: unsupported type specified")
    chat = str(scope.get("chat_id", ""))
    if scope["type"].startswith("chat") and not chat:
        raise bad("chat_id is empty")
    return json.dumps([scope["type"], chat, params.get("language_code") or ""])


def set_my_commands(stand: Stand, params: Json) -> bool:
    """Store the command list of one scope and language."""
    commands = required(params, "commands")
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        _check_command(command)
    stored = stand.database.setting("commands", {})
    stored[_scope_key(params)] = commands
    stand.database.keep("commands", stored)
    return True


def _check_command(command: Any) -> None:
    if not isinstance(command, dict) or set(command) != {"command", "description"}:
        raise bad("can't parse BotCommand: expected command and description")
    if not COMMAND.match(str(command["command"])):
        raise bad("BOT_COMMAND_INVALID")
    if not 1 <= len(str(command["description"])) <= 256:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID")


def get_my_commands(stand: Stand, params: Json) -> list[Json]:
    """Return the command list of exactly this scope and language."""
    commands: list[Json] = stand.database.setting("commands", {}).get(_scope_key(params), [])
    return commands


def delete_my_commands(stand: Stand, params: Json) -> bool:
    """Forget the command list of one scope and language."""
    stored = stand.database.setting("commands", {})
    stored.pop(_scope_key(params), None)
    stand.database.keep("commands", stored)
    return True


def commands_for(stand: Stand, person_id: int, language: str) -> list[Json]:
    """Return the commands a person sees: the narrowest scope and the own language win."""
    stored = stand.database.setting("commands", {})
    for scope in (["chat", str(person_id)], ["all_private_chats", ""], ["default", ""]):
        for code in (language, ""):
            found: list[Json] | None = stored.get(json.dumps([*scope, code]))
            if found:
                return found
    return []


def set_chat_menu_button(stand: Stand, params: Json) -> bool:
    """Store the menu button of one chat, or of all."""
    if "chat_id" in params:
        known_chat(stand, params)
    menu = params.get("menu_button") or {"type": "default"}
    if not isinstance(menu, dict) or menu.get("type") not in ("commands", "web_app", "default"):
        raise bad("can't parse menu button: unsupported type specified")
    stored = stand.database.setting("menu_buttons", {})
    stored[str(params.get("chat_id", ""))] = menu
    stand.database.keep("menu_buttons", stored)
    return True


def get_chat_menu_button(stand: Stand, params: Json) -> Json:
    """Return the menu button of one chat, or of all."""
    stored = stand.database.setting("menu_buttons", {})
    found: Json = stored.get(str(params.get("chat_id", "")), stored.get("", {"type": "default"}))
    return found


METHODS: list[Method] = [
    method("getMe", "", get_me),
    method(
        "sendChatAction",
        "business_connection_id:str chat_id:chat message_thread_id:int action:str",
        send_chat_action,
    ),
    method("getChat", "chat_id:chat", get_chat),
    method("getChatMember", "chat_id:chat user_id:int", get_chat_member),
    method("getChatAdministrators", "chat_id:chat return_bots:bool", get_chat_administrators),
    method("getChatMemberCount", "chat_id:chat", get_chat_member_count),
    method("getFile", "file_id:str", get_file),
    method("setMyCommands", "commands:json scope:json language_code:str", set_my_commands),
    method("getMyCommands", "scope:json language_code:str", get_my_commands),
    method("deleteMyCommands", "scope:json language_code:str", delete_my_commands),
    method("setChatMenuButton", "chat_id:chat menu_button:json", set_chat_menu_button),
    method("getChatMenuButton", "chat_id:chat", get_chat_menu_button),
]
