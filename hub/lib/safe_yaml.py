"""YAML that people put into repositories and models, read without letting it end or fill the process."""

from __future__ import annotations

from typing import Any

import yaml

DEEPEST = 40

# The C reader is ten times as fast; wheels carry it, a source build may not.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(data: bytes, *, longest: int) -> dict[str, Any] | None:
    """The document, when it is a mapping of plain values in at most `longest` bytes; None for anything else."""
    if not data or len(data) > longest:
        return None
    try:
        document = yaml.load(data, Loader=_Loader) if _is_shallow(data) else None  # noqa: S506 (a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _is_shallow(data: bytes) -> bool:
    """Whether a document nests no deeper than honest ones do, and repeats nothing by aliases.

    SECURITY: building a deep document ends the process (the C reader recurses without a limit), and aliases may stand
    for far more than the file holds. Looking at events first costs no depth.
    """
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST or isinstance(event, yaml.AliasEvent):
            return False
    return True
