import json
from typing import Any
from uuid import uuid4

import pytest

from api.deps import Caller
from tests.api.stage import ORDER, TOKENS, Stage
from tests.api.test_orders import is_problem


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer nonsense", "Basic dTpw", "Bearer ы"])
async def test_every_route_wants_a_token(api: Stage, given: str | None) -> None:
    headers = {b"Idempotency-Key": b"k"}
    if given is not None:
        headers[b"Authorization"] = given.encode()
    one = f"/api/v1/orders/{uuid4()}"
    for method, path in (
        *(("POST", path) for path in ("/api/v1/orders", f"{one}/cancel", f"{one}/pay")),
        *(("GET", path) for path in ("/api/v1/orders", one, f"{one}/events")),
    ):
        json_body: dict[str, Any] | None = {} if method == "POST" else None
        answer = await api.http.request(method, path, headers=headers, json=json_body)
        is_problem(answer, 401, "TokenUnknown")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_token_does_what_its_scopes_allow(api: Stage) -> None:
    assert (await api.http.get("/api/v1/orders", headers=api.as_caller("reader"))).is_success

    is_problem(await api.place("reader"), 403, "ScopeMissing")


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "a\tb"])
async def test_every_post_wants_a_key(api: Stage, key: str) -> None:
    headers = {"Authorization": f"Bearer {TOKENS['shop']}", "Idempotency-Key": key}

    answer = await api.http.post("/api/v1/orders", json=ORDER, headers=headers)

    is_problem(answer, 400, "IdempotencyKeyMissing")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_called_json_is_a_415(api: Stage, kind: str) -> None:
    headers = {**api.as_caller(), "Content-Type": kind}

    answer = await api.http.post("/api/v1/orders", content=json.dumps(ORDER), headers=headers)

    is_problem(answer, 415, "UnsupportedMediaType")


async def test_words_that_are_no_json_are_a_400(api: Stage) -> None:
    headers = {**api.as_caller(), "Content-Type": "application/json"}
    for body in (b"{", b"[" * 30_000, b'{"service": ' + b"9" * 5_000 + b"}"):
        answer = await api.http.post("/api/v1/orders", content=body, headers=headers)
        assert answer.status_code in (400, 422), body[:20]
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "person"), [("user-17", "tg:17"), ("shop", "api:shop"), ("user-x", "api:user-x")]
)
def test_a_persons_own_token_is_the_same_person_as_in_the_bot(name: str, person: str) -> None:
    assert Caller(name).person == person
