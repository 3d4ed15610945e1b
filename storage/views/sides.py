"""One file of a tree at one commit, wherever its content lies: in Git, in DVC's remote, or behind an LFS pointer."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from repos.git import names, objects, tree
from repos.git.tree import Entry
from repos.models import Repository
from repos.paths import git_dir
from storage import directories, presence
from storage.models import Bucket, StoredObject
from storage.pointers import Out
from storage.spaces import LFS, lfs_key
from storage.tracked import tracked_at
from storage.viewers.source import BytesSource, Source
from storage.views.viewing import TreeSource

READ_FROM_GIT = 16 * 1024 * 1024
POINTER_SIZES = range(100, 1025)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a difference. `source` is None where the content was never pushed, or is too large to be read."""

    path: str
    size: int | None
    digest: str
    raw: str
    source: Source | None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


def side_of_out(repository: Repository, commit: str, out: Out, inner: str = "") -> Side:
    """A file that DVC keeps: the output itself, or the file `inner` of a directory."""
    path = f"{out.path}/{inner}" if inner else out.path
    if inner:
        entry = directories.find_in(repository, out, inner)
        stored, digest = (entry.stored, entry.md5) if entry else (None, "")
    else:
        stored, digest = directories.object_of(repository, out), out.md5
    size = stored.size if stored else None if inner else out.size
    address = raw(_home(repository, stored), commit, path)
    return Side(path, size, digest, address, TreeSource(stored, path) if stored else None)


def side_of_file(repository: Repository, commit: str, path: str) -> Side | None:
    """A file that Git holds, or what its LFS pointer stands for; None where there is none."""
    readings = names.readings(path)
    entry = tree.find(git_dir(repository), commit, readings[0]) if readings else None
    if entry is None or entry.kind != "file":
        return None
    pointer = pointer_of(repository, entry) if tracked_at(repository, commit).has_lfs else None
    address = raw(repository, commit, path)
    if pointer:
        stored = presence.find_object(repository, LFS, lfs_key(pointer.sha256))
        address = raw(_home(repository, stored), commit, path)
        return Side(path, pointer.size, pointer.sha256, address, TreeSource(stored, path) if stored else None)
    folder = git_dir(repository)
    size = objects.blob_size(folder, entry.id)
    source = None
    if size <= READ_FROM_GIT:
        source = BytesSource(entry.name, objects.read_blob(folder, entry.id), etag=entry.id)
    return Side(path, size, entry.id, address, source)


def _home(repository: Repository, stored: StoredObject | None) -> Repository:
    """Where an object lies that was found for a repository: there, or in one that was looked into as well."""
    if stored is None or len(presence.homes_of(repository)) == 1:
        return repository
    bucket = Bucket.objects.select_related("repository__owner").get(pk=stored.bucket_id)
    return bucket.repository


def pointer_of(repository: Repository, entry: Entry) -> objects.Pointer | None:
    """What an LFS pointer file says, if the entry is one."""
    folder = git_dir(repository)
    if entry.kind != "file" or objects.blob_sizes(folder, [entry.id]).get(entry.id, 0) not in POINTER_SIZES:
        return None
    return objects.lfs_pointer(objects.read_blob(folder, entry.id))


def raw(repository: Repository, commit: str, path: str) -> str:
    """The address of a file's bytes at a commit."""
    return reverse("repos:raw", args=[repository.owner.slug, repository.name, f"{commit}/{path}"])
