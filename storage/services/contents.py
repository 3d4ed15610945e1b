"""Puts content and gives it a key: in place of what was there, or where the key says what it holds, never so."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils import timezone

from accounts.actor import Actor
from hub.lib.errors import NotFound
from repos.models import Repository
from storage.blobs import MD5, SHA256, Written
from storage.keys import checked_key
from storage.models import Blob, ObjectVersion, StoredObject
from storage.services.naming import name_blob, name_if_free, touched_blob
from storage.services.objects import Label, Place, Unless, check_received, within_quota
from storage.store import blob_store


def put_object(
    *,
    repository: Repository,
    space: str,
    key: str,
    chunks: Iterable[bytes],
    content_type: str = "",
    expected_size: int | None = None,
    md5: str | None = None,
    sha256: str | None = None,
    want_md5: bool = False,
    metadata: dict[str, str] | None = None,
    unless: Unless | None = None,
    actor: Actor | None = None,
) -> StoredObject:
    """The object `key` of the repository's `space` holds exactly these bytes, durably, and none else.

    `expected_size` is in bytes, `md5` and `sha256` are hexadecimal digests which the content must have; without
    `md5` and `want_md5` the blob's MD5 may stay unknown. Raises Invalid for a bad key or another size,
    WrongDigest (an Invalid), QuotaExceeded when the owner or the disk has no room; then, as when `chunks` or
    `unless` raises, nothing has changed.
    """
    place, store = Place(repository, space, checked_key(key)), blob_store()
    digests = SHA256 | MD5 if want_md5 or md5 is not None else SHA256
    with store.stage(_bounded(place, chunks), digests) as staged:
        check_received(staged.written, expected_size=expected_size, md5=md5, sha256=sha256)
        # The row comes before the bytes: collection leaves freshly touched rows alone, and locks to delete.
        blob = touched_blob(staged.written)
        store.publish(staged)
    return name_blob(place, blob, Label(content_type, metadata or {}, "", actor), unless)


def put_content(
    *,
    repository: Repository,
    space: str,
    key: str,
    chunks: Iterable[bytes],
    expected_size: int | None = None,
    md5: str | None = None,
    sha256: str | None = None,
    want_md5: bool = False,
    actor: Actor | None = None,
) -> None:
    """The object `key` is there, durably: with these bytes, unless it was there before.

    Arguments and errors are those of put_object. Where many come at once, as from dvc, they share transactions.
    """
    place, store = Place(repository, space, checked_key(key)), blob_store()
    digests = SHA256 | MD5 if want_md5 or md5 is not None else SHA256
    with store.stage(_bounded(place, chunks), digests) as staged:
        check_received(staged.written, expected_size=expected_size, md5=md5, sha256=sha256)
        # The row comes before the bytes: collection leaves freshly touched rows alone, and locks to delete.
        blob = touched_blob(staged.written)
        store.publish(staged)
    name_if_free(place, blob, Label("", {}, "", actor))


def put_named(
    *, repository: Repository, space: str, name: Callable[[Written], str], chunks: Iterable[bytes], actor: Actor | None
) -> Written:
    """The content is there, durably, under the key that `name` gives it once its MD5 and SHA-256 are known.

    Raises as put_content; then nothing has changed.
    """
    store = blob_store()
    with store.stage(_bounded(Place(repository, space, ""), chunks), MD5 | SHA256) as staged:
        key = checked_key(name(staged.written))
        blob = touched_blob(staged.written)
        store.publish(staged)
    name_if_free(Place(repository, space, key), blob, Label("", {}, "", actor))
    return staged.written


def copy_object(
    *,
    source: StoredObject | ObjectVersion,
    repository: Repository,
    space: str,
    key: str,
    label: Label | None = None,
    unless: Unless | None = None,
    actor: Actor | None = None,
) -> StoredObject:
    """The object `key` holds what `source` holds; no bytes move. The caller has asked who may read `source`.

    `label` says something else of the bytes than the source does.

    Raises Invalid for a bad key, NotFound when the source is gone, QuotaExceeded when the owner has no room.
    """
    checked_key(key)
    blob = source.blob
    if blob is None or not type(source)._default_manager.filter(pk=source.pk, blob=blob).exists():
        raise NotFound(f"{source.key} is gone.")
    Blob.objects.filter(pk=blob.pk).update(touched_at=timezone.now())
    label = label or Label(source.content_type, source.metadata, source.etag, actor)
    return name_blob(Place(repository, space, key), blob, label, unless)


def _bounded(place: Place, chunks: Iterable[bytes]) -> Iterable[bytes]:
    # The owner was read when the repository was opened; without a quota there is nothing to ask.
    return chunks if place.repository.owner.quota is None else within_quota(place, chunks)
