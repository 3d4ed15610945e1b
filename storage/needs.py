"""What a commit needs of data that an earlier one did not, and where each object of it is: here, elsewhere, nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from django.db.models import QuerySet

from repos.git import diffs, objects, tree
from repos.models import Repository
from repos.paths import git_dir
from storage import directories
from storage.directories import DataPage
from storage.models import StoredObject
from storage.pointers import BadList, Out, read_list
from storage.pointers.files import LOCK, MOST_BYTES, STAGES, is_lock, paths_not_pushed
from storage.spaces import DVC, LFS, dvc_keys, lfs_key
from storage.store import blob_store
from storage.tracked import Tracked, tracked_at

BATCH = 500
READ_AT_ONCE = 64 * 1024 * 1024
"""Bytes of a directory's list that is read here while no job has read it into rows: some 600,000 files."""
POINTER_SIZES = range(100, 1025)


@dataclass(frozen=True, slots=True)
class Need:
    """One path whose content lies outside Git: an output of DVC, or what a pointer of Git LFS stands for.

    `pointer` is the file in Git that says so; `space` and `keys` name the object, in each layout that clients use.
    `elsewhere`: the pointer says that another remote keeps it, or that it is not pushed at all.
    """

    path: str
    pointer: str
    space: str
    keys: tuple[str, ...]
    out: Out | None = None
    elsewhere: bool = False

    @property
    def files(self) -> int:
        """How many files it stands for, as the pointer says."""
        return (self.out.files or 1) if self.out is not None and self.out.is_dir else 1


@dataclass(frozen=True, slots=True)
class Located:
    """One object that is needed. `here`: the repository has it; else `stored` is where it lies, None for nowhere."""

    need: Need
    path: str
    here: bool
    stored: StoredObject | None = None


def needs_between(repository: Repository, old: str | None, new: str) -> list[Need]:
    """What the pointers of `new` stand for and those of `old` (None: nothing) do not, by path."""
    before = tracked_at(repository, old) if old else Tracked()
    after = tracked_at(repository, new)
    known = {(out.md5, out.is_dir) for out in before.outs.values()}
    outs = [out for out in after.outs.values() if (out.md5, out.is_dir) not in known]
    # Metrics and plots of stages may be kept by Git, though dvc.lock has their digests.
    in_git = {out.path for out in outs if tree.find(git_dir(repository), new, out.path.encode()) is not None}
    kept_elsewhere = paths_kept_elsewhere(repository, new, {out.pointer for out in outs})
    found = [
        Need(out.path, out.pointer, DVC, dvc_keys(out.md5, is_dir=out.is_dir), out, out.path in kept_elsewhere)
        for out in outs
        if out.path not in in_git
    ]
    if after.has_lfs:
        found += _lfs_needs(repository, old or diffs.EMPTY_TREE, new)
    return sorted(found, key=lambda need: need.path)


def locate(needs: Iterable[Need], repository: Repository, elsewhere: Sequence[Repository]) -> Iterator[Located]:
    """Where every object of these needs is, the files of directories included: first here, then in the others.

    A directory whose list is nowhere, or cannot be read, is told as one missing object.
    """
    waiting = iter(needs)
    while some := list(islice(waiting, BATCH)):
        for located in _batch([(need, need.path, need.keys) for need in some], repository, elsewhere):
            yield located
            need = located.need
            if need.out is not None and need.out.is_dir and (located.here or located.stored is not None):
                owner = repository if located.here else _owner(located.stored, elsewhere)
                yield from _files(need, need.out, owner, repository, elsewhere)


def paths_kept_elsewhere(repository: Repository, commit: str, pointers: Iterable[str]) -> set[str]:
    """The outputs of these pointers that `dvc push` does not send to the usual remote."""
    files = {path: _stages_of(path) if is_lock(path) else path for path in pointers}
    folder = git_dir(repository)
    found = {path: tree.find(folder, commit, path.encode()) for path in set(files.values())}
    sizes = objects.blob_sizes(folder, (entry.id for entry in found.values() if entry is not None))
    texts = objects.read_blobs(folder, (sha for sha, size in sizes.items() if size <= MOST_BYTES))
    there = {path: texts[entry.id] for path, entry in found.items() if entry is not None and entry.id in texts}
    return {each for path, text in there.items() for each in paths_not_pushed(text, path)}


def _stages_of(lock: str) -> str:
    return lock.removesuffix(LOCK) + STAGES


def _files(
    need: Need, out: Out, owner: Repository, repository: Repository, elsewhere: Sequence[Repository]
) -> Iterator[Located]:
    try:
        listed = entries_of_list(owner, out)
        while some := list(islice(listed, BATCH)):
            yield from _batch(
                [(need, f"{need.path}/{path}", dvc_keys(md5)) for path, md5 in some], repository, elsewhere
            )
    except BadList:
        yield Located(need, f"{need.path} (its list cannot be read)", here=False)


def entries_of_list(repository: Repository, out: Out) -> Iterator[tuple[str, str]]:
    """Path and MD5 of every file of a directory, from rows or from the list itself; raises BadList.

    That it is there must be known.
    """
    listed = directories.entries_of(repository, out)
    if not isinstance(listed, DataPage):
        return listed
    stored = directories.object_of(repository, out)
    if stored is None or listed.state == "broken" or stored.size > READ_AT_ONCE:
        raise BadList(listed.fault or "The list of the directory is not at hand.")
    with closing(blob_store().open(stored.blob.sha256)) as blocks:
        return iter([(each.path, each.md5) for each in read_list(blocks)])


def _batch(
    wanted: Sequence[tuple[Need, str, tuple[str, ...]]], repository: Repository, elsewhere: Sequence[Repository]
) -> Iterator[Located]:
    here = _held(repository, wanted)
    lacking = [each for each in wanted if not any((each[0].space, key) in here for key in each[2])]
    there: dict[tuple[str, str], StoredObject] = {}
    for other in elsewhere if lacking else ():
        there = _held(other, lacking) | there
    for need, path, keys in wanted:
        if any((need.space, key) in here for key in keys):
            yield Located(need, path, here=True)
        else:
            found = (there[need.space, key] for key in keys if (need.space, key) in there)
            yield Located(need, path, here=False, stored=next(found, None))


def _held(
    repository: Repository, wanted: Sequence[tuple[Need, str, tuple[str, ...]]]
) -> dict[tuple[str, str], StoredObject]:
    found: dict[tuple[str, str], StoredObject] = {}
    for space in {need.space for need, _, _ in wanted}:
        keys = [key for need, _, names in wanted if need.space == space for key in names]
        rows: QuerySet[StoredObject] = StoredObject.objects.select_related("blob", "bucket").filter(
            bucket__repository=repository, bucket__name=space, key__in=keys
        )
        found |= {(space, row.key): row for row in rows}
    return found


def _owner(stored: StoredObject | None, elsewhere: Sequence[Repository]) -> Repository:
    assert stored is not None
    return next(each for each in elsewhere if each.pk == stored.bucket.repository_id)


def _lfs_needs(repository: Repository, old: str, new: str) -> list[Need]:
    folder = git_dir(repository)
    changed = diffs.changed_files(folder, old, new, counts=False)
    blobs = {change.new_id: change.path_text for change in changed if change.status != "deleted" and change.new_id}
    sizes = objects.blob_sizes(folder, blobs)
    texts = objects.read_blobs(folder, (sha for sha, size in sizes.items() if size in POINTER_SIZES))
    pointers = {blobs[sha]: found for sha, text in texts.items() if (found := objects.lfs_pointer(text))}
    return [Need(path, path, LFS, (lfs_key(pointer.sha256),)) for path, pointer in pointers.items()]


def missing_of(needs: Iterable[Need], repository: Repository, elsewhere: Sequence[Repository]) -> list[Located]:
    """The objects of these needs that no one of the repositories holds."""
    return [each for each in locate(needs, repository, elsewhere) if not each.here and each.stored is None]
