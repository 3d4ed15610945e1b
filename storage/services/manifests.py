"""Reads the lists of directories that DVC keeps into rows, in small transactions, so that pages need not read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import TypeVar

from django.db import connection, transaction

from jobs.services import enqueue
from repos.git.refs import BRANCHES, snapshot
from repos.models import Repository
from repos.paths import git_dir
from storage.keys import LONGEST_KEY
from storage.models import Blob, Bucket, Manifest, ManifestEntry, StoredObject
from storage.pointers import BadList, Listed, read_list
from storage.spaces import DVC
from storage.store import blob_store
from storage.tracked import tracked_at

T = TypeVar("T")
BATCH = 5_000
INDEX = "storage.index_manifest"


def want_manifest(blob: Blob) -> Manifest:
    """The list will be rows soon: a job reads it, unless it was read already."""
    with transaction.atomic():
        manifest, is_new = Manifest.objects.get_or_create(blob=blob)
        if is_new:
            enqueue(INDEX, manifest.pk)
    return manifest


def want_list(repository: Repository, key: str) -> None:
    """The list that just arrived in the DVC remote under `key` will be rows soon."""
    _want(repository, [key])


def want_manifests(repository: Repository, commit: str) -> int:
    """The lists of all directories that a commit's pointers name will be rows; how many of them are there."""
    keys = {out.key for out in tracked_at(repository, commit).outs.values() if out.is_dir}
    return _want(repository, keys)


def want_manifests_of_heads(repository: Repository) -> int:
    """The same for the newest commit of every branch; how many lists are there."""
    heads = {sha for ref, sha in snapshot(git_dir(repository)).items() if ref.startswith(BRANCHES)}
    return sum(want_manifests(repository, head) for head in sorted(heads))


def want_missing_manifests(limit: int = 1000) -> int:
    """Lists that arrived by any door and were never read will be rows; how many were found."""
    stored = StoredObject.objects.filter(bucket__name=DVC, key__endswith=".dir", blob__manifest=None)
    found = list(stored.select_related("blob")[:limit])
    for each in found:
        want_manifest(each.blob)
    return len(found)


def _want(repository: Repository, keys: Iterable[str]) -> int:
    bucket = Bucket.objects.filter(repository=repository, name=DVC).first()
    found = 0
    for some in _batches(sorted(keys), 500) if bucket else ():
        for stored in StoredObject.objects.filter(bucket=bucket, key__in=some).select_related("blob"):
            want_manifest(stored.blob)
            found += 1
    return found


def index_manifest(manifest_id: int) -> None:
    """The list's files are rows. May be repeated: what is there already stays; a broken list is marked as such."""
    manifest = Manifest.objects.select_related("blob").filter(pk=manifest_id).first()
    if manifest is None or manifest.state != Manifest.State.WAITING:
        return
    left_out = 0
    try:
        with closing(blob_store().open(manifest.blob.sha256)) as blocks:
            for some in _batches(read_list(blocks), BATCH):
                kept = [each for each in some if len(each.path.encode()) <= LONGEST_KEY]
                left_out += len(some) - len(kept)
                _insert(manifest.pk, kept)
    except BadList as fault:
        Manifest.objects.filter(pk=manifest_id).update(state=Manifest.State.BROKEN, fault=str(fault)[:200])
        return
    files = manifest.entries.count()
    Manifest.objects.filter(pk=manifest_id).update(state=Manifest.State.READY, files=files, left_out=left_out)


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while some := list(islice(rest, size)):
        yield some


def _insert(manifest_id: int, entries: list[Listed]) -> None:
    table = ManifestEntry._meta.db_table
    rows = [(manifest_id, each.path, each.md5) for each in entries]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} (manifest_id, path, md5) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", rows
        )
