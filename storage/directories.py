"""Directories that DVC keeps, page by page: from rows where the list was read before, else from a small list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from repos.models import Repository
from storage import presence
from storage.models import Manifest, ManifestEntry, StoredObject
from storage.pointers import BadList, Out, read_list
from storage.scan import first_paths
from storage.spaces import DVC, dvc_keys
from storage.store import blob_store

SMALL_LIST = 1024 * 1024
"""Bytes of a list that a page reads itself while no job has: about 10,000 files."""
PER_PAGE = 100

State = Literal["ready", "waiting", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class DataEntry:
    """One line of a directory: a folder, or a file with its MD5 and, where the hub holds its content, its object."""

    name: str
    md5: str = ""
    stored: StoredObject | None = None

    @property
    def is_dir(self) -> bool:
        """Folders have no content of their own."""
        return not self.md5


@dataclass(frozen=True, slots=True)
class DataPage:
    """Some entries of a directory in byte order; `after` asks for the next ones, "" when these are the last.

    `state` says why there are none: the list is being read, was never pushed, or cannot be read (`fault` says why).
    """

    state: State
    entries: Sequence[DataEntry] = ()
    after: str = ""
    files: int | None = None
    left_out: int = 0
    fault: str = ""


def object_of(repository: Repository, out: Out) -> StoredObject | None:
    """The object of an output, in either of DVC's layouts; None when it was never pushed."""
    return _stored(repository, out.md5, is_dir=out.is_dir)


def _stored(repository: Repository, md5: str, *, is_dir: bool = False) -> StoredObject | None:
    found = (presence.find_object(repository, DVC, key) for key in dvc_keys(md5, is_dir=is_dir))
    return next((stored for stored in found if stored is not None), None)


def page_of(repository: Repository, out: Out, inner: str, *, after: str = "", limit: int = PER_PAGE) -> DataPage:
    """A page of the folder `inner` ("" for the top) of a directory; `after` is what the page before said."""
    listed = _listed(repository, out)
    if isinstance(listed, DataPage):
        return listed
    folder = f"{inner}/" if inner else ""
    start = folder + after if after else folder
    paths = listed.first_paths(folder, start, limit + 1)
    shown = paths[:limit]
    md5s = listed.md5s([path for path in shown if "/" not in path[len(folder) :]])
    stored = objects_of(repository, md5s.values())
    entries = [_entry(path, folder, md5s, stored) for path in shown]
    last = entries[-1] if entries and len(paths) > limit else None
    behind = "" if last is None else last.name + ("0" if last.is_dir else " ")
    return DataPage("ready", entries, behind, listed.files, listed.left_out)


def find_in(repository: Repository, out: Out, inner: str) -> DataEntry | None:
    """The file `inner` of a directory; a folder as an entry without a digest; None when nothing is there."""
    listed = _listed(repository, out)
    if isinstance(listed, DataPage):
        return None
    name = inner.rpartition("/")[2]
    md5 = listed.md5s([inner]).get(inner)
    if md5:
        return DataEntry(name, md5, _stored(repository, md5))
    return DataEntry(name) if listed.first_paths(f"{inner}/", f"{inner}/", 1) else None


def state_of(repository: Repository, out: Out) -> DataPage:
    """What is known of a directory without its entries."""
    listed = _listed(repository, out)
    return listed if isinstance(listed, DataPage) else DataPage("ready", (), "", listed.files, listed.left_out)


def entries_of(repository: Repository, out: Out) -> Iterator[tuple[str, str]] | DataPage:
    """Path and MD5 of every file of a directory, in byte order; a page without entries where they cannot be told."""
    listed = _listed(repository, out)
    return listed if isinstance(listed, DataPage) else listed.all()


@dataclass(frozen=True, slots=True)
class _Rows:
    """A list that was read into rows."""

    manifest: Manifest

    @property
    def files(self) -> int:
        return self.manifest.files

    @property
    def left_out(self) -> int:
        return self.manifest.left_out

    def first_paths(self, folder: str, start: str, limit: int) -> list[str]:
        return first_paths(
            ManifestEntry, scope="manifest_id", scope_id=self.manifest.pk, column="path", folder=folder, start=start,
            limit=limit,
        )  # fmt: skip

    def all(self) -> Iterator[tuple[str, str]]:
        return self.manifest.entries.order_by("path").values_list("path", "md5").iterator(chunk_size=5000)

    def md5s(self, paths: list[str]) -> dict[str, str]:
        return dict(self.manifest.entries.filter(path__in=paths).values_list("path", "md5"))


@dataclass(frozen=True, slots=True)
class _Memory:
    """A small list, read for this page."""

    by_path: dict[str, str]
    left_out: int = 0

    @property
    def files(self) -> int:
        return len(self.by_path)

    def first_paths(self, folder: str, start: str, limit: int) -> list[str]:
        return list(self._first(folder, start, limit))

    def _first(self, folder: str, start: str, limit: int) -> Iterator[str]:
        seen: set[str] = set()
        for path in sorted(self.by_path, key=str.encode):
            name = path[len(folder) :].partition("/")[0]
            if path.startswith(folder) and path.encode() >= start.encode() and name not in seen:
                seen.add(name)
                yield path
            if len(seen) == limit:
                return

    def all(self) -> Iterator[tuple[str, str]]:
        return iter(sorted(self.by_path.items(), key=lambda item: item[0].encode()))

    def md5s(self, paths: list[str]) -> dict[str, str]:
        return {path: self.by_path[path] for path in paths if path in self.by_path}


def _listed(repository: Repository, out: Out) -> _Rows | _Memory | DataPage:
    stored = object_of(repository, out)
    if stored is None:
        return DataPage("missing")
    manifest = Manifest.objects.filter(blob=stored.blob_id).first()
    if manifest and manifest.state == Manifest.State.READY:
        return _Rows(manifest)
    if manifest and manifest.state == Manifest.State.BROKEN:
        return DataPage("broken", fault=manifest.fault)
    if stored.size > SMALL_LIST:
        return DataPage("waiting")
    try:
        with closing(blob_store().open(stored.blob.sha256)) as blocks:
            return _Memory({each.path: each.md5 for each in read_list(blocks)})
    except BadList as fault:
        return DataPage("broken", fault=str(fault))


def objects_of(repository: Repository, md5s: Iterable[str]) -> dict[str, StoredObject]:
    """The objects that the hub holds of some contents, by MD5."""
    keys = {key: md5 for md5 in set(md5s) for key in dvc_keys(md5)}
    if not keys:
        return {}
    homes = presence.homes_of(repository)
    rows = StoredObject.objects.select_related("blob", "bucket").filter(
        bucket__repository__in=homes, bucket__name=DVC, key__in=keys
    )
    own_last = sorted(rows, key=lambda row: row.bucket.repository_id == repository.pk)
    return {keys[row.key]: row for row in own_last}


def _entry(path: str, folder: str, md5s: dict[str, str], stored: dict[str, StoredObject]) -> DataEntry:
    name, slash, _ = path[len(folder) :].partition("/")
    if slash or path not in md5s:
        return DataEntry(name)
    return DataEntry(name, md5s[path], stored.get(md5s[path]))
