"""The official client with real time-outs and three honest outcomes.

The package's own transport waits without limit, follows redirects, repeats requests by itself
and turns every network failure into an AttributeError, which hides whether money moved.
"""

import json
import time
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NewConnectionError
from yookassa.client import ApiClient
from yookassa.domain.common import UserAgent

from activities.ports import NotSent, Refused, Unknown

_LARGEST_ANSWER = 4 * 1024 * 1024
_CHUNK = 64 * 1024


class YooKassaTransport(ApiClient):  # type: ignore[misc]  # the package carries no types
    """One shop's connection; keeps nothing between calls, so threads may share it.

    The package's constructor is left out on purpose: it reads a configuration that is global,
    by which one shop's request could leave under another shop's name.
    """

    def __init__(  # the package's own __init__ reads the global configuration
        self, shop_id: str, secret_key: str, api_url: str, timeouts: tuple[float, float]
    ) -> None:
        self.endpoint = api_url.rstrip("/")
        self.shop_id = shop_id
        self.shop_password = secret_key
        self.auth_token = None
        self.user_agent = UserAgent()
        self._timeouts = timeouts

    def exchange(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
        key: str | None = None,
    ) -> dict[str, Any]:
        """One request, one answer: the object of a 200, or one of the port's errors.

        Raises:
            NotSent: No connection was made.
            Refused: A 4xx with the provider's error object.
            Unknown: Anything else; the provider may have acted.
        """
        headers = self.prepare_request_headers({} if key is None else {"Idempotence-Key": key})
        try:
            status, retry_after, content = self._send(method, path, query, headers, body)
        except (requests.RequestException, HTTPError) as error:
            # The original carries the request with its credentials: it is not chained.
            kind = type(error).__name__
            if _never_connected(error):
                raise NotSent(f"{method} {path}: {kind}") from None
            raise Unknown(f"{method} {path}: {kind}") from None
        return _understood(f"{method} {path}", status, retry_after, content)

    def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None,
        headers: dict[str, str],
        body: bytes | None,
    ) -> tuple[int, str | None, bytes]:
        with requests.Session() as session:
            # Neither a proxy nor a .netrc of the machine may redirect money or its credentials.
            session.trust_env = False
            with session.request(
                method,
                self.endpoint + path,
                params=query,
                headers=headers,
                data=body,
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = self._read(answer)
                return answer.status_code, answer.headers.get("Retry-After"), content

    def _read(self, answer: requests.Response) -> bytes:
        # The library's time-out starts anew with each byte; a trickle must end as well, so the
        # bytes are taken as they come and not as whole chunks.
        deadline = time.monotonic() + self._timeouts[1]
        content = b""
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > _LARGEST_ANSWER or time.monotonic() > deadline:
                raise requests.ReadTimeout
        return content


def _never_connected(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    # Covers a refused connection and a name that does not resolve.
    return isinstance(error, requests.ConnectionError) and isinstance(reason, NewConnectionError)


def _understood(what: str, status: int, retry_after: str | None, content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unknown(f"{what}: {status} without a JSON object")
    if status == 200:
        return answer
    if 400 <= status < 500 and answer.get("type") == "error":
        raise Refused(
            str(answer.get("code")),
            parameter=answer.get("parameter"),
            http_status=status,
            retry_after_seconds=_wait_seconds(answer.get("retry_after"), retry_after),
        )
    raise Unknown(f"{what}: {status}")


def _wait_seconds(milliseconds: object, header: str | None) -> float | None:
    if isinstance(milliseconds, int | float):
        return milliseconds / 1000
    return float(header) if header is not None and header.isdecimal() else None
