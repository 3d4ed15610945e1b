"""Buckets as the API lists and reads them: the repository's own, and a place for those that others connect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from repos.models import Repository
from storage import presence, selectors
from storage.listing import page_of_keys
from storage.models import StoredObject
from storage.s3.labels import tag_of
from storage.spaces import DATA

PROTOCOLS = ("s3", "gs", "azure")


@dataclass(frozen=True, slots=True)
class BucketEntry:
    """A file or folder of a bucket by its key, a folder's ending in a slash; `size` is in bytes, `tag` its ETag."""

    key: str
    is_dir: bool
    size: int = 0
    tag: str = ""


class BucketSource(Protocol):
    """One bucket that a repository shows."""

    name: str
    protocol: str

    def page(self, prefix: str, *, after: str, limit: int) -> tuple[Sequence[BucketEntry], str]:
        """One level below `prefix` ("" or ending in a slash) from behind the key `after`; and what to go on behind."""
        ...

    def find(self, key: str) -> BucketEntry | None:
        """The file with this key."""
        ...

    def read(self, key: str, offset: int, length: int) -> Iterator[bytes]:
        """`length` bytes of a file from `offset`."""
        ...


_offers: dict[str, Callable[[Repository], Iterable[BucketSource]]] = {}


def offer(key: str, sources: Callable[[Repository], Iterable[BucketSource]]) -> None:
    """Show further buckets of repositories; called in `apps.py`. Offering a key twice replaces it."""
    _offers[key] = sources


def buckets_of(repository: Repository) -> list[BucketSource]:
    """Every bucket of a repository, its own first."""
    return [OwnBucket(repository), *(source for sources in _offers.values() for source in sources(repository))]


def bucket_named(repository: Repository, protocol: str, name: str) -> BucketSource | None:
    """The bucket of this protocol and name; the repository's own is found without regard to case."""
    found = (each for each in buckets_of(repository) if each.protocol == protocol and each.name == name)
    own = OwnBucket(repository)
    return next(found, own if protocol == own.protocol and name.lower() == own.name.lower() else None)


class OwnBucket:
    """The bucket that S3 clients know by the repository's own name."""

    protocol = "s3"

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.name = repository.name

    def page(self, prefix: str, *, after: str, limit: int) -> tuple[Sequence[BucketEntry], str]:
        """See BucketSource."""
        page = page_of_keys(self._repository, DATA, prefix=prefix, delimiter="/", after=after, limit=limit)
        found = [BucketEntry(each, is_dir=True) if isinstance(each, str) else _file(each) for each in page.entries]
        # SECURITY: an entry that lists its own prefix would have clients walk for ever.
        return [each for each in found if each.key != prefix], page.last if page.has_more else ""

    def find(self, key: str) -> BucketEntry | None:
        """See BucketSource."""
        stored = presence.find_object(self._repository, DATA, key)
        return _file(stored) if stored is not None else None

    def read(self, key: str, offset: int, length: int) -> Iterator[bytes]:
        """See BucketSource; raises NotFound."""
        return iter(selectors.read_object(selectors.get_object(self._repository, DATA, key), offset, length))


def _file(stored: StoredObject) -> BucketEntry:
    return BucketEntry(stored.key, False, stored.size, tag_of(stored))
