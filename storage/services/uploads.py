"""Objects that arrive in parts: start, take parts in any order, complete or abort, and clear what was abandoned."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from secrets import token_hex

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.actor import Actor
from hub.lib.durable import durable
from hub.lib.errors import Conflict, Invalid, NotFound
from repos.models import Repository
from storage.blobs import MD5, SHA256, BlobStore, PartMissing, Written
from storage.keys import checked_key
from storage.models import Bucket, StoredObject, Upload, UploadPart
from storage.services.naming import name_blob, touched_blob
from storage.services.objects import (
    Label,
    Place,
    Unless,
    check_quota,
    check_received,
    count,
    within_quota,
)
from storage.spaces import keeps_versions
from storage.store import blob_store

Through = Callable[[Iterator[bytes]], Iterator[bytes]]
MOST_PARTS = 10_000
"""As many as S3 allows; what MLflow's client makes of 97 GB."""


class WrongPart(Invalid):
    """A part to be joined never arrived, or has another digest."""

    code = "wrong_part"


class WrongOrder(Invalid):
    """Parts to be joined are not listed by ascending numbers."""

    code = "wrong_order"


@dataclass(frozen=True, slots=True)
class Cleared:
    """What clearing freed: abandoned uploads, their waiting bytes, and files that no row knew."""

    uploads: int
    size: int
    stray_files: int


def start_upload(
    *,
    repository: Repository,
    space: str,
    key: str,
    content_type: str = "",
    metadata: dict[str, str] | None = None,
    actor: Actor | None,
) -> Upload:
    """Parts may be sent for `key`; nothing is visible there yet. Raises Invalid for a bad key."""
    checked_key(key)
    try:
        bucket, _ = Bucket.objects.get_or_create(repository=repository, name=space)
        return Upload.objects.create(
            bucket=bucket,
            key=key,
            content_type=content_type[:127],
            metadata=metadata or {},
            created_by=actor.user if actor else None,
        )
    except IntegrityError as error:
        raise Conflict("The repository was deleted meanwhile.") from error


def put_part(
    *,
    upload: Upload,
    number: int,
    chunks: Iterable[bytes],
    expected_size: int | None = None,
    md5: str | None = None,
    sha256: str | None = None,
) -> UploadPart:
    """Part `number` (1 to 10,000) of the upload holds exactly these bytes, durably; one sent again replaces it.

    `expected_size` is in bytes, `md5` and `sha256` are hexadecimal. Waiting parts count against the owner's
    quota. Raises Invalid for a bad number or another size, WrongDigest, QuotaExceeded, and NotFound when the
    upload has been completed or aborted; then the former part is as it was.
    """
    if not 1 <= number <= MOST_PARTS:
        raise Invalid(f"Part numbers run from 1 to {MOST_PARTS}.", field="part_number")
    bucket, store = upload.bucket, blob_store()
    place = Place(bucket.repository, bucket.name, upload.key)
    with store.stage(within_quota(place, chunks), MD5 | SHA256 if sha256 is not None else MD5) as staged:
        check_received(staged.written, expected_size=expected_size, md5=md5, sha256=sha256)
        # A name never used before: whoever joins the former part at this moment reads it to its end.
        name = f"{upload.public_id}-{number:05d}-{token_hex(6)}"
        store.keep_part(name, staged)
    try:
        part, former = _note_part(upload, place, number, name, staged.written)
    except BaseException:
        store.drop_part(name)
        raise
    if former:
        store.drop_part(former)
    return part


@durable()
def _note_part(upload: Upload, place: Place, number: int, name: str, written: Written) -> tuple[UploadPart, str]:
    """The part's row, and the file of the part it replaces or ""."""
    bucket = _locked(upload)
    if not Upload.objects.filter(pk=upload.pk, etag="").update(touched_at=timezone.now()):
        raise _over()
    part = upload.parts.filter(number=number).first() or UploadPart(upload=upload, number=number, size=0)
    former, added = part.file, written.size - part.size
    part.file, part.md5, part.size, part.created_at = name, written.md5, written.size, timezone.now()
    part.save()
    owner = count(bucket, 0, added)
    if added > 0:
        check_quota(owner, _held(bucket, upload.key))
    return part, former


def complete_upload(
    *,
    upload: Upload,
    parts: Sequence[tuple[int, str]],
    through: Through | None = None,
    unless: Unless | None = None,
) -> StoredObject:
    """The upload's key holds these parts joined, each named by its number and MD5; the upload is over.

    The object's etag is S3's: the MD5 of the parts' MD5s, a hyphen, their number. Completing again answers the
    same object while it is there, and waits for whoever is at it: clients lose patience before 20 GB are joined,
    and ask again. `through` sees the joined bytes pass and raises to refuse them. Raises WrongOrder or WrongPart
    (both Invalid) naming the part, NotFound when the upload was aborted, QuotaExceeded; then the parts still wait.
    """
    etag = _joined_etag(parts)
    with blob_store().alone(upload.public_id):
        return _completed(upload, etag) or _complete(upload, parts, etag, through, unless)


def _complete(
    upload: Upload, parts: Sequence[tuple[int, str]], etag: str, through: Through | None, unless: Unless | None
) -> StoredObject:
    chosen, store = _chosen(upload, parts), blob_store()
    try:
        joined = _joined(store, chosen)
        with store.stage(through(joined) if through else joined) as staged:
            check_received(staged.written, expected_size=sum(part.size for part in chosen))
            blob = touched_blob(staged.written)
            store.publish(staged)
    except PartMissing:
        # Aborted, sent again, or completed from another machine while these were joined.
        done = _completed(upload, etag)
        if done is not None:
            return done
        raise WrongPart("A part was replaced while it was joined with the others.", next_step="Try again.") from None
    with durable():
        bucket = _locked(upload)
        done = _completed(upload, etag)
        if done is not None:
            return done
        files = _release(bucket, upload)
        Upload.objects.filter(pk=upload.pk).update(etag=etag, touched_at=timezone.now())
        label = Label(upload.content_type, upload.metadata, etag, Actor(user=upload.created_by))
        stored = name_blob(Place(bucket.repository, bucket.name, upload.key), blob, label, unless)
    _drop(store, files)
    return stored


def abort_upload(*, upload: Upload) -> None:
    """The upload and its parts are gone. One that is complete already stays as it is; repeating does no harm."""
    with transaction.atomic():
        bucket = Bucket.objects.select_for_update().filter(pk=upload.bucket_id).first()
        row = Upload.objects.filter(pk=upload.pk, etag="").first()
        if bucket is None or row is None:
            return
        files = _release(bucket, row)
        row.delete()
    _drop(blob_store(), files)


def clear_uploads(*, older_than: timedelta) -> Cleared:
    """Uploads that got no part for `older_than` are gone, and so are waiting files of that age that no row knows."""
    latest = timezone.now() - older_than
    uploads = size = 0
    for upload in list(Upload.objects.filter(touched_at__lt=latest, etag="").order_by("pk")):
        size += upload.parts.aggregate(size=Sum("size"))["size"] or 0
        uploads += 1
        abort_upload(upload=upload)
    Upload.objects.filter(touched_at__lt=latest).exclude(etag="").delete()
    return Cleared(uploads, size, _clear_strays(latest))


def _clear_strays(latest: datetime) -> int:
    """Remove old waiting files without a row: of deleted repositories, or of a server that was killed."""
    store, removed = blob_store(), 0
    old = (name for name, kept_at in store.iter_parts() if kept_at < latest)
    while names := list(islice(old, 500)):
        known = set(UploadPart.objects.filter(file__in=names).values_list("file", flat=True))
        for name in set(names) - known:
            store.drop_part(name)
            removed += 1
    return removed


def _locked(upload: Upload) -> Bucket:
    """The upload's bucket, locked; raises NotFound when it went with its repository or the upload was aborted."""
    bucket = Bucket.objects.select_for_update().select_related("repository").filter(uploads=upload).first()
    if bucket is None:
        raise _over()
    return bucket


def _completed(upload: Upload, etag: str) -> StoredObject | None:
    """The object that the upload has become, None while it is open; raises NotFound when it is over otherwise."""
    row = Upload.objects.filter(pk=upload.pk).first()
    if row is None:
        raise _over()
    if not row.etag:
        return None
    held = StoredObject.objects.select_related("blob").filter(bucket=row.bucket_id, key=row.key, etag=etag).first()
    if held is None or row.etag != etag:
        raise _over()
    return held


def _over() -> NotFound:
    return NotFound("There is no such upload; it was completed or aborted.", field="upload_id")


def _joined_etag(parts: Sequence[tuple[int, str]]) -> str:
    if not parts:
        raise WrongPart("An upload is completed with a list of its parts.", field="parts")
    digest = hashlib.md5(usedforsecurity=False)
    for number, tag in parts:
        try:
            digest.update(bytes.fromhex(_plain(tag)))
        except ValueError:
            raise _wrong(number) from None
    return f"{digest.hexdigest()}-{len(parts)}"


def _chosen(upload: Upload, parts: Sequence[tuple[int, str]]) -> list[UploadPart]:
    """The rows of the listed parts; raises WrongOrder or WrongPart."""
    known = {part.number: part for part in upload.parts.all()}
    chosen: list[UploadPart] = []
    for number, tag in parts:
        if chosen and number <= chosen[-1].number:
            raise WrongOrder(f"Part {number} is listed after part {chosen[-1].number}.", field="parts")
        part = known.get(number)
        if part is None or part.md5 != _plain(tag):
            raise _wrong(number)
        chosen.append(part)
    return chosen


def _wrong(number: int) -> WrongPart:
    return WrongPart(
        f"Part {number} has not arrived, or its ETag is another.", field="parts", next_step="Send the part again."
    )


def _plain(tag: str) -> str:
    """An ETag as clients quote it, without quotes."""
    return tag.strip().strip('"').lower()


def _joined(store: BlobStore, parts: Iterable[UploadPart]) -> Iterator[bytes]:
    for part in parts:
        with closing(store.open_part(part.file)) as blocks:
            yield from blocks


def _release(bucket: Bucket, upload: Upload) -> list[str]:
    """The upload's waiting parts no longer count; their files, to be dropped after the transaction."""
    size = upload.parts.aggregate(size=Sum("size"))["size"] or 0
    files = list(upload.parts.values_list("file", flat=True))
    upload.parts.all().delete()
    count(bucket, 0, -size)
    return files


def _drop(store: BlobStore, files: Iterable[str]) -> None:
    for name in files:
        store.drop_part(name)


def _held(bucket: Bucket, key: str) -> int:
    """Bytes at the key, which completing will give back."""
    if keeps_versions(bucket.name):
        return 0
    return StoredObject.objects.filter(bucket=bucket, key=key).aggregate(size=Sum("size"))["size"] or 0
