"""Webhooks are hints: store, commit, answer 200, wake the reader; nothing is believed."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from api.checkout import checked_out
from api.deps import services_of
from api.problems import Problem
from api.security import address_of, same_secret
from api.sweep import Notice, Sweep, store_notice
from models.queries.telegram import NotAnUpdate, store_update
from runtime.failpoints import failpoint_async
from runtime.logs import get_logger
from runtime.metrics import PAYMENT_NOTICES

SIGNED_BY = "X-Telegram-Bot-Api-Secret-Token"
_ID_CHARACTERS_MAX = 64
_log = get_logger(__name__)
router = APIRouter(prefix="/webhooks", include_in_schema=False)


@router.post("/telegram")
async def telegram(request: Request) -> Response:
    """Store one update; 200 means that it is committed. 403 without the right secret."""
    services = services_of(request)
    hook = services.telegram
    if hook is None or not same_secret(request.headers.get(SIGNED_BY, ""), hook.secret):
        request.app.state.bad_secrets.allows(address_of(request))
        _log.warning("update_refused")
        raise Problem(403, "SecretWrong")
    payload = _json(await request.body())
    asked = payload.get("pre_checkout_query")
    if isinstance(asked, dict):
        # Answered in the answer itself: somebody waits with his thumb on the button.
        return JSONResponse(await checked_out(services.database, asked))
    try:
        async with services.database.transaction() as session:
            await store_update(session, hook.bot_id, payload)
    except NotAnUpdate:
        raise Problem(400, "NotAnUpdate") from None
    await failpoint_async("api.telegram.stored")
    return Response()


@router.post("/yookassa")
async def yookassa(request: Request) -> Response:
    """Store a notice; 200 for repeats, unknown events and unknown ids too."""
    body = await request.body()
    notice = _notice(_json(body))
    async with services_of(request).database.transaction() as session:
        is_new = await store_notice(session, body, notice)
    await failpoint_async("api.yookassa.stored")
    PAYMENT_NOTICES.labels("stored" if is_new else "repeated").inc()
    sweep: Sweep = request.app.state.sweep
    sweep.wake()
    return Response()


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "BadJson", "The body is not JSON.") from None
    if not isinstance(found, dict):
        raise Problem(400, "BadJson", "The body is not an object.")
    return found


def _notice(payload: dict[str, Any]) -> Notice:
    named = payload.get("object")
    about: dict[str, Any] = named if isinstance(named, dict) else {}
    event, object_id = payload.get("event"), about.get("id")
    if not _is_word(event) or not _is_word(object_id):
        raise Problem(400, "NotANotice")
    metadata = about.get("metadata")
    hint = metadata.get("order") if isinstance(metadata, dict) else None
    return Notice(str(event), str(object_id), hint if isinstance(hint, str) else None)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _ID_CHARACTERS_MAX and value.isprintable()
