"""Refusals with Telegram's own wording and codes."""

from __future__ import annotations

from local.simulators.telegram.shapes import Json

REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}
TERMINATED = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


class Refusal(Exception):
    """A Bot API error: code, description after the reason phrase, optional parameters."""

    def __init__(self, code: int, text: str = "", parameters: Json | None = None) -> None:
        """Keep what the answer to the bot will say."""
        self.code = code
        self.description = f"{REASONS[code]}: {text}" if text else REASONS[code]
        self.parameters = parameters
        super().__init__(self.description)

    def body(self) -> Json:
        """Return the JSON answer Telegram would give."""
        answer: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


class PersonRefusal(Exception):
    """A person's act that cannot happen (no such button, no such person)."""

    def __init__(self, status: int, error: str, **details: object) -> None:
        """Keep the HTTP status and the JSON the caller gets."""
        self.status = status
        self.body: Json = {"error": error, **details}
        super().__init__(error)


def bad(text: str) -> Refusal:
    """Return a 400 with Telegram's text."""
    return Refusal(400, text)


def too_many(retry_after_seconds: int) -> Refusal:
    """Return a 429 that names the wait in seconds."""
    return Refusal(429, f"retry after {retry_after_seconds}", {"retry_after": retry_after_seconds})
