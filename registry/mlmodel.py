"""Reads an `MLmodel` file: flavours, signature and input example of a model, as far as it can be trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hub.lib import safe_yaml

FILE = "MLmodel"
MOST_BYTES = 1024 * 1024
"""A longer file is not read: a signature of a thousand columns has about 100 kB."""

MOST_COLUMNS = 2000


@dataclass(frozen=True, slots=True)
class Column:
    """One input, output or parameter of a model: its name ("" for one without), its type in words."""

    name: str
    kind: str
    optional: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Flavour:
    """A library that can load the model, and what it notes about that."""

    name: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class MlModel:
    """What an MLmodel file says; everything is empty where it says nothing. `example` is a file beside it."""

    flavours: list[Flavour] = field(default_factory=list)
    inputs: list[Column] = field(default_factory=list)
    outputs: list[Column] = field(default_factory=list)
    params: list[Column] = field(default_factory=list)
    example: str = ""
    mlflow_version: str = ""

    @property
    def has_signature(self) -> bool:
        """Whether it says what goes in or comes out."""
        return bool(self.inputs or self.outputs or self.params)


def read_mlmodel(data: bytes) -> MlModel | None:
    """What the file says, or None for what cannot be read as one."""
    document = safe_yaml.read_mapping(data, longest=MOST_BYTES)
    if document is None:
        return None
    signature = _mapping(document.get("signature"))
    example = _mapping(document.get("saved_input_example_info")).get("artifact_path")
    return MlModel(
        flavours=[Flavour(str(name), _facts(facts)) for name, facts in _mapping(document.get("flavors")).items()],
        inputs=list(_columns(signature.get("inputs"))),
        outputs=list(_columns(signature.get("outputs"))),
        params=list(_columns(signature.get("params"))),
        example=example if isinstance(example, str) and _is_plain(example) else "",
        mlflow_version=_text(document.get("mlflow_version")),
    )


def _facts(values: Any) -> list[tuple[str, str]]:
    return [(str(key), _text(value)) for key, value in _mapping(values).items() if _text(value)]


def _columns(text: Any) -> Iterator[Column]:
    """A schema, which is JSON in a string: a list of columns, or of tensors."""
    try:
        listed = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return
    for each in (listed if isinstance(listed, list) else [])[:MOST_COLUMNS]:
        if isinstance(each, dict):
            default = json.dumps(each["default"]) if each.get("default") is not None else ""
            yield Column(_text(each.get("name")), _kind(each), each.get("required") is False, default[:200])


def _kind(column: dict[str, Any], depth: int = 0) -> str:
    """The type of a column in words, such as `float64 (-1, 4)` or `list of {role: string, content: string}`."""
    kind = _text(column.get("type")) or "any"
    if depth > 4:
        return kind
    if kind == "tensor":
        spec = _mapping(column.get("tensor-spec"))
        shape = spec.get("shape")
        return f"{_text(spec.get('dtype'))} ({', '.join(map(str, shape)) if isinstance(shape, list) else '?'})"
    if kind in ("array", "map"):
        inner = _kind(_mapping(column.get("items") or column.get("values")), depth + 1)
        return f"list of {inner}" if kind == "array" else f"map of {inner}"
    if kind == "object":
        named = _mapping(column.get("properties")).items()
        return "{" + ", ".join(f"{name}: {_kind(_mapping(inner), depth + 1)}" for name, inner in named) + "}"
    return kind


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """A plain value as text; "" for a list or mapping."""
    return str(value)[:500] if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _is_plain(path: str) -> bool:
    return bool(path) and len(path) < 500 and not path.startswith("/") and ".." not in path.split("/")
