"""Reads `.dvc` files and `dvc.lock`: which paths of the tree DVC keeps, and under which objects."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hub.lib import safe_yaml

MOST_BYTES = 8 * 1024 * 1024
"""A longer pointer file is not read: a `.dvc` file has a few hundred bytes, a lock of a thousand stages one million."""

LOCK = "dvc.lock"
STAGES = "dvc.yaml"

_md5 = re.compile(r"([0-9a-f]{32})(\.dir)?")


@dataclass(frozen=True, slots=True)
class Out:
    """One path of the tree that DVC keeps: a file, or a directory with a list of its files.

    `path` is relative to the repository's root; `size` (bytes) and `files` are what the pointer says, None where it
    says nothing; `pointer` is the path of the file in Git that says so.
    """

    path: str
    md5: str
    is_dir: bool
    is_legacy: bool
    size: int | None
    files: int | None
    pointer: str

    @property
    def key(self) -> str:
        """The object's key in the DVC remote: the file itself, or the list of the directory."""
        return object_key(self.md5, is_legacy=self.is_legacy) + (".dir" if self.is_dir else "")

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def object_key(md5: str, *, is_legacy: bool = False) -> str:
    """Where a remote keeps an object: `files/md5/ab/<30 digits>`, or without the prefix in DVC 2's layout."""
    return f"{'' if is_legacy else 'files/md5/'}{md5[:2]}/{md5[2:]}"


def is_pointer(path: str) -> bool:
    """Whether a file of the tree may be one that this module reads."""
    name = path.rpartition("/")[2]
    return name == LOCK or (name.endswith(".dvc") and len(name) > len(".dvc"))


def is_lock(path: str) -> bool:
    """Whether a pointer is a `dvc.lock`, whose outputs a `dvc.yaml` beside it describes."""
    return path.rpartition("/")[2] == LOCK


def paths_not_pushed(data: bytes, path: str) -> list[str]:
    """The outputs of a `.dvc` file or a `dvc.yaml` that `dvc push` does not send to the usual remote.

    They name another remote, say `push: false`, or were imported from a repository that has them.
    """
    document, folder = _read(data), posixpath.dirname(path)
    imported = any(isinstance(dep, dict) and "repo" in dep for dep in _sequence(document.get("deps")))
    stages = [stage for stage in _mapping(document.get("stages")).values() if isinstance(stage, dict)]
    found: list[str] = []
    for each in stages or [document]:
        wdir = each.get("wdir")
        place = posixpath.join(folder, wdir) if isinstance(wdir, str) else folder
        for name, facts in _described(each.get("outs")):
            if imported or facts.get("remote") or facts.get("push") is False:
                found += filter(None, [_inside(place, name)])
    return found


def _described(outs: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Each output and what is said of it: `{path: x, push: false}` in a `.dvc` file, `{x: {push: false}}` in stages."""
    for out in _sequence(outs):
        if isinstance(out, dict) and "path" in out:
            yield out["path"], out
        elif isinstance(out, dict):
            yield from ((name, _mapping(facts)) for name, facts in out.items())


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def outs_of_file(data: bytes, pointer: str) -> list[Out]:
    """The outputs of a `.dvc` file at the path `pointer`; [] for what cannot be read as one."""
    document = _read(data)
    wdir = document.get("wdir")
    folder = posixpath.join(posixpath.dirname(pointer), wdir if isinstance(wdir, str) else "")
    return list(_outs(document.get("outs"), folder, pointer))


def outs_of_lock(data: bytes, pointer: str, stages: bytes = b"") -> list[Out]:
    """The outputs of all stages of a `dvc.lock`; `stages` is the `dvc.yaml` beside it, which names working folders."""
    folder = posixpath.dirname(pointer)
    found: list[Out] = []
    described = _mapping(_read(stages).get("stages"))
    # Schema 1 had the stages at the top.
    document = _read(data)
    for name, stage in _mapping(document.get("stages", document)).items():
        wdir = _mapping(described.get(str(name).partition("@")[0])).get("wdir")
        place = posixpath.join(folder, wdir) if isinstance(wdir, str) and "${" not in wdir else folder
        found += _outs(_mapping(stage).get("outs"), place, pointer)
    return found


def _read(data: bytes) -> dict[str, Any]:
    return safe_yaml.read_mapping(data, longest=MOST_BYTES) or {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _outs(listed: Any, folder: str, pointer: str) -> Iterator[Out]:
    for out in listed if isinstance(listed, list) else ():
        match = _md5.fullmatch(out["md5"]) if isinstance(out, dict) and isinstance(out.get("md5"), str) else None
        path = _inside(folder, out.get("path")) if match else None
        if match is None or path is None:
            continue
        yield Out(
            path=path,
            md5=match[1],
            is_dir=match[2] is not None,
            # DVC 3 says which hash it means; DVC 2 did not, and kept its objects without a prefix.
            is_legacy=out.get("hash") != "md5",
            size=_count(out.get("size")),
            files=_count(out.get("nfiles")),
            pointer=pointer,
        )


def _inside(folder: str, path: Any) -> str | None:
    """The path from the root of the tree, or None for what lies outside it."""
    if not isinstance(path, str) or not path or "\0" in path or "://" in path or path.startswith("/") or "\\" in path:
        return None
    whole = posixpath.normpath(posixpath.join(folder, path))
    return None if whole in {".", ".."} or whole.startswith(("../", "/")) else whole


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
