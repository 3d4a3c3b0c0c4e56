"""Chats of both kinds: with one person, and groups."""

from __future__ import annotations

from local.simulators.telegram.groups import Group, Groups
from local.simulators.telegram.people import People, Person

Chat = Person | Group


class Chats:
    """What methods need of a chat whichever kind it is; a group's id is negative."""

    def __init__(self, people: People, groups: Groups) -> None:
        """Look in both tables."""
        self._people = people
        self._groups = groups

    def find(self, chat_id: int) -> Chat | None:
        """Return the chat, or None."""
        return self._groups.find(chat_id) if chat_id < 0 else self._people.find(chat_id)

    def next_message_id(self, chat_id: int) -> int:
        """Return the next message id: every chat counts for itself."""
        if chat_id < 0:
            return self._groups.next_message_id(chat_id)
        return self._people.next_message_id(chat_id)

    def pin(self, chat_id: int, message_id: int | None) -> None:
        """Put a message on top, or none."""
        if chat_id < 0:
            self._groups.pin(chat_id, message_id)
        else:
            self._people.change(chat_id, "pinned_message_id", message_id)
