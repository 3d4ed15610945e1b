"""Connected buckets as the API lists and reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from repos.models import Repository
from storage.api.buckets import BucketEntry
from storage.connected import AZURE, GCS, S3, KeyMissing, find, list_folder, open_range
from storage.connections import ConnectedSource, connections_of, place_of
from storage.models import ConnectedBucket

_PROTOCOLS = {S3: "s3", GCS: "gs", AZURE: "azure"}


class OutsideBucket:
    """A bucket elsewhere, by the name it has here. All of it raises StoreFault when it does not answer."""

    def __init__(self, connection: ConnectedBucket) -> None:
        self._connection = connection
        self.name = connection.name
        self.protocol = _PROTOCOLS[connection.kind]

    def page(self, prefix: str, *, after: str, limit: int) -> tuple[Sequence[BucketEntry], str]:
        """See BucketSource; `after` is the outside store's own word for the next page."""
        listing = list_folder(place_of(self._connection), prefix, after, limit)
        folders = [BucketEntry(f"{prefix}{name}/", is_dir=True) for name in listing.folders]
        files = [BucketEntry(f"{prefix}{each.key}", False, each.size, each.etag) for each in listing.files]
        return [*folders, *files], listing.token

    def find(self, key: str) -> BucketEntry | None:
        """See BucketSource."""
        place = place_of(self._connection)
        try:
            found = find(place, key)
        except KeyMissing:
            return None
        return BucketEntry(key, False, found.size, ConnectedSource(self._connection, place, found).etag)

    def read(self, key: str, offset: int, length: int) -> Iterator[bytes]:
        """See BucketSource; raises KeyMissing."""
        return open_range(place_of(self._connection), key, offset, length) if length else iter(())


def connected_of(repository: Repository) -> list[OutsideBucket]:
    """Those of a repository, by name."""
    return [OutsideBucket(connection) for connection in connections_of(repository)]
