"""YAML that people put into repositories and models, read without letting it end or fill the process."""

from __future__ import annotations

import re
from typing import Any

import yaml

DEEPEST = 40
MOST_DIGITS = 400
_number = re.compile(r"[-+]?[0-9][0-9a-fA-Fxob_:.]*")

# The C reader is ten times as fast; wheels carry it, a source build may not.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TextLoader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_mapping(data: bytes, *, longest: int, as_text: bool = False) -> dict[str, Any] | None:
    """The document, when it is a mapping of plain values in at most `longest` bytes; None for anything else.

    `as_text`: every value stays the text that was written, so that a commit id is no number and a day no date.
    """
    if not data or len(data) > longest:
        return None
    loader = _TextLoader if as_text else _Loader
    try:
        document = yaml.load(data, Loader=loader) if _is_shallow(data) else None  # noqa: S506 (safe loaders)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def fault_in(data: bytes) -> tuple[int, str]:
    """The line, from 1, and the cause for which a document that read_mapping refused is none; line 0: the whole."""
    try:
        shallow = _is_shallow(data)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return (mark.line + 1 if mark else 0), error.problem or "it is no YAML"
    except (yaml.YAMLError, ValueError, RecursionError):
        return 0, "it holds characters that YAML does not allow"
    if shallow:
        return 0, "“key: value” lines are expected"
    return 0, "it nests too deeply, repeats parts by aliases or holds an endless number"


def _is_shallow(data: bytes) -> bool:
    """Whether a document nests no deeper than honest ones do, repeats nothing by aliases and has no endless numbers.

    SECURITY: building a deep document ends the process (the C reader recurses without a limit), aliases may stand
    for far more than the file holds, and a number of many digits takes seconds to build (those to the base of 60) or
    cannot be written (those in hexadecimal). Looking at events first costs no depth.
    """
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST or isinstance(event, yaml.AliasEvent) or _is_endless(event):
            return False
    return True


def _is_endless(event: Any) -> bool:
    if not isinstance(event, yaml.ScalarEvent) or len(event.value) <= MOST_DIGITS:
        return False
    if event.tag is not None:
        return str(event.tag).endswith(":int")
    return event.implicit[0] and _number.fullmatch(event.value) is not None
