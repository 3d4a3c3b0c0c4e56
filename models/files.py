"""Files that people sent about an order: what is known of each, and who keeps the bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.columns import Table, big, known, one_of, order_key, recorded_at, words
from rules.files import FileKind


class FileRow(Table, table=True):
    """One file; erasing it takes the bytes and leaves the hash.

    The order's row may come later: a place is photographed before the order is sent.
    """

    __tablename__ = "files"
    __table_args__ = (
        one_of("kind", FileKind),
        CheckConstraint("bytes > 0", name="size"),
        UniqueConstraint("order_id", "sha256"),
    )

    id: str = order_key(primary_key=True)
    order_id: str = order_key()
    kind: FileKind = known(FileKind)
    sha256: str = words()
    bytes: int = big()
    media_type: str = words()
    # The key that the bytes are encrypted with; Telegram's name of the file is only a hint.
    key_id: str = words()
    telegram_file_id: str | None = words(default=None)
    uploaded_by: int | None = big(default=None, foreign_key="users.id", index=True)
    created_at: datetime = recorded_at()
    erased_at: datetime | None = Field(default=None)


@dataclass(frozen=True)
class SentFile:
    """A file as somebody (a user's id) sent it; `hint` is Telegram's name of it."""

    order_id: str
    kind: FileKind
    content: bytes
    uploaded_by: int
    hint: str | None = None


@dataclass(frozen=True)
class KeptFile:
    """A file as it was kept."""

    id: str
    kind: FileKind
    media_type: str
    content: bytes


class FileStore(Protocol):
    """Keeps files; the composition roots give the real one."""

    async def keep(self, sent: SentFile) -> str:
        """Keep a file without what it tells of its maker; the same one of an order once.

        Raises:
            FileTooBig, FileTypeRefused: It is not taken.
        """
        ...

    async def read(self, order_id: str, file_id: str) -> KeptFile | None:
        """A file of an order; None if there is none (any more)."""
        ...

    async def erase(self, file_id: str, now: datetime) -> None:
        """Take the bytes away for good; the hash stays. Safe to repeat."""
        ...
