"""Errors as problem+json (RFC 9457): one shape for every refusal and every fault."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from rules.errors import BY_NAME, BadInput, NotYours, RuleViolation
from texts.language import Language, pick
from texts.refusals import problem_title, refusal, status_title
from workflows.client import Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 3
_ERRORS_MAX = 20
_NOT_CONNECTED = "Failed client connect"


class Problem(Exception):
    """An answer that is an error; `more` goes into the body beside the standard fields."""

    def __init__(
        self, status: int, code: str, detail: str = "", *, retry: int = 0, **more: Any
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry = retry
        self.more = more


def not_found() -> Problem:
    """The same answer for what does not exist and for what is not the caller's."""
    return Problem(404, NotYours.__name__)


def invalid(pointer: str, detail: str, *, code: str = BadInput.__name__, **more: Any) -> Problem:
    """One field of the request cannot be used; `code` is said in the caller's language."""
    errors = [{"pointer": pointer, "detail": detail}]
    return Problem(422, code, errors=errors, **more)


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    """The response of a problem, its sentence in the language that the caller asked for."""
    russian, english = _titles(problem)
    detail, lang = problem.detail, pick(request.headers.get("accept-language"))
    if not detail:
        plain = russian if lang is Language.RU else english
        detail = refusal(problem.code, lang) if problem.code in BY_NAME else plain
    body: dict[str, Any] = {
        "type": f"urn:drillflow:problem:{problem.code}",
        "title": english,
        "title_ru": russian,
        "status": problem.status,
        "detail": detail,
        "instance": f"urn:request:{getattr(request.state, 'request_id', '')}",
        "code": problem.code,
        **problem.more,
    }
    headers = {"Retry-After": str(problem.retry)} if problem.retry else {}
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(allow := problem.more.get("allow"), str):
        headers["Allow"] = allow
    return JSONResponse(body, problem.status, headers, media_type=MEDIA_TYPE)


def _titles(problem: Problem) -> tuple[str, str]:
    if problem.code in BY_NAME:
        return problem_title(problem.code)
    return status_title(problem.status)


def install(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""

    async def known(request: Request, error: Exception) -> JSONResponse:
        return problem_response(request, as_problem(error))

    async def unconnected(request: Request, error: Exception) -> JSONResponse:
        # The SDK's error while Temporal has never been reached since this process started.
        if not str(error).startswith(_NOT_CONNECTED):
            raise error
        return problem_response(request, as_problem(Unavailable()))

    app.add_exception_handler(RuntimeError, unconnected)
    for kind in (Problem, RuleViolation, Unavailable, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, known)


def as_problem(error: Exception) -> Problem:
    """What an error is to the caller; anything unexpected is a 500 that tells nothing."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RuleViolation):
        retry = RETRY_SECONDS if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE else 0
        return Problem(error.http_status, type(error).__name__, retry=retry)
    if isinstance(error, Unavailable):
        return Problem(503, "Unavailable", "Repeat the same request.", retry=RETRY_SECONDS)
    if isinstance(error, RequestValidationError):
        return _of_fields(error)
    if isinstance(error, HTTPException):
        allow = (error.headers or {}).get("Allow")
        more: dict[str, Any] = {"allow": allow} if allow else {}
        code = HTTPStatus(error.status_code).phrase.title().replace(" ", "")
        return Problem(error.status_code, code, **more)
    return Problem(500, "InternalServerError")


def _of_fields(error: RequestValidationError) -> Problem:
    # What was sent is never repeated: it may be personal, and NaN is no JSON.
    errors = [
        {
            "pointer": "/" + "/".join(str(part) for part in one["loc"][1:]),
            "detail": _sentence(one["msg"]),
        }
        for one in error.errors()[:_ERRORS_MAX]
    ]
    if any(one["type"] == "json_invalid" for one in error.errors()):
        return Problem(400, "BadJson")
    return Problem(422, BadInput.__name__, errors=errors)


def _sentence(said: str) -> str:
    """The library's words about a field, as a sentence."""
    plain = said.removeprefix("Value error, ").rstrip(".")
    return f"{plain[:1].upper()}{plain[1:]}."
