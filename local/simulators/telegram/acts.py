"""What people do on their phones, turned into updates for the bot."""

from __future__ import annotations

import json
from typing import Any

from local.simulators.telegram.errors import PersonRefusal
from local.simulators.telegram.keyboards import buttons
from local.simulators.telegram.people import Person
from local.simulators.telegram.rendering import with_found_entities
from local.simulators.telegram.shapes import Json, present
from local.simulators.telegram.stand import Stand


class Acts:
    """Every act returns `{update_id}`, or `{queued: true}` while the phone is off line."""

    def __init__(self, stand: Stand) -> None:
        """Act on this stand."""
        self._stand = stand

    def write(self, person_id: int, content: Json, reply_to: int | None = None) -> Json:
        """Send a message: a text, a place, a contact, a photo, a document or a voice."""
        person = self._stand.people.acting(person_id)
        if person.has_blocked:
            raise PersonRefusal(409, "the bot is blocked: unblock it first")
        if person.is_offline:
            return self._wait(person, "write", {"content": content, "reply_to": reply_to})
        with self._stand.database.transaction():
            body = self._message(person, content, reply_to)
            self._stand.messages.add("person", body)
            if not person.has_started:
                self._stand.people.change(person.id, "has_started", 1)
            self._hide_one_time_keyboard(person)
            update_id = self._stand.updates.append("message", person.id, f"chat:{person.id}", body)
        self._stand.show(person.id, body["message_id"])
        if not person.has_started:
            self._told(person.id)
        self._stand.wake()
        return {"update_id": update_id, "message_id": body["message_id"]}

    def text(self, person_id: int, text: str, reply_to: int | None = None) -> Json:
        """Write a text; commands and links become entities."""
        plain = text.strip()
        if not plain or len(plain) > 4096:
            raise PersonRefusal(422, "a text has 1 to 4096 characters")
        entities = with_found_entities(plain, [])
        return self.write(person_id, present(text=plain, entities=entities or None), reply_to)

    def edit(self, person_id: int, message_id: int, text: str) -> Json:
        """Correct an own text message."""
        person = self._stand.people.get(person_id)
        body = self._stand.messages.find(person_id, message_id)
        if body is None or "text" not in body or body["from"]["id"] != person_id:
            raise PersonRefusal(404, "no such own text message")
        entities = with_found_entities(text, [])
        body = {name: value for name, value in body.items() if name != "entities"}
        body |= present(text=text, entities=entities or None)
        body["edit_date"] = int(self._stand.clock.now())
        with self._stand.database.transaction():
            self._stand.messages.replace(body)
            queue = f"chat:{person.id}"
            update_id = self._stand.updates.append("edited_message", person.id, queue, body)
        self._stand.show(person_id, message_id, "edit")
        self._stand.wake()
        return {"update_id": update_id}

    def tap(self, person_id: int, wanted: Json) -> Json:
        """Tap an inline button, found by its data or by the sign its text starts with.

        Raises:
            PersonRefusal: 409 with the visible buttons when none fits.
        """
        person = self._stand.people.acting(person_id)
        tap = self._find_button(wanted.get("chat_id") or person.id, wanted)
        if person.is_offline:
            return self._wait(person, "tap", tap)
        sent = self._send_tap(person, tap)
        if self._stand.updates.rules.retap:
            # An app that got no answer before it closed sends the tap again, as a new update.
            self._send_tap(person, tap)
        return sent

    def _send_tap(self, person: Person, tap: Json) -> Json:
        chat = tap["message"]["chat"]
        body = self._stand.messages.find(chat["id"], tap["message_id"])
        # What has been deleted meanwhile is inaccessible: nothing but its number is told.
        gone = {"chat": chat, "message_id": tap["message_id"], "date": 0}
        query = {
            "id": self._stand.callbacks.new_id(),
            "from": person.user,
            "message": body or gone,
            "chat_instance": str(-(abs(chat["id"]) * 7919)),
            "data": tap["data"],
        }
        with self._stand.database.transaction():
            queue = f"user:{person.id}"
            update_id = self._stand.updates.append("callback_query", person.id, queue, query)
            self._stand.callbacks.add(update_id, query, tap)
        self._stand.wake()
        return {"update_id": update_id, "callback_query_id": query["id"]}

    def _find_button(self, chat_id: int, wanted: Json) -> Json:
        visible: list[Json] = []
        for body in self._stand.messages.newest_first_from_bot(chat_id):
            if wanted.get("message_id") not in (None, body["message_id"]):
                continue
            if wanted.get("force") and wanted.get("data") is not None:
                return _tap_on(body, wanted["data"])
            for button in buttons(body.get("reply_markup")):
                if "callback_data" in button and _fits(button, wanted):
                    return _tap_on(body, button["callback_data"])
                visible.append({"message_id": body["message_id"], **button})
        raise PersonRefusal(409, "no such button", buttons=visible)

    def block(self, person_id: int, *, has_blocked: bool) -> Json:
        """Block or unblock the bot; the bot hears of it as my_chat_member."""
        person = self._stand.people.acting(person_id)
        if person.has_blocked == has_blocked:
            raise PersonRefusal(409, "already so")
        member: Json = {"status": "member", "user": self._stand.bot}
        kicked: Json = {"status": "kicked", "user": self._stand.bot, "until_date": 0}
        change = {
            "chat": person.chat(),
            "from": person.user,
            "date": int(self._stand.clock.now()),
            "old_chat_member": member if has_blocked else kicked,
            "new_chat_member": kicked if has_blocked else member,
        }
        with self._stand.database.transaction():
            self._stand.people.change(person_id, "has_blocked", int(has_blocked))
            queue = f"chat:{person.id}"
            update_id = self._stand.updates.append("my_chat_member", person_id, queue, change)
        self._told(person_id)
        return {"update_id": update_id}

    def go_offline(self, person_id: int) -> Json:
        """Lose the network: taps without an answer will be sent again later."""
        person = self._stand.people.get(person_id)
        with self._stand.database.transaction():
            self._stand.people.change(person_id, "is_offline", 1)
            for tap in self._stand.callbacks.unanswered(person_id):
                self._wait(person, "tap", tap)
        self._told(person_id)
        return {"is_offline": True}

    def go_online(self, person_id: int) -> Json:
        """Get the network back: everything that waited is sent now, with new update ids."""
        self._stand.people.get(person_id)
        self._stand.people.change(person_id, "is_offline", 0)
        waiting = self._stand.database.rows(
            "SELECT * FROM waiting_acts WHERE person_id = ? ORDER BY id", person_id
        )
        self._stand.database.run("DELETE FROM waiting_acts WHERE person_id = ?", person_id)
        sent: list[int] = []
        for act in waiting:
            content = json.loads(act["body"])
            if act["kind"] == "tap":
                answer = self._send_tap(self._stand.people.get(person_id), content)
            elif not self._stand.people.get(person_id).has_blocked:
                answer = self.write(person_id, **content)
            else:
                continue
            sent.append(answer["update_id"])
        self._told(person_id)
        return {"is_offline": False, "update_ids": sent}

    def _wait(self, person: Person, kind: str, content: Json) -> Json:
        self._stand.database.run(
            "INSERT INTO waiting_acts (person_id, kind, body) VALUES (?, ?, ?)",
            person.id,
            kind,
            json.dumps(content, ensure_ascii=False),
        )
        return {"update_id": None, "queued": True}

    def _told(self, person_id: int) -> None:
        self._stand.events.emit("person", person_id, person=self.view(person_id))
        self._stand.wake()

    def view(self, person_id: int) -> Json:
        """Return the person as the page shows it."""
        return self._stand.people.get(person_id).view()

    def _message(self, person: Person, content: Json, reply_to: int | None) -> Json:
        original: Any = None
        if reply_to is not None:
            original = self._stand.messages.find(person.id, reply_to)
            if original is None:
                raise PersonRefusal(404, "no such message to reply to")
            original = {name: part for name, part in original.items() if name != "reply_to_message"}
        return {
            "message_id": self._stand.people.next_message_id(person.id),
            "from": person.user,
            "chat": person.chat(),
            "date": int(self._stand.clock.now()),
            **present(reply_to_message=original),
            **content,
        }

    def _hide_one_time_keyboard(self, person: Person) -> None:
        if person.keyboard and person.keyboard.get("one_time_keyboard"):
            self._stand.people.show_keyboard(person.id, None)
            self._stand.events.emit("keyboard", person.id, keyboard=None)


def _tap_on(body: Json, callback_data: str) -> Json:
    # The message goes along: it may be deleted before the tap is sent.
    return {"message_id": body["message_id"], "data": callback_data, "message": body}


def _fits(button: Json, wanted: Json) -> bool:
    if wanted.get("data") is not None:
        return bool(button["callback_data"] == wanted["data"])
    sign = wanted.get("sign")
    return sign is None or button["text"].startswith(sign)
