"""Rarer acts of people: places that move, reactions, forwarding, clearing up, leaving for good."""

from __future__ import annotations

from local.simulators.telegram.acts import Acts
from local.simulators.telegram.errors import PersonRefusal
from local.simulators.telegram.methods.copying import COPIED, origin_of
from local.simulators.telegram.methods.places import is_live
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand


class Sharing:
    """What `Acts` has no room for; none of it waits for the network."""

    def __init__(self, stand: Stand, acts: Acts) -> None:
        """Act on this stand."""
        self._stand = stand
        self._acts = acts

    def move(self, person_id: int, message_id: int, point: Json | None) -> Json:
        """Move an own live location, or end it where it is (no point)."""
        person = self._stand.people.acting(person_id)
        body = self._own(person_id, message_id)
        if not is_live(self._stand, body):
            raise PersonRefusal(409, "this location does not move")
        old = body["location"]
        ended = {name: old[name] for name in ("latitude", "longitude")}
        location = ended if point is None else {**point, "live_period": old["live_period"]}
        body = {**body, "location": location, "edit_date": int(self._stand.clock.now())}
        with self._stand.database.transaction():
            self._stand.messages.replace(body)
            queue = f"chat:{person.id}"
            update_id = self._stand.updates.append("edited_message", person.id, queue, body)
        self._stand.show(person_id, message_id, "edit")
        self._stand.wake()
        return {"update_id": update_id}

    def react(self, person_id: int, message_id: int, emoji: str | None) -> Json:
        """Put a reaction under a message, or take it away."""
        person, database = self._stand.people.acting(person_id), self._stand.database
        self._visible(person_id, message_id)
        where = (person_id, message_id, person_id)
        row = database.row(
            "SELECT emoji FROM reactions WHERE chat_id = ? AND message_id = ? AND person_id = ?",
            *where,
        )
        change = {
            "chat": person.chat(),
            "message_id": message_id,
            "user": person.user,
            "date": int(self._stand.clock.now()),
            "old_reaction": _reaction(row["emoji"] if row else None),
            "new_reaction": _reaction(emoji),
        }
        with database.transaction():
            database.run(
                "DELETE FROM reactions WHERE chat_id = ? AND message_id = ? AND person_id = ?",
                *where,
            )
            if emoji is not None:
                database.run("INSERT INTO reactions VALUES (?, ?, ?, ?)", *where, emoji)
            queue = f"chat:{person.id}"
            update_id = self._stand.updates.append("message_reaction", person.id, queue, change)
        self._stand.wake()
        return {"update_id": update_id}

    def forward(self, person_id: int, message_id: int, from_person_id: int | None) -> Json:
        """Send on a message of the own chat, or of what another person sees in his."""
        self._stand.people.acting(person_id)
        body = self._visible(from_person_id or person_id, message_id)
        content = {name: body[name] for name in COPIED if name in body}
        if not content or body.get("has_protected_content"):
            raise PersonRefusal(409, "this message cannot be forwarded")
        return self._acts.write(person_id, {**content, "forward_origin": origin_of(body)})

    def clear(self, person_id: int, message_ids: list[int] | None) -> Json:
        """Delete messages for both sides; the bot is not told. None: the whole chat."""
        self._stand.people.acting(person_id)
        if message_ids is None:
            views = self._stand.messages.views(person_id, limit=100_000)
            message_ids = [view["message_id"] for view in views]
        for message_id in message_ids:
            self._visible(person_id, message_id)
            self._stand.messages.delete(person_id, message_id)
            self._stand.events.emit("deleted", person_id, message_id=message_id)
        return {"deleted": len(message_ids)}

    def leave_for_good(self, person_id: int) -> Json:
        """Delete the account; the bot is not told either, its next call is refused."""
        self._stand.people.acting(person_id)
        with self._stand.database.transaction():
            self._stand.people.forget(person_id)
            self._stand.database.run("DELETE FROM waiting_acts WHERE person_id = ?", person_id)
        view = self._stand.people.get(person_id).view()
        self._stand.events.emit("person", person_id, person=view)
        return view

    def _visible(self, chat_id: int, message_id: int) -> Json:
        body = self._stand.messages.find(chat_id, message_id)
        if body is None:
            raise PersonRefusal(404, "no such message")
        return body

    def _own(self, person_id: int, message_id: int) -> Json:
        body = self._visible(person_id, message_id)
        if body["from"]["id"] != person_id:
            raise PersonRefusal(404, "no such own message")
        return body


def _reaction(emoji: str | None) -> list[Json]:
    return [] if emoji is None else [{"type": "emoji", "emoji": emoji}]
