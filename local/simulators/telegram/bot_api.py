"""The Bot API over HTTP: `/bot{token}/{method}` and `/file/bot{token}/{path}`."""

from __future__ import annotations

import hmac
import inspect
import json
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from local.simulators.telegram.errors import Refusal, bad
from local.simulators.telegram.faults import SUFFERED_AFTER, Rule
from local.simulators.telegram.faulty import refusal_of, spoiled
from local.simulators.telegram.methods import METHODS
from local.simulators.telegram.parameters import Answer, Method, Upload, converted
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand

# A little more than the largest file: the other fields of the form.
MOST_BODY_BYTES = 50 * 1024 * 1024 + 64 * 1024
NOT_IN_ANSWERS = {"setwebhook", "deletewebhook", "close", "logout"}


def bot_api_router(stand: Stand) -> APIRouter:
    """Return the routes a bot uses."""
    router = APIRouter()

    @router.api_route("/bot{token}/{name}", methods=["GET", "POST"])
    async def call_method(token: str, name: str, request: Request) -> Response:
        return await answer_call(stand, token, name, request)

    @router.get("/file/bot{token}/{path:path}")
    async def download(token: str, path: str) -> Response:
        return await answer_download(stand, token, path)

    return router


async def answer_call(stand: Stand, token: str, name: str, request: Request) -> Response:
    """Authorise, convert, run and journal one call; every refusal is Telegram's JSON."""
    given: Json = {}
    fault: Rule | None = None
    try:
        if not _is_ours(stand, token):
            raise Refusal(401)
        known = METHODS.get(name.lower())
        if known is None:
            raise Refusal(404, "method not found")
        given = await _given(request)
        params = converted(given, known.kinds)
        fault = stand.faults.next_for(known.name, params.get("chat_id"))
        if fault is not None and fault.kind not in SUFFERED_AFTER:
            raise refusal_of(fault)
        body, status = _success(await _run(stand, known, params)), 200
    except Refusal as refusal:
        body, status = refusal.body(), refusal.code
    stand.journal.write(name, _journaled(given), status, body)
    answer = JSONResponse(body, status)
    return answer if fault is None else await spoiled(fault, answer)


async def answer_download(stand: Stand, token: str, path: str) -> Response:
    """Give a file's bytes to the bot, unless a fault on `download` says otherwise."""
    found = stand.files.linked(path) if _is_ours(stand, token) else None
    if found is None:
        return JSONResponse(Refusal(404).body(), 404)
    fault = stand.faults.next_for("download", None)
    if fault is None:
        return Response(found[0], media_type=found[1])
    if fault.kind in SUFFERED_AFTER:
        return await spoiled(fault, Response(found[0], media_type=found[1]))
    refusal = refusal_of(fault)
    return await spoiled(fault, JSONResponse(refusal.body(), refusal.code))


async def call_in_answer(stand: Stand, content: bytes) -> None:
    """Do what the bot's answer to a webhook asks for, if it names a method; nobody hears how."""
    given = _loaded(content.decode("utf-8", "replace"))
    if not isinstance(given, dict) or not isinstance(given.get("method"), str):
        return
    name = given.pop("method")
    if name.lower() in NOT_IN_ANSWERS or name.lower().startswith("get"):
        return
    known = METHODS.get(name.lower())
    try:
        if known is None:
            raise Refusal(404, "method not found")
        body, status = _success(await _run(stand, known, converted(given, known.kinds))), 200
    except Refusal as refusal:
        body, status = refusal.body(), refusal.code
    stand.journal.write(name, _journaled(given), status, body)


def _is_ours(stand: Stand, token: str) -> bool:
    return hmac.compare_digest(token.encode(), stand.token.encode())


async def _run(stand: Stand, known: Method, params: Json) -> Any:
    if known.patient_act is not None:
        return await known.patient_act(stand, params)
    if known.act is None or inspect.iscoroutinefunction(known.act):
        raise Refusal(500)
    # One call, one commit: after a crash the bot finds all of it or nothing.
    with stand.database.transaction():
        if known.is_limited:
            stand.limits.take(params.get("chat_id", 0), known.messages_in(params))
        return known.act(stand, params)


def _success(result: Any) -> Json:
    if isinstance(result, Answer):
        return {"ok": True, "result": result.result, "description": result.description}
    return {"ok": True, "result": result}


def _journaled(given: Json) -> Json:
    named = {
        name: str(value) if isinstance(value, Upload) else value for name, value in given.items()
    }
    for name in ("chat_id", "message_id", "from_chat_id"):
        if str(named.get(name, "")).lstrip("-").isdigit():
            named[name] = int(named[name])
    for name in ("reply_markup", "media", "entities", "commands", "scope", "reply_parameters"):
        if isinstance(named.get(name), str):
            named[name] = _loaded(named[name])
    return named


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _given(request: Request) -> Json:
    """Collect the parameters of a query string, JSON, form or multipart body."""
    given: Json = dict(request.query_params)
    if request.method == "GET":
        return given
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > MOST_BODY_BYTES:
        raise Refusal(413)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return given | await _from_json(request)
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return given | await _from_form(request)
    return given


async def _from_json(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise bad("can't parse JSON object") from error
    if not isinstance(body, dict):
        raise bad("object expected")
    return body


async def _from_form(request: Request) -> Json:
    fields: Json = {}
    async with request.form(max_files=20, max_fields=100, max_part_size=1024 * 1024) as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                kind = value.content_type or "application/octet-stream"
                fields[name] = Upload(value.filename or "file", kind, await value.read())
            else:
                fields[name] = value
    return fields
