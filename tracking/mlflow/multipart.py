"""mlflow-artifacts/mpu/… and presigned/…: large files up in parts and down in ranges, by signed addresses."""

from __future__ import annotations

import re

from hub.lib.errors import Invalid, NotFound
from storage import selectors as storage
from storage.models import Upload
from storage.services import abort_upload, complete_upload, put_part, start_upload
from tracking.locations import SPACE
from tracking.mlflow import answers, asks
from tracking.mlflow.artifacts import media_type, sent_length, stored_file
from tracking.mlflow.wire import Call, Tagged
from tracking.paths import place_of

PART_SECONDS = 24 * 3600
"""How long a part may be sent. The client cannot renew these addresses, and a slow line needs hours for 20 GB; an
address is worthless as soon as its upload is completed or aborted."""
FILE_SECONDS = 3600
"""How long ranges of a file may be fetched; the client asks for a new address when it is too late."""
MOST_PARTS = 10_000


def create(call: Call, body: asks.CreateMultipart) -> answers.Multipart:
    """POST mlflow-artifacts/mpu/create/{folder}: an upload of `num_parts` parts, with an address for each."""
    count = body.num_parts or 0
    if not 1 <= count <= MOST_PARTS:
        raise Invalid(f"Invalid number of parts {count}: it runs from 1 to {MOST_PARTS}.", field="num_parts")
    key = _key(call, body.path)
    upload = start_upload(
        repository=call.repository, space=SPACE, key=key, content_type=media_type(key), actor=call.actor
    )
    addresses = [
        answers.PartAddress(
            url=call.signed("PUT", f"mpu/part/{upload.public_id}/{number}", PART_SECONDS), part_number=number
        )
        for number in range(1, count + 1)
    ]
    return answers.Multipart(upload_id=upload.public_id, credentials=addresses)


def part(call: Call, body: asks.Raw) -> Tagged:
    """PUT mlflow-artifacts/mpu/part/{upload_id}/{number}: one part, durably; sent again it replaces the former."""
    number = call.path["number"]
    if not re.fullmatch(r"[0-9]{1,5}", number):
        raise Invalid("A part's number is written in digits.", field="part_number")
    kept = put_part(
        upload=_upload(call, call.path["upload_id"]),
        number=int(number),
        chunks=call.upload.chunks(),
        expected_size=sent_length(call),
    )
    return Tagged(kept.md5)


def complete(call: Call, body: asks.CompleteMultipart) -> answers.Empty:
    """POST mlflow-artifacts/mpu/complete/{folder}: the parts joined are the file. Repeating does no harm."""
    upload = _upload(call, body.upload_id or "", _key(call, body.path))
    complete_upload(upload=upload, parts=[(part.part_number, part.etag) for part in body.parts or []])
    return answers.Empty()


def abort(call: Call, body: asks.AbortMultipart) -> answers.Empty:
    """POST mlflow-artifacts/mpu/abort/{folder}: the upload and its parts are gone."""
    abort_upload(upload=_upload(call, body.upload_id or "", _key(call, body.path)))
    return answers.Empty()


def presigned(call: Call, body: asks.Nothing) -> answers.PresignedFile:
    """GET mlflow-artifacts/presigned/{path}: an address that gives the file, whole or in ranges, without a login."""
    key, stored = stored_file(call)
    url = storage.direct_url(stored, seconds=FILE_SECONDS) or call.signed("GET", f"artifacts/{key}", FILE_SECONDS)
    return answers.PresignedFile(url=url, file_size=stored.size)


def _key(call: Call, path: str | None) -> str:
    """The file's key: the folder is in the address; clients before 3.18 send their whole local path as the name."""
    name = re.split(r"[/\\]", path or "")[-1]
    if not name:
        raise Invalid("Missing value for required parameter 'path': the name of a file.", field="path")
    return place_of(call.repository, f"{call.path['path'].rstrip('/')}/{name}").key


def _upload(call: Call, upload_id: str, key: str | None = None) -> Upload:
    upload = storage.find_upload(call.repository, SPACE, upload_id)
    if key not in (None, upload.key):
        raise NotFound("This upload belongs to another file.", field="upload_id")
    return upload
