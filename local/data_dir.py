"""The data directory of one instance: its lock, its secrets and what it says about itself."""

import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from settings import LOCAL_MARK, hash_token, new_api_token, new_data_key

# What a caller on this machine may do with the generated token: everything.
LOCAL_SCOPES = "orders:read+orders:write+orders:cancel+accounting+payouts"


class DataDirInUse(RuntimeError):
    """Another instance runs on this data directory."""


class DataDirLock:
    """Held while the block runs; the kernel frees it when the process ends, however it ends."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            DataDirInUse: Names the process that holds it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Not inheritable: a child that outlived us would keep the directory locked.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise DataDirInUse(
                f"{self._path.parent} is used by another instance (process {holder}). "
                "Stop it, or set DRILLFLOW_DATA_DIR to another folder."
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back; the file stays, removing it would race with the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def local_secrets(data_dir: Path) -> dict[str, str]:
    """Secrets made once per data directory, readable by its owner only.

    Every one carries the mark that production refuses.
    """
    path = data_dir / "secrets.json"
    if path.exists():
        return dict(json.loads(path.read_text()))
    made = {
        "api_token": new_api_token(),
        "data_key": new_data_key(),
        # A bot id this short never belongs to a real bot.
        "telegram_token": f"1:{LOCAL_MARK}{secrets.token_urlsafe(16)}",
        "telegram_webhook_secret": LOCAL_MARK + secrets.token_urlsafe(24),
        "yookassa_shop_id": "100500",
        "yookassa_secret_key": LOCAL_MARK + secrets.token_urlsafe(24),
    }
    write_private(path, made)
    return made


def api_tokens(secret: Mapping[str, str]) -> str:
    """The value of API_TOKENS for the generated token."""
    return f"local:{hash_token(secret['api_token'])}:{LOCAL_SCOPES}"


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Write JSON for the owner's eyes, complete or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half_done = path.with_suffix(".new")
    descriptor = os.open(half_done, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
    half_done.replace(path)
