"""Whether a repository holds an object: one indexed statement, since a client may ask ten thousand times in a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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


_also: ContextVar[tuple[int, ...]] = ContextVar("also", default=())


@contextmanager
def also_in(repositories: Iterable[Repository]) -> Iterator[None]:
    """Within, what a repository does not hold is looked for in these, too: what a fork wants to bring lies in the fork.

    SECURITY: having a hash grants nothing. The caller has asked whether the reader may read each of them.
    """
    token = _also.set(tuple(each.pk for each in repositories))
    try:
        yield
    finally:
        _also.reset(token)


def homes_of(repository: Repository) -> tuple[int, ...]:
    """The keys of all repositories that are looked into for one."""
    return (repository.pk, *_also.get())


def find_object(repository: Repository, space: str, key: str) -> StoredObject | None:
    """The object with its blob, or None. Unlike selectors.get_object it takes any text for a key."""
    found = _objects.find(repository.pk, space, key)
    if found is None and (others := _also.get()):
        return next(filter(None, (_objects.find(other, space, key) for other in others)), None)
    return found
