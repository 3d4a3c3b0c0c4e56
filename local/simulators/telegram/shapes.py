"""The shapes that travel over HTTP here: plain JSON objects, absent keys instead of nulls."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def present(**fields: Any) -> Json:
    """Build an object without the fields that are None: Telegram never writes null."""
    return {name: value for name, value in fields.items() if value is not None}
