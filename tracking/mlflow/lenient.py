"""The slow way to read a request: what the strict decoder refuses, but the protocol's own server takes.

Numbers as text, fractions for whole numbers, true for 1.0, "NaN" and infinities, null for absent, JSON within a
JSON string, camelCase names. What even that cannot read is refused with the protocol's words and the field's path.
"""

from __future__ import annotations

import json
import math
import re
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from hub.lib.errors import Invalid
from tracking.rules import HIGH, LOW, SEE, check_text, missing

S = TypeVar("S", bound=msgspec.Struct)
_humps = re.compile(r"_([a-z])")


def wrong_type(path: str, value: object) -> Invalid:
    """The protocol's sentence for a value of another kind."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    kind = type(value).__name__
    return Invalid(
        f"Invalid value {shown} for parameter '{path}' supplied:  Hint: Value was of type '{kind}'.{SEE}", field=path
    )


def load_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. What is no JSON, or no object, counts as empty, as on the protocol's own server."""
    try:
        found = json.loads(body)
        if isinstance(found, str):
            found = json.loads(found)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def build(kind: type[S], given: Mapping[str, Any], *, path: str = "") -> S:
    """A struct out of loosely typed fields; raises Invalid naming the field that cannot be read."""
    values: dict[str, Any] = {}
    for field, shape in _shapes(kind):
        where = f"{path}.{field.encode_name}" if path else field.encode_name
        value = _pick(given, field.encode_name)
        if value is not None:
            values[field.name] = _read(shape, value, where)
        elif field.required:
            raise missing(where)
    return kind(**values)


@lru_cache(maxsize=200)
def _shapes(kind: type[msgspec.Struct]) -> list[tuple[msgspec.structs.FieldInfo, Any]]:
    return [(field, _without_none(field.type)) for field in msgspec.structs.fields(kind)]


def _without_none(shape: Any) -> Any:
    if typing.get_origin(shape) in (typing.Union, types.UnionType):
        kept = [part for part in typing.get_args(shape) if part is not types.NoneType]
        return kept[0] if len(kept) == 1 else tuple(kept)
    return shape


def _pick(given: Mapping[str, Any], name: str) -> Any:
    camel = _humps.sub(lambda match: match[1].upper(), name)
    if camel != name and camel in given:
        if name in given:
            raise Invalid(f"Request specifies both '{name}' and '{camel}'; provide only one of them.", field=name)
        return given[camel]
    return given.get(name)


def _read(shape: Any, value: Any, path: str) -> Any:
    if isinstance(shape, tuple):  # text or number: enums
        if isinstance(value, bool) or not isinstance(value, shape):
            raise wrong_type(path, value)
        return value
    if typing.get_origin(shape) is list:
        if not isinstance(value, list):
            raise wrong_type(path, value)
        inner = typing.get_args(shape)[0]
        return [_read(inner, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if typing.get_origin(shape) is dict:
        if not isinstance(value, dict):
            raise wrong_type(path, value)
        inner = typing.get_args(shape)[1]
        return {key: _read(inner, item, f"{path}[{key}]") for key, item in value.items()}
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        if not isinstance(value, dict):
            raise wrong_type(path, value)
        return build(shape, value, path=path)
    return _SCALARS[shape](value, path)


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise wrong_type(path, value)
    return check_text(value, path=path)


def _whole(value: Any, path: str) -> int:
    if isinstance(value, bool):
        raise wrong_type(path, value)
    try:
        found = int(value) if not isinstance(value, str) else _whole_text(value)
    except (ValueError, TypeError, OverflowError):
        raise wrong_type(path, value) from None
    if not LOW <= found <= HIGH:
        raise wrong_type(path, value)
    return found


def _whole_text(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return int(float(text))


def _fraction(value: Any, path: str) -> float:
    if isinstance(value, str):
        value = value.strip()
    try:
        found = float(value)
    except (ValueError, TypeError):
        raise wrong_type(path, value) from None
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return found


def _truth(value: Any, path: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Invalid(f"Invalid boolean value: {value}, must be 'true' or 'false'.", field=path)


def _anything(value: Any, path: str) -> Any:
    return value


_SCALARS: dict[Any, Any] = {str: _text, int: _whole, float: _fraction, bool: _truth, Any: _anything}
