"""The provider's error object."""

from typing import Any
from uuid import uuid4


class ApiProblem(Exception):
    """A refusal in the form of the API description; nothing has been changed."""

    def __init__(
        self,
        http_status: int,
        code: str,
        description: str,
        parameter: str | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(description)
        self.http_status = http_status
        self.code = code
        self.description = description
        self.parameter = parameter
        self.retry_after_ms = retry_after_ms

    def body(self) -> dict[str, Any]:
        """The error object; fields without a value are left out."""
        optional = {"parameter": self.parameter, "retry_after": self.retry_after_ms}
        return {
            "type": "error",
            "id": str(uuid4()),
            "code": self.code,
            "description": self.description,
            **{name: value for name, value in optional.items() if value is not None},
        }


def invalid(description: str, parameter: str | None = None) -> ApiProblem:
    """400 `invalid_request`."""
    return ApiProblem(400, "invalid_request", description, parameter)


def not_found(what: str, parameter: str) -> ApiProblem:
    """404 for an object the shop does not have."""
    return ApiProblem(
        404, "not_found", f"Incorrect {parameter}. {what} doesn't exist or access denied", parameter
    )
