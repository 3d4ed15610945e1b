"""Uploads in parts: started, filled in any order, listed, completed or aborted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

from django.db import connection
from django.db.models import Sum
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from hub.lib.errors import HubError
from storage import selectors
from storage.dvc.line_ends import promised
from storage.models import StoredObject, Upload
from storage.s3 import wire, xml
from storage.s3.call import Call
from storage.s3.copies import range_of, source_of
from storage.s3.errors import S3Error, translated
from storage.s3.labels import DEFAULT_TYPE, check_write, metadata_in, tag_of
from storage.s3.objects import promise_of, put_headers, refuse_unkept
from storage.s3.xml import element, field
from storage.services import abort_upload, complete_upload, put_part, start_upload

MOST_PARTS = 10_000
LARGEST_LIST = 8 * 1024 * 1024  # bytes
# Joining more than this takes so long that clients want to hear meanwhile that somebody works.
SLOW = 256 * 1024 * 1024
PULSE = 5.0  # seconds


def start(call: Call) -> HttpResponse:
    """CreateMultipartUpload."""
    refuse_unkept(call)
    promise_of(call)
    upload = start_upload(
        repository=call.repository, space=call.space, key=call.key, metadata=metadata_in(call.headers),
        content_type=call.headers.get("content-type", DEFAULT_TYPE), actor=call.actor,
    )  # fmt: skip
    return wire.document(
        "InitiateMultipartUploadResult",
        field("Bucket", call.bucket),
        field("Key", call.key),
        field("UploadId", upload.public_id),
    )


def put(call: Call) -> HttpResponse:
    """UploadPart."""
    upload, body = _upload(call), call.body()
    part = put_part(
        upload=upload, number=_number(call), chunks=body.chunks, expected_size=body.size, md5=body.md5,
        sha256=body.sha256,
    )  # fmt: skip
    return wire.nothing(headers={"ETag": f'"{part.md5}"'})


def copy(call: Call) -> HttpResponse:
    """UploadPartCopy: a part out of an object that the caller may read."""
    upload, source = _upload(call), source_of(call)
    offset, length = range_of(call, source)
    with closing(selectors.read_object(source, offset, length)) as blocks:
        part = put_part(upload=upload, number=_number(call), chunks=blocks, expected_size=length)
    changed = field("LastModified", wire.moment(part.created_at))
    return wire.document("CopyPartResult", changed, field("ETag", f'"{part.md5}"'))


def list_parts(call: Call) -> HttpResponse:
    """ListParts."""
    upload = _upload(call)
    limit = call.number("max-parts", 1000, 1000)
    marker = call.number("part-number-marker", 0, MOST_PARTS)
    found = list(selectors.parts_of(upload).filter(number__gt=marker)[: limit + 1])
    found, has_more = found[:limit], len(found) > limit
    head = [field("Bucket", call.bucket), field("Key", call.key), field("UploadId", upload.public_id)]
    head += [field("PartNumberMarker", marker), field("MaxParts", limit), field("IsTruncated", has_more)]
    if has_more and found:
        head.append(field("NextPartNumberMarker", found[-1].number))
    parts = [
        element(
            "Part", field("PartNumber", part.number), field("LastModified", wire.moment(part.created_at)),
            field("ETag", f'"{part.md5}"'), field("Size", part.size),
        )
        for part in found
    ]  # fmt: skip
    return wire.document("ListPartsResult", *head, field("StorageClass", "STANDARD"), *parts)


def abort(call: Call) -> HttpResponse:
    """AbortMultipartUpload."""
    abort_upload(upload=_upload(call))
    return wire.nothing(204)


def complete(call: Call) -> HttpResponseBase:
    """CompleteMultipartUpload; while much is joined, the answer has begun and goes on with spaces."""
    upload = _upload(call)
    said = xml.read(call.body().read(LARGEST_LIST), "CompleteMultipartUpload")
    parts = [(_part_number(each["PartNumber"]), each["ETag"]) for each in said.every("Part", "PartNumber", "ETag")]
    if len(parts) > MOST_PARTS:
        raise S3Error("InvalidArgument", f"An upload has at most {MOST_PARTS} parts.")
    promise = promise_of(call)

    def join() -> StoredObject:
        return complete_upload(
            upload=upload, parts=parts, unless=lambda held: check_write(held, call.headers),
            through=None if promise is None else lambda blocks: promised(blocks, promise),
        )  # fmt: skip

    size = selectors.parts_of(upload).aggregate(size=Sum("size"))["size"] or 0
    if size > SLOW:
        return StreamingHttpResponse(_with_pulse(call, join), content_type="application/xml")
    stored = join()
    headers = put_headers(call, stored)
    del headers["ETag"]
    return wire.document("CompleteMultipartUploadResult", *_completed(call, stored), headers=headers)


def _completed(call: Call, stored: StoredObject) -> list[str]:
    names = [field("Location", call.request.build_absolute_uri(call.request.path)), field("Bucket", call.bucket)]
    return [*names, field("Key", call.key), field("ETag", f'"{tag_of(stored)}"')]


def _with_pulse(call: Call, join: Callable[[], StoredObject]) -> Iterator[bytes]:
    """The head of the answer, a space every five seconds, and at last the result or the error, as S3 does it."""
    results: list[str] = []

    def work() -> None:
        try:
            body = xml.document("CompleteMultipartUploadResult", *_completed(call, join()))
            results.append(body.removeprefix(xml.HEAD))
        except HubError as error:
            results.append(_fault(translated(error)))
        except Exception as error:
            results.append(_fault(wire.own_fault(call.request, error)))
        finally:
            connection.close()

    worker = threading.Thread(target=work, name="join-parts")
    worker.start()
    yield xml.HEAD.encode()
    while worker.is_alive():
        worker.join(PULSE)
        if worker.is_alive():
            yield b" "
    yield results[0].encode("utf-8", "replace")


def _fault(error: S3Error) -> str:
    return element("Error", field("Code", error.code), field("Message", error.message))


def _upload(call: Call) -> Upload:
    """The open or lately completed upload that is named, at its own key. Raises S3Error NoSuchUpload."""
    upload = selectors.find_upload(call.repository, call.space, call.query["uploadId"])
    if upload.key != call.key:
        raise S3Error("NoSuchUpload", "There is no such upload of this key.")
    return upload


def _number(call: Call) -> int:
    return call.number("partNumber", 0, MOST_PARTS + 1)


def _part_number(word: str) -> int:
    word = word.strip()
    if not word.isascii() or not word.isdigit() or len(word) > 6:
        raise S3Error("MalformedXML", "PartNumber is a number.")
    return int(word)
