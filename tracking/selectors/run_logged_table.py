"""Tables that runs log with `mlflow.log_table`: one JSON object with columns and rows, read as the table it is."""

from __future__ import annotations

from typing import Any

import msgspec

LARGEST = 16 * 1024 * 1024
"""Bytes of a logged table that are turned into rows."""


class _Logged(msgspec.Struct, forbid_unknown_fields=True):
    """The layout that pandas calls `split`, without an index."""

    columns: list[str | int | float]
    data: list[list[Any]]


_decoder = msgspec.json.Decoder(_Logged)
_encoder = msgspec.json.Encoder()


def may_be_table(name: str, size: int) -> bool:
    """Whether a file is worth reading for a logged table."""
    return name.endswith(".json") and 0 < size <= LARGEST


def as_lines(content: bytes) -> bytes | None:
    """The rows as JSON Lines; None for JSON that is no logged table."""
    if b'"columns"' not in content or b'"data"' not in content:
        return None
    try:
        found = _decoder.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return None
    names = _distinct([str(column) for column in found.columns])
    if not names or not found.data or any(len(row) != len(names) for row in found.data):
        return None
    return b"".join(_encoder.encode(dict(zip(names, row, strict=True))) + b"\n" for row in found.data)


def _distinct(names: list[str]) -> list[str]:
    """The names, a number added to those that were there before."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
