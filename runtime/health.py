"""A tiny HTTP server for processes that have none: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Self

from runtime.metrics import exposition

_logger = logging.getLogger(__name__)
_READ_SECONDS = 5.0
_CHECK_SECONDS = 2.0
_JSON = "application/json"

ReadinessCheck = Callable[[], Awaitable[bool]]


class Readiness:
    """A process's parts, and since when those that are missing have been."""

    def __init__(self, checks: Mapping[str, ReadinessCheck]) -> None:
        """One check for each part, by its name."""
        self._checks = checks
        self._missing_since: dict[str, float] = {}

    async def look(self) -> tuple[bool, dict[str, object]]:
        """Run all checks at once; whether all is well, and the answer of `/readyz`.

        A check that fails or takes over two seconds counts as not ready. `missing_seconds` is
        there only when something is, and counts from the first look that missed it.
        """
        checks = self._checks
        results = await asyncio.gather(*(_is_ready(name, check) for name, check in checks.items()))
        now = time.monotonic()
        parts = dict(zip(checks, results, strict=True))
        missed = {name: self._missing_since.get(name, now) for name in parts if not parts[name]}
        self._missing_since = missed
        said: dict[str, object] = {**parts}
        if missed:
            said["missing_seconds"] = {name: round(now - at, 1) for name, at in missed.items()}
        return not missed, said


async def _is_ready(name: str, check: ReadinessCheck) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong, the answer is 'not ready'
        _logger.info("not ready: %s (%s)", name, type(error).__name__)
        return False


class HealthServer:
    """Serves health on `host:port` while its context is open; port 0 picks a free one."""

    def __init__(
        self,
        port: int,
        checks: Mapping[str, ReadinessCheck],
        *,
        host: str = "127.0.0.1",
        metrics: bool = True,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._readiness = Readiness(checks)
        self._metrics = metrics
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None, "the server is not running"
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, self._host, self._wanted_port, limit=8192
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None, "the server is not running"
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(_READ_SECONDS):
                head = await reader.readuntil(b"\r\n")
                method, path, *_ = head.decode("latin-1").split(" ")
                status, kind, body = await self._answer(method, path.partition("?")[0])
                writer.write(_response(status, kind, b"" if method == "HEAD" else body))
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, method: str, path: str) -> tuple[HTTPStatus, str, bytes]:
        if method not in {"GET", "HEAD"}:
            return HTTPStatus.METHOD_NOT_ALLOWED, _JSON, b"{}"
        if path == "/healthz":
            return HTTPStatus.OK, _JSON, b'{"status": "ok"}'
        if path == "/readyz":
            is_ready, said = await self._readiness.look()
            status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
            return status, _JSON, json.dumps(said).encode()
        if path == "/metrics" and self._metrics:
            body, kind = exposition()
            return HTTPStatus.OK, kind, body
        return HTTPStatus.NOT_FOUND, _JSON, b"{}"


def _response(status: HTTPStatus, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body
