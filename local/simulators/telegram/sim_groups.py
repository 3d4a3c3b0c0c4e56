"""`/sim/groups`: supergroups of people with the bot in them, with topics or without."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from local.simulators.telegram.acts import Acts
from local.simulators.telegram.errors import PersonRefusal
from local.simulators.telegram.groups import Group
from local.simulators.telegram.rendering import with_found_entities
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.sim_api import Body
from local.simulators.telegram.stand import Stand

BotStatus = Literal["administrator", "member", "left", "kicked"]


class NewGroup(Body):
    """A group; the creator adds the bot."""

    title: str = Field(min_length=1, max_length=128)
    creator: int
    members: list[int] = Field(default_factory=list)
    is_forum: bool = False
    bot_status: BotStatus = "administrator"
    can_manage_topics: bool = True


class BotPlace(Body):
    """What somebody makes of the bot."""

    person_id: int
    status: BotStatus
    can_manage_topics: bool = True


class Said(Body):
    """A member's text, perhaps a reply, perhaps in a topic."""

    person_id: int
    text: str = Field(min_length=1, max_length=4096)
    reply_to: int | None = None
    thread_id: int | None = None


class GroupTap(Body):
    """A member taps a button of the bot's message, found as in a private chat."""

    person_id: int
    data: str | None = None
    sign: str | None = None
    message_id: int | None = None


def groups_router(stand: Stand) -> APIRouter:
    """Return the routes of groups."""
    router = APIRouter(prefix="/sim/groups")
    acts = Acts(stand)

    @router.post("")
    async def create(wish: NewGroup) -> Json:
        members = dict.fromkeys(wish.members, "member") | {wish.creator: "creator"}
        for person_id in members:
            stand.people.acting(person_id)
        group = stand.groups.create(wish.title, is_forum=wish.is_forum, members=members)
        place = BotPlace(
            person_id=wish.creator,
            status=wish.bot_status,
            can_manage_topics=wish.can_manage_topics,
        )
        return _put_bot(stand, group, place)

    @router.get("")
    async def everyone() -> list[Json]:
        return [group.view() for group in stand.groups.everyone()]

    @router.post("/{group_id}/bot")
    async def put_bot(group_id: int, place: BotPlace) -> Json:
        return _put_bot(stand, stand.groups.get(group_id), place)

    @router.post("/{group_id}/text")
    async def text(group_id: int, said: Said) -> Json:
        return _say(stand, stand.groups.get(group_id), said)

    @router.post("/{group_id}/tap")
    async def tap(group_id: int, wanted: GroupTap) -> Json:
        _member(stand, stand.groups.get(group_id), wanted.person_id)
        found = wanted.model_dump(exclude={"person_id"})
        return acts.tap(wanted.person_id, {**found, "chat_id": group_id})

    @router.get("/{group_id}/messages")
    async def messages(group_id: int) -> list[Json]:
        return stand.messages.views(stand.groups.get(group_id).id)

    @router.get("/{group_id}/topics")
    async def topics(group_id: int) -> list[Json]:
        return stand.groups.topics(stand.groups.get(group_id).id)

    return router


def _member(stand: Stand, group: Group, person_id: int) -> Json:
    person = stand.people.acting(person_id)
    if group.members.get(person_id) not in ("member", "creator"):
        raise PersonRefusal(409, "not a member of this group")
    return person.user


def _put_bot(stand: Stand, group: Group, place: BotPlace) -> Json:
    user = _member(stand, group, place.person_id)
    leads = place.can_manage_topics and place.status == "administrator"
    changed = stand.groups.change_bot(group.id, place.status, can_manage_topics=leads)
    update = {
        "chat": group.chat(),
        "from": user,
        "date": int(stand.clock.now()),
        "old_chat_member": group.member(stand.bot, stand.bot["id"]),
        "new_chat_member": changed.member(stand.bot, stand.bot["id"]),
    }
    stand.updates.append("my_chat_member", place.person_id, f"chat:{group.id}", update)
    stand.wake()
    return changed.view()


def _say(stand: Stand, group: Group, said: Said) -> Json:
    user = _member(stand, group, said.person_id)
    replied = stand.messages.find(group.id, said.reply_to) if said.reply_to else None
    entities = with_found_entities(said.text, [])
    topic: Json = {}
    if said.thread_id is not None:
        if (stand.groups.topic(group.id, said.thread_id) or {"is_closed": True})["is_closed"]:
            raise PersonRefusal(409, "no such open topic")
        topic = {"message_thread_id": said.thread_id, "is_topic_message": True}
        replied = replied or stand.messages.find(group.id, said.thread_id)
    quoted = {name: part for name, part in (replied or {}).items() if name != "reply_to_message"}
    body = {
        "message_id": stand.groups.next_message_id(group.id),
        "from": user,
        "chat": group.chat(),
        "date": int(stand.clock.now()),
        **topic,
        **present(reply_to_message=quoted or None),
        "text": said.text,
        **present(entities=entities or None),
    }
    update_id = None
    with stand.database.transaction():
        stand.messages.add("person", body)
        if _is_for_bot(stand, group, body):
            queue = f"chat:{group.id}"
            update_id = stand.updates.append("message", said.person_id, queue, body)
    stand.wake()
    return {"update_id": update_id, "message_id": body["message_id"]}


def _is_for_bot(stand: Stand, group: Group, body: Json) -> bool:
    """A bot that does not lead hears commands, replies to it and its name, nothing else."""
    if group.bot_status in ("left", "kicked"):
        return False
    is_reply = body.get("reply_to_message", {}).get("from", {}).get("id") == stand.bot["id"]
    is_named = f"@{stand.bot['username']}" in body["text"]
    return group.is_led_by_bot or is_reply or is_named or body["text"].startswith("/")
