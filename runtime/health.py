"""A tiny HTTP server for processes that have none: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio
import json
import logging
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


async def readiness(checks: Mapping[str, ReadinessCheck]) -> dict[str, bool]:
    """Run all checks at once; one that fails or takes over two seconds counts as not ready."""
    results = await asyncio.gather(*(_is_ready(name, check) for name, check in checks.items()))
    return dict(zip(checks, results, strict=True))


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
        self._checks = checks
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
            checks = await readiness(self._checks)
            status = HTTPStatus.OK if all(checks.values()) else HTTPStatus.SERVICE_UNAVAILABLE
            return status, _JSON, json.dumps(checks).encode()
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
