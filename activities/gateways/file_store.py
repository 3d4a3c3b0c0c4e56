"""Files in a folder, each encrypted; a row in the database makes one exist."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from models.database import Database
from models.files import FileRow, KeptFile, SentFile
from rules.files import media_type, without_metadata
from runtime.failpoints import failpoint_async
from runtime.logs import get_logger

NONCE_BYTES = 12
_FILES = uuid5(NAMESPACE_URL, "drillflow/files")
_SIGN = b"DF1\0"
_log = get_logger(__name__)


class EncryptedFileStore:
    """AES-256-GCM with the newest key; older keys still read what they wrote.

    A file's name and id come from its order and its content, so the same file is kept once. The
    bytes are there before the row: what a crash leaves between them nobody sees.
    """

    def __init__(self, database: Database, folder: Path, keys: Mapping[str, bytes]) -> None:
        """`keys` are 32 bytes each, by id, the newest first; `folder` is made for this user only.

        Raises:
            ValueError: There is no key.
        """
        if not keys:
            raise ValueError("files cannot be kept without a key")
        self._database = database
        self._folder = folder
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = next(iter(keys))

    async def keep(self, sent: SentFile) -> str:
        """See `FileStore.keep`; sent again it changes nothing."""
        kind = media_type(sent.content)
        content = await asyncio.to_thread(without_metadata, sent.content)
        digest = hashlib.sha256(content).hexdigest()
        file_id = str(uuid5(_FILES, f"{sent.order_id}/{digest}"))
        async with self._database.reading() as session:
            found = await session.exec(
                select(FileRow).where(FileRow.order_id == sent.order_id, FileRow.sha256 == digest)
            )
            row = found.one_or_none()
        if row is not None and row.erased_at is None:
            return row.id
        file_id = row.id if row is not None else file_id
        await asyncio.to_thread(self._write, file_id, content)
        await failpoint_async("files.written.before_row")
        values = {
            "order_id": sent.order_id,
            "kind": sent.kind,
            "sha256": digest,
            "bytes": len(content),
            "media_type": kind,
            "key_id": self._newest,
            "telegram_file_id": sent.hint,
            "uploaded_by": sent.uploaded_by,
            "erased_at": None,
        }
        statement = insert(FileRow).values(id=file_id, **values)
        async with self._database.transaction() as session:
            await session.exec(statement.on_conflict_do_update(index_elements=["id"], set_=values))
        return file_id

    async def read(self, order_id: str, file_id: str) -> KeptFile | None:
        """See `FileStore.read`; a file that cannot be decrypted is logged and is not there."""
        async with self._database.reading() as session:
            row = await session.get(FileRow, file_id)
        if row is None or row.order_id != order_id or row.erased_at is not None:
            return None
        content = await asyncio.to_thread(self._read, file_id)
        if content is None or hashlib.sha256(content).hexdigest() != row.sha256:
            _log.error("file_unreadable", file_id=file_id, key_id=row.key_id)
            return None
        return KeptFile(row.id, row.kind, row.media_type, content)

    async def erase(self, file_id: str, now: datetime) -> None:
        """See `FileStore.erase`; first the bytes, so that no mark is set in vain."""
        await asyncio.to_thread(self._path(file_id).unlink, missing_ok=True)
        async with self._database.transaction() as session:
            await session.exec(
                update(FileRow)
                .where(col(FileRow.id) == file_id, col(FileRow.erased_at).is_(None))
                .values(erased_at=now, telegram_file_id=None)
            )

    def _path(self, file_id: str) -> Path:
        return self._folder / file_id[:2] / file_id

    def _write(self, file_id: str, content: bytes) -> None:
        """Write whole or not at all: under a name of its own, to the disk, then renamed."""
        path = self._path(file_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_name(f".{file_id}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(self._encrypted(file_id, content))
            out.flush()
            os.fsync(out.fileno())
        made.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _encrypted(self, file_id: str, content: bytes) -> bytes:
        key_id = self._newest.encode()
        # The key's id lies with the bytes: the row may still be that of an earlier key.
        head = _SIGN + len(key_id).to_bytes(1, "big") + key_id
        nonce = os.urandom(NONCE_BYTES)
        bound = head + file_id.encode()
        return head + nonce + self._ciphers[self._newest].encrypt(nonce, content, bound)

    def _read(self, file_id: str) -> bytes | None:
        try:
            kept = self._path(file_id).read_bytes()
        except OSError:
            return None
        at = len(_SIGN) + 1
        if len(kept) < at or not kept.startswith(_SIGN):
            return None
        end = at + kept[at - 1]
        cipher = self._ciphers.get(kept[at:end].decode(errors="replace"))
        if cipher is None:
            return None
        nonce, sealed = kept[end : end + NONCE_BYTES], kept[end + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, sealed, kept[:end] + file_id.encode())
        except (InvalidTag, ValueError):
            return None
