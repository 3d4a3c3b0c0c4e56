"""A policy written as JSON: only what differs from policy v1 needs to be named."""

import dataclasses
import json
from typing import Any

from rules.catalog import Estimate
from rules.errors import BadInput
from rules.policy import POLICY_V1, Policy, RefundTier


def policy_from_json(text: str) -> Policy:
    """Policy v1 with the given changes.

    Raises:
        BadInput: Not JSON, an unknown name, or a value of the wrong kind; says which.
    """
    try:
        given = json.loads(text)
    except ValueError as error:
        raise BadInput(f"the policy is not JSON: {error}") from error
    changed = _changed(POLICY_V1, given, "policy")
    if not isinstance(changed, Policy):
        raise BadInput("the policy must be a JSON object")
    return changed


def _changed(base: Any, given: Any, name: str) -> Any:
    if dataclasses.is_dataclass(base) and not isinstance(base, type):
        return _changed_fields(base, given, name)
    if isinstance(base, tuple):
        return _changed_row(base, given, name)
    if isinstance(base, dict):
        return _changed_tariffs(base, given, name)
    if isinstance(base, bool):
        if isinstance(given, bool):
            return given
        raise BadInput(f"{name}: {given!r} is not true or false")
    is_number = isinstance(base, int) and isinstance(given, int) and not isinstance(given, bool)
    if is_number and given >= 0:
        return given
    if isinstance(base, str) and isinstance(given, str):
        return given
    raise BadInput(f"{name}: {given!r} is not a {type(base).__name__} of at least 0")


def _changed_fields(base: Any, given: Any, name: str) -> Any:
    if not isinstance(given, dict):
        raise BadInput(f"{name} must be an object")
    known = {field.name for field in dataclasses.fields(base)}
    unknown = sorted(set(given) - known)
    if unknown:
        raise BadInput(f"{name} has no {', '.join(unknown)}")
    values = {key: _changed(getattr(base, key), value, key) for key, value in given.items()}
    return dataclasses.replace(base, **values)


def _changed_row(base: tuple[Any, ...], given: Any, name: str) -> tuple[Any, ...]:
    if not isinstance(given, list) or not given:
        raise BadInput(f"{name} must be a list with at least one value")
    example = base[0]
    if isinstance(example, RefundTier):
        return tuple(_changed(RefundTier(0, 0), one, name) for one in given)
    return tuple(_changed(example, one, name) for one in given)


def _changed_tariffs(base: dict[str, Estimate], given: Any, name: str) -> dict[str, Estimate]:
    if not isinstance(given, dict) or set(given) - set(base):
        raise BadInput(f"{name} may only name known services")
    return {**base, **{key: _changed(base[key], value, key) for key, value in given.items()}}
