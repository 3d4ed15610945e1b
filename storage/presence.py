"""Whether a repository holds an object: one indexed statement, since a client may ask ten thousand times in a row."""

from __future__ import annotations

from hub.lib.lookup import Lookup
from repos.models import Repository
from storage.models import StoredObject

_objects = Lookup(
    lambda repository_id, space, key: StoredObject.objects.select_related("blob").filter(
        bucket__repository_id=repository_id, bucket__name=space, key=key
    ),
    -1,
    "a-space",
    "a-key",
)


def find_object(repository: Repository, space: str, key: str) -> StoredObject | None:
    """The object with its blob, or None. Unlike selectors.get_object it takes any text for a key."""
    return _objects.find(repository.pk, space, key)
