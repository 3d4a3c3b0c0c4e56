"""Answers against an OpenAPI 3.0 description: the provider's own file, or a part of it.

The file is not quite valid: its discriminators have no mapping where they are used, and the
branches of its `oneOf` do not fix their `type`. So each branch is bound to the type that its base
schema maps to it, and `oneOf` becomes `anyOf`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4
from ruamel.yaml import YAML
from typing_extensions import override

_BASE = "urn:description"
# The file says nothing of these where they happen, or points at a wrong schema.
_UNDESCRIBED = {"500", "404", "429"}


@dataclass(frozen=True)
class Exchange:
    """One answered request."""

    method: str
    path: str
    status: int
    body: Any

    @override
    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


class Description:
    """A description that can tell what is wrong with an answer."""

    def __init__(self, path: Path) -> None:
        read: Any = YAML(typ="safe", pure=True).load(path)
        self._root: dict[str, Any] = read
        self._root = _loosened(self._root, self._root)
        resource = DRAFT4.create_resource(self._root)
        self._registry: Registry[Any] = Registry().with_resource(_BASE, resource)

    def violations(self, exchange: Exchange) -> list[str]:
        """What is wrong with an answer; nothing for an answer as described."""
        schema = self._schema(exchange)
        if schema is None:
            return self._of_an_undescribed(exchange)
        return list(self._wrong(schema, exchange.body))

    def wrong_object(self, name: str, body: Any) -> list[str]:
        """What is wrong with an object of a named schema."""
        return list(self._wrong({"$ref": f"{_BASE}#/components/schemas/{name}"}, body))

    def _wrong(self, schema: dict[str, Any], body: Any) -> Iterator[str]:
        validator = OAS30Validator(
            schema, registry=self._registry, format_checker=oas30_format_checker
        )
        for error in validator.iter_errors(body):
            where = "/".join(str(step) for step in error.absolute_path)
            yield f"{where or 'answer'}: {error.message[:300]}"

    def _of_an_undescribed(self, exchange: Exchange) -> list[str]:
        if str(exchange.status) not in _UNDESCRIBED:
            return [f"{exchange.status} is not described"]
        return self.wrong_object("Error", exchange.body)

    def _schema(self, exchange: Exchange) -> dict[str, Any] | None:
        for form, operations in self._root["paths"].items():
            expression = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(form))
            described = operations.get(exchange.method.lower())
            if described is None or not re.fullmatch(expression, exchange.path):
                continue
            answer = described["responses"].get(str(exchange.status))
            if answer is None or exchange.status == 500:
                return None
            answer = _at(self._root, answer.get("$ref")) or answer
            schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
            return schema
        return None


def _at(root: Mapping[str, Any], reference: str | None) -> Any:
    if reference is None:
        return None
    found: Any = root
    for step in reference.removeprefix(_BASE).removeprefix("#/").split("/"):
        found = found[step]
    return found


def _loosened(root: dict[str, Any], node: Any) -> Any:
    """The same without discriminators: see the module."""
    if isinstance(node, list):
        return [_loosened(root, item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {name: item for name, item in node.items() if name != "discriminator"}
    if "oneOf" in kept:
        branches = kept.pop("oneOf")
        kept["anyOf"] = [_bound(root, branch) for branch in branches]
    # A reference must name the document: the validator's schema is only a part of it.
    if isinstance(kept.get("$ref"), str):
        return {"$ref": _BASE + kept["$ref"].removeprefix(_BASE)}
    return {name: _loosened(root, item) for name, item in kept.items()}


def _bound(root: dict[str, Any], branch: dict[str, Any]) -> dict[str, Any]:
    """A branch that takes only objects of the types its base maps to it."""
    reference = branch.get("$ref", "")
    target = _at(root, reference) if reference else {}
    for part in target.get("allOf", []):
        base = _at(root, part.get("$ref")) or {}
        mapping = base.get("discriminator", {}).get("mapping", {})
        types = [name for name, mapped in mapping.items() if mapped == reference]
        if types:
            name = base["discriminator"]["propertyName"]
            fixed = {"required": [name], "properties": {name: {"enum": types}}}
            return {"allOf": [fixed, branch]}
    return branch
