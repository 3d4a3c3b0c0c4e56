"""Who calls: bearer tokens by their hash, scopes, and secrets compared in constant time."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.deps import Caller, services_of
from api.limiter import Limiter
from api.problems import Problem

_bearer = HTTPBearer(auto_error=False, description="One of API_TOKENS")
TOKEN_CHARACTERS_MAX = 512


def same_secret(given: str, expected: str) -> bool:
    """Compare without telling by the time taken where they differ."""
    return hmac.compare_digest(given.encode(), expected.encode())


def address_of(request: Request) -> str:
    """The address that the request came from; the edge's word for it only behind an edge."""
    return request.client.host if request.client else ""


def may(scope: str) -> Callable[..., Awaitable[Caller]]:
    """A dependency: the caller, who holds this scope.

    Raises:
        Problem: 401 without a good token, 403 without the scope, 429 after too many bad ones.
    """

    async def caller(
        request: Request,
        given: HTTPAuthorizationCredentials | None = Security(_bearer),  # noqa: B008 - FastAPI
    ) -> Caller:
        found = _find(request, given.credentials if given else "")
        if scope not in found.scopes:
            raise Problem(403, "ScopeMissing", f"The token lacks the scope {scope}.")
        return found

    return caller


def _find(request: Request, token: str) -> Caller:
    limiter: Limiter = request.app.state.bad_secrets
    address = address_of(request)
    if not limiter.has_room(address):
        raise Problem(429, "TooManyRequests", retry=10)
    digest = hashlib.sha256(token[:TOKEN_CHARACTERS_MAX].encode()).hexdigest()
    # All are compared, so that the time taken does not tell which one was near.
    found = [
        one for known, one in services_of(request).callers.items() if same_secret(digest, known)
    ]
    if not token or not found:
        limiter.allows(address)
        raise Problem(401, "TokenUnknown", "Send a valid bearer token.")
    return found[0]
