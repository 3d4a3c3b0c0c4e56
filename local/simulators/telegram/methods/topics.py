"""Methods about the topics of a forum."""

from __future__ import annotations

from local.simulators.telegram.content import checked_chat, publish, required
from local.simulators.telegram.errors import bad
from local.simulators.telegram.groups import Group
from local.simulators.telegram.parameters import Method, method
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand

LONGEST_NAME = 128
COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def _forum(stand: Stand, params: Json, act: str) -> Group:
    chat = checked_chat(stand, params)
    if not isinstance(chat, Group) or not chat.is_forum:
        raise bad("the chat is not a forum")
    if not (chat.is_led_by_bot and chat.can_manage_topics):
        raise bad(f"not enough rights to {act} a topic")
    return chat


def _topic(stand: Stand, group: Group, params: Json) -> Json:
    topic = stand.groups.topic(group.id, params.get("message_thread_id", 0))
    if topic is None:
        raise bad("TOPIC_ID_INVALID")
    return topic


def _name(params: Json) -> str:
    name = str(required(params, "name")).strip()
    if not name:
        raise bad("title must be non-empty")
    return name[:LONGEST_NAME]


def create_forum_topic(stand: Stand, params: Json) -> Json:
    """Open a topic; the number of its first message is its own."""
    group = _forum(stand, params, "create")
    color = params.get("icon_color", COLORS[0])
    if color not in COLORS:
        raise bad("invalid topic icon color specified")
    look = present(
        name=_name(params),
        icon_color=color,
        icon_custom_emoji_id=params.get("icon_custom_emoji_id"),
    )
    first = publish(stand, {"chat_id": group.id}, {"forum_topic_created": look})
    thread = {"message_thread_id": first["message_id"], "is_topic_message": True}
    stand.messages.replace({**first, **thread})
    topic = {"message_thread_id": first["message_id"], **look}
    stand.groups.add_topic(group.id, topic)
    return topic


def edit_forum_topic(stand: Stand, params: Json) -> bool:
    """Give a topic another name or icon."""
    group = _forum(stand, params, "edit")
    topic = _topic(stand, group, params)
    wanted = present(icon_custom_emoji_id=params.get("icon_custom_emoji_id"))
    if params.get("name"):
        wanted["name"] = _name(params)
    changed = {name: value for name, value in wanted.items() if topic.get(name) != value}
    if not changed:
        raise bad("TOPIC_NOT_MODIFIED")
    stand.groups.change_topic(group.id, {**topic, **changed})
    _say(stand, group, topic, {"forum_topic_edited": changed})
    return True


def _turn(stand: Stand, params: Json, act: str, *, is_closed: bool) -> bool:
    group = _forum(stand, params, act)
    topic = _topic(stand, group, params)
    if topic["is_closed"] == is_closed:
        raise bad("TOPIC_NOT_MODIFIED")
    stand.groups.change_topic(group.id, {**topic, "is_closed": is_closed})
    service = "forum_topic_closed" if is_closed else "forum_topic_reopened"
    _say(stand, group, topic, {service: {}})
    return True


def _say(stand: Stand, group: Group, topic: Json, service: Json) -> None:
    where = {"chat_id": group.id, "message_thread_id": topic["message_thread_id"]}
    publish(stand, where, service)


def close_forum_topic(stand: Stand, params: Json) -> bool:
    """Let nobody but those who lead write in a topic."""
    return _turn(stand, params, "close", is_closed=True)


def reopen_forum_topic(stand: Stand, params: Json) -> bool:
    """Let everybody write in a topic again."""
    return _turn(stand, params, "reopen", is_closed=False)


def delete_forum_topic(stand: Stand, params: Json) -> bool:
    """Take a topic away with all that was written in it."""
    group = _forum(stand, params, "delete")
    thread_id = _topic(stand, group, params)["message_thread_id"]
    stand.groups.drop_topic(group.id, thread_id)
    stand.messages.delete_thread(group.id, thread_id)
    return True


TOPIC = "chat_id:chat message_thread_id:int"
METHODS: list[Method] = [
    method(
        "createForumTopic",
        "chat_id:chat name:str icon_color:int icon_custom_emoji_id:str",
        create_forum_topic,
    ),
    method("editForumTopic", f"{TOPIC} name:str icon_custom_emoji_id:str", edit_forum_topic),
    method("closeForumTopic", TOPIC, close_forum_topic),
    method("reopenForumTopic", TOPIC, reopen_forum_topic),
    method("deleteForumTopic", TOPIC, delete_forum_topic),
]
