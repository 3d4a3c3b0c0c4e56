"""What the bot sees of a fault."""

from __future__ import annotations

import asyncio

from fastapi import Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from local.simulators.telegram.errors import TERMINATED, Refusal, bad, too_many
from local.simulators.telegram.faults import Rule

_CUT = ("drop_before", "drop_after", "timeout", "hang", "hang_after")
_SILENT = ("timeout", "hang", "hang_after", "slow")
_FRONT = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


class DroppedConnection(Response):
    """Promises a body and never sends it, or only a part: the server closes the connection."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head only."""
        head = [(b"content-length", b"4096"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": head})


def refusal_of(rule: Rule) -> Refusal:
    """Return the error of a call that did not act; one that is cut off is journaled so too."""
    if rule.kind == "429":
        return too_many(rule.retry_after_seconds)
    if rule.kind == "403":
        return Refusal(403, "bot was blocked by the user")
    if rule.kind == "deactivated":
        return Refusal(403, "user is deactivated")
    if rule.kind == "chat_not_found":
        return bad("chat not found")
    if rule.kind == "409":
        return Refusal(409, TERMINATED)
    if rule.kind == "error":
        return Refusal(rule.code, rule.text)
    if rule.kind in _CUT:
        return Refusal(500, "the call never arrived")
    return Refusal(502 if rule.kind == "502" else 500)


async def spoiled(rule: Rule, answer: Response) -> Response:
    """Return what the bot gets instead of the answer."""
    if rule.kind in _SILENT:
        await asyncio.sleep(rule.seconds)
    if rule.kind in _CUT:
        return DroppedConnection()
    if rule.kind == "502":
        return HTMLResponse(_FRONT, 502)
    if rule.kind == "500_after":
        return JSONResponse(Refusal(500).body(), 500)
    if rule.kind == "truncated":
        half = bytes(answer.body)[: len(answer.body) // 2]
        return Response(half, answer.status_code, media_type="application/json")
    return answer
