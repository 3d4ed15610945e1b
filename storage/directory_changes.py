"""What two versions of a directory that DVC keeps differ in: one walk over both lists, in order of paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from django.core.cache import cache

from repos.models import Repository
from storage import directories, presence
from storage.directories import State
from storage.models import StoredObject
from storage.pointers import Out

SHOWN = 200
CACHE_SECONDS = 7 * 24 * 3600

Status = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class PathChange:
    """One file that differs; sizes in bytes, None where the hub does not hold the content."""

    path: str
    status: Status
    old_md5: str
    new_md5: str
    old_size: int | None
    new_size: int | None


@dataclass(frozen=True, slots=True)
class DirectoryDiff:
    """Counts of all, and the first SHOWN of what differs; `state` says why there is none."""

    state: State
    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    changes: tuple[PathChange, ...] = ()
    fault: str = ""

    @property
    def total(self) -> int:
        """How many paths differ."""
        return self.added + self.removed + self.changed

    @property
    def left_out(self) -> int:
        """How many of them are not shown."""
        return self.total - len(self.changes)


def compare(repository: Repository, old: Out | None, new: Out | None) -> DirectoryDiff:
    """The difference; None stands for a directory that is not there. Kept by the contents of both."""
    homes = ",".join(map(str, presence.homes_of(repository)))
    key = f"dirdiff:{homes}:{old.md5 if old else ''}:{new.md5 if new else ''}"
    kept: DirectoryDiff | None = cache.get(key)
    if kept is not None:
        return kept
    lists = []
    for out in (old, new):
        listed = directories.entries_of(repository, out) if out else iter(())
        if isinstance(listed, directories.DataPage):
            return DirectoryDiff(listed.state, fault=listed.fault)
        lists.append(listed)
    found = _with_sizes(repository, *_walk(*lists))
    cache.set(key, found, CACHE_SECONDS)
    return found


def _walk(old: Iterator[tuple[str, str]], new: Iterator[tuple[str, str]]) -> tuple[dict[str, int], list[PathChange]]:
    counts = {"added": 0, "removed": 0, "changed": 0, "same": 0}
    shown: list[PathChange] = []

    def note(status: Status, path: str, before: str, after: str) -> None:
        counts[status] += 1
        if len(shown) < SHOWN:
            shown.append(PathChange(path, status, before, after, None, None))

    left, right = next(old, None), next(new, None)
    while left or right:
        # Paths are compared as bytes, the order of both lists.
        if right is None or (left and left[0].encode() < right[0].encode()):
            assert left is not None
            note("removed", left[0], left[1], "")
            left = next(old, None)
        elif left is None or left[0] != right[0]:
            note("added", right[0], "", right[1])
            right = next(new, None)
        else:
            if left[1] == right[1]:
                counts["same"] += 1
            else:
                note("changed", left[0], left[1], right[1])
            left, right = next(old, None), next(new, None)
    return counts, shown


def _with_sizes(repository: Repository, counts: dict[str, int], shown: list[PathChange]) -> DirectoryDiff:
    md5s = {md5 for change in shown for md5 in (change.old_md5, change.new_md5) if md5}
    stored = directories.objects_of(repository, md5s)

    def size(md5: str) -> int | None:
        found: StoredObject | None = stored.get(md5)
        return found.size if found else None

    changes = (
        PathChange(each.path, each.status, each.old_md5, each.new_md5, size(each.old_md5), size(each.new_md5))
        for each in shown
    )
    return DirectoryDiff(
        "ready", counts["added"], counts["removed"], counts["changed"], counts["same"], changes=tuple(changes)
    )
