"""What the shop sees of a fault."""

import json
from dataclasses import dataclass, replace
from typing import Any

from local.simulators.yookassa.faults import Kind, Rule
from local.simulators.yookassa.problems import ApiProblem

# The request never reaches the shop's books with these; with the others it does.
BEFORE_KINDS: frozenset[Kind] = frozenset(
    {
        "refuse_before", "http_500", "http_429", "429", "html_502", "redirect_302",
        "http_400", "http_401", "http_403", "http_404",
    }
)  # fmt: skip
_BUSY_MS = 1000
_PROBLEMS: dict[str, ApiProblem] = {
    "http_400": ApiProblem(400, "invalid_request", "The request cannot be carried out"),
    "http_401": ApiProblem(
        401, "invalid_credentials", "Basic authentication failed", "Authorization"
    ),
    "http_403": ApiProblem(403, "forbidden", "You don't have enough permissions"),
    "http_404": ApiProblem(404, "not_found", "The object doesn't exist or access denied"),
}
_OTHER_ID = "2b0ad0c4-000f-5000-8000-1f5eb0766514"


@dataclass(frozen=True)
class Answer:
    """A whole answer; `status` None means the connection is cut instead."""

    status: int | None
    content_type: str = "application/json"
    body: bytes = b""
    location: str | None = None


def problem_answer(problem: ApiProblem) -> Answer:
    """An error object as a whole answer."""
    return Answer(problem.http_status, body=json.dumps(problem.body()).encode())


def faulty(rule: Rule, good: Answer | None) -> Answer:
    """The answer under this rule; `good` is the framework's own when the request got that far."""
    if rule.kind in {"refuse_before", "commit_then_drop"}:
        return Answer(None)
    if rule.kind == "html_502":
        page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
        return Answer(502, "text/html", page)
    if rule.kind == "redirect_302":
        return Answer(302, "text/html", location="/v3/me")
    if rule.kind in _PROBLEMS:
        return problem_answer(_PROBLEMS[rule.kind])
    if good is not None and rule.kind == "truncated_json":
        return replace(good, body=good.body[: len(good.body) // 2])
    if good is not None and rule.kind.startswith("wrong_"):
        return _bent(rule.kind, good)
    return _not_now(rule)


def _not_now(rule: Rule) -> Answer:
    wait_ms = _BUSY_MS if rule.seconds is None else int(rule.seconds * 1000)
    if rule.kind in {"http_429", "429"}:
        busy = ApiProblem(429, "too_many_requests", "Too many requests", retry_after_ms=wait_ms)
        return problem_answer(busy)
    if rule.kind in {"http_202", "202"}:
        still = {"type": "processing", "description": "In progress", "retry_after": wait_ms}
        return Answer(202, body=json.dumps(still).encode())
    return problem_answer(ApiProblem(500, "internal_server_error", "Internal server error"))


def _bent(kind: Kind, good: Answer) -> Answer:
    """A good answer with one wrong fact in each of its objects; a refusal stays as it is."""
    if good.status != 200:
        return good
    shown = json.loads(good.body)
    for one in shown["items"] if shown.get("type") == "list" else [shown]:
        _bend(kind, one)
    return replace(good, body=json.dumps(shown, ensure_ascii=False).encode())


def _bend(kind: Kind, shown: dict[str, Any]) -> None:
    if kind == "wrong_id":
        shown["id"] = _OTHER_ID
    elif kind == "wrong_amount" and "amount" in shown:
        whole, _, rest = shown["amount"]["value"].partition(".")
        shown["amount"]["value"] = f"{int(whole) + 1}.{rest}"
    elif kind == "wrong_currency" and "amount" in shown:
        shown["amount"]["currency"] = "USD"
    elif kind == "wrong_shop" and "recipient" in shown:
        shown["recipient"]["account_id"] = "100500"
    elif kind == "wrong_test" and "test" in shown:
        shown["test"] = not shown["test"]
    elif kind == "wrong_metadata":
        shown["metadata"] = dict.fromkeys(shown.get("metadata", {}), "another")
