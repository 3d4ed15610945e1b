"""What pointers in Git stand for at one commit: paths kept by DVC, and whether Git LFS is in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.core.cache import cache

from repos.git import names, objects, tree
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from storage.pointers import Out, is_pointer, outs_of_file, outs_of_lock
from storage.pointers.files import LOCK, MOST_BYTES, STAGES

MOST_POINTERS = 5_000
ATTRIBUTES = b".gitattributes"
LFS_FILTER = b"filter=lfs"
CACHE_SECONDS = 7 * 24 * 3600
_endings = (b".dvc", b"/" + LOCK.encode(), b"/" + STAGES.encode(), b"/" + ATTRIBUTES)
_at_root = (LOCK.encode(), STAGES.encode(), ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Tracked:
    """All that DVC keeps at a commit, by path; `has_lfs` when some `.gitattributes` names Git LFS."""

    outs: dict[str, Out] = field(default_factory=dict)
    has_lfs: bool = False

    def inside(self, folder: str) -> Iterator[tuple[str, Out | None]]:
        """The names that outputs give a folder ("" for the root): an output, or None for a folder on the way to one."""
        prefix = f"{folder}/" if folder else ""
        seen = set()
        for path, out in self.outs.items():
            if not path.startswith(prefix):
                continue
            name, slash, _ = path[len(prefix) :].partition("/")
            if name not in seen:
                seen.add(name)
                yield name, None if slash else out

    def holding(self, path: str) -> tuple[Out, str] | None:
        """The output that is at `path` or is a directory above it, and the path below it; None when there is none."""
        steps = path.split("/")
        for length in range(len(steps), 0, -1):
            out = self.outs.get("/".join(steps[:length]))
            if out is not None:
                inner = "/".join(steps[length:])
                return (out, inner) if out.is_dir or not inner else None
        return None


def tracked_at(repository: Repository, commit: str) -> Tracked:
    """What the pointers of a commit stand for; kept by commit, since a commit never changes.

    Reads at most MOST_POINTERS files; those that cannot be understood say nothing.
    """
    key = f"tracked:{repository.pk}:{commit}"
    kept: tuple[dict[str, Out], bool] | None = cache.get(key)
    if kept is None:
        found = _read(repository, commit)
        kept = (found.outs, found.has_lfs)
        cache.set(key, kept, CACHE_SECONDS)
    return Tracked(*kept)


def _read(repository: Repository, commit: str) -> Tracked:
    folder = git_dir(repository)
    entries = {
        names.as_text(each.path): each
        for each in tree.find_named(folder, commit, (*_endings, *_at_root), MOST_POINTERS)
        if (each.path.endswith(_endings) or each.path in _at_root) and len(each.path_text) <= names.MAX_LENGTH
    }
    texts = _texts(repository, entries.values())
    outs: dict[str, Out] = {}
    for path in entries:
        for out in _outs(path, texts):
            outs.setdefault(out.path, out)
    has_lfs = any(LFS_FILTER in data for path, data in texts.items() if path.endswith(ATTRIBUTES.decode()))
    return Tracked(outs, has_lfs)


def _texts(repository: Repository, entries: Iterable[Entry]) -> dict[str, bytes]:
    folder = git_dir(repository)
    sizes = objects.blob_sizes(folder, (each.id for each in entries))
    read = objects.read_blobs(folder, (sha for sha, size in sizes.items() if size <= MOST_BYTES))
    return {names.as_text(each.path): read[each.id] for each in entries if each.id in read}


def _outs(path: str, texts: dict[str, bytes]) -> list[Out]:
    if path not in texts or not is_pointer(path):
        return []
    if path.rpartition("/")[2] != LOCK:
        return outs_of_file(texts[path], path)
    return outs_of_lock(texts[path], path, texts.get(path.removesuffix(LOCK) + STAGES, b""))
