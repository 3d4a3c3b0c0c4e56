"""Files: opaque ids bound to the bot, three sizes for every photo, the bytes kept here."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import secrets

from local.simulators.telegram.clock import Clock
from local.simulators.telegram.database import Database
from local.simulators.telegram.errors import bad
from local.simulators.telegram.pictures import picture_size, picture_type, scaled
from local.simulators.telegram.shapes import Json, present

MOST_PHOTO_BYTES = 10 * 1024 * 1024
MOST_DOWNLOAD_BYTES = 20 * 1024 * 1024
LINK_SECONDS = 3600.0
FOLDERS = {"photo": "photos", "document": "documents", "voice": "voice"}


class Files:
    """The table of files."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Work on the simulator's file."""
        self._database = database
        self._clock = clock

    def keep_photo(self, content: bytes) -> list[Json]:
        """Store a picture and return its three PhotoSize objects, smallest first.

        Raises:
            Refusal: 400 when it is too big or no picture.
        """
        if not content:
            raise bad("file must be non-empty")
        if len(content) > MOST_PHOTO_BYTES:
            raise bad(
                f"file of size {len(content)} bytes is too big for a photo;"
                f" the maximum size is {MOST_PHOTO_BYTES} bytes"
            )
        size = picture_size(content)
        if size is None or min(size) == 0:
            raise bad("IMAGE_PROCESS_FAILED")
        if sum(size) > 10_000 or max(size) > 20 * min(size):
            raise bad("PHOTO_INVALID_DIMENSIONS")
        # Without an imaging library all three sizes carry the same bytes.
        sizes = [
            self._keep("photo", content, picture_type(content), {"width": width, "height": height})
            for width, height in scaled(*size)
        ]
        for photo in sizes:
            self._database.run(
                "INSERT INTO albums VALUES (?, ?)", photo["file_id"], json.dumps(sizes)
            )
        return sizes

    def keep_document(self, content: bytes, name: str, mime_type: str | None = None) -> Json:
        """Store a document and return its Document object."""
        if not content:
            raise bad("file must be non-empty")
        plain = name.replace("\\", "/").rsplit("/", 1)[-1] or "file"
        kind = mime_type or mimetypes.guess_type(plain)[0] or "application/octet-stream"
        ending = plain.rsplit(".", 1)[-1] if "." in plain else "bin"
        return self._keep("document", content, ending, {"file_name": plain, "mime_type": kind})

    def keep_voice(self, content: bytes, duration_seconds: int) -> Json:
        """Store a voice message and return its Voice object."""
        shape = {"duration": duration_seconds, "mime_type": "audio/ogg"}
        return self._keep("voice", content, "oga", shape)

    def photo_sizes(self, file_id: str) -> list[Json]:
        """Return all sizes of a photo known by any of its ids."""
        self._known(file_id, "photo")
        row = self._database.row("SELECT sizes FROM albums WHERE file_id = ?", file_id)
        if row is None:
            raise bad("wrong file identifier/HTTP URL specified")
        sizes: list[Json] = json.loads(row["sizes"])
        return sizes

    def document(self, file_id: str) -> Json:
        """Return the Document of a known id."""
        return self._known(file_id, "document")

    def _known(self, file_id: str, kind: str) -> Json:
        row = self._database.row("SELECT kind, body FROM files WHERE file_id = ?", file_id)
        if row is None:
            raise bad("wrong file identifier/HTTP URL specified")
        if row["kind"] != kind:
            raise bad("type of file mismatch")
        body: Json = json.loads(row["body"])
        return body

    def file(self, file_id: str) -> Json:
        """Return the File object for `getFile`; its path can be downloaded for an hour."""
        row = self._database.row("SELECT path, body FROM files WHERE file_id = ?", file_id)
        if row is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        body = json.loads(row["body"])
        if body["file_size"] > MOST_DOWNLOAD_BYTES:
            raise bad("file is too big")
        self._database.run(
            "INSERT INTO file_links VALUES (?, ?)"
            " ON CONFLICT (path) DO UPDATE SET until = excluded.until",
            row["path"],
            self._clock.now() + LINK_SECONDS,
        )
        names = ("file_id", "file_unique_id", "file_size")
        return {name: body[name] for name in names} | {"file_path": row["path"]}

    def linked(self, path: str) -> tuple[bytes, str] | None:
        """Return what `content` does while the link of `getFile` is good."""
        row = self._database.row("SELECT until FROM file_links WHERE path = ?", path)
        return self.content(path) if row and row["until"] > self._clock.now() else None

    def content(self, path: str) -> tuple[bytes, str] | None:
        """Return the bytes and the media type of a file path; None when unknown."""
        row = self._database.row("SELECT content, body FROM files WHERE path = ?", path)
        if row is None:
            return None
        kind = json.loads(row["body"]).get("mime_type") or mimetypes.guess_type(path)[0]
        return bytes(row["content"]), kind or "application/octet-stream"

    def content_of(self, file_id: str) -> tuple[bytes, str] | None:
        """Return the bytes and the media type of a file id; None when unknown."""
        row = self._database.row("SELECT path FROM files WHERE file_id = ?", file_id)
        return self.content(row["path"]) if row else None

    def _keep(self, kind: str, content: bytes, ending: str, shape: Json) -> Json:
        number = self._database.row("SELECT COUNT(*) AS n FROM files WHERE kind = ?", kind)
        path = f"{FOLDERS[kind]}/file_{number['n'] if number else 0}.{_plain(ending)}"
        seed = hashlib.sha256(content + json.dumps(shape).encode()).hexdigest()
        body = present(
            file_id="Ag" + secrets.token_urlsafe(42),
            file_unique_id="AQ" + seed[:14],
            file_size=len(content),
            **shape,
        )
        self._database.run(
            "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?)",
            body["file_id"],
            body["file_unique_id"],
            path,
            kind,
            json.dumps(body),
            content,
        )
        return body


def _plain(ending: str) -> str:
    return "".join(letter for letter in ending if letter.isalnum())[:8] or "bin"
