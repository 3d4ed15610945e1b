"""The tree of a commit as people mean it: files of Git, what DVC keeps beside them, and what LFS pointers stand for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from hub.lib.errors import Conflict, NotFound, TooLarge, Unavailable
from repos.git import names, objects, tree
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from storage import directories, presence, selectors
from storage.directories import DataPage
from storage.models import StoredObject
from storage.pointers import Out
from storage.spaces import LFS, lfs_key
from storage.tracked import Tracked, tracked_at

Kind = Literal["dir", "file", "submodule"]
Versioning = Literal["git", "dvc"]
POINTER_SIZES = range(100, 1025)
MOST_LISTED = 50_000
IN_PROCESS = 256 * 1024
"""Bytes of a file of Git that are read without a process of git: those cost more than a small file."""
_portion = 1000


@dataclass(frozen=True, slots=True)
class Item:
    """A file or folder at a commit. `hash` is Git's object id, DVC's MD5 or LFS's SHA-256, "" for a bare folder.

    `size` is in bytes, 0 for folders and where it was not asked for. Its bytes are `stored`, or Git's blob `blob_id`;
    neither is there for data that was never pushed.
    """

    path: str
    kind: Kind
    versioning: Versioning
    hash: str = ""
    size: int = 0
    blob_id: str = ""
    stored: StoredObject | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def item_at(repository: Repository, commit: str, path: str) -> Item:
    """What stands at a path of a commit ("" for the root); raises NotFound.

    The pointer of a file that Git and DVC both know is Git's: data is asked for by its own path.
    """
    if not commit:
        raise NotFound("The repository is empty.")
    tracked = tracked_at(repository, commit)
    entry = _entry(repository, commit, path)
    if entry is not None and entry.kind != "dir":
        return _of_git(repository, [entry], with_sizes=True, with_lfs=tracked.has_lfs)[0]
    holding = tracked.holding(path) if path else None
    if holding is not None:
        found = _of_dvc(repository, path, *holding)
        if found is not None:
            return found
    if entry is not None:
        return Item(entry.path_text, "dir", "git", entry.id)
    if any(tracked.inside(path)):
        return Item(path, "dir", "dvc")
    raise NotFound(f"There is no {path} at this commit.")


def listing_of(
    repository: Repository, commit: str, folder: str, *, with_sizes: bool, after: str = "", limit: int = 0
) -> tuple[list[Item], str]:
    """What a folder holds, and the name to go on behind ("" at the end).

    Without a `limit` it is all of it; raises TooLarge above MOST_LISTED entries, NotFound for what is no folder,
    Unavailable while the list of a large directory is being read, Conflict where that list is missing or broken.
    """
    tracked = tracked_at(repository, commit)
    holding = tracked.holding(folder) if folder else None
    if holding is not None and holding[0].is_dir:
        items, more = _listed(repository, folder, *holding, after, limit or MOST_LISTED + 1)
    else:
        found = _beside(repository, commit, folder, tracked, with_sizes)
        rest = [each for each in found if not after or each.name.encode() > after.encode()]
        items = rest[:limit] if limit else rest
        more = items[-1].name if items and len(items) < len(rest) else ""
    if not limit and len(items) > MOST_LISTED:
        raise TooLarge(
            f"The folder has more than {MOST_LISTED} entries, too many for one answer.",
            next_step="Ask for pages with ?limit=1000, then &after= the name that the answer before gave.",
        )
    return items, more


def blocks_of(repository: Repository, item: Item, offset: int, length: int) -> Iterator[bytes]:
    """`length` bytes of a file from `offset`."""
    if item.stored is not None:
        return iter(selectors.read_object(item.stored, offset, length))
    if item.size <= IN_PROCESS:
        return iter([objects.read_blob(git_dir(repository), item.blob_id)[offset : offset + length]])
    return objects.blob_range(git_dir(repository), item.blob_id, offset, length)


def files_below(repository: Repository, out: Out, inner: str) -> Iterator[tuple[str, str]]:
    """Path (below the directory) and MD5 of the files below the folder `inner` of a directory; raises as above."""
    listed = directories.entries_of(repository, out)
    if isinstance(listed, DataPage):
        raise _unlisted(out, listed)
    prefix = f"{inner}/" if inner else ""
    return ((path, md5) for path, md5 in listed if path.startswith(prefix))


def _entry(repository: Repository, commit: str, path: str) -> Entry | None:
    found = (tree.find(git_dir(repository), commit, raw) for raw in names.readings(path))
    return next((entry for entry in found if entry is not None), None)


def _of_git(repository: Repository, entries: Sequence[Entry], *, with_sizes: bool, with_lfs: bool) -> list[Item]:
    folder = git_dir(repository)
    files = [each for each in entries if each.kind in {"file", "symlink"}]
    sizes = objects.blob_sizes(folder, (each.id for each in files)) if with_sizes or with_lfs else {}
    pointers = _pointers(repository, files, sizes) if with_lfs else {}
    make = partial(_git_item, repository, sizes=sizes, pointers=pointers)
    return [make(each) for each in entries]


def _git_item(
    repository: Repository, entry: Entry, *, sizes: dict[str, int], pointers: dict[str, objects.Pointer]
) -> Item:
    if entry.kind in {"dir", "submodule"}:
        kind: Kind = "dir" if entry.kind == "dir" else "submodule"
        return Item(entry.path_text, kind, "git", entry.id)
    pointer = pointers.get(entry.id)
    if pointer is None:
        return Item(entry.path_text, "file", "git", entry.id, sizes.get(entry.id, 0), entry.id)
    stored = presence.find_object(repository, LFS, lfs_key(pointer.sha256))
    return Item(entry.path_text, "file", "git", pointer.sha256, pointer.size, stored=stored)


def _pointers(repository: Repository, files: Sequence[Entry], sizes: dict[str, int]) -> dict[str, objects.Pointer]:
    small = [each.id for each in files if each.kind == "file" and sizes.get(each.id, 0) in POINTER_SIZES]
    texts = objects.read_blobs(git_dir(repository), small)
    return {sha: found for sha, text in texts.items() if (found := objects.lfs_pointer(text)) is not None}


def _of_dvc(repository: Repository, path: str, out: Out, inner: str) -> Item | None:
    if not inner:
        if out.is_dir:
            return Item(path, "dir", "dvc", out.md5)
        return _data(path, out.md5, directories.object_of(repository, out), out.size)
    entry = directories.find_in(repository, out, inner)
    if entry is None:
        page = directories.state_of(repository, out)
        if page.state == "ready":
            return None
        raise _unlisted(out, page)
    return Item(path, "dir", "dvc") if entry.is_dir else _data(path, entry.md5, entry.stored, None)


def _data(path: str, md5: str, stored: StoredObject | None, size: int | None) -> Item:
    return Item(path, "file", "dvc", md5, stored.size if stored else size or 0, stored=stored)


def _beside(repository: Repository, commit: str, folder: str, tracked: Tracked, with_sizes: bool) -> list[Item]:
    """A folder of Git with the outputs of DVC in it, in byte order of names."""
    entry = _entry(repository, commit, folder)
    if entry is not None and entry.kind == "submodule":
        return []
    inside = dict(tracked.inside(folder))
    if (entry is None and not inside) or (entry is not None and entry.kind != "dir"):
        raise NotFound(f"There is no folder {folder} at this commit.")
    entries = tree.entries(git_dir(repository), entry.id, entry.path) if entry else []
    found = {each.name: each for each in _of_git(repository, entries, with_sizes=with_sizes, with_lfs=tracked.has_lfs)}
    outs = [out for out in inside.values() if out is not None]
    here = directories.objects_of(repository, [out.md5 for out in outs if not out.is_dir])
    for name, out in inside.items():
        path = f"{folder}/{name}" if folder else name
        if out is None:
            found.setdefault(name, Item(path, "dir", "dvc"))
        elif out.is_dir:
            found[name] = Item(path, "dir", "dvc", out.md5)
        else:
            found[name] = _data(path, out.md5, here.get(out.md5), out.size)
    return sorted(found.values(), key=lambda each: each.name.encode())


def _listed(
    repository: Repository, folder: str, out: Out, inner: str, after: str, limit: int
) -> tuple[list[Item], str]:
    """A folder of a directory that DVC keeps, from behind the place `after` that the page before gave."""
    items: list[Item] = []
    while len(items) < limit:
        page = directories.page_of(repository, out, inner, after=after, limit=min(_portion, limit - len(items)))
        if page.state != "ready":
            raise _unlisted(out, page)
        if not page.entries and not items and inner and not after:
            raise NotFound(f"There is no folder {folder} at this commit.")
        for each in page.entries:
            path = f"{folder}/{each.name}"
            items.append(Item(path, "dir", "dvc") if each.is_dir else _data(path, each.md5, each.stored, None))
        after = page.after
        if not after:
            break
    return items, after


def _unlisted(out: Out, page: DataPage) -> Exception:
    if page.state == "waiting":
        return Unavailable(f"The list of {out.path} is being read.", next_step="Ask again in a few seconds.")
    if page.state == "missing":
        return Conflict(
            f"The list of {out.path} was never pushed to this hub.", next_step="Whoever has it can “dvc push” it."
        )
    return Conflict(f"The list of {out.path} cannot be read: {page.fault}")
