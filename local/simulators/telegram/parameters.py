"""Parameters of Bot API methods: known names only, converted as Telegram converts them."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from local.simulators.telegram.errors import bad
from local.simulators.telegram.shapes import Json
from local.simulators.telegram.stand import Stand

ATTACHED = re.compile(r"attach://([\w.-]+)")
COMMON = (
    "business_connection_id:str message_thread_id:int direct_messages_topic_id:int"
    " disable_notification:bool protect_content:bool allow_paid_broadcast:bool"
    " message_effect_id:str suggested_post_parameters:json reply_parameters:json"
    " reply_markup:json"
)


@dataclass(frozen=True)
class Upload:
    """One uploaded file of a multipart request."""

    name: str
    mime_type: str
    content: bytes

    @override
    def __str__(self) -> str:
        """Describe the file for the journal, without its bytes."""
        return f"<file {self.name}, {self.mime_type}, {len(self.content)} bytes>"


@dataclass(frozen=True)
class Answer:
    """A result that comes with a description, as the webhook methods give it."""

    result: Any
    description: str


Act = Callable[[Stand, Json], Any]
PatientAct = Callable[[Stand, Json], Awaitable[Any]]


@dataclass(frozen=True)
class Method:
    """One Bot API method: its parameters and what it does."""

    name: str
    kinds: dict[str, str]
    act: Act | None = None
    patient_act: PatientAct | None = None
    is_limited: bool = False

    def messages_in(self, params: Json) -> int:
        """Return how many messages a call counts as: an album is as many as it has items."""
        many = params.get("media") or params.get("message_ids")
        return max(1, len(many)) if isinstance(many, list) else 1


def method(name: str, fields: str, act: Act, *, is_limited: bool = False) -> Method:
    """Declare a method; `fields` is a list of `name:kind`, e.g. `chat_id:chat text:str`."""
    return Method(name, kinds_of(fields), act=act, is_limited=is_limited)


def kinds_of(fields: str) -> dict[str, str]:
    """Split `name:kind name:kind` into a table."""
    return dict(pair.split(":", 1) for pair in fields.split())


def converted(given: Json, kinds: dict[str, str]) -> Json:
    """Return the parameters in their types; attached files stay under their own names.

    Raises:
        Refusal: 400 for an unknown name or a value of the wrong type.
    """
    attached = set(ATTACHED.findall(json.dumps(given, default=str)))
    params: Json = {}
    for name, value in given.items():
        if value is None:
            continue
        if name in kinds:
            params[name] = CONVERT[kinds[name]](name, value)
        elif isinstance(value, Upload) and name in attached:
            params[name] = value
        else:
            raise bad(f'unknown parameter "{name}"')
    return params


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,18}", str(value)):
        raise bad(f'invalid value of parameter "{name}": expected an Integer')
    return int(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,12}(\.\d{1,20})?", str(value)):
        raise bad(f'invalid value of parameter "{name}": expected a Float')
    return float(value)


def _boolean(name: str, value: Any) -> bool:
    text = str(value).lower()
    if text not in ("true", "false", "0", "1", "yes", "no"):
        raise bad(f'invalid value of parameter "{name}": expected a Boolean')
    return text in ("true", "1", "yes")


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        raise bad(f'invalid value of parameter "{name}": expected a String')
    return str(value)


def _json(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError as error:
        raise bad(f"can't parse {name} JSON object") from error


def _file(name: str, value: Any) -> Any:
    return value if isinstance(value, Upload) else _text(name, value)


def _chat(name: str, value: Any) -> int:
    if str(value).startswith("@"):
        raise bad("chat not found")
    return _integer(name, value)


CONVERT: dict[str, Callable[[str, Any], Any]] = {
    "int": _integer,
    "float": _number,
    "bool": _boolean,
    "str": _text,
    "json": _json,
    "file": _file,
    "chat": _chat,
}
