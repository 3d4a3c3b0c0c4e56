"""The gate before every route: host, rate, size, headers, metrics, and no fault unanswered."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.deps import Limits
from api.limiter import Limiter
from api.problems import Problem, problem_response
from runtime.logs import get_logger
from runtime.metrics import HTTP_REQUEST_SECONDS, HTTP_REQUESTS

BODY_BYTES_MAX = 64 * 1024
UPDATE_BYTES_MAX = 1024 * 1024
# A page of a long history.
HISTORY_BYTES_MAX = 8 * 1024 * 1024
BODY_SECONDS = 10.0
_PROBES = {"127.0.0.1", "localhost", "[::1]"}
_BODY_BYTES = {"/webhooks/telegram": UPDATE_BYTES_MAX, "/codec/decode": HISTORY_BYTES_MAX}
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_log = get_logger(__name__)


class _Gone(Exception):
    """The client hung up before its request was complete."""


@dataclass
class _Answer:
    """What is known of the response while it is being sent."""

    send: Send
    headers: Mapping[str, str]
    status: int = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = MutableHeaders(scope=message)
            for name, value in self.headers.items():
                present.setdefault(name, value)
        await self.send(message)


class Gate:
    """ASGI middleware; reads the whole (small) body first, so that routes never wait for one."""

    def __init__(self, app: ASGIApp, *, public_url: str, limits: Limits) -> None:
        self._app = app
        parts = urlsplit(public_url)
        self._hosts = {*_PROBES, parts.hostname or ""}
        self._headers = dict(_HEADERS)
        if parts.scheme == "https":
            self._headers["Strict-Transport-Security"] = "max-age=31536000"
        self._limiters = {
            "/api/": Limiter(*limits.api),
            "/o/": Limiter(*limits.page),
            "/webhooks/yookassa": Limiter(*limits.hook),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; other scopes pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, {**self._headers, "X-Request-ID": request_id})
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._serve(scope, receive, answer)
            except _Gone:
                return
            except Exception as error:
                _log.exception("request_failed", error=type(error).__name__)
                if answer.status:
                    raise
                await self._refuse(scope, answer, Problem(500, "InternalServerError"))
            finally:
                _count(scope, answer.status, time.perf_counter() - began)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        request = Request(scope)
        try:
            self._check(request)
            body = await _body(request, receive)
        except Problem as problem:
            await self._refuse(scope, answer, problem)
            return
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, answer)

    def _check(self, request: Request) -> None:
        if _host(request.headers.get("host", "")) not in self._hosts:
            raise Problem(400, "UnknownHost")
        address = request.client.host if request.client else ""
        for prefix, limiter in self._limiters.items():
            if request.scope["path"].startswith(prefix) and not limiter.allows(address):
                raise Problem(429, "TooManyRequests", retry=2)

    async def _refuse(self, scope: Scope, answer: _Answer, problem: Problem) -> None:
        response = problem_response(Request(scope), problem)
        await response(scope, _nothing, answer)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _host(header: str) -> str:
    """The host without its port; an IPv6 address keeps its brackets."""
    if header.startswith("["):
        return header.partition("]")[0] + "]"
    return header.partition(":")[0].lower()


async def _body(request: Request, receive: Receive) -> bytes:
    """The whole body.

    Raises:
        Problem: 413 if it is too big, 408 if it does not come.
    """
    cap = _BODY_BYTES.get(request.scope["path"], BODY_BYTES_MAX)
    declared = request.headers.get("content-length", "0")
    if not (declared.isascii() and declared.isdigit()):
        raise Problem(400, "BadRequest")
    if len(declared) > 12 or int(declared) > cap:
        raise Problem(413, "ContentTooLarge", limit_bytes=cap)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Gone()
                body += message.get("body", b"")
                if len(body) > cap:
                    raise Problem(413, "ContentTooLarge", limit_bytes=cap)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise Problem(408, "RequestTimeout") from None


def _count(scope: Scope, status: int, seconds: float) -> None:
    # The route's pattern and a known method only: paths hold secrets, and anybody invents words.
    route = getattr(scope.get("route"), "path", "other")
    method = scope["method"] if scope["method"] in _METHODS else "other"
    HTTP_REQUESTS.labels(method, route, str(status or 499)).inc()
    HTTP_REQUEST_SECONDS.labels(method, route).observe(seconds)
