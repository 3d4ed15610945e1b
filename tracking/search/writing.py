"""Writes pieces of filters: names and values in the quotes they need, so that reading gives the same back."""

from __future__ import annotations

import re

from tracking.search.patterns import MAX_PATTERN

_plain = re.compile(r"[^\W\d]\w*(?:\.\w+)*", re.ASCII)
_special = re.compile(r"([^\w\s])", re.ASCII)


def written_name(entity: str, key: str) -> str | None:
    """`metrics.loss`, or ``metrics.`val/loss` ``; None for a key that no quotes can hold. No entity: an attribute."""
    if _plain.fullmatch(key):
        return f"{entity}.{key}" if entity else key
    quote = next((mark for mark in ("`", '"') if mark not in key), None)
    if quote is None or "\0" in key or (quote == '"' and "\\" in key):
        return None
    return f"{entity}.{quote}{key}{quote}" if entity else f"{quote}{key}{quote}"


def written_value(value: str) -> str | None:
    """The value in quotes; None where it holds both kinds, for which there is no spelling."""
    quote = next((mark for mark in ("'", '"') if mark not in value), None)
    if quote is None or "\0" in value or value.endswith("\\"):
        return None
    return f"{quote}{value}{quote}"


def equals(entity: str, key: str, value: str | None) -> str | None:
    """A filter for rows whose key has exactly this value, or where None no value; None where none can be written."""
    name = written_name(entity, key)
    if name is None:
        return None
    if value is None:
        return f"{name} IS NULL"
    shown = written_value(value)
    if shown is not None:
        return f"{name} = {shown}"
    pattern = "^" + _special.sub(r"\\\1", value) + "$"
    if "\0" in value or "\n" in value or len(pattern) > MAX_PATTERN:
        return None
    return f"{name} ~ '{pattern}'"


def both(one: str, other: str) -> str:
    """A filter for what meets both; each may be empty, which everything meets."""
    if not one.strip() or not other.strip():
        return one.strip() or other.strip()
    return f"({one}) AND {other}"
