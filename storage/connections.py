"""Connected buckets as pages and programs read them: which there are, where they lead, and their objects as files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from django.db.models import QuerySet

from hub.lib.errors import NotFound
from hub.lib.sealing import Unreadable, unseal
from repos.models import Repository
from storage.connected import Found, Place, StoreFault, open_range
from storage.models import ConnectedBucket

PURPOSE = "connected bucket"
_AHEAD = 512 * 1024


def connections_of(repository: Repository) -> QuerySet[ConnectedBucket]:
    """The outside buckets that the repository shows, by name."""
    return ConnectedBucket.objects.filter(repository=repository).order_by("name")


def connection_named(repository: Repository, name: str) -> ConnectedBucket:
    """One of them. Raises NotFound."""
    found = connections_of(repository).filter(name=name).first()
    if found is None:
        raise NotFound("No storage is connected under this name.")
    return found


def place_of(connection: ConnectedBucket) -> Place:
    """Where it leads, with its credentials, for storage.connected. Raises StoreFault when those cannot be read."""
    keys = {}
    if connection.sealed_keys:
        try:
            keys = json.loads(unseal(connection.sealed_keys, purpose=PURPOSE))
        except Unreadable:
            raise StoreFault(
                f"The credentials of {connection.name} cannot be read any more: the server's secret was changed.",
                next_step="An administrator of the repository enters them again.",
            ) from None
    return Place(
        kind=connection.kind,
        bucket=connection.bucket,
        prefix=connection.prefix,
        region=connection.region,
        endpoint=connection.endpoint,
        account=connection.account,
        **keys,
    )


@dataclass(slots=True)
class ConnectedSource:
    """An outside object as viewers read it: in ranges, of the content that was found and no later one."""

    connection: ConnectedBucket
    place: Place
    found: Found
    local_path: Path | None = None
    _start: int = 0
    _held: bytes = field(default=b"", repr=False)

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.found.name

    @property
    def size(self) -> int:
        """Bytes."""
        return self.found.size

    @property
    def etag(self) -> str:
        """A name for this content, among all that the hub shows.

        SECURITY: an outside store says what tags it likes; without the connection's own number in it, a tag could be
        made to name the cached picture of somebody else's file.
        """
        parts = [self.connection.pk, self.connection.updated_at.isoformat(), self.found.key, self.found.size]
        text = json.dumps([*parts, self.found.etag, str(self.found.modified)])
        return f"connected-{hashlib.sha256(text.encode()).hexdigest()}"

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; a little more is fetched, for what is read next. Raises StoreFault."""
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        inside = offset - self._start
        if inside < 0 or inside + length > len(self._held):
            wanted = min(max(length, _AHEAD), self.size - offset)
            self._held = b"".join(open_range(self.place, self.found.key, offset, wanted, self.found.etag))
            self._start, inside = offset, 0
        return self._held[inside : inside + length]
