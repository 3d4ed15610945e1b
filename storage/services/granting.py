"""Gives a repository what others of its family hold: rows that name blobs which are there already; no bytes move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils import timezone

from accounts.actor import Actor
from hub.lib.durable import durable
from repos.models import Repository
from storage.models import Blob, StoredObject
from storage.needs import Need, locate
from storage.services.manifests import want_list
from storage.services.naming import name_free_ones
from storage.spaces import DVC

BATCH = 500


@dataclass(frozen=True, slots=True)
class Granted:
    """How many objects came, and of how many bytes."""

    objects: int = 0
    size: int = 0


@durable()
def grant_needs(
    *, repository: Repository, sources: Sequence[Repository], needs: Iterable[Need], actor: Actor
) -> Granted:
    """The repository holds every object of `needs` that it lacks and that one of `sources` holds: all, or nothing.

    The caller has asked whether the sources may give to it. What is nowhere stays missing. Raises QuotaExceeded.
    """
    count = size = 0
    lists: list[str] = []
    coming = (each.stored for each in locate(needs, repository, sources) if each.stored is not None)
    for space, some in _batches(coming):
        Blob.objects.filter(pk__in={each.blob_id for each in some}).update(touched_at=timezone.now())
        new = name_free_ones(repository, space, {each.key: each.blob for each in some}, actor)
        count += len(new)
        size += sum(each.size for each in some if each.key in new)
        lists += [key for key in new if space == DVC and key.endswith(".dir")]
    for key in lists:
        want_list(repository, key)
    return Granted(count, size)


def _batches(stored: Iterable[StoredObject]) -> Iterable[tuple[str, list[StoredObject]]]:
    """The objects a few hundred at a time, those of one space together."""
    rest = iter(stored)
    while some := list(islice(rest, BATCH)):
        for space in sorted({each.bucket.name for each in some}):
            yield space, [each for each in some if each.bucket.name == space]
