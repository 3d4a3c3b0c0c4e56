"""The messages of every chat, stored exactly as the Bot API writes them."""

from __future__ import annotations

import json
import sqlite3
from typing import Literal

from local.simulators.telegram.database import Database
from local.simulators.telegram.rendering import to_html
from local.simulators.telegram.shapes import Json, present

Sender = Literal["bot", "person"]


class Messages:
    """The table of messages."""

    def __init__(self, database: Database) -> None:
        """Work on the simulator's file."""
        self._database = database

    def add(self, sender: Sender, body: Json) -> None:
        """Store a new message."""
        self._database.run(
            "INSERT INTO messages (chat_id, message_id, sender, date, body) VALUES (?, ?, ?, ?, ?)",
            body["chat"]["id"],
            body["message_id"],
            sender,
            body["date"],
            json.dumps(body, ensure_ascii=False),
        )

    def replace(self, body: Json) -> None:
        """Store a message's new content."""
        self._database.run(
            "UPDATE messages SET body = ? WHERE chat_id = ? AND message_id = ?",
            json.dumps(body, ensure_ascii=False),
            body["chat"]["id"],
            body["message_id"],
        )

    def find(self, chat_id: int, message_id: int) -> Json | None:
        """Return a message that is still there."""
        row = self._row(chat_id, message_id)
        body: Json | None = json.loads(row["body"]) if row else None
        return body

    def is_from_bot(self, chat_id: int, message_id: int) -> bool:
        """Say who wrote a message."""
        row = self._row(chat_id, message_id)
        return row is not None and row["sender"] == "bot"

    def delete(self, chat_id: int, message_id: int) -> None:
        """Take a message out of the chat."""
        self._database.run(
            "UPDATE messages SET is_deleted = 1 WHERE chat_id = ? AND message_id = ?",
            chat_id,
            message_id,
        )

    def delete_thread(self, chat_id: int, thread_id: int) -> None:
        """Take a topic's messages out of a group."""
        self._database.run(
            "UPDATE messages SET is_deleted = 1 WHERE chat_id = ?"
            " AND json_extract(body, '$.message_thread_id') = ?",
            chat_id,
            thread_id,
        )

    def react(self, chat_id: int, message_id: int, reaction: str | None) -> None:
        """Set or clear the bot's reaction."""
        self._database.run(
            "UPDATE messages SET reaction = ? WHERE chat_id = ? AND message_id = ?",
            reaction,
            chat_id,
            message_id,
        )

    def view(self, chat_id: int, message_id: int) -> Json | None:
        """Return one message as a person's screen shows it."""
        row = self._row(chat_id, message_id)
        return _view(row) if row else None

    def views(self, chat_id: int, limit: int = 200, after: int = 0) -> list[Json]:
        """Return the visible messages of a chat, newest last."""
        rows = self._database.rows(
            "SELECT * FROM messages WHERE chat_id = ? AND is_deleted = 0 AND message_id > ?"
            " ORDER BY message_id DESC LIMIT ?",
            chat_id,
            after,
            limit,
        )
        return [_view(row) for row in reversed(rows)]

    def newest_first_from_bot(self, chat_id: int) -> list[Json]:
        """Return the bot's visible messages, newest first."""
        rows = self._database.rows(
            "SELECT body FROM messages WHERE chat_id = ? AND is_deleted = 0 AND sender = 'bot'"
            " ORDER BY message_id DESC LIMIT 500",
            chat_id,
        )
        return [json.loads(row["body"]) for row in rows]

    def _row(self, chat_id: int, message_id: int) -> sqlite3.Row | None:
        return self._database.row(
            "SELECT * FROM messages WHERE chat_id = ? AND message_id = ? AND is_deleted = 0",
            chat_id,
            message_id,
        )


def _view(row: sqlite3.Row) -> Json:
    body: Json = json.loads(row["body"])
    text = body.get("text", body.get("caption"))
    entities: list[Json] = body.get("entities") or body.get("caption_entities") or []
    markup = body.get("reply_markup", {})
    reply = body.get("reply_to_message")
    shown = (
        *("location", "venue", "contact", "document", "voice", "media_group_id"),
        *("invoice", "is_paid", "successful_payment"),
    )
    return present(
        message_id=body["message_id"],
        message_thread_id=body.get("message_thread_id"),
        from_id=body["from"]["id"],
        **{"from": row["sender"]},
        date=body["date"],
        edit_date=body.get("edit_date"),
        edited="edit_date" in body,
        text=text,
        entities=entities,
        html=to_html(text, entities) if text else None,
        buttons=markup.get("inline_keyboard", []),
        photo=_photo(body),
        reply_to=present(message_id=reply["message_id"], text=_short(reply)) if reply else None,
        is_forwarded=True if "forward_origin" in body else None,
        reaction=row["reaction"],
        **{name: body[name] for name in shown if name in body},
    )


def _photo(body: Json) -> Json | None:
    sizes = body.get("photo")
    if not sizes:
        return None
    largest = sizes[-1]
    return {
        "file_id": largest["file_id"],
        "width": largest["width"],
        "height": largest["height"],
        "url": f"/sim/files/{largest['file_id']}",
    }


def _short(body: Json) -> str:
    return str(body.get("text") or body.get("caption") or "…")[:80]
