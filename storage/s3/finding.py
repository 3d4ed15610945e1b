"""Finds an object or one of its versions in a bucket."""

from __future__ import annotations

from repos.models import Repository
from storage import presence
from storage.keys import checked_key
from storage.listing import find_version
from storage.models import ObjectVersion, StoredObject
from storage.s3.errors import S3Error
from storage.spaces import keeps_versions

NULL = "null"
"""What S3 calls the one version of an object in a bucket that keeps none."""


def find(repository: Repository, space: str, key: str, version_id: str | None) -> StoredObject | ObjectVersion:
    """The object, or one of its versions. Raises S3Error NoSuchKey, NoSuchVersion, MethodNotAllowed for a mark."""
    checked_key(key)
    if version_id is None or (version_id == NULL and not keeps_versions(space)):
        stored = presence.find_object(repository, space, key)
        if stored is None:
            raise S3Error("NoSuchKey", "There is no object with this key.")
        return stored
    check_version_id(space, version_id)
    version = find_version(repository, space, key, version_id)
    if version is None:
        raise S3Error("NoSuchVersion", "The object has no such version.")
    if version.blob is None:
        raise S3Error("MethodNotAllowed", "This version is the mark of a deletion.")
    return version


def check_version_id(space: str, version_id: str) -> None:
    """Raise S3Error where nothing can be called so."""
    if not keeps_versions(space):
        raise S3Error("NotImplemented", "This bucket keeps no versions.")
    if not version_id or len(version_id) > 20:
        raise S3Error("InvalidArgument", "A version id is v or d and a number.")
