"""The gate before the API: plants faults into answers and keeps the journal of requests.

It works below the framework because a dropped connection is not an answer.
"""

import asyncio
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local.simulators.yookassa.desk import Desk
from local.simulators.yookassa.faults import Rule
from local.simulators.yookassa.faulty import BEFORE_KINDS, Answer, faulty, problem_answer
from local.simulators.yookassa.problems import ApiProblem
from local.simulators.yookassa.records import Payment

_LARGEST_BODY = 256 * 1024
_JOURNAL_ROWS = 50_000
_SLOW_SECONDS = 35.0
_ROUTES = (
    ("POST", re.compile(r"/v3/(payments|refunds|receipts)"), "create"),
    ("POST", re.compile(r"/v3/(payments)/[^/]+/capture"), "capture"),
    ("POST", re.compile(r"/v3/(payments)/[^/]+/cancel"), "cancel"),
    ("GET", re.compile(r"/v3/(payments|refunds|receipts)"), "list"),
    ("GET", re.compile(r"/v3/(payments|refunds|receipts)/[^/]+"), "get"),
    ("GET", re.compile(r"/v3/(me)"), "get"),
)
_OF_A_HOLD = {"payments.capture", "payments.cancel"}


@dataclass(frozen=True)
class Call:
    """What came in."""

    method: str
    path: str
    query: str
    key: str | None
    body: bytes

    @property
    def operation(self) -> str:
        """The name by which faults know it; `any` for everything else."""
        for method, form, name in _ROUTES:
            found = form.fullmatch(self.path) if method == self.method else None
            if found:
                return f"{found[1]}.{name}"
        return "any"


async def _read(receive: Receive) -> bytes:
    body = b""
    while len(body) <= _LARGEST_BODY:
        message = await receive()
        body += bytes(message.get("body", b""))
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return body
    return body


async def _ask(inner: ASGIApp, scope: Scope, body: bytes) -> Answer:
    """The framework's own answer, whole."""
    status, content_type, content = 500, "application/json", b""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, content_type, content
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = dict(message.get("headers", []))
            content_type = headers.get(b"content-type", b"application/json").decode()
        elif message["type"] == "http.response.body":
            content += message.get("body", b"")

    await inner(scope, receive, send)
    return Answer(status, content_type, content)


async def _reply(answer: Answer, send: Send) -> None:
    if answer.status is None:
        await _drop(send)
        return
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    if answer.location is not None:
        headers.append((b"location", answer.location.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _drop(send: Send) -> None:
    # The server hands its connection's cycle in as `send`; cutting that connection is the only
    # way to answer with nothing at all.
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        msg = "A dropped connection needs uvicorn"
        raise RuntimeError(msg)
    transport.abort()
    # The server notices the loss in its next turn and then expects no answer.
    for _ in range(3):
        await asyncio.sleep(0)


class Gate:
    """Stands before every `/v3` request."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def serve(self, inner: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, well or as the next planted fault says."""
        headers = dict(scope["headers"])
        key = headers.get(b"idempotence-key")
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            key=None if key is None else key.decode("latin-1"),
            body=await _read(receive),
        )
        if len(call.body) > _LARGEST_BODY:
            large = ApiProblem(400, "invalid_request", "The body is too large")
            await _reply(problem_answer(large), send)
            return
        with self._desk.store.transaction():
            fault = self._desk.faults.take(call.operation)
        answer = await self._answer(inner, scope, call, fault)
        self._write_down(call, answer, fault)
        if fault is not None and fault.kind == "slow":
            await self._linger(fault)
        await _reply(answer, send)

    async def _answer(self, inner: ASGIApp, scope: Scope, call: Call, fault: Rule | None) -> Answer:
        if fault is None or fault.kind == "slow":
            return await _ask(inner, scope, call.body)
        good: Answer | None = None
        if fault.kind == "undo_then_500":
            await self._ask_and_undo(inner, scope, call)
        elif fault.kind not in BEFORE_KINDS:
            good = await _ask(inner, scope, call.body)
        return faulty(fault, good)

    async def _linger(self, fault: Rule) -> None:
        seconds = _SLOW_SECONDS if fault.seconds is None else fault.seconds
        if fault.clock == "real":
            await asyncio.sleep(seconds)
        else:
            await self._desk.clock.sleep(seconds)

    async def _ask_and_undo(self, inner: ASGIApp, scope: Scope, call: Call) -> None:
        desk = self._desk
        mark = desk.notices.last_seq()
        payment_id = call.path.split("/")[3] if call.operation in _OF_A_HOLD else ""
        before = desk.store.payment(payment_id)
        desk.notices.paused = True  # no notice of an undone operation may leave
        try:
            answer = await _ask(inner, scope, call.body)
            if answer.status == 200 and call.key is not None:
                with desk.store.transaction():
                    self._undo(call, json.loads(answer.body), before, mark)
        finally:
            desk.notices.paused = False

    def _undo(self, call: Call, shown: dict[str, Any], before: Payment | None, mark: int) -> None:
        desk = self._desk
        desk.keys.forget(call.key or "")
        desk.notices.withdraw_after(mark, {shown["id"]})
        if call.operation == "payments.create":
            desk.payments.undo_create(shown["id"])
        elif call.operation == "refunds.create":
            desk.refunds.undo(shown["id"])
        elif call.operation in desk.undoers:
            desk.undoers[call.operation](shown["id"])
        elif before is not None:
            desk.store.save_payment(replace(before))

    def _write_down(self, call: Call, answer: Answer, fault: Rule | None) -> None:
        store = self._desk.store
        with store.transaction():
            store.run(
                "insert into requests (at_ms, method, path, query, key, body, status, fault)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                self._desk.clock.now_ms(),
                call.method,
                call.path,
                call.query,
                call.key,
                call.body.decode("utf-8", "replace"),
                answer.status,
                None if fault is None else fault.kind,
            )
            store.run(
                "delete from requests where seq <= (select max(seq) from requests) - ?",
                _JOURNAL_ROWS,
            )
