"""Supergroups: who is in them, what the bot may do there, and their topics."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import dataclass

from local.simulators.telegram.database import Database
from local.simulators.telegram.errors import PersonRefusal, Refusal
from local.simulators.telegram.shapes import Json, present

RIGHTS = (
    *("can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"),
    *("can_promote_members", "can_change_info", "can_invite_users", "can_post_stories"),
    *("can_edit_stories", "can_delete_stories", "can_pin_messages"),
)
GONE = {
    "kicked": "bot was kicked from the supergroup chat",
    "left": "bot is not a member of the supergroup chat",
}


@dataclass(frozen=True)
class Group:
    """One supergroup; `members` are people by their status, the bot's own is apart."""

    id: int
    title: str
    is_forum: bool
    bot_status: str
    can_manage_topics: bool
    members: dict[int, str]
    pinned_message_id: int | None

    @property
    def is_led_by_bot(self) -> bool:
        """Whether the bot is an administrator here."""
        return self.bot_status == "administrator"

    def chat(self) -> Json:
        """Return the chat as the Bot API writes it."""
        forum = True if self.is_forum else None
        return present(id=self.id, type="supergroup", title=self.title, is_forum=forum)

    def refusal(self) -> Refusal | None:
        """Return why the bot cannot write here, if it cannot."""
        return Refusal(403, GONE[self.bot_status]) if self.bot_status in GONE else None

    def member(self, user: Json, bot_id: int) -> Json:
        """Return the ChatMember of somebody."""
        if user["id"] != bot_id:
            status = self.members.get(user["id"], "left")
            owner = {"is_anonymous": False} if status == "creator" else {}
            return {"status": status, "user": user, **owner}
        shown: Json = {"status": self.bot_status, "user": user}
        if self.bot_status == "kicked":
            shown["until_date"] = 0
        if self.is_led_by_bot:
            shown |= {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(RIGHTS, True)}
            if self.is_forum:
                shown["can_manage_topics"] = self.can_manage_topics
        return shown

    def view(self) -> Json:
        """Return what `/sim/groups` shows."""
        return {
            **self.chat(),
            "bot_status": self.bot_status,
            "can_manage_topics": self.can_manage_topics,
            "members": {str(person): status for person, status in self.members.items()},
        }


class Groups:
    """The tables of groups and of topics."""

    def __init__(self, database: Database) -> None:
        """Work on the simulator's file."""
        self._database = database

    def create(self, title: str, *, is_forum: bool, members: dict[int, str]) -> Group:
        """Add a group; the bot is not in it yet."""
        group_id = -(10**12) - random.randint(10**9, 2 * 10**9)  # noqa: S311 - no secret
        self._database.run(
            "INSERT INTO groups (id, title, is_forum, bot_status, can_manage_topics, members)"
            " VALUES (?, ?, ?, 'left', 0, ?)",
            group_id,
            title,
            int(is_forum),
            json.dumps(members),
        )
        return self.get(group_id)

    def find(self, group_id: int) -> Group | None:
        """Return a group, or None."""
        row = self._database.row("SELECT * FROM groups WHERE id = ?", group_id)
        return _group(row) if row else None

    def get(self, group_id: int) -> Group:
        """Return a group.

        Raises:
            PersonRefusal: 404 when there is none.
        """
        group = self.find(group_id)
        if group is None:
            raise PersonRefusal(404, "no such group")
        return group

    def everyone(self) -> list[Group]:
        """Return all groups, oldest first."""
        return [_group(row) for row in self._database.rows("SELECT * FROM groups ORDER BY rowid")]

    def change_bot(self, group_id: int, status: str, *, can_manage_topics: bool) -> Group:
        """Give the bot another place in the group."""
        self._database.run(
            "UPDATE groups SET bot_status = ?, can_manage_topics = ? WHERE id = ?",
            status,
            int(can_manage_topics),
            group_id,
        )
        return self.get(group_id)

    def change_member(self, group_id: int, person_id: int, status: str) -> Group:
        """Give a person another place in the group."""
        members = {**self.get(group_id).members, person_id: status}
        self._database.run(
            "UPDATE groups SET members = ? WHERE id = ?", json.dumps(members), group_id
        )
        return self.get(group_id)

    def pin(self, group_id: int, message_id: int | None) -> None:
        """Put a message on top, or none."""
        self._database.run(
            "UPDATE groups SET pinned_message_id = ? WHERE id = ?", message_id, group_id
        )

    def next_message_id(self, group_id: int) -> int:
        """Return the next message id of this group."""
        self._database.run(
            "UPDATE groups SET last_message_id = last_message_id + 1 WHERE id = ?", group_id
        )
        row = self._database.row("SELECT last_message_id FROM groups WHERE id = ?", group_id)
        return int(row["last_message_id"]) if row else 0

    def add_topic(self, group_id: int, topic: Json) -> None:
        """Keep a ForumTopic."""
        self._database.run(
            "INSERT INTO topics (chat_id, thread_id, body) VALUES (?, ?, ?)",
            group_id,
            topic["message_thread_id"],
            json.dumps(topic, ensure_ascii=False),
        )

    def topic(self, group_id: int, thread_id: int) -> Json | None:
        """Return a topic with `is_closed`, or None: the general topic has no row."""
        row = self._database.row(
            "SELECT * FROM topics WHERE chat_id = ? AND thread_id = ?", group_id, thread_id
        )
        return _topic(row) if row else None

    def topics(self, group_id: int) -> list[Json]:
        """Return the topics of a group, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM topics WHERE chat_id = ? ORDER BY thread_id", group_id
        )
        return [_topic(row) for row in rows]

    def change_topic(self, group_id: int, topic: Json) -> None:
        """Store what `topic` returned, changed."""
        body = {name: value for name, value in topic.items() if name != "is_closed"}
        self._database.run(
            "UPDATE topics SET body = ?, is_closed = ? WHERE chat_id = ? AND thread_id = ?",
            json.dumps(body, ensure_ascii=False),
            int(topic["is_closed"]),
            group_id,
            topic["message_thread_id"],
        )

    def drop_topic(self, group_id: int, thread_id: int) -> None:
        """Forget a topic."""
        self._database.run(
            "DELETE FROM topics WHERE chat_id = ? AND thread_id = ?", group_id, thread_id
        )


def _group(row: sqlite3.Row) -> Group:
    return Group(
        id=row["id"],
        title=row["title"],
        is_forum=bool(row["is_forum"]),
        bot_status=row["bot_status"],
        can_manage_topics=bool(row["can_manage_topics"]),
        members={int(person): status for person, status in json.loads(row["members"]).items()},
        pinned_message_id=row["pinned_message_id"],
    )


def _topic(row: sqlite3.Row) -> Json:
    return {**json.loads(row["body"]), "is_closed": bool(row["is_closed"])}
