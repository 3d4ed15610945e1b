"""Writes the tags and metadata of traces, many rows a statement."""

from __future__ import annotations

from collections.abc import Mapping

from tracking import sql

_REPLACE = "ON CONFLICT (trace_id, key) DO UPDATE SET value = excluded.value"
_KEEP = "ON CONFLICT (trace_id, key) DO NOTHING"


def write_tags(trace: int, tags: Mapping[str, str], *, replace: bool = True) -> None:
    """The trace has the tags; one that it has already keeps its value unless `replace`."""
    _write("tracing_tracetag", trace, tags, _REPLACE if replace else _KEEP)


def write_metadata(trace: int, pairs: Mapping[str, str], *, replace: bool = True) -> None:
    """The trace has the metadata; what it has already keeps its value unless `replace`."""
    _write("tracing_tracemetadata", trace, pairs, _REPLACE if replace else _KEEP)


def _write(table: str, trace: int, pairs: Mapping[str, str], tail: str) -> None:
    rows = [(trace, key, value) for key, value in sorted(pairs.items())]
    sql.insert(f"INSERT INTO {table} (trace_id, key, value)", rows, tail)
