"""Files below a folder of artifacts: a tree opened along a path, sizes of folders, finding by name, all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from repos.models import Repository
from storage.models import StoredObject
from storage.selectors import Entry, list_dir, list_tree
from tracking.locations import SPACE

PER_LEVEL = 200
"""Entries of a folder that are listed at once."""
MOST_OPEN = 8
"""Folders above a place that are shown opened."""
MOST_SUMMED = 5000
"""Files that are added up for the sizes of folders."""
MOST_SEARCHED = 50_000
MOST_FOUND = 200
BLOCK = 500


@dataclass(frozen=True, slots=True)
class Sum:
    """What a folder holds: how many files, how many bytes."""

    files: int
    size: int


_logged_picture = re.compile(
    r"(?P<key>.+?)(?P<mark>[+%])step(?P=mark)(?P<step>\d{1,19})(?P=mark)timestamp(?P=mark)\d+(?P=mark)[0-9a-f-]+"
    r"(?P<small>(?P=mark)compressed)?\.\w+"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A file or a folder of a tree, by its path below the tree's top; `inside` is there for folders that are open."""

    path: str
    name: str
    is_dir: bool
    size: int | None
    files: int | None = None
    inside: Level | None = None

    @property
    def label(self) -> str:
        """What a picture is called: for those of `mlflow.log_image` the key and the step."""
        match = _logged_picture.fullmatch(self.name)
        return f"{match['key'].replace('#', '/').replace('~', '/')}, step {match['step']}" if match else self.name

    @property
    def is_small_copy(self) -> bool:
        """Whether it is the small copy that `mlflow.log_image` writes beside each picture."""
        match = _logged_picture.fullmatch(self.name)
        return match is not None and match["small"] is not None


@dataclass(frozen=True, slots=True)
class Level:
    """A page of a folder. `after` leads to the next page, "" on the last."""

    folder: str
    nodes: list[Node]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree opened down to the folder `inside`; `sums` tell what folders hold, as far as that was added up."""

    top: Level
    inside: Level
    sums: Mapping[str, Sum]


@dataclass(frozen=True, slots=True)
class Found:
    """Files whose paths hold the words looked for, with their bytes. `is_all`: nothing was left out."""

    files: list[tuple[str, int]]
    is_all: bool


def level(repo: Repository, top: str, folder: str, *, after: str = "", sums: Mapping[str, Sum] | None = None) -> Level:
    """The entries of a folder below the key `top`, from behind the entry `after` (`name`, or `name/` for a folder)."""
    begin = Entry(after.removesuffix("/"), after.endswith("/"), None) if after else None
    listed = list_dir(repo, SPACE, _below(top, folder), after=begin, limit=PER_LEVEL + 1)
    shown = listed[:PER_LEVEL]
    nodes = [_node(_below(folder, entry.name), entry, sums or {}) for entry in shown]
    last = f"{shown[-1].name}{'/' if shown[-1].is_dir else ''}" if len(listed) > PER_LEVEL else ""
    return Level(folder, sorted(nodes, key=lambda node: not node.is_dir), last)


def opened_tree(repo: Repository, top: str, folder: str, *, after: str = "", file: Entry | None = None) -> Tree:
    """The tree whose folders are open down to `folder`, which begins behind `after` and lists `file` in any case.

    Of a folder that lies deep the tree begins MOST_OPEN above it.
    """
    steps = folder.split("/") if folder else []
    first = max(0, len(steps) - MOST_OPEN)
    chain = ["/".join(steps[:n]) for n in range(first, len(steps) + 1)]
    sums = sums_below(repo, top, chain[0]) or sums_below(repo, top, folder) or {}
    inside = level(repo, top, folder, after=after, sums=sums)
    if file is not None and all(node.name != file.name for node in inside.nodes):
        nodes = [*inside.nodes, _node(_below(folder, file.name), file, sums)]
        inside = Level(folder, nodes, inside.after)
    tree = inside
    for at in reversed(chain[:-1]):
        tree = _with(level(repo, top, at, sums=sums), tree, sums)
    return Tree(tree, inside, sums)


def sums_below(repo: Repository, top: str, folder: str) -> dict[str, Sum] | None:
    """What each folder below `folder`, and that itself, holds; None where more than MOST_SUMMED files are in it."""
    rows = list(list_tree(repo, SPACE, _below(top, folder)).values_list("key", "size")[: MOST_SUMMED + 1])
    if len(rows) > MOST_SUMMED:
        return None
    files: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for key, size in rows:
        path = key[len(top) + 1 :]
        while path:
            path = path.rpartition("/")[0]
            files[path] = files.get(path, 0) + 1
            sizes[path] = sizes.get(path, 0) + size
            if path == folder:
                break
    return {path: Sum(count, sizes[path]) for path, count in files.items()}


def files_named(repo: Repository, top: str, words: str) -> Found:
    """Files whose paths below `top` hold every word, in any case; the first MOST_SEARCHED files are looked through."""
    wanted = [word.casefold() for word in words.split()]
    rows = list_tree(repo, SPACE, top).values_list("key", "size")[: MOST_SEARCHED + 1]
    found, looked = [], 0
    for key, size in rows.iterator(chunk_size=2000):
        looked += 1
        path = key[len(top) + 1 :]
        if all(word in path.casefold() for word in wanted):
            found.append((path, size))
            if len(found) > MOST_FOUND:
                break
    return Found(found[:MOST_FOUND], len(found) <= MOST_FOUND and looked <= MOST_SEARCHED)


def all_files(repo: Repository, top: str, folder: str) -> Iterator[tuple[str, StoredObject]]:
    """Every file below a folder, with its path in that, by path; read a few hundred rows at a time."""
    below, after = _below(top, folder), ""
    rows = list_tree(repo, SPACE, below).select_related("blob")
    while block := list(rows.filter(key__gt=after)[:BLOCK] if after else rows[:BLOCK]):
        for stored in block:
            yield stored.key[len(below) + 1 :], stored
        after = block[-1].key


def _below(top: str, path: str) -> str:
    return f"{top}/{path}" if top and path else top or path


def _node(path: str, entry: Entry, sums: Mapping[str, Sum]) -> Node:
    held = sums.get(path) if entry.is_dir else None
    size = held.size if held else entry.size
    return Node(path, entry.name, entry.is_dir, size, held.files if held else None)


def _with(upper: Level, inside: Level, sums: Mapping[str, Sum]) -> Level:
    """The level with one of its folders open; that is listed also where it comes behind the page."""
    name = inside.folder.rpartition("/")[2]
    plain = _node(inside.folder, Entry(name, True, None), sums)
    opened = Node(plain.path, name, True, plain.size, plain.files, inside)
    others = [node for node in upper.nodes if node.path != inside.folder]
    nodes = sorted([*others, opened], key=lambda node: (not node.is_dir, node.name.encode()))
    return Level(upper.folder, nodes, upper.after)
