"""The people who hold the phones."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import dataclass

from local.simulators.telegram.database import Database
from local.simulators.telegram.errors import PersonRefusal, Refusal
from local.simulators.telegram.shapes import Json, present

FIRST_PERSON_ID = 700_000_000


@dataclass(frozen=True)
class Person:
    """One Telegram account and its private chat with the bot (same id)."""

    id: int
    user: Json
    phone_number: str
    has_started: bool
    has_blocked: bool
    is_offline: bool
    keyboard: Json | None
    pinned_message_id: int | None
    is_deactivated: bool = False

    def chat(self) -> Json:
        """Return the private chat as the Bot API writes it."""
        names = ("first_name", "last_name", "username")
        return {"id": self.id, "type": "private"} | {
            name: self.user[name] for name in names if name in self.user
        }

    def refusal(self) -> Refusal | None:
        """Return why the bot cannot write to this person, if it cannot."""
        if self.is_deactivated:
            return Refusal(403, "user is deactivated")
        if self.has_blocked:
            return Refusal(403, "bot was blocked by the user")
        if not self.has_started:
            return Refusal(403, "bot can't initiate conversation with a user")
        return None

    def view(self) -> Json:
        """Return what `/sim/people` shows."""
        return {
            **self.user,
            "phone_number": self.phone_number,
            "has_started": self.has_started,
            "has_blocked": self.has_blocked,
            "is_offline": self.is_offline,
            "is_deactivated": self.is_deactivated,
        }


class People:
    """The table of people."""

    def __init__(self, database: Database) -> None:
        """Work on the simulator's file."""
        self._database = database

    def create(self, person: Json) -> Person:
        """Add a person; an id that exists already gets the new names.

        Raises:
            PersonRefusal: 422 for an id Telegram could not have given.
        """
        person_id = person.get("id") or self._free_id()
        if not 0 < person_id < 2**52:
            raise PersonRefusal(422, "id must be between 1 and 2^52")
        user = present(
            id=person_id,
            is_bot=False,
            first_name=person["first_name"],
            last_name=person.get("last_name"),
            username=person.get("username"),
            language_code=person.get("language_code"),
        )
        phone_number = person.get("phone_number") or f"+7900{person_id % 10_000_000:07d}"
        self._database.run(
            "INSERT INTO people (id, user, phone_number, last_message_id) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET user = excluded.user,"
            " phone_number = excluded.phone_number",
            person_id,
            json.dumps(user, ensure_ascii=False),
            phone_number,
            random.randint(10, 90),  # noqa: S311 - ids of a simulator, not a secret
        )
        return self.get(person_id)

    def find(self, person_id: int) -> Person | None:
        """Return a person, or None."""
        row = self._database.row("SELECT * FROM people WHERE id = ?", person_id)
        return _person(row) if row else None

    def get(self, person_id: int) -> Person:
        """Return a person.

        Raises:
            PersonRefusal: 404 when nobody has this id.
        """
        person = self.find(person_id)
        if person is None:
            raise PersonRefusal(404, "no such person")
        return person

    def acting(self, person_id: int) -> Person:
        """Return a person who can act.

        Raises:
            PersonRefusal: 404 when nobody has this id, 409 when the account was deleted.
        """
        person = self.get(person_id)
        if person.is_deactivated:
            raise PersonRefusal(409, "this account was deleted")
        return person

    def forget(self, person_id: int) -> None:
        """Delete the account: its names are gone, its chat stays."""
        user = {"id": person_id, "is_bot": False, "first_name": ""}
        self._database.run(
            "UPDATE people SET user = ?, is_deactivated = 1, keyboard = NULL WHERE id = ?",
            json.dumps(user),
            person_id,
        )

    def everybody(self) -> list[Person]:
        """Return all people, oldest first."""
        return [_person(row) for row in self._database.rows("SELECT * FROM people ORDER BY rowid")]

    def change(self, person_id: int, column: str, value: int | None) -> None:
        """Set one of the flags of a person."""
        allowed = {
            *("has_started", "has_blocked", "is_offline", "is_deactivated"),
            "pinned_message_id",
        }
        if column not in allowed:
            raise ValueError(column)
        self._database.run(f"UPDATE people SET {column} = ? WHERE id = ?", value, person_id)  # noqa: S608 - checked above

    def show_keyboard(self, person_id: int, keyboard: Json | None) -> None:
        """Replace the reply keyboard on the person's screen."""
        stored = json.dumps(keyboard, ensure_ascii=False) if keyboard else None
        self._database.run("UPDATE people SET keyboard = ? WHERE id = ?", stored, person_id)

    def next_message_id(self, person_id: int) -> int:
        """Return the next message id of this chat."""
        self._database.run(
            "UPDATE people SET last_message_id = last_message_id + 1 WHERE id = ?", person_id
        )
        row = self._database.row("SELECT last_message_id FROM people WHERE id = ?", person_id)
        return int(row["last_message_id"]) if row else 0

    def _free_id(self) -> int:
        row = self._database.row(
            "SELECT MAX(id) AS last FROM people WHERE id >= ?", FIRST_PERSON_ID
        )
        last = row["last"] if row and row["last"] else FIRST_PERSON_ID
        return int(last) + random.randint(1, 5000)  # noqa: S311 - ids of a simulator


def _person(row: sqlite3.Row) -> Person:
    return Person(
        id=row["id"],
        user=json.loads(row["user"]),
        phone_number=row["phone_number"],
        has_started=bool(row["has_started"]),
        has_blocked=bool(row["has_blocked"]),
        is_offline=bool(row["is_offline"]),
        keyboard=json.loads(row["keyboard"]) if row["keyboard"] else None,
        pinned_message_id=row["pinned_message_id"],
        is_deactivated=bool(row["is_deactivated"]),
    )
