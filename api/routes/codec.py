"""The Temporal UI's codec endpoint: decrypts payloads in the browser of whoever may read them.

The UI cannot hold a token of ours, so a person signs in once at `/codec` with HTTP Basic (any name,
an API token with the scope `codec` as the password); the browser sends it along from then on.
"""

import base64
import binascii
import hashlib
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from starlette.responses import JSONResponse, PlainTextResponse, Response
from temporalio.api.common.v1 import Payload, Payloads

from api.deps import Caller, Services, services_of
from api.limiter import Limiter
from api.problems import Problem
from api.security import TOKEN_CHARACTERS_MAX, address_of, same_secret
from runtime.codec import UnknownKey

router = APIRouter(prefix="/codec", include_in_schema=False)

SCOPE = "codec"
_ASK = {"WWW-Authenticate": 'Basic realm="DrillFlow: a token with the scope codec"'}


@router.get("")
async def sign_in(request: Request) -> Response:
    """Have the browser ask for the token and keep it."""
    if _caller(request) is None:
        return PlainTextResponse("A token with the scope codec, please.", 401, headers=_ASK)
    return PlainTextResponse("Signed in. The Temporal UI can decode in this browser now.")


@router.options("/{operation}")
async def preflight(request: Request, operation: str) -> Response:
    """The browser asks whether the UI's page may call here."""
    return Response(status_code=204, headers={**_cors(request), "X-Operation": operation[:10]})


@router.post("/decode")
async def decode(request: Request) -> Response:
    """Payloads in, payloads out, as the UI and the Temporal CLI send them.

    Raises:
        Problem: 404 without a codec, 400 for what is no payload, 409 for a key that is gone.
    """
    headers = _cors(request)
    if _caller(request) is None:
        return JSONResponse({"title": "TokenUnknown"}, 401, headers=headers)
    codec = services_of(request).codec
    if codec is None:
        raise Problem(404, "NotFound")
    try:
        body = await request.json()
        if not isinstance(body, dict):
            raise Problem(400, "BadRequest")
        said = ParseDict(body, Payloads(), ignore_unknown_fields=True)
        plain = await codec.decode(list(said.payloads))
    except (ParseError, ValueError) as error:
        raise Problem(400, "BadRequest") from error
    except UnknownKey as error:
        raise Problem(409, "KeyUnknown", "The key of this payload was taken away.") from error
    return JSONResponse({"payloads": [_json(one) for one in plain]}, headers=headers)


def _json(payload: Payload) -> dict[str, Any]:
    said: dict[str, Any] = MessageToDict(payload)
    return said


def _cors(request: Request) -> dict[str, str]:
    """Only the UI's own origin may read answers."""
    allowed = services_of(request).site.temporal_ui_origin
    if allowed is None or request.headers.get("origin") != allowed:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Headers": "authorization, content-type, x-namespace",
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Vary": "Origin",
    }


def origin_of(url: str | None) -> str | None:
    """Scheme, host and port of an address, as a browser writes an origin."""
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _caller(request: Request) -> Caller | None:
    """Who holds the token, by Basic or Bearer; None without a good one.

    Raises:
        Problem: 429 after too many bad ones from one address.
    """
    limiter: Limiter = request.app.state.bad_secrets
    address = address_of(request)
    if not limiter.has_room(address):
        raise Problem(429, "TooManyRequests", retry=10)
    token = _token(request.headers.get("authorization", ""))
    found = _holder(services_of(request), token)
    if found is None and token:
        limiter.allows(address)
    return found


def _holder(services: Services, token: str) -> Caller | None:
    digest = hashlib.sha256(token[:TOKEN_CHARACTERS_MAX].encode()).hexdigest()
    found = [one for known, one in services.callers.items() if same_secret(digest, known)]
    return found[0] if token and found and SCOPE in found[0].scopes else None


def _token(header: str) -> str:
    kind, _, rest = header.partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
