"""The list of changed files beside a review: by folder, narrowed by words, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from collab.selectors.review import BATCH
from repos.git.diffs import FileChange

MOST = 300


@dataclass(frozen=True, slots=True)
class Leaf:
    """A file in the list: its place among all from 1, the page that shows it, its marks."""

    index: int
    name: str
    change: FileChange
    page: int
    threads: int
    is_viewed: bool


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with the changed files right in it."""

    path: str
    leaves: list[Leaf]


@dataclass(frozen=True, slots=True)
class Tree:
    """The list as far as it is drawn: `found` files match of `total`."""

    folders: list[Folder]
    total: int
    found: int
    words: str = ""
    shown: int = field(default=0)

    @property
    def is_cut(self) -> bool:
        """More match than are drawn."""
        return self.found > self.shown


def tree_of(changes: Sequence[FileChange], viewed: Mapping[str, str], threads: Mapping[str, int], words: str) -> Tree:
    """The changes as a list by folder; `words` must all be in a path."""
    wanted = words.lower().split()[:10]
    numbered = [(index, each, each.path_text) for index, each in enumerate(changes, 1)]
    if wanted:
        numbered = [row for row in numbered if all(word in row[2].lower() for word in wanted)]
    leaves = [
        (
            text.rpartition("/")[0],
            Leaf(
                index,
                text.rpartition("/")[2],
                each,
                (index - 1) // BATCH + 1,
                threads.get(text, 0),
                bool(viewed) and viewed.get(text) == each.ids,
            ),
        )
        for index, each, text in numbered[:MOST]
    ]
    # What lies at the top stands before the folders, as in every list of files.
    leaves.sort(key=lambda row: row[0] != "")
    folders = [Folder(path, [leaf for _, leaf in rows]) for path, rows in groupby(leaves, key=lambda row: row[0])]
    return Tree(folders, len(changes), len(numbered), words, len(leaves))
