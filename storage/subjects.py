"""Stored objects as things to talk about, and the files that git does not hold but pointers stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from repos.models import Repository
from repos.subjects import Found
from storage.models import StoredObject
from storage.spaces import DATA
from storage.tracked import tracked_at


def objects_named(repository: Repository, keys: Sequence[str]) -> Mapping[str, Found]:
    """Objects of a repository's bucket by their keys."""
    rows = StoredObject.objects.filter(bucket__repository=repository, bucket__name=DATA, key__in=keys)
    return {key: Found(key, f"/data/files/{quote(key)}") for key in rows.values_list("key", flat=True)}


def is_tracked(repository: Repository, commit: str, path: str) -> bool:
    """Whether a pointer of DVC stands for a path of a commit, or for a directory above it."""
    return tracked_at(repository, commit).holding(path) is not None
