"""Merges what two branches say of data: `.dvc` files by output, `dvc.lock` by stage, lists of directories by file.

Git merges such files by lines and sees a conflict wherever both sides touched one directory, since its digest stands in
one line. Knows no models: lists come from the caller, and what is merged goes back to it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.pointers.files import LOCK, is_pointer
from storage.pointers.files import _mapping as mapping_of
from storage.pointers.files import _read as read_document
from storage.pointers.writing import _written as written
from storage.pointers.writing import list_blocks

IGNORES = ".gitignore"
_dir = re.compile(r"([0-9a-f]{32})\.dir")
_NUMBERS = ("md5", "size", "nfiles")

Entries = Mapping[str, str]
ReadList = Callable[[str], Entries | None]
"""The files of the directory whose list has this MD5, with their own; None when it is not at hand."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A file in which both sides have what they changed; `lists` are new directories by the MD5 of their list."""

    data: bytes
    lists: Mapping[str, Entries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmerged:
    """Both sides changed the same things; `clashes` names them: files of a directory, outputs, stages."""

    clashes: tuple[str, ...]


def may_merge(path: str) -> bool:
    """Whether a file of this name is merged here when git cannot."""
    return is_pointer(path) or path.rpartition("/")[2] == IGNORES


def merge_file(path: str, base: bytes, ours: bytes, theirs: bytes, lists: ReadList) -> Merged | Unmerged | None:
    """The file at `path` with the changes of both sides; b"" where a side has none of it.

    None for what is not understood: then it is for people to merge.
    """
    name = path.rpartition("/")[2]
    if name == IGNORES:
        return _ignores(base, ours, theirs)
    was, mine, other = (read_document(data) if data else {} for data in (base, ours, theirs))
    if not mine or not other:
        return None
    part = "stages" if name == LOCK else "outs"
    clashes: list[str] = []
    new: dict[str, Entries] = {}
    merged = _keys(_without(was, part), _without(mine, part), _without(other, part), clashes)
    found: Any
    if name == LOCK:
        found = _stages(was.get(part), mine.get(part), other.get(part), clashes)
    else:
        found = _outs(was.get(part), mine.get(part), other.get(part), lists, clashes, new)
    if found is None:
        return None
    if clashes:
        return Unmerged(tuple(clashes))
    order = [key for key in (*mine, *other) if key in merged or key == part]
    return Merged(written({key: found if key == part else merged[key] for key in dict.fromkeys(order)}), new)


def merge_entries(base: Entries, ours: Entries, theirs: Entries) -> tuple[dict[str, str], list[str]]:
    """The files of a directory with the changes of both sides, and the paths that both changed differently."""
    clashes: list[str] = []
    merged = _keys(dict(base), dict(ours), dict(theirs), clashes)
    return dict(sorted(merged.items())), sorted(clashes)


def digest_of(entries: Entries) -> str:
    """The MD5 of the list that stands for these files, as DVC writes it."""
    md5 = hashlib.md5(usedforsecurity=False)
    for block in list_blocks(sorted(entries.items())):
        md5.update(block)
    return md5.hexdigest()


def _keys(base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], clashes: list[str]) -> dict[str, Any]:
    """Three-way by key; keys that both changed differently are added to `clashes`."""
    merged: dict[str, Any] = {}
    for key in dict.fromkeys((*ours, *theirs, *base)):
        was, mine, other = (each.get(key) for each in (base, ours, theirs))
        if mine == other or other == was:
            value = mine
        elif mine == was:
            value = other
        else:
            clashes.append(str(key))
            continue
        if value is not None:
            merged[key] = value
    return merged


def _without(document: dict[str, Any], part: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != part}


def _stages(base: Any, ours: Any, theirs: Any, clashes: list[str]) -> dict[str, Any] | None:
    """Each stage as a whole: its outputs belong to its inputs."""
    if not isinstance(ours, dict) or not isinstance(theirs, dict):
        return None
    found: list[str] = []
    merged = _keys(mapping_of(base), ours, theirs, found)
    clashes += [f"stage {name}" for name in found]
    return merged


def _outs(
    base: Any, ours: Any, theirs: Any, lists: ReadList, clashes: list[str], new: dict[str, Entries]
) -> list[dict[str, Any]] | None:
    sides = [_by_path(each) for each in (base or [], ours, theirs)]
    if any(side is None for side in sides):
        return None
    was, mine, other = (side or {} for side in sides)
    found: list[str] = []
    merged = _keys(was, mine, other, found)
    for path in found:
        out = _directory(path, was.get(path), mine.get(path), other.get(path), lists, clashes, new)
        if out is not None:
            merged[path] = out
    return [merged[path] for path in dict.fromkeys((*mine, *other)) if path in merged]


def _by_path(outs: Any) -> dict[str, dict[str, Any]] | None:
    if not isinstance(outs, list) or not all(
        isinstance(out, dict) and isinstance(out.get("path"), str) for out in outs
    ):
        return None
    found = {out["path"]: out for out in outs}
    return found if len(found) == len(outs) else None


def _directory(
    path: str,
    was: dict[str, Any] | None,
    mine: dict[str, Any] | None,
    other: dict[str, Any] | None,
    lists: ReadList,
    clashes: list[str],
    new: dict[str, Entries],
) -> dict[str, Any] | None:
    """An output that both changed, if it is a directory whose files do not clash."""
    if mine is None or other is None:
        clashes.append(path)
        return None
    read = [_entries(out, lists) for out in (was, mine, other)]
    rest: list[str] = []
    facts = _keys(_described(was), _described(mine), _described(other), rest)
    if any(entries is None for entries in read) or rest:
        clashes.append(path)
        return None
    base, ours, theirs = (entries or {} for entries in read)
    entries, found = merge_entries(base, ours, theirs)
    if found:
        clashes += [f"{path}/{name}" for name in found]
        return None
    md5 = digest_of(entries)
    new[md5] = entries
    size = _size(was, mine, other, base, ours, theirs)
    numbers = {"md5": f"{md5}.dir", **({} if size is None else {"size": size}), "nfiles": len(entries)}
    return {**numbers, **facts}


def _described(out: dict[str, Any] | None) -> dict[str, Any]:
    """What a pointer says of an output besides its content."""
    return {key: value for key, value in (out or {}).items() if key not in _NUMBERS}


def _entries(out: dict[str, Any] | None, lists: ReadList) -> Entries | None:
    if out is None:
        return {}
    match = _dir.fullmatch(out["md5"]) if isinstance(out.get("md5"), str) else None
    # DVC 2 kept its objects in another layout; what is written anew is of DVC 3.
    return lists(match[1]) if match and out.get("hash") == "md5" else None


def _size(
    was: dict[str, Any] | None, mine: dict[str, Any], other: dict[str, Any], base: Entries, ours: Entries,
    theirs: Entries,
) -> int | None:  # fmt: skip
    """Bytes of all files, where that follows from what the three pointers say."""
    sizes = [size for out in (was, mine, other) if isinstance(size := 0 if out is None else out.get("size"), int)]
    both = any(
        ours.get(name) == theirs.get(name) and ours.get(name) != base.get(name) for name in {*base, *ours, *theirs}
    )
    return None if both or len(sizes) != 3 else sizes[1] + sizes[2] - sizes[0]


def _ignores(base: bytes, ours: bytes, theirs: bytes) -> Merged | None:
    """The lines of both, where both have only added such at the end: that is what `dvc add` does."""
    before = base if not base or base.endswith(b"\n") else base + b"\n"
    if not ours.startswith(base) or not theirs.startswith(base):
        return None
    mine, other = ours[len(base) :].splitlines(), theirs[len(base) :].splitlines()
    added = [line for line in dict.fromkeys((*mine, *other)) if line.strip()]
    # A line that takes back another depends on where it stands.
    if any(line.startswith(b"!") for line in added):
        return None
    return Merged(before + b"".join(line + b"\n" for line in added))
