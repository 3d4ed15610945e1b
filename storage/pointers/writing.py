"""Writes what DVC reads: `.dvc` files, lists of directories, and the lines that keep data out of Git; no models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from storage.pointers.files import _mapping, _read

ENDING = ".dvc"
CONFIG, IGNORED = ".dvc/config", ".dvc/.gitignore"
IGNORED_TEXT = b"/config.local\n/tmp\n/cache\n"
_block = 1000  # entries


class ForeignPointer(ValueError):
    """The pointer says more than an upload may change: it is the output of a stage or an import."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a pointer shall say of its output. `size` is in bytes, `files` a count; None leaves the line out."""

    md5: str
    is_dir: bool
    size: int | None
    files: int | None = None


def pointer_of(path: str) -> str:
    """Where the `.dvc` file of a path stands."""
    return path + ENDING


def with_output(before: bytes, name: str, kept: Kept) -> bytes:
    """The `.dvc` file in which the output `name` is `kept`; "" starts a new one. What else it says stays.

    Raises ForeignPointer for one that has dependencies: DVC would make the output again from them.
    """
    document = _document(before)
    outs = [each for each in _outputs(document) if each.get("path") != name]
    found = next((each for each in _outputs(document) if each.get("path") == name), {})
    described = {key: value for key, value in found.items() if key not in {"md5", "size", "nfiles", "hash", "path"}}
    numbers = {"size": kept.size, "nfiles": kept.files if kept.is_dir else None}
    out: dict[str, Any] = {"md5": kept.md5 + (".dir" if kept.is_dir else "")}
    out |= {key: value for key, value in numbers.items() if value is not None}
    document["outs"] = [*outs, out | {"hash": "md5", "path": name} | described]
    return _written(document)


def without_output(before: bytes, name: str) -> bytes:
    """The `.dvc` file without the output `name`; b"" when it then has none. Raises ForeignPointer."""
    document = _document(before)
    document["outs"] = [each for each in _outputs(document) if each.get("path") != name]
    return _written(document) if document["outs"] else b""


def _document(data: bytes) -> dict[str, Any]:
    document = _mapping(_read(data)) if data else {}
    if document.get("deps") or document.get("cmd") or document.get("frozen"):
        raise ForeignPointer("The pointer has dependencies, so DVC makes its output.")
    return dict(document)


def _outputs(document: dict[str, Any]) -> list[dict[str, Any]]:
    outs = document.get("outs")
    return [each for each in outs if isinstance(each, dict)] if isinstance(outs, list) else []


def _written(document: dict[str, Any]) -> bytes:
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=2**16)
    return text.encode()


def list_blocks(entries: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """The list of a directory, from paths in ascending order with their MD5s: byte for byte what DVC itself writes."""
    block, separator = ["["], ""
    for path, md5 in entries:
        block.append(separator + json.dumps({"md5": md5, "relpath": path}))
        separator = ", "
        if len(block) > _block:
            yield "".join(block).encode()
            block = []
    yield ("".join(block) + "]").encode()


def ignoring(before: bytes, name: str) -> bytes:
    """The `.gitignore` in which Git leaves `name` of the same folder alone."""
    line = _ignored(name)
    if line in before.splitlines():
        return before
    return before + (b"" if not before or before.endswith(b"\n") else b"\n") + line + b"\n"


def not_ignoring(before: bytes, name: str) -> bytes:
    """The `.gitignore` without the line of `name`."""
    line = _ignored(name)
    return b"".join(each for each in before.splitlines(keepends=True) if each.rstrip(b"\r\n") != line)


def _ignored(name: str) -> bytes:
    escaped = "".join(f"\\{letter}" if letter in "*?[]!#\\" else letter for letter in name)
    if escaped.endswith(" "):
        escaped = escaped[:-1] + "\\ "
    return f"/{escaped}".encode()


def remote_config(url: str) -> bytes:
    """The `.dvc/config` by which `dvc pull` finds the data."""
    return f"[core]\n    remote = hub\n['remote \"hub\"']\n    url = {url}\n".encode()
